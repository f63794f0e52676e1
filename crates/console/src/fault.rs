//! What becomes of a request that cannot be answered as wished: a page with a status and plain words.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why there is no page. As a response it is an empty one that carries itself along; the middleware makes a page of it,
/// because only there is it known who looks at it.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// No such page, or nothing with this number that the visitor may know of: one answer for both.
    NotFound,
    /// The visitor's role does not go so far.
    Forbidden,
    /// The form did not come from a page of ours, or from one of another session.
    ForeignForm,
    /// The page has no such method.
    WrongMethod,
    /// The form is larger than any form of ours.
    TooLarge,
    /// The form is no form.
    Unreadable,
    /// It cannot be done as things are; why, in a sentence for the visitor.
    Refused(Arc<str>),
    /// Too many attempts; when the next one counts.
    Throttled(Duration),
    /// It took too long, or a part of the installation is down; why, for the log.
    Unavailable(Arc<str>),
    /// A defect of ours; what, for the log.
    Internal(Arc<str>),
}

impl Fault {
    pub(crate) fn internal(inside: impl Into<String>) -> Self {
        Self::Internal(inside.into().into())
    }

    pub(crate) fn unavailable(inside: impl Into<String>) -> Self {
        Self::Unavailable(inside.into().into())
    }

    pub(crate) fn refused(why: &str) -> Self {
        Self::Refused(crate::text::sentence(why).into())
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// For how many seconds to wait, if that is known.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Throttled(wait) => Some(crate::text::seconds(*wait)),
            Self::Unavailable(_) => Some(1),
            Self::NotFound
            | Self::Forbidden
            | Self::ForeignForm
            | Self::WrongMethod
            | Self::TooLarge
            | Self::Unreadable
            | Self::Refused(_)
            | Self::Internal(_) => None,
        }
    }

    /// The heading of its page.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "There is no such page",
            Self::Forbidden => "Your role does not allow this",
            Self::ForeignForm => "This form has lost its way",
            Self::WrongMethod => "This page cannot do that",
            Self::TooLarge => "That was too much",
            Self::Unreadable => "The form could not be read",
            Self::Refused(_) => "That cannot be done",
            Self::Throttled(_) => "Too many attempts",
            Self::Unavailable(_) => "Not available right now",
            Self::Internal(_) => "Something went wrong on our side",
        }
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> String {
        match self {
            Self::NotFound => "The address is misspelt, or what was here has been removed.".to_owned(),
            Self::Forbidden => "An owner of your organisation can do this, or can give you the role for it.".to_owned(),
            Self::ForeignForm => {
                "It was sent from another site, or you have signed in anew since the page was opened. Nothing was \
                 changed. Open the page again and send the form once more."
                    .to_owned()
            }
            Self::WrongMethod => "The link that led here is broken. Nothing was changed.".to_owned(),
            Self::TooLarge => "The form is larger than this page accepts. Nothing was changed.".to_owned(),
            Self::Unreadable => "It was cut off or damaged on its way. Nothing was changed; try again.".to_owned(),
            Self::Refused(why) => why.to_string(),
            Self::Throttled(wait) => {
                format!("For everybody's safety, attempts are limited. Try again in {}.", crate::text::wait(*wait))
            }
            Self::Unavailable(_) => {
                "A part of the service is busy or being restarted. Try again in a moment.".to_owned()
            }
            Self::Internal(_) => {
                "Nothing you did caused this. If it happens again, tell the operator the request number below."
                    .to_owned()
            }
        }
    }

    /// What the log is told.
    pub(crate) fn inside(&self) -> Option<&str> {
        match self {
            Self::Unavailable(inside) | Self::Internal(inside) => Some(inside),
            Self::NotFound
            | Self::Forbidden
            | Self::ForeignForm
            | Self::WrongMethod
            | Self::TooLarge
            | Self::Unreadable
            | Self::Refused(_)
            | Self::Throttled(_) => None,
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Self {
        Self::internal(format!("template: {error}"))
    }
}

impl From<accounts::usage::Error> for Fault {
    fn from(error: accounts::usage::Error) -> Self {
        Self::unavailable(error.to_string())
    }
}

/// For what the pages ask the engine about persons; they hand it no images, so nothing is refused.
impl From<engine::Error> for Fault {
    fn from(error: engine::Error) -> Self {
        use engine::Error;
        match error {
            Error::PersonNotFound => Self::NotFound,
            error @ (Error::Overloaded { .. } | Error::Unavailable(_)) => Self::unavailable(error.to_string()),
            error @ (Error::Image(_)
            | Error::Refused(_)
            | Error::FaceNotMatched
            | Error::NoPersonMatched
            | Error::GalleryFull { .. }
            | Error::Internal(_)) => Self::internal(error.to_string()),
        }
    }
}

/// For what a page does not handle itself: what is not there (any more, or for others only), what is refused, a defect.
impl From<accounts::Error> for Fault {
    fn from(error: accounts::Error) -> Self {
        use accounts::Error;
        match error {
            Error::NoSuchKey
            | Error::NoSuchOrganisation
            | Error::NoSuchPlan
            | Error::NoSuchUser
            | Error::NoSuchSession
            | Error::NoSuchLink
            | Error::NoSuchClientKey
            | Error::NoSuchAccessKey
            | Error::LinkInvalid => Self::NotFound,
            Error::AboveRole => Self::Forbidden,
            Error::Throttled { retry_after } => Self::Throttled(retry_after),
            error @ (Error::Name { .. }
            | Error::Expiry
            | Error::KeyEnded
            | Error::TooManyKeys { .. }
            | Error::Suspended
            | Error::OperatorsOwn
            | Error::PlanFixed
            | Error::PlanTaken
            | Error::PlanLimits
            | Error::LastOwner
            | Error::RoleElsewhere
            | Error::EmailTaken
            | Error::PasswordElsewhere
            | Error::WrongPassword
            | Error::WrongCode
            | Error::SecondFactorOn
            | Error::SecondFactorOff
            | Error::SigningOff
            | Error::SigningShared
            | Error::ClientKey(_)
            | Error::ClientKeyTaken
            | Error::TooManyClientKeys { .. }
            | Error::TooManyAccessKeys { .. }) => Self::refused(&error.to_string()),
            error @ Error::Database(_) => Self::unavailable(error.to_string()),
            error @ (Error::Hashing(_) | Error::Random(_) | Error::Sealed(_) | Error::Crypto(_)) => {
                Self::internal(error.to_string())
            }
        }
    }
}
