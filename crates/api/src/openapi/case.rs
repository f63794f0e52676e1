//! What each case means, in a sentence for the developer who meets it.

use face::Defect;

use crate::Case;
use crate::error::defect_case;

/// When the case comes, and what to do where that is not plain.
pub(super) const fn meaning(case: Case) -> &'static str {
    match case {
        Case::HttpMalformed => "The request is not HTTP that the service understands, or its head is too large.",
        Case::ContentType => "The header `Content-Type` is missing, doubled, or not `application/json`.",
        Case::BodyEmpty => "The request has no body.",
        Case::BodyNotJson => "The body is not JSON, or not UTF-8.",
        Case::BodyCutOff => "The body ends before its JSON does.",
        Case::BodyTooLarge => "The body is larger than images of the greatest size need.",
        Case::BodyNotObject => "The body is JSON and not an object.",
        Case::PersonIdInvalid => "The person id is empty, too long, or has a character that is not allowed.",
        Case::FieldMissing => "A field that has to be there is missing or null; `details` names it.",
        Case::FieldType => "A field is not of its type: an image is a text, a threshold a number.",
        Case::FieldEmpty => "An image is an empty text.",
        Case::FieldNotBase64 => "An image is not base64.",
        Case::FieldRange => "A number is outside its range, which `details` names.",
        Case::FieldDuplicate => "A field is there twice: which one is meant cannot be known.",
        Case::FieldConflict => "`sourceImage` and its other spelling `sourcetImage` are both there and differ.",
        Case::ImageFormat => "The bytes are neither JPEG nor PNG nor WebP.",
        Case::ImageUndecodable => "The image is damaged or cut off.",
        Case::ImageBytes => "The image has too many bytes.",
        Case::ImagePixels => "The image has too many pixels.",
        Case::ImageSide => "The shorter side of the image is too short.",
        Case::PersonTaken => "Somebody is enrolled under this id already: update that person, or choose another id.",
        Case::RequestsExhausted => {
            "The plan's requests of this month are used up; `details` says when counting starts again."
        }
        Case::PersonsExhausted => "As many persons are enrolled as the plan allows: remove some, or change the plan.",
        Case::NoFace => "No face was found.",
        Case::FaceCovered => "Mouth or nose are covered: by a mask, a scarf, a hand.",
        Case::FaceUnclear => "What was found is too unlike a face, or too little of it is seen.",
        Case::SeveralFaces => "More than one face is in the image.",
        Case::FaceSize => "The face is too small, too large, or cut by the frame.",
        Case::Yaw => "The head is turned to the side.",
        Case::Pitch => "The head is raised or lowered.",
        Case::Roll => "The head is tilted to a shoulder.",
        Case::NotSharp => "The face is out of focus, moved, or enlarged from a small picture.",
        Case::TooDark => "There is too little light on the face.",
        Case::TooBright => "There is too much light on the face.",
        Case::LowContrast => "Light and dark hardly differ: fog, a dirty lens, a veil.",
        Case::UnevenLight => "One half of the face is in the dark.",
        Case::Sunglasses => "Dark glasses hide the eyes.",
        Case::MouthOpen => "The mouth is open.",
        Case::EyesClosed => "One eye is closed, or both are.",
        Case::FaceEnrolled => "This face is enrolled under another id. Whose it is, is not told.",
        Case::PersonNotFound => "Nobody is enrolled under this id.",
        Case::FaceNotMatched => "The person is enrolled, and the face in the image is not theirs.",
        Case::NoPersonMatched => "Nobody who is enrolled is similar enough.",
        Case::KeyMissing => "The header `Api-Key` is missing or empty.",
        Case::KeyUnknown => "There is no such key.",
        Case::KeyDisabled => "The key was disabled.",
        Case::KeyExpired => "The key has expired.",
        Case::KeyNotPermitted => "The key is valid and has not the permission that this call needs.",
        Case::KeyNetwork => "The key may not be used from the address that the request came from.",
        Case::OrganisationSuspended => "The organisation of the key is suspended, or being erased.",
        Case::SignatureMissing => "The key takes signed requests only, and the header `Signature` is missing.",
        Case::SignatureWrong => {
            "No client key of the API key made this signature over the line of this request: base URL, URI and body must be \
             exactly what was sent."
        }
        Case::SignatureVersion => {
            "`Signature-Version` and `Nonce` do not go together, or the key takes length-prefixed lines only."
        }
        Case::SigningNotSetUp => "The request is signed, and signing is off for its key.",
        Case::TimestampInvalid => {
            "The header `Timestamp` is missing, or not milliseconds since 1970 in decimal digits."
        }
        Case::TimestampOutside => {
            "The timestamp is more than five minutes from the server's clock; `details` says how far, in milliseconds."
        }
        Case::SignatureReplayed => {
            "This very signature came before: sign every request anew, also one that is repeated."
        }
        Case::TooManySignatures => "More signatures of the key came within the window than are remembered.",
        Case::UnknownRoute => "There is no such path; a person id with a slash in it makes one, too.",
        Case::WrongMethod => "The path has no such method; the header `Allow` lists those that it has.",
        Case::RateExceeded => {
            "More requests a second than the plan allows; the header `Retry-After` says when to go on."
        }
        Case::TooManyInFlight => {
            "Too many requests of the organisation are being worked on: wait for answers before you send more."
        }
        Case::Overloaded => "More requests are waiting than can be answered in time.",
        Case::TimedOut => "The request took too long, its arrival included.",
        Case::Unavailable => "Something that the service depends on does not answer.",
        Case::Internal => "A defect of the service. Quote the `Request-Id` when you report it.",
    }
}

/// What the person in front of the camera should do, if they are the one who can mend it.
pub(super) fn advice(case: Case) -> Option<&'static str> {
    Defect::ALL.iter().find(|defect| defect_case(**defect) == case).map(|defect| defect.advice())
}

/// Whether the same request may succeed later, without anything being changed.
pub(super) fn is_temporary(case: Case) -> bool {
    case.status().is_server_error() || case.status() == axum::http::StatusCode::TOO_MANY_REQUESTS
}
