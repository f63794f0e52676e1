//! What the codes of the API mean, as its own description has it.

use serde_json::Value;

/// Codes that answer the question, with no: nobody is so similar, nobody has this id.
const NO_MATCH: [&str; 2] = ["NF_001", "RF_001"];

/// How requests end, roughly: what charts tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As it was asked.
    Answered,
    /// The answer is no: also a good answer.
    NoMatch,
    /// The request, its image or the plan was not up to it.
    Refused,
    /// The service was not up to it.
    Failed,
}

impl Outcome {
    /// All of them, the best first.
    pub(crate) const ALL: [Self; 4] = [Self::Answered, Self::NoMatch, Self::Refused, Self::Failed];

    /// How a request ended that has this code; none: well.
    pub(crate) fn of(openapi: &Value, code: &str) -> Self {
        match code {
            "" => Self::Answered,
            code if NO_MATCH.contains(&code) => Self::NoMatch,
            code => match row(openapi, code).and_then(|row| row["status"].as_u64()) {
                Some(500..) => Self::Failed,
                Some(_) | None => Self::Refused,
            },
        }
    }

    /// What it is called.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Answered => "Answered",
            Self::NoMatch => "No match",
            Self::Refused => "Refused",
            Self::Failed => "Failed",
        }
    }

    /// What the style sheet calls it.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NoMatch => "no-match",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// How many requests ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally([u64; Outcome::ALL.len()]);

impl Tally {
    /// Counts more of them.
    pub(crate) fn add(&mut self, outcome: Outcome, count: u64) {
        self.0[outcome as usize] += count;
    }

    /// How many ended like this.
    pub(crate) fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// The same as pages show it.
    pub(crate) fn shown(&self, outcome: Outcome) -> String {
        crate::text::count(&self.of(outcome))
    }

    /// How many there are.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// How many got what they asked for, a no included.
    pub(crate) fn answers(&self) -> u64 {
        self.of(Outcome::Answered) + self.of(Outcome::NoMatch)
    }
}

/// The meaning of a code, in a sentence; empty for one that is not described.
pub(crate) fn meaning<'a>(openapi: &'a Value, code: &str) -> &'a str {
    row(openapi, code).and_then(|row| row["meaning"].as_str()).unwrap_or_default()
}

/// Every code that is described, in its order.
pub(crate) fn all(openapi: &Value) -> Vec<String> {
    rows(openapi).iter().filter_map(|row| row["code"].as_str().map(str::to_owned)).collect()
}

fn row<'a>(openapi: &'a Value, code: &str) -> Option<&'a Value> {
    rows(openapi).iter().find(|row| row["code"].as_str() == Some(code))
}

fn rows(openapi: &Value) -> &[Value] {
    openapi["x-error-codes"].as_array().map_or(&[][..], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_api_has_its_outcome() {
        let text = include_str!("../../../openapi/auther-check-api.json");
        let openapi: Value = serde_json::from_str(text).expect("JSON");
        for (code, outcome) in [
            ("", Outcome::Answered),
            ("NF_001", Outcome::NoMatch),
            ("RF_001", Outcome::NoMatch),
            ("F_007", Outcome::Refused),
            ("CP_005", Outcome::Refused),
            ("L_001", Outcome::Refused),
            ("U_001", Outcome::Failed),
            ("I_001", Outcome::Failed),
            ("of a later version", Outcome::Refused),
        ] {
            assert_eq!(Outcome::of(&openapi, code), outcome, "{code}");
        }
        assert!(NO_MATCH.iter().all(|code| all(&openapi).iter().any(|known| known == code)));
    }

    #[test]
    fn a_tally_keeps_outcomes_apart() {
        let mut tally = Tally::default();
        for (count, outcome) in (1..).zip(Outcome::ALL) {
            tally.add(outcome, count);
        }
        assert_eq!(Outcome::ALL.map(|outcome| tally.of(outcome)), [1, 2, 3, 4]);
        assert_eq!((tally.total(), tally.answers(), tally.of(Outcome::Failed)), (10, 3, 4));
    }
}
