//! What commands print: JSON for scripts, sentences for people.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use biometric::{Person, Timestamp};
use serde::Serialize;

use crate::failure::Outcome;

/// Prints the value as JSON, or what `human` makes of it.
pub(crate) fn print<T: Serialize>(json: bool, value: &T, human: impl FnOnce(&T) -> String) -> Outcome<()> {
    let text = if json { serde_json::to_string_pretty(value)? } else { human(value) };
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // Whoever reads has had enough, as `head` has: the command itself is done.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// A line on standard error, for people. That nobody reads there keeps no command from its work.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A person as the wire shows them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonShown {
    pub(crate) person_id: String,
    pub(crate) created: String,
    pub(crate) updated: String,
}

impl From<&Person> for PersonShown {
    fn from(person: &Person) -> Self {
        let Person { id, created, updated } = person;
        Self { person_id: id.to_string(), created: time(*created), updated: time(*updated) }
    }
}

/// RFC 3339 with milliseconds.
pub(crate) fn time(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.as_millis()) {
        Ok(at) => format!("{at:.3}"),
        Err(_) => at.as_millis().to_string(),
    }
}
