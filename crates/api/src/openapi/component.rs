//! The parts that calls refer to: schemas, the person id, headers, the key.

use serde_json::{Map, Value, json};

use super::example;
use crate::Code;

/// The name of the security scheme.
pub(super) const API_KEY: &str = "ApiKey";

/// The names of the schemes that a signed request has beside it.
pub(super) const SIGNATURE: &str = "Signature";
pub(super) const TIMESTAMP: &str = "Timestamp";

/// A reference to a schema.
pub(super) fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

pub(super) fn all() -> Value {
    json!({
        "schemas": {
            "Person": person(),
            "FaceImage": face_image(),
            "ImagePair": image_pair(),
            "FacesMatched": faces_matched(),
            "CheckedImage": checked_image(),
            "Size": size(),
            "FacePlace": face_place(),
            "Box": bounds(),
            "Landmarks": landmarks(),
            "Point": point(),
            "Check": check(),
            "Error": error(),
            "Detail": detail(),
            "Health": health(),
            "Document": json!({"type": "object", "description": "An OpenAPI 3.1 document: this one."}),
        },
        "parameters": {"person_id": person_id()},
        "headers": headers(),
        "securitySchemes": security_schemes(),
    })
}

/// How a request says whose it is. What signs it is listed, so that tools know the headers; `docs/signing.md` says how.
fn security_schemes() -> Value {
    let signed = |name: &str, description: &str| json!({"type": "apiKey", "in": "header", "name": name, "description": description});
    json!({
        SIGNATURE: signed("Signature", "Only for a key that is set to sign: RSASSA-PKCS1-v1_5 with SHA-256, or HMAC-SHA256, of \
            the line of the request, in standard base64. Answers are signed likewise, in the header of the same name."),
        TIMESTAMP: signed("Timestamp", "With `Signature`: milliseconds since 1970 in decimal digits, at most five minutes from \
            the server's clock, and part of the line."),
        API_KEY: {
            "type": "apiKey",
            "in": "header",
            "name": "Api-Key",
            "description": "The secret of a key, which the back-office shows once when the key is made. A key belongs to \
                one organisation and permits what it was given: see `x-permission` at each call. It may be limited to \
                networks, and it may expire. Keep it on a server: whoever has it is your organisation.",
        },
    })
}

/// A property of an object.
struct Property {
    name: &'static str,
    required: bool,
    schema: Value,
}

fn needed(name: &'static str, description: &str, schema: Value) -> Property {
    Property { name, required: true, schema: described(description, schema) }
}

fn optional(name: &'static str, description: &str, schema: Value) -> Property {
    Property { name, required: false, schema: described(description, schema) }
}

fn described(description: &str, mut schema: Value) -> Value {
    schema["description"] = description.into();
    schema
}

fn object(description: &str, properties: Vec<Property>) -> Value {
    let order: Vec<&str> = properties.iter().map(|property| property.name).collect();
    let required: Vec<&str> = properties.iter().filter(|property| property.required).map(|p| p.name).collect();
    let mut object = json!({"type": "object", "description": description, "x-order": order});
    if !required.is_empty() {
        object["required"] = required.into();
    }
    let entry = |property: Property| (property.name.to_owned(), property.schema);
    object["properties"] = properties.into_iter().map(entry).collect::<Map<_, _>>().into();
    object
}

fn text() -> Value {
    json!({"type": "string"})
}

fn number() -> Value {
    json!({"type": "number"})
}

fn person() -> Value {
    let time = || json!({"type": "string", "format": "date-time"});
    object(
        "An enrolled person.",
        vec![
            needed("personId", "The id that you chose.", person_id_schema()),
            needed("created", "When the person was enrolled: UTC, RFC 3339, with milliseconds.", time()),
            needed("updated", "When the image was last replaced; at first the same as `created`.", time()),
        ],
    )
}

fn image() -> Value {
    json!({"type": "string", "contentEncoding": "base64", "minLength": 1})
}

/// What an image is, for every field that holds one.
const IMAGE: &str = "A JPEG, PNG or WebP image as base64: standard or URL-safe alphabet, padding optional, white space \
    ignored, a prefix such as `data:image/jpeg;base64,` allowed. At most 10 MiB and 40 megapixels, the shorter side at \
    least 100 pixels, unless the service was set up otherwise.";

fn face_image() -> Value {
    object("An image of a face.", vec![needed("faceImage", IMAGE, image())])
}

fn image_pair() -> Value {
    let mut misspelt = image();
    misspelt["deprecated"] = true.into();
    object(
        "Two images to be compared.",
        vec![
            needed("sourceImage", IMAGE, image()),
            needed("targetImage", IMAGE, image()),
            optional(
                "similarityThreshold",
                "The similarity in percent from which the faces match.",
                json!({"type": "number", "minimum": 0, "maximum": 100, "default": 80}),
            ),
            optional("sourcetImage", "An old spelling of `sourceImage`, accepted in its place.", misspelt),
        ],
    )
}

fn faces_matched() -> Value {
    let percent = json!({"type": "number", "minimum": 0, "maximum": 100});
    let description = "The similarity in percent with at most two decimals, or 0 if it is below the threshold.";
    object("How similar two faces are.", vec![needed("facesMatched", description, percent)])
}

fn checked_image() -> Value {
    object(
        "What was measured on an image.",
        vec![
            needed(
                "accepted",
                "Whether an enrolment would accept the image. Whether the face is enrolled already is not asked.",
                json!({"type": "boolean"}),
            ),
            needed("image", "Size of the upright image.", schema("Size")),
            needed(
                "face",
                "Where the largest face is; null if there is none.",
                json!({"oneOf": [schema("FacePlace"), {"type": "null"}]}),
            ),
            needed(
                "checks",
                "Every measure, in a fixed order; without a face only `face_count`.",
                json!({"type": "array", "items": schema("Check")}),
            ),
        ],
    )
}

fn size() -> Value {
    let pixels = || json!({"type": "integer", "minimum": 1});
    object("A size in pixels.", vec![needed("width", "Width.", pixels()), needed("height", "Height.", pixels())])
}

fn face_place() -> Value {
    object(
        "Where a face is, in pixels of the upright image.",
        vec![
            needed("box", "The smallest upright box around the face.", schema("Box")),
            needed("landmarks", "Five points of the face.", schema("Landmarks")),
        ],
    )
}

fn bounds() -> Value {
    object(
        "A box in pixels; it may reach beyond the frame.",
        vec![
            needed("x", "Left edge.", number()),
            needed("y", "Upper edge.", number()),
            needed("width", "Width.", number()),
            needed("height", "Height.", number()),
        ],
    )
}

fn landmarks() -> Value {
    object(
        "Points of a face; right and left are the person's.",
        vec![
            needed("rightEye", "Middle of the right eye.", schema("Point")),
            needed("leftEye", "Middle of the left eye.", schema("Point")),
            needed("noseTip", "Tip of the nose.", schema("Point")),
            needed("rightMouthCorner", "Right corner of the mouth.", schema("Point")),
            needed("leftMouthCorner", "Left corner of the mouth.", schema("Point")),
        ],
    )
}

fn point() -> Value {
    object(
        "A point in pixels from the upper left corner.",
        vec![needed("x", "To the right.", number()), needed("y", "Downwards.", number())],
    )
}

fn check() -> Value {
    object(
        "One measure, its limits and its verdict.",
        vec![
            needed("check", "The measure: a `name` of the image requirements.", text()),
            needed("passed", "Whether the value is within the limits.", json!({"type": "boolean"})),
            needed("unit", "The unit of `value`, `min` and `max`.", text()),
            optional("value", "What it came to; absent if it could not be measured.", number()),
            optional("min", "The least accepted value; absent if there is none.", number()),
            optional("max", "The greatest accepted value; absent if there is none.", number()),
            optional("code", "Where it failed: the code that an enrolment would be refused with.", text()),
            optional("type", "Where it failed: the case of the code.", text()),
            optional("advice", "Where it failed: what the person in front of the camera should do.", text()),
        ],
    )
}

fn error() -> Value {
    object(
        "Why a request did not succeed.",
        vec![
            needed("code", "The row of the error table. Stable.", json!({"type": "string", "examples": codes()})),
            needed("type", "Tells apart the cases of one code. Stable; more may be added.", text()),
            needed("message", "The code in words. For people: decide by `code` and `type`.", text()),
            optional(
                "details",
                "Every check that failed, the one that `code` and `type` are of first; absent where there is nothing to add.",
                json!({"type": "array", "minItems": 1, "items": schema("Detail")}),
            ),
        ],
    )
}

fn codes() -> Vec<&'static str> {
    Code::ALL.iter().map(|code| code.text()).collect()
}

fn detail() -> Value {
    object(
        "One check that failed.",
        vec![
            needed("code", "The code of this check.", text()),
            needed(
                "check",
                "What was checked: a field of the request, a measure of the image requirements, or a limit.",
                text(),
            ),
            optional("value", "What it came to, with at most two decimals; absent if it has no number.", number()),
            optional("min", "The least accepted value; absent if there is none.", number()),
            optional("max", "The greatest accepted value; absent if there is none.", number()),
            optional(
                "resets",
                "With `CP_005`: when the count starts again at zero.",
                json!({"type": "string", "format": "date-time"}),
            ),
        ],
    )
}

fn health() -> Value {
    object("The state of the service.", vec![needed("status", "`live` or `ready`.", text())])
}

/// The person id as [`biometric::PersonId`] has it.
pub(super) const PERSON_ID_PATTERN: &str = "^[A-Za-z0-9._~@:+-]{1,128}$";
pub(super) const PERSON_ID_CHARS_MAX: u32 = 128;

fn person_id_schema() -> Value {
    json!({"type": "string", "pattern": PERSON_ID_PATTERN, "minLength": 1, "maxLength": PERSON_ID_CHARS_MAX})
}

fn person_id() -> Value {
    json!({
        "name": "person_id",
        "in": "path",
        "required": true,
        "description": "The id that you choose for a person: 1 to 128 characters of `A-Z a-z 0-9 . _ ~ @ : + -`. It is \
            yours to choose and is kept as it is; a random number tells less than an e-mail address. A `+` stands for \
            itself.",
        "schema": person_id_schema(),
        "example": example::PERSON_ID,
    })
}

fn headers() -> Value {
    json!({
        "Request-Id": {
            "description": "A fresh id of this request (a UUID of version 7), on every answer. Quote it when you ask for \
                support.",
            "required": true,
            "schema": {"type": "string", "format": "uuid"},
            "example": "01934f6e-8c00-7abc-9def-0123456789ab",
        },
        "Retry-After": {
            "description": "After so many seconds the same request may be sent again. When it is sent at once, it is \
                likely to be refused again.",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
            "example": 1,
        },
        "Signature": {
            "description": "On the answer to a signed request: the server's signature of the line of the answer.",
            "schema": {"type": "string", "contentEncoding": "base64"},
            "example": "hdpb8XaU1TqI0eUeVNX1c9gcDLKZGmOmuPzrEVyY1Zg=",
        },
        "Signature-Key": {
            "description": "With `Signature`: which of the server's keys made it, by the beginning of its fingerprint; for a \
                shared key, its number.",
            "schema": {"type": "string"},
            "example": "9f86d081884c7d65",
        },
        "Timestamp": {
            "description": "With `Signature`: when the answer was signed, in milliseconds since 1970.",
            "schema": {"type": "string"},
            "example": "1764000000000",
        },
        "Allow": {
            "description": "The methods that this path has.",
            "schema": {"type": "string"},
            "example": "POST",
        },
    })
}

#[cfg(test)]
mod tests {
    use biometric::PersonId;

    use super::*;

    #[test]
    fn the_pattern_is_what_person_ids_are() {
        let class = PERSON_ID_PATTERN.strip_prefix("^[").and_then(|rest| rest.split_once(']')).expect("one class").0;
        let class = class.as_bytes();
        let is_allowed = |byte: u8| {
            let ranges = class.windows(3).filter(|w| w[1] == b'-').any(|w| (w[0]..=w[2]).contains(&byte));
            ranges || class.contains(&byte)
        };
        for byte in 0..=127u8 {
            let id = char::from(byte).to_string();
            assert_eq!(PersonId::parse(&id).is_ok(), is_allowed(byte), "{id:?}");
        }
        let of = |characters: u32| PersonId::parse(&"a".repeat(characters as usize)).is_ok();
        assert!(of(PERSON_ID_CHARS_MAX) && !of(PERSON_ID_CHARS_MAX + 1) && !of(0));
        assert!(PERSON_ID_PATTERN.ends_with(&format!("{{1,{PERSON_ID_CHARS_MAX}}}$")));
    }
}
