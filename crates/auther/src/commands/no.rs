//! The answer no: what it is, as against a failure, and how every command tells it.

use engine::{Error, Refusal};
use serde::Serialize;

use crate::failure::Outcome;
use crate::output::{note, print};

/// An answer of the engine other than yes. An overload or a broken disk is none: nothing was decided then.
pub(super) enum No {
    /// Nobody is enrolled under the id.
    NotFound,
    /// The face is not the person's, or nobody's.
    NotMatched,
    /// The image, the id or the face is refused, for these reasons.
    Refused(Vec<Reason>),
}

/// A reason in the words of the API's error table.
#[derive(Serialize)]
pub(super) struct Reason {
    #[serde(serialize_with = "code_text")]
    pub(super) code: api::Code,
    pub(super) message: String,
}

/// What was asked about.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Subject<'a> {
    PersonId(&'a str),
    Image(&'a str),
    /// One of them.
    Images([&'a str; 2]),
}

/// What is printed of a no.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    subject: Subject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusals: Option<Vec<Reason>>,
}

/// Tells an answer, yes or no, from a failure.
pub(super) fn answered<T>(outcome: Result<T, Error>) -> Outcome<Result<T, No>> {
    match outcome {
        Ok(yes) => Ok(Ok(yes)),
        Err(Error::PersonNotFound) => Ok(Err(No::NotFound)),
        Err(Error::FaceNotMatched | Error::NoPersonMatched) => Ok(Err(No::NotMatched)),
        Err(Error::Refused(refusals)) => Ok(Err(No::refused(refusals.into_iter().map(Reason::from).collect()))),
        Err(error @ Error::Image(_)) => Ok(Err(No::Refused(vec![Reason::new(api::Case::ImageFormat, &error)]))),
        Err(
            error @ (Error::GalleryFull { .. } | Error::Overloaded { .. } | Error::Unavailable(_) | Error::Internal(_)),
        ) => Err(super::refused(&error)),
    }
}

fn code_text<S: serde::Serializer>(code: &api::Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.text())
}

impl Reason {
    fn new(case: api::Case, error: &Error) -> Self {
        Self { code: case.code(), message: api::describe(error).join("; ") }
    }
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Self {
        let case = match &refusal {
            Refusal::PersonTaken => api::Case::PersonTaken,
            Refusal::FaceEnrolled => api::Case::FaceEnrolled,
            Refusal::Face(rejection) => api::defect_case(rejection.defect),
        };
        Self::new(case, &Error::Refused(vec![refusal]))
    }
}

impl No {
    /// For reasons in any order.
    pub(super) fn refused(mut reasons: Vec<Reason>) -> Self {
        // The order of precedence, as the API has it; of one code, as they were found.
        reasons.sort_by_key(|reason| reason.code);
        Self::Refused(reasons)
    }

    /// Says no: a sentence on standard error, which is not the answer that was hoped for; under `--json` an object on
    /// standard output, too.
    pub(super) fn tell(self, json: bool, subject: Subject<'_>) -> Outcome {
        note(format_args!("auther: {}", self.sentence(subject)));
        if json {
            print(true, &self.told(subject), |_| String::new())?;
        }
        Ok(super::answer(false))
    }

    /// Why, in one line.
    pub(super) fn reasons(&self) -> String {
        match self {
            Self::NotFound => "not found".to_owned(),
            Self::NotMatched => "not matched".to_owned(),
            Self::Refused(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(|reason| reason.message.as_str()).collect();
                reasons.join("; ")
            }
        }
    }

    fn sentence(&self, subject: Subject<'_>) -> String {
        let name = match subject {
            Subject::PersonId(name) | Subject::Image(name) => name.to_owned(),
            Subject::Images([source, target]) => format!("{source} or {target}"),
        };
        match self {
            Self::NotFound => {
                format!("no person is enrolled under the id {name:?}; `auther person list` lists those who are")
            }
            Self::NotMatched | Self::Refused(_) => format!("{name}: {}", self.reasons()),
        }
    }

    fn told(self, subject: Subject<'_>) -> Told<'_> {
        let told = Told { subject, found: None, matched: None, refusals: None };
        match self {
            Self::NotFound => Told { found: Some(false), ..told },
            Self::NotMatched => Told { matched: Some(false), ..told },
            Self::Refused(reasons) => Told { refusals: Some(reasons), ..told },
        }
    }
}
