//! The fields of a body, checked as the wire format's own constraints have it, so that a refusal lists all that is wrong.

use std::borrow::Cow;
use std::str::FromStr;

use base64_simd::STANDARD;
use biometric::{PersonId, Similarity};
use engine::{CollectionId, ExternalImageId, ImageBytes, QualityBar};
use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use crate::exception::{Exception, Kind};

/// The most entries of a page, and of a list of face ids.
pub(crate) const PAGE_MAX: usize = 4096;

/// Entries of a page when nobody says how many.
const PAGE_DEFAULT: usize = 1000;

/// The longest token that is looked at, in bytes; ours are shorter.
const TOKEN_BYTES_MAX: usize = 512;

/// Reads a body's fields; unknown ones are ignored.
pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Exception> {
    // serde's own words may quote what was sent.
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Exception::new(
            Kind::SerializationException,
            format!("The body cannot be read at line {line}, column {column}."),
        )
    })
}

/// An image as it is sent.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Image<'a> {
    #[serde(borrow)]
    bytes: Option<Cow<'a, str>>,
    s3_object: Option<IgnoredAny>,
}

/// What the constraints of the wire format say against a body.
#[derive(Default)]
pub(crate) struct Violations(Vec<String>);

impl Violations {
    /// What was read, if nothing speaks against it.
    pub(crate) fn none<T>(self, read: impl FnOnce() -> Option<T>) -> Result<T, Exception> {
        let messages = match (self.0.is_empty(), read()) {
            (true, Some(read)) => return Ok(read),
            (_, _) => self.0,
        };
        let errors = if messages.len() == 1 { "error" } else { "errors" };
        let message = format!("{} validation {errors} detected: {}", messages.len(), messages.join("; "));
        Err(Exception::new(Kind::ValidationException, message))
    }

    fn add(&mut self, at: &str, constraint: impl AsRef<str>) {
        self.0.push(format!("Value at '{at}' failed to satisfy constraint: {}", constraint.as_ref()));
    }

    /// A field that must be there.
    pub(crate) fn required<T>(&mut self, at: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.add(at, "Member must not be null");
        }
        value
    }

    fn named<T: FromStr>(&mut self, at: &str, value: &str, pattern: &str) -> Option<T> {
        let name = value.parse().ok();
        if name.is_none() {
            let length = "Member must have length between 1 and 255";
            self.add(at, format!("{length} and satisfy regular expression pattern: {pattern}"));
        }
        name
    }

    /// The name of a collection.
    pub(crate) fn collection(&mut self, value: Option<&str>) -> Option<CollectionId> {
        let value = self.required("collectionId", value)?;
        self.named("collectionId", value, r"[a-zA-Z0-9_.\-]+")
    }

    /// The client's name of an image.
    pub(crate) fn external_image_id(&mut self, value: Option<&str>) -> Option<ExternalImageId> {
        self.named("externalImageId", value?, r"[a-zA-Z0-9_.\-:]+")
    }

    /// Ids of faces, which are UUIDs in lower case.
    pub(crate) fn face_ids(&mut self, values: &[Cow<'_, str>]) -> Vec<PersonId> {
        if !(1..=PAGE_MAX).contains(&values.len()) {
            self.add("faceIds", format!("Member must have length between 1 and {PAGE_MAX}"));
        }
        let ids: Vec<_> = values.iter().filter(|value| is_uuid(value)).filter_map(|id| id.parse().ok()).collect();
        if ids.len() < values.len() {
            self.add("faceIds", "Member must satisfy constraint: [a lower-case UUID]");
        }
        ids
    }

    /// A whole number from `min` to `max`.
    pub(crate) fn count(&mut self, at: &str, value: Option<i64>, min: i64, max: usize) -> Option<usize> {
        let value = value?;
        let count = usize::try_from(value).ok().filter(|count| value >= min && *count <= max);
        if count.is_none() {
            self.add(at, format!("Member must have value between {min} and {max}"));
        }
        count
    }

    /// How many entries a page has; 0 leaves it to us.
    pub(crate) fn page(&mut self, value: Option<i64>) -> usize {
        self.count("maxResults", value, 0, PAGE_MAX).filter(|count| *count > 0).unwrap_or(PAGE_DEFAULT)
    }

    /// A token of ours, or what is none.
    pub(crate) fn token<'t>(&mut self, value: Option<&'t str>) -> Option<&'t str> {
        if value.is_some_and(|token| token.len() > TOKEN_BYTES_MAX) {
            self.add("nextToken", format!("Member must have length less than or equal to {TOKEN_BYTES_MAX}"));
        }
        value
    }

    /// A threshold in percent, 80 unless the client says otherwise.
    pub(crate) fn threshold(&mut self, at: &str, value: Option<f64>) -> Similarity {
        let threshold = value.map_or(Ok(Similarity::VERIFY), Similarity::from_percent);
        threshold.unwrap_or_else(|_| {
            self.add(at, "Member must have value between 0 and 100");
            Similarity::VERIFY
        })
    }

    /// How good a face must be; `default` is what `AUTO` is not always.
    pub(crate) fn quality(&mut self, value: Option<&str>, default: QualityBar) -> QualityBar {
        match value {
            None => default,
            Some("NONE") => QualityBar::None,
            Some("LOW") => QualityBar::Low,
            Some("AUTO" | "MEDIUM") => QualityBar::Medium,
            Some("HIGH") => QualityBar::High,
            Some(_) => {
                self.add("qualityFilter", "Member must satisfy enum value set: [NONE, AUTO, LOW, MEDIUM, HIGH]");
                default
            }
        }
    }

    /// Which attributes of faces are asked for.
    pub(crate) fn attributes(&mut self, at: &str, values: Option<&[Cow<'_, str>]>) -> Attributes {
        let mut wanted = Attributes::default();
        for value in values.unwrap_or_default() {
            match &**value {
                "DEFAULT" => {}
                "ALL" => wanted = Attributes { eyes_open: true, mouth_open: true, sunglasses: true, landmarks: true },
                "EYES_OPEN" => wanted.eyes_open = true,
                "MOUTH_OPEN" => wanted.mouth_open = true,
                "SUNGLASSES" => wanted.sunglasses = true,
                other if UNMEASURED.contains(&other) => {}
                _ => self.add(at, format!("Member must satisfy enum value set: [{}]", ATTRIBUTES.join(", "))),
            }
        }
        wanted
    }
}

/// Every attribute of the wire format.
const ATTRIBUTES: [&str; 14] = [
    "DEFAULT",
    "ALL",
    "AGE_RANGE",
    "BEARD",
    "EMOTIONS",
    "EYE_DIRECTION",
    "EYEGLASSES",
    "EYES_OPEN",
    "GENDER",
    "MOUTH_OPEN",
    "MUSTACHE",
    "FACE_OCCLUDED",
    "SMILE",
    "SUNGLASSES",
];

/// Those that are not measured: they may be asked for, and are absent from the answer.
const UNMEASURED: [&str; 9] =
    ["AGE_RANGE", "BEARD", "EMOTIONS", "EYE_DIRECTION", "EYEGLASSES", "GENDER", "MUSTACHE", "FACE_OCCLUDED", "SMILE"];

/// Which attributes beside box, confidence, five landmarks, pose and quality an answer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) eyes_open: bool,
    pub(crate) mouth_open: bool,
    pub(crate) sunglasses: bool,
    pub(crate) landmarks: bool,
}

impl Image<'_> {
    /// The image itself.
    pub(crate) fn bytes(self) -> Result<ImageBytes, Exception> {
        let text = match (self.bytes, self.s3_object) {
            (Some(text), None) => text,
            (None, Some(_)) => {
                let message = "This service reads no objects of S3. Send the image itself as Bytes.";
                return Err(Exception::new(Kind::InvalidS3ObjectException, message));
            }
            (None, None) | (Some(_), Some(_)) => {
                let message = "Request has invalid parameters: an image is either Bytes or S3Object.";
                return Err(Exception::new(Kind::InvalidParameterException, message));
            }
        };
        // A text with escapes was copied without them; a copy is overwritten like everything that holds an image.
        let copied = match text {
            Cow::Borrowed(text) => return decode(text),
            Cow::Owned(text) => Zeroizing::new(text),
        };
        decode(&copied)
    }
}

fn decode(text: &str) -> Result<ImageBytes, Exception> {
    if text.is_empty() {
        let mut violations = Violations::default();
        violations.add("image.bytes", "Member must have length greater than or equal to 1");
        return violations.none(|| None);
    }
    let bytes = STANDARD.decode_to_vec(text).map(ImageBytes::new);
    bytes.map_err(|_| Exception::new(Kind::SerializationException, "The bytes of an image are not base64."))
}

fn is_uuid(text: &str) -> bool {
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let is_right = |(at, b): (usize, u8)| if matches!(at, 8 | 13 | 18 | 23) { b == b'-' } else { is_digit(b) };
    text.len() == 36 && text.bytes().enumerate().all(is_right)
}
