//! What tells apart the cases of one code: the `type` of an error.

use axum::http::StatusCode;

use super::Code;

macro_rules! cases {
    ($($case:ident = $word:literal, $code:ident $(, $status:ident)?;)+) => {
        /// One way to fail, as `type` names it. The words are stable: clients decide on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Case {
            $(#[doc = concat!("`", $word, "`")] $case,)+
        }

        impl Case {
            /// Every case.
            pub const ALL: &[Self] = &[$(Self::$case),+];

            /// The `type` on the wire.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$case => $word),+ }
            }

            /// The code that it is a case of.
            #[must_use]
            pub const fn code(self) -> Code {
                match self { $(Self::$case => Code::$code),+ }
            }

            /// The status: its own where it has one, otherwise its code's.
            #[must_use]
            pub fn status(self) -> StatusCode {
                let own: Option<StatusCode> = match self { $(Self::$case => cases!(@own $($status)?)),+ };
                own.unwrap_or(self.code().status())
            }
        }
    };
    (@own) => { None };
    (@own $status:ident) => { Some(StatusCode::$status) };
}

cases! {
    HttpMalformed = "http_malformed", R002;
    ContentType = "content_type", R002;
    BodyEmpty = "body_empty", R002;
    BodyNotJson = "body_not_json", R002;
    BodyCutOff = "body_cut_off", R002;
    BodyTooLarge = "body_too_large", R002, PAYLOAD_TOO_LARGE;
    BodyNotObject = "body_not_object", R003;
    PersonIdInvalid = "person_id_invalid", R003;
    FieldMissing = "field_missing", R003;
    FieldType = "field_type", R003;
    FieldEmpty = "field_empty", R003;
    FieldNotBase64 = "field_not_base64", R003;
    FieldRange = "field_range", R003;
    FieldDuplicate = "field_duplicate", R003;
    FieldConflict = "field_conflict", R003;
    ImageFormat = "image_format", R003;
    ImageUndecodable = "image_undecodable", R003;
    ImageBytes = "image_bytes", R003;
    ImagePixels = "image_pixels", R003;
    ImageSide = "image_side", R003;
    PersonTaken = "person_taken", CP002;
    RequestsExhausted = "requests_exhausted", CP005;
    PersonsExhausted = "persons_exhausted", CP005;
    NoFace = "no_face", F002;
    FaceCovered = "face_covered", F002;
    FaceUnclear = "face_unclear", F002;
    SeveralFaces = "several_faces", F001;
    FaceSize = "face_size", F011;
    Yaw = "face_turned", F010;
    Pitch = "face_raised_or_lowered", F009;
    Roll = "face_tilted", F008;
    NotSharp = "face_not_sharp", F007;
    TooDark = "face_too_dark", F006;
    TooBright = "face_too_bright", F006;
    LowContrast = "face_low_contrast", F006;
    UnevenLight = "face_unevenly_lit", F006;
    Sunglasses = "sunglasses", F005;
    MouthOpen = "mouth_open", F004;
    EyesClosed = "eyes_closed", F003;
    FaceEnrolled = "face_enrolled", F012;
    PersonNotFound = "person_not_found", NF001;
    FaceNotMatched = "face_not_matched", NF001;
    NoPersonMatched = "no_person_matched", RF001;
    KeyMissing = "key_missing", A001;
    KeyUnknown = "key_unknown", A002;
    KeyDisabled = "key_disabled", A003;
    KeyExpired = "key_expired", A003;
    KeyNotPermitted = "key_not_permitted", A003;
    KeyNetwork = "key_network", A003;
    OrganisationSuspended = "organisation_suspended", A003;
    SignatureMissing = "signature_missing", S001;
    SignatureWrong = "signature_wrong", S002;
    SignatureVersion = "signature_version_wrong", S002;
    SigningNotSetUp = "signing_not_set_up", S002;
    TimestampInvalid = "timestamp_invalid", S003;
    TimestampOutside = "timestamp_outside_window", S003;
    SignatureReplayed = "signature_replayed", S003;
    TooManySignatures = "too_many_signatures", L001;
    RateExceeded = "rate_exceeded", L001;
    TooManyInFlight = "too_many_in_flight", L001;
    UnknownRoute = "unknown_route", R001;
    WrongMethod = "wrong_method", R001, METHOD_NOT_ALLOWED;
    Overloaded = "overloaded", U001;
    TimedOut = "timed_out", U001;
    Unavailable = "unavailable", U001;
    Internal = "internal", I001;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_and_codes_are_unique() {
        let words: HashSet<_> = Case::ALL.iter().map(|case| case.word()).collect();
        assert_eq!(words.len(), Case::ALL.len());
        let texts: HashSet<_> = Code::ALL.iter().map(|code| code.text()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
    }

    #[test]
    fn words_are_snake_case() {
        let is_snake = |word: &str| word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        assert!(Case::ALL.iter().all(|case| is_snake(case.word())));
    }

    #[test]
    fn every_code_has_a_case() {
        for code in Code::ALL {
            assert!(Case::ALL.iter().any(|case| case.code() == *code), "{code:?}");
        }
    }

    #[test]
    fn the_precedence_is_the_contracts() {
        let contract =
            "R_002, R_003, CP_002, F_002, F_001, F_011, F_010, F_009, F_008, F_007, F_006, F_005, F_004, F_003, F_012";
        let place = |code: &Code| contract.split(", ").position(|text| text == code.text());
        let places: Vec<_> = Code::ALL.iter().filter_map(place).collect();
        assert!(places.is_sorted() && places.len() == contract.split(", ").count());
    }
}
