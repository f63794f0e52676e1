//! The error table of the contract: one row for each code that can be produced today.

use axum::http::StatusCode;

macro_rules! codes {
    ($($code:ident = $text:literal, $status:ident, $message:literal, $meaning:literal;)+) => {
        /// A code of the error table.
        ///
        /// The order is the order of precedence: of several refusals the least code is told first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $code,)+
        }

        impl Code {
            /// Every code, in the order of precedence.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// The code as the wire shows it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$code => $text),+ }
            }

            /// Its status, unless the [`Case`](crate::Case) has one of its own.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$code => StatusCode::$status),+ }
            }

            /// The contract's message; `%s` stands for the person id.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$code => $message),+ }
            }

            /// When it is produced, in a sentence for the documentation.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$code => $meaning),+ }
            }
        }
    };
}

codes! {
    R002 = "R_002", BAD_REQUEST, "Request body exception", "The body is not JSON, too large or cut off, or not declared as JSON.";
    R003 = "R_003", BAD_REQUEST, "Fields validation exception", "A field or the person id is missing or not what it has to be.";
    CP002 = "CP_002", BAD_REQUEST, "Customer profile already exists with id %s", "The person id is taken.";
    CP005 = "CP_005", BAD_REQUEST, "Number of available requests exceeded", "The plan's requests of this month, or its persons, are used up; `details` says which, and when they reset.";
    F002 = "F_002", BAD_REQUEST, "Most likely face doesn't exist", "No face was found, or it is covered or too unlike a face.";
    F001 = "F_001", BAD_REQUEST, "Should be one face", "An enrolment image shows more than one face.";
    F011 = "F_011", BAD_REQUEST, "Wrong face size when image check", "The face is too small, too large or cut by the frame.";
    F010 = "F_010", BAD_REQUEST, "Wrong face yaw", "The head is turned to the side.";
    F009 = "F_009", BAD_REQUEST, "Wrong face pitch", "The head is raised or lowered.";
    F008 = "F_008", BAD_REQUEST, "Wrong face roll", "The head is tilted.";
    F007 = "F_007", BAD_REQUEST, "Sharpness is bad", "The face is out of focus or moved.";
    F006 = "F_006", BAD_REQUEST, "Brightness is bad", "The face is too dark, too bright, without contrast or lit from one side.";
    F005 = "F_005", BAD_REQUEST, "Sunglasses exists", "Dark glasses hide the eyes.";
    F004 = "F_004", BAD_REQUEST, "Mouth is open", "The mouth is open.";
    F003 = "F_003", BAD_REQUEST, "Eyes are closed", "An eye or both are closed.";
    F012 = "F_012", BAD_REQUEST, "Face exists", "The face is already enrolled under another person id.";
    NF001 = "NF_001", NOT_FOUND, "Face not found in collection", "No such person, or the face is not that person's.";
    RF001 = "RF_001", GONE, "No person matched", "No enrolled person is similar enough.";
    A001 = "A_001", UNAUTHORIZED, "Api key is missing", "The request carries no API key.";
    A002 = "A_002", UNAUTHORIZED, "Api key is unknown", "No key has this secret.";
    A003 = "A_003", FORBIDDEN, "Api key is not allowed to do this", "The key is disabled, has expired, lacks the permission or may not be used from there, or its organisation is suspended.";
    S001 = "S_001", UNAUTHORIZED, "Signature is missing", "The key requires signed requests, and this one is not signed.";
    S002 = "S_002", UNAUTHORIZED, "Signature is wrong", "The signature is not that of a client key over the line of this request.";
    S003 = "S_003", UNAUTHORIZED, "Timestamp is outside the window or the signature was used before", "The timestamp is more than five minutes from the server's clock, or the same signature came before.";
    L001 = "L_001", TOO_MANY_REQUESTS, "Too many requests, try again later", "Faster than the plan allows, or too many at once; `Retry-After` says when to try again.";
    R001 = "R_001", NOT_FOUND, "No such route or method", "There is no such route, or it has no such method (405).";
    U001 = "U_001", SERVICE_UNAVAILABLE, "Service is unavailable, try again later", "Overloaded, out of time, or a dependency is down.";
    I001 = "I_001", INTERNAL_SERVER_ERROR, "Internal server error", "A defect of the service; the log has it under the request id.";
}
