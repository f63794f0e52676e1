//! What goes wrong, in the words of the wire format.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::{CollectionError, Error};
use face::ImageError;
use serde::Serialize;

use crate::body::CONTENT_TYPE;

/// The header that names the exception, beside `__type` of the body.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

macro_rules! kinds {
    ($($name:ident = $status:ident, $code:literal;)+) => {
        /// The name of an exception.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($name,)+
        }

        impl Kind {
            /// Its name on the wire.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// Server errors are what clients try again by themselves, and what is not charged.
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }

            /// What the request log and the statistics take it for: the nearest code of the API, so that both listeners'
            /// requests are counted alike.
            pub(crate) const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
        }
    };
}

kinds! {
    AccessDeniedException = BAD_REQUEST, "A_003";
    ImageTooLargeException = BAD_REQUEST, "R_003";
    IncompleteSignatureException = BAD_REQUEST, "S_002";
    InternalServerError = INTERNAL_SERVER_ERROR, "I_001";
    InvalidImageFormatException = BAD_REQUEST, "R_003";
    InvalidPaginationTokenException = BAD_REQUEST, "R_003";
    InvalidParameterException = BAD_REQUEST, "R_003";
    InvalidS3ObjectException = BAD_REQUEST, "R_003";
    InvalidSignatureException = BAD_REQUEST, "S_002";
    LimitExceededException = BAD_REQUEST, "CP_005";
    MissingAuthenticationTokenException = BAD_REQUEST, "S_001";
    ProvisionedThroughputExceededException = BAD_REQUEST, "L_001";
    RequestEntityTooLargeException = PAYLOAD_TOO_LARGE, "R_002";
    ResourceAlreadyExistsException = BAD_REQUEST, "CP_002";
    ResourceNotFoundException = BAD_REQUEST, "NF_001";
    SerializationException = BAD_REQUEST, "R_002";
    ServiceQuotaExceededException = BAD_REQUEST, "CP_005";
    ThrottlingException = INTERNAL_SERVER_ERROR, "U_001";
    UnknownOperationException = BAD_REQUEST, "R_001";
    UnrecognizedClientException = BAD_REQUEST, "A_002";
    ValidationException = BAD_REQUEST, "R_003";
}

/// An answer that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) kind: Kind,
    /// For the client.
    pub(crate) message: String,
    /// For the log.
    pub(crate) cause: Option<String>,
}

/// What the log line of a request is told of its exception, as an extension of the response.
#[derive(Clone, Debug)]
pub(crate) struct Raised {
    pub(crate) kind: Kind,
    pub(crate) cause: Option<String>,
}

#[derive(Serialize)]
struct Shape<'a> {
    #[serde(rename = "__type")]
    kind: &'a str,
    #[serde(rename = "Message")]
    message: &'a str,
}

impl Exception {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cause: None }
    }

    /// A defect of ours, or a dependency that is down; what is known of it goes to the log alone.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        let exception = Self::new(Kind::InternalServerError, "The service experienced an issue. Try your call again.");
        Self { cause: Some(cause.into()), ..exception }
    }

    /// More is asked for than can be done now.
    pub(crate) fn overloaded() -> Self {
        Self::new(
            Kind::ThrottlingException,
            "The service is temporarily unable to process the request. Try your call again.",
        )
    }

    /// What a client is told of an engine's error; `collection` is the one that the call is about, if it is about one.
    pub(crate) fn of(error: CollectionError, collection: &str) -> Self {
        match error {
            CollectionError::Engine(error) => Self::of_engine(error),
            CollectionError::NoFace => Self::new(
                Kind::InvalidParameterException,
                "There are no faces in the image, or none that meets the QualityFilter. Should be at least 1.",
            ),
            CollectionError::NotFound => {
                Self::new(Kind::ResourceNotFoundException, format!("The collection id: {collection} does not exist"))
            }
            CollectionError::Exists => Self::new(
                Kind::ResourceAlreadyExistsException,
                format!("The collection id: {collection} already exists"),
            ),
            CollectionError::TooManyCollections { collections_max } => Self::new(
                Kind::ServiceQuotaExceededException,
                format!("There are {collections_max} collections already, the most that there may be."),
            ),
            CollectionError::TooManyFaces { faces_max } => Self::new(
                Kind::ServiceQuotaExceededException,
                format!("The plan has room for {faces_max} faces in all collections together: {FULL_ADVICE}."),
            ),
        }
    }

    fn of_engine(error: Error) -> Self {
        match error {
            Error::Image(error) => Self::of_image(&error),
            Error::Overloaded { .. } => Self::overloaded(),
            Error::Unavailable(cause) | Error::Internal(cause) => Self::internal(cause),
            // What the use cases of persons say.
            error @ (Error::Refused(_)
            | Error::PersonNotFound
            | Error::FaceNotMatched
            | Error::NoPersonMatched
            | Error::GalleryFull { .. }) => Self::internal(error.to_string()),
        }
    }

    fn of_image(error: &ImageError) -> Self {
        let kind = match error {
            ImageError::UnknownFormat | ImageError::Undecodable(_) => Kind::InvalidImageFormatException,
            ImageError::TooManyBytes { .. } | ImageError::TooManyPixels { .. } => Kind::ImageTooLargeException,
            ImageError::TooSmall { .. } => Kind::InvalidParameterException,
        };
        // A decoder's own words are for the log.
        let message = match matches!(error, ImageError::Undecodable(_)) {
            true => "the image cannot be decoded".to_owned(),
            false => error.to_string(),
        };
        Self { cause: Some(error.to_string()), ..Self::new(kind, format!("Request has invalid image: {message}")) }
    }
}

/// What to do when there is no room for more faces.
const FULL_ADVICE: &str = "delete some, or ask for another plan";

impl IntoResponse for Exception {
    fn into_response(self) -> Response {
        let Self { kind, message, cause } = self;
        let shape = Shape { kind: kind.name(), message: &message };
        // A struct of two texts can always be written.
        let body = serde_json::to_vec(&shape).unwrap_or_default();
        let mut response = (kind.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        headers.insert(ERROR_TYPE, HeaderValue::from_static(kind.name()));
        response.extensions_mut().insert(Raised { kind, cause });
        response
    }
}
