//! `auther identify`: the most similar enrolled persons.

use super::faces::{Candidate, Faces};
use super::no::Subject;
use crate::cli::Identify;
use crate::failure::Outcome;
use crate::output::print;

pub(super) fn run(faces: &Faces, arguments: &Identify, json: bool) -> Outcome {
    let candidates = match faces.identify(&arguments.image, arguments.top)? {
        Ok(candidates) => candidates,
        Err(no) => return no.tell(json, Subject::Image(&arguments.image.to_string_lossy())),
    };
    print(json, &candidates, |candidates| match (candidates.as_slice(), faces) {
        ([], Faces::Here(_)) => "nobody is enrolled".into(),
        ([], Faces::There(_)) => "nobody matches".into(),
        (some, _) => some.iter().map(line).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(super::answer(candidates.first().is_some_and(|best| best.matched)))
}

fn line(candidate: &Candidate) -> String {
    let Candidate { person, similarity, matched, .. } = candidate;
    let verdict = if *matched { "match" } else { "no match" };
    match similarity {
        Some(similarity) => format!("{similarity:6.2} %  {verdict:8}  {}", person.person_id),
        None => format!("{verdict:8}  {}", person.person_id),
    }
}
