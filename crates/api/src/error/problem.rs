//! A problem, and the response that it becomes.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use biometric::{PersonId, Timestamp};
use serde::{Serialize, Serializer};

use super::{Case, Code};
use crate::response::json_response;
use crate::time::rfc3339;

/// When to try again where nobody knows better: a request takes some tens of milliseconds, so the queue of a second ago
/// is gone.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a request is not answered with success, before it is written.
#[derive(Debug)]
pub(crate) struct Problem {
    case: Case,
    details: Vec<Detail>,
    person: Option<PersonId>,
    retry_after: Option<Duration>,
    cause: Option<String>,
}

impl Problem {
    /// A problem that its case says all about.
    pub(crate) fn new(case: Case) -> Self {
        let retry_after = matches!(case.code(), Code::U001 | Code::L001).then_some(RETRY_AFTER);
        Self { case, details: Vec::new(), person: None, retry_after, cause: None }
    }

    /// A problem with something in the request: the case is that of the detail with the first code.
    pub(crate) fn with_details(mut details: Vec<Detail>) -> Self {
        // Stable: of two with one code, the one found first is told first.
        details.sort_by_key(|detail| detail.case.map(Case::code));
        match details.first().and_then(|detail| detail.case) {
            Some(case) => Self { details, ..Self::new(case) },
            None => Self::internal("refused without a reason".to_owned()),
        }
    }

    /// A defect of ours; the cause goes to the log.
    pub(crate) fn internal(cause: String) -> Self {
        Self::new(Case::Internal).caused_by(cause)
    }

    /// What the log is told and the client is not.
    pub(crate) fn caused_by(self, cause: String) -> Self {
        Self { cause: Some(cause), ..self }
    }

    /// When trying again makes sense.
    pub(crate) fn retry_after(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }

    /// The person whose id the message shows.
    pub(crate) fn about(self, person: PersonId) -> Self {
        Self { person: Some(person), ..self }
    }

    fn message(&self) -> String {
        let person = self.person.as_ref().map_or("", PersonId::as_str);
        self.case.code().message().replace("%s", person)
    }
}

impl From<Detail> for Problem {
    fn from(detail: Detail) -> Self {
        Self::with_details(vec![detail])
    }
}

/// What the log line says beside the code, carried from the handler to the middleware as an extension of the response.
#[derive(Clone)]
pub(crate) struct Cause {
    pub(crate) case: Case,
    pub(crate) inside: Option<String>,
}

/// The body of an error.
#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    r#type: &'a str,
    message: String,
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    details: &'a [Detail],
}

impl Problem {
    fn body(&self) -> Body<'_> {
        let code = self.case.code();
        Body { code: code.text(), r#type: self.case.word(), message: self.message(), details: &self.details }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = json_response(self.case.status(), &self.body());
        if let Some(after) = self.retry_after {
            // Whole seconds, rounded up; zero would invite to try again at once.
            let seconds = after.as_millis().div_ceil(1000).max(1);
            let value = HeaderValue::try_from(seconds.to_string()).unwrap_or(HeaderValue::from_static("1"));
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response.extensions_mut().insert(Cause { case: self.case, inside: self.cause });
        response
    }
}

/// One check: an entry of `details`, where all have failed, or of the answer of `check-face`, where those that were passed
/// have no case.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Detail {
    #[serde(rename = "code", serialize_with = "code_text", skip_serializing_if = "Option::is_none")]
    case: Option<Case>,
    check: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resets: Option<String>,
}

impl Detail {
    /// A check that has no number.
    pub(crate) fn new(case: Case, check: &'static str) -> Self {
        Self { case: Some(case), check, value: None, min: None, max: None, resets: None }
    }

    /// A check that a number failed. What is not finite is left out: JSON has no word for it.
    pub(crate) fn measured(
        case: Case,
        check: &'static str,
        value: f64,
        min: impl Into<Option<f64>>,
        max: impl Into<Option<f64>>,
    ) -> Self {
        Self::maybe(Some(case), check, value, min.into(), max.into())
    }

    /// A check that a number has failed or passed.
    pub(crate) fn maybe(
        case: Option<Case>,
        check: &'static str,
        value: f64,
        min: Option<f64>,
        max: Option<f64>,
    ) -> Self {
        let shown = shown(value, min, max);
        let (value, min, max) = (Number::new(shown), min.and_then(Number::new), max.and_then(Number::new));
        Self { value, min, max, case, check, resets: None }
    }

    /// The same, with the time at which the value begins anew.
    pub(crate) fn resetting(self, at: Timestamp) -> Self {
        Self { resets: Some(rfc3339(at)), ..self }
    }
}

/// The value with two decimals, rounded away from the limit that it misses: 63.999 below 64 is shown as 63.99.
fn shown(value: f64, min: Option<f64>, max: Option<f64>) -> f64 {
    let hundredths = value * 100.0;
    let rounded = match (min.is_some_and(|min| value < min), max.is_some_and(|max| value > max)) {
        (true, _) => hundredths.floor(),
        (false, true) => hundredths.ceil(),
        (false, false) => hundredths.round(),
    };
    rounded / 100.0
}

fn code_text<S: Serializer>(case: &Option<Case>, serializer: S) -> Result<S::Ok, S::Error> {
    case.map(|case| case.code().text()).serialize(serializer)
}

/// A finite number; written without a fraction where it has none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(f64);

impl Number {
    pub(crate) fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Up to here every whole number has a place in a double.
        const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
        match self.0.fract() == 0.0 && self.0.abs() <= WHOLE_MAX {
            true => serializer.serialize_i64(self.0 as i64),
            false => serializer.serialize_f64(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: f64, min: Option<f64>, max: Option<f64>) -> String {
        serde_json::to_string(&Detail::measured(Case::FaceSize, "face_px", value, min, max)).expect("JSON")
    }

    #[test]
    fn a_shown_value_fails_the_check_that_it_failed() {
        assert_eq!(json(63.999, Some(64.0), None), r#"{"code":"F_011","check":"face_px","value":63.99,"min":64}"#);
        assert_eq!(json(0.7001, None, Some(0.7)), r#"{"code":"F_011","check":"face_px","value":0.71,"max":0.7}"#);
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        assert_eq!(json(f64::NAN, Some(1.0), Some(f64::INFINITY)), r#"{"code":"F_011","check":"face_px","min":1}"#);
    }
}
