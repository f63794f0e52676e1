//! How each call can end. This is the one place that says so; the tests of the crate hold it to what the server answers
//! and to the contract's table.

use super::call::{Body, Call};
use crate::{Case, Code};

/// Every way in which the call can fail, in the order of precedence.
pub(super) fn failures(call: Call) -> Vec<Case> {
    let mut cases: Vec<Case> = Case::ALL.iter().copied().filter(|case| can_end(call, *case)).collect();
    // Stable: the cases of one code keep the order of their table.
    cases.sort_by_key(|case| case.code());
    cases
}

/// The codes of these cases, each once, in their order.
pub(super) fn codes(cases: &[Case]) -> Vec<Code> {
    let mut codes: Vec<Code> = cases.iter().map(|case| case.code()).collect();
    codes.dedup();
    codes
}

fn can_end(call: Call, case: Case) -> bool {
    let is_operation = call.operation().is_some();
    let enrols = matches!(call, Call::Create | Call::Update);
    let recognises = matches!(call, Call::Identify | Call::Verify);
    match case {
        Case::HttpMalformed => is_operation,
        Case::ContentType
        | Case::BodyEmpty
        | Case::BodyNotJson
        | Case::BodyCutOff
        | Case::BodyTooLarge
        | Case::BodyNotObject
        | Case::FieldMissing
        | Case::FieldType
        | Case::FieldEmpty
        | Case::FieldNotBase64
        | Case::FieldDuplicate
        | Case::ImageFormat
        | Case::ImageUndecodable
        | Case::ImageBytes
        | Case::ImagePixels
        | Case::ImageSide => call.body().is_some(),
        Case::FieldRange | Case::FieldConflict => call.body() == Some(Body::ImagePair),
        Case::PersonIdInvalid => call.names_person(),
        Case::PersonTaken => call == Call::Create,
        // The answer of a check is a success, whatever it says.
        Case::NoFace => enrols || recognises || call == Call::Compare,
        Case::FaceSize => enrols || recognises,
        Case::FaceCovered
        | Case::FaceUnclear
        | Case::SeveralFaces
        | Case::Yaw
        | Case::Pitch
        | Case::Roll
        | Case::NotSharp
        | Case::TooDark
        | Case::TooBright
        | Case::LowContrast
        | Case::UnevenLight
        | Case::Sunglasses
        | Case::MouthOpen
        | Case::EyesClosed
        | Case::FaceEnrolled => enrols,
        Case::PersonNotFound => call.names_person() && call != Call::Create,
        Case::FaceNotMatched => call == Call::Verify,
        Case::NoPersonMatched => call == Call::Identify,
        Case::KeyMissing | Case::KeyUnknown | Case::KeyDisabled | Case::KeyExpired | Case::KeyNotPermitted => {
            is_operation
        }
        Case::KeyNetwork | Case::OrganisationSuspended | Case::RequestsExhausted => is_operation,
        Case::SignatureMissing | Case::SignatureWrong | Case::SignatureVersion | Case::SigningNotSetUp => is_operation,
        Case::TimestampInvalid | Case::TimestampOutside | Case::SignatureReplayed => is_operation,
        Case::RateExceeded | Case::TooManyInFlight | Case::TooManySignatures => is_operation,
        Case::PersonsExhausted => call == Call::Create,
        // By a path or a method that is misspelt, such as a person id with a slash that is not escaped.
        Case::UnknownRoute | Case::WrongMethod => is_operation,
        // Probes are let in however many requests are in flight.
        Case::Overloaded => is_operation || call == Call::Document,
        Case::TimedOut | Case::Unavailable | Case::Internal => is_operation || call == Call::Ready,
    }
}
