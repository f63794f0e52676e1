//! What can go wrong. No error holds a key or an image.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use signing::KeyError;

use crate::Code;

/// Why an operation has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service refused the request, or failed.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// An answer that the service did not sign, or not for this request: do not believe it.
    #[error(transparent)]
    Untrusted(Box<Untrusted>),
    /// An answer that is not the API's: most likely something else answers at this URL, such as a proxy.
    #[error("an answer with status {status} that is not of the Auther Check API{}", about(request_id.as_deref()))]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// The id of the request, if the answer has one.
        request_id: Option<String>,
    },
    /// No answer came.
    #[error(transparent)]
    Transport(TransportError),
    /// The file of an image cannot be read; nothing was sent.
    #[error("{}: {source}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The threshold is no number; nothing was sent.
    #[error("the threshold is a number from 0 to 100")]
    Threshold,
    /// The request could not be signed; nothing was sent.
    #[error("the request could not be signed: {0}")]
    Sign(#[from] signing::CryptoError),
}

impl Error {
    /// What the service answered, if it did and the answer is to be believed.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            Self::Untrusted(_) | Self::Unexpected { .. } | Self::Transport(_) => None,
            Self::Image { .. } | Self::Threshold | Self::Sign(_) => None,
        }
    }
}

/// What the service answered instead of a result.
///
/// ```
/// # fn example(error: auther_client::ApiError) {
/// if error.is_image_refused() {
///     for detail in &error.details {
///         println!("{} is {:?}, wanted {:?} to {:?}", detail.check, detail.value, detail.min, detail.max);
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The row of the error table.
    pub code: Code,
    /// The case of the code, which the wire calls `type`: `face_not_matched`.
    pub kind: String,
    /// The code in words, for people.
    pub message: String,
    /// Every check that failed, the one that `code` and `kind` are of first.
    pub details: Vec<Detail>,
    /// Quote it when you ask for support.
    pub request_id: Option<String>,
    /// After so long the same request may be sent again, if the service said so.
    pub retry_after: Option<Duration>,
}

impl ApiError {
    /// Whether the face is enrolled already, under another person id (`F_012`).
    #[must_use]
    pub fn is_face_exists(&self) -> bool {
        self.code == Code::FaceExists
    }

    /// Whether the person id is taken (`CP_002`).
    #[must_use]
    pub fn is_person_exists(&self) -> bool {
        self.code == Code::PersonExists
    }

    /// Whether nobody is enrolled under the person id (`NF_001`, `person_not_found`).
    #[must_use]
    pub fn is_person_not_found(&self) -> bool {
        self.code == Code::NotFound && self.kind == "person_not_found"
    }

    /// Whether the person is known, and the face somebody else's (`NF_001`, `face_not_matched`).
    #[must_use]
    pub fn is_face_not_matched(&self) -> bool {
        self.code == Code::NotFound && self.kind == "face_not_matched"
    }

    /// Whether no enrolled person is similar enough (`RF_001`).
    #[must_use]
    pub fn is_not_recognised(&self) -> bool {
        self.code == Code::NotRecognised
    }

    /// Whether the image was refused for what it shows (`F_001` to `F_011`).
    #[must_use]
    pub fn is_image_refused(&self) -> bool {
        match self.code {
            Code::SeveralFaces | Code::NoFace | Code::EyesClosed | Code::MouthOpen | Code::Sunglasses => true,
            Code::Brightness | Code::Sharpness | Code::Roll | Code::Pitch | Code::Yaw | Code::FaceSize => true,
            Code::FaceExists | Code::PersonExists | Code::QuotaExhausted | Code::NotFound | Code::NotRecognised => {
                false
            }
            Code::RouteUnknown | Code::BodyInvalid | Code::FieldsInvalid => false,
            Code::KeyMissing | Code::KeyUnknown | Code::KeyNotAllowed => false,
            Code::SignatureMissing | Code::SignatureWrong | Code::TimestampRefused => false,
            Code::TooManyRequests | Code::Unavailable | Code::Internal | Code::Other(_) => false,
        }
    }

    /// Whether the plan's requests of this month, or its persons, are used up (`CP_005`).
    #[must_use]
    pub fn is_quota_exhausted(&self) -> bool {
        self.code == Code::QuotaExhausted
    }

    /// Whether the service promises another answer later: 429 or 503.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        crate::retry::is_temporary(self.status)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, kind, message, .. } = self;
        write!(f, "{code} {message} ({kind}){}", about(self.request_id.as_deref()))
    }
}

impl std::error::Error for ApiError {}

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Detail {
    /// The code of this check.
    pub code: Code,
    /// What was checked: a field of the request, a measure of the image, or a limit.
    pub check: String,
    /// What it came to, if it has a number.
    pub value: Option<f64>,
    /// The least accepted value, if there is one.
    pub min: Option<f64>,
    /// The greatest accepted value, if there is one.
    pub max: Option<f64>,
    /// With [`Code::QuotaExhausted`]: when the count starts again at zero, in RFC 3339.
    pub resets: Option<String>,
}

/// The body of an error.
#[derive(Deserialize)]
pub(crate) struct Refusal {
    code: Code,
    #[serde(rename = "type")]
    kind: String,
    message: String,
    #[serde(default)]
    details: Vec<Detail>,
}

impl Refusal {
    pub(crate) fn with(self, status: u16, request_id: Option<String>, retry_after: Option<Duration>) -> ApiError {
        let Self { code, kind, message, details } = self;
        ApiError { status, code, kind, message, details, request_id, retry_after }
    }
}

/// An answer that is not to be believed.
#[derive(Debug)]
pub struct Untrusted {
    /// Why not.
    pub reason: Distrust,
    /// The HTTP status.
    pub status: u16,
    /// What the answer claims. It helps to find a mistake in the set-up, and is proof of nothing: a service that does not
    /// know the API key, for one, cannot sign under its signing key.
    pub claim: Option<ApiError>,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, status {}", self.reason, self.status)?;
        match &self.claim {
            Some(claim) => write!(f, "; it claims: {claim}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Untrusted {}

/// What is wrong with the signature of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// There is none.
    #[error("the answer is not signed")]
    Unsigned,
    /// There is no time with it.
    #[error("the answer is signed without a timestamp that can be read")]
    Timestamp,
    /// Its time is too far from that of this machine: an old answer, or clocks that differ.
    #[error("the answer's timestamp is {away_ms} ms from this machine's clock")]
    Clock {
        /// How far, in milliseconds: negative for the past.
        away_ms: i64,
    },
    /// It is not the service's over this answer to this request.
    #[error("the answer's signature is wrong: altered on its way, not for this request, or of an unknown server key")]
    Signature,
}

/// No answer came: no connection, a time-out, or a connection lost.
#[derive(Debug)]
pub struct TransportError {
    message: String,
    may_have_arrived: bool,
}

impl TransportError {
    pub(crate) fn new(message: String, may_have_arrived: bool) -> Self {
        Self { message, may_have_arrived }
    }

    /// Of an error and its causes, each of which says a part.
    pub(crate) fn of(error: &dyn std::error::Error, may_have_arrived: bool) -> Self {
        let causes = std::iter::successors(Some(error), |error| error.source());
        let mut says: Vec<String> = causes.map(ToString::to_string).collect();
        says.dedup();
        Self::new(says.join(": "), may_have_arrived)
    }

    /// Whether the service may have done what was asked all the same.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        self.may_have_arrived
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TransportError {}

/// Why there is no client with such words.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The URL is none that can be called.
    #[error("the URL has to be like https://auth.example.org, without a password, a query or a fragment")]
    Url,
    /// The API key is none.
    #[error("the API key is empty, or holds white space or characters that no key has")]
    ApiKey,
    /// The signing key is none.
    #[error("the signing key is empty")]
    SigningKey,
    /// The private key cannot be used.
    #[error("the private key is no RSA key in PEM (-----BEGIN PRIVATE KEY-----), or it is encrypted or damaged")]
    PrivateKey,
    /// A public key of the server cannot be used.
    #[error("the server's public key: {0}")]
    ServerKey(KeyError),
    /// The system's certificate authorities cannot be read.
    #[error("the system's certificate authorities cannot be read: {0}")]
    Certificates(std::io::Error),
}

fn about(request_id: Option<&str>) -> String {
    request_id.map(|id| format!(", request {id}")).unwrap_or_default()
}
