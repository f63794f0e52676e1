//! The codes of the error table.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! codes {
    ($($code:ident = $text:literal, $meaning:literal;)+) => {
        /// A row of the service's error table. What one case of a code is, the `kind` of the [`ApiError`](crate::ApiError)
        /// tells.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $text, "`: ", $meaning)] $code,)+
            /// A code that is newer than this client.
            Other(String),
        }

        impl Code {
            /// Every code that this client knows.
            pub const KNOWN: &[Self] = &[$(Self::$code),+];

            /// The code as the wire shows it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$code => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for Code {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$code,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

codes! {
    SeveralFaces = "F_001", "more than one face in an image to be enrolled.";
    NoFace = "F_002", "no face, or one that is covered or too unlike a face.";
    EyesClosed = "F_003", "an eye or both are closed.";
    MouthOpen = "F_004", "the mouth is open.";
    Sunglasses = "F_005", "dark glasses hide the eyes.";
    Brightness = "F_006", "too dark, too bright, without contrast, or lit from one side.";
    Sharpness = "F_007", "out of focus, or moved.";
    Roll = "F_008", "the head is tilted.";
    Pitch = "F_009", "the head is raised or lowered.";
    Yaw = "F_010", "the head is turned.";
    FaceSize = "F_011", "the face is too small, too large or cut by the frame.";
    FaceExists = "F_012", "the face is enrolled already under another person id.";
    PersonExists = "CP_002", "the person id is taken.";
    QuotaExhausted = "CP_005", "the plan's requests of this month, or its persons, are used up.";
    NotFound = "NF_001", "no such person, or the face is not that person's.";
    NotRecognised = "RF_001", "no enrolled person is similar enough.";
    RouteUnknown = "R_001", "no such route or method: most likely the URL is wrong.";
    BodyInvalid = "R_002", "the body is not JSON, too large or cut off.";
    FieldsInvalid = "R_003", "the person id, a field or the image is not what it has to be.";
    KeyMissing = "A_001", "no API key came.";
    KeyUnknown = "A_002", "no such API key.";
    KeyNotAllowed = "A_003", "the key may not do this, or no longer, or not from there.";
    SignatureMissing = "S_001", "the key takes signed requests only.";
    SignatureWrong = "S_002", "the signature is not that of a client key over this request.";
    TimestampRefused = "S_003", "the clocks are too far apart, or the signature came before.";
    TooManyRequests = "L_001", "faster than the plan allows, or too many at once.";
    Unavailable = "U_001", "overloaded, out of time, or a dependency is down.";
    Internal = "I_001", "a defect of the service.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from(text.as_str()))
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_written_and_a_new_one_is_kept() {
        assert!(Code::KNOWN.iter().all(|code| Code::from(code.as_str()) == *code));
        assert_eq!(Code::from("F_012"), Code::FaceExists);
        assert_eq!(Code::from("F_099").as_str(), "F_099");
    }
}
