//! What the accounts do not know: a no, as against a failure.

use accounts::Error;
use serde::Serialize;

use crate::failure::Outcome;
use crate::output::{note, print};

/// What was asked about, so that a no can name it.
#[derive(Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    pub(super) key: Option<i64>,
    pub(super) organisation: Option<i64>,
    pub(super) plan: Option<i64>,
    pub(super) email: Option<&'a str>,
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    subject: Subject<'a>,
    found: bool,
}

#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
enum Subject<'a> {
    Number { id: i64 },
    Email { email: &'a str },
}

/// The answer; `None` when something that was asked about is not there, which has been told then. The exit status is that
/// of a no.
pub(super) fn found<T>(outcome: Result<T, Error>, asked: Asked<'_>, json: bool) -> Outcome<Option<T>> {
    let number = |id: Option<i64>, what: &str, list: &str| {
        let id = id.unwrap_or_default();
        (Subject::Number { id }, format!("there is no {what} {id}; `auther {list} list` shows the numbers"))
    };
    let (subject, sentence) = match (outcome, asked.email) {
        (Ok(answer), _) => return Ok(Some(answer)),
        (Err(Error::NoSuchKey), _) => number(asked.key, "key", "key"),
        (Err(Error::NoSuchOrganisation), _) => number(asked.organisation, "organisation", "organisation"),
        (Err(Error::NoSuchPlan), _) => number(asked.plan, "plan", "plan"),
        (Err(Error::NoSuchUser), Some(email)) => {
            (Subject::Email { email }, format!("nobody has the address {email}; `auther user list` shows who there is"))
        }
        (Err(error), _) => return Err(error.into()),
    };
    note(format_args!("auther: {sentence}"));
    if json {
        print(true, &Told { subject, found: false }, |_| String::new())?;
    }
    Ok(None)
}
