//! `auther duplicates`: who is enrolled twice.

use biometric::Similarity;
use engine::Duplicate;
use serde::Serialize;

use super::faces::own;
use crate::assembly::Assembly;
use crate::cli::Duplicates;
use crate::failure::{Failure, Outcome};
use crate::output::{PersonShown, note, print};
use crate::progress::bar;

/// Two persons whose faces may be one.
#[derive(Serialize)]
struct Pair {
    persons: [PersonShown; 2],
    similarity: f64,
    score: f32,
}

pub(super) fn run(assembly: &Assembly, arguments: &Duplicates, json: bool) -> Outcome {
    let at = Similarity::from_percent(arguments.at).map_err(Failure::context("--at"))?;
    let limit = arguments.limit as usize;
    let (engine, scope) = own(assembly)?;
    let shown = bar("compare", 0);
    let progress = shown.clone();
    let advance = move |done, all| {
        progress.set_length(all);
        progress.set_position(done);
    };
    let found = super::wait(engine.duplicates(&scope, at, limit, advance))?;
    shown.finish_and_clear();
    let pairs: Vec<_> = found.map_err(|error| super::refused(&error))?.iter().map(Pair::from).collect();
    print(json, &pairs, |pairs| match pairs.as_slice() {
        [] => format!("nobody is enrolled twice: no two persons are similar by {} % or more", at.percent()),
        some => some.iter().map(line).collect::<Vec<_>>().join("\n"),
    })?;
    if pairs.len() == limit {
        note(format_args!("auther: there may be more pairs; --limit shows more than {limit}"));
    }
    Ok(super::answer(pairs.is_empty()))
}

impl From<&Duplicate> for Pair {
    fn from(duplicate: &Duplicate) -> Self {
        Self {
            persons: duplicate.persons.each_ref().map(PersonShown::from),
            similarity: duplicate.similarity.percent_shown(),
            score: duplicate.score.0,
        }
    }
}

fn line(pair: &Pair) -> String {
    let [one, other] = &pair.persons;
    format!("{:6.2} %  {}  {}", pair.similarity, one.person_id, other.person_id)
}
