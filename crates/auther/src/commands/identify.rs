//! `auther identify`: the most similar enrolled persons.

use biometric::{Decision, Similarity, TenantId};
use serde::Serialize;

use super::no::{Subject, answered};
use crate::assembly::Assembly;
use crate::cli::Identify;
use crate::failure::Outcome;
use crate::output::{PersonShown, print};

#[derive(Serialize)]
struct CandidateShown {
    #[serde(flatten)]
    person: PersonShown,
    similarity: f64,
    matched: bool,
}

pub(super) fn run(assembly: &Assembly, arguments: &Identify, json: bool) -> Outcome {
    let image = super::image(&arguments.image)?;
    let engine = assembly.engine()?;
    let scope = engine.scope(TenantId::OPERATOR);
    let found = super::wait(engine.candidates(&scope, image, usize::from(arguments.top)))?;
    let found = match answered(found)? {
        Ok(found) => found,
        Err(no) => return no.tell(json, Subject::Image(&arguments.image.to_string_lossy())),
    };
    let candidates: Vec<_> = found
        .iter()
        .map(|candidate| CandidateShown {
            person: PersonShown::from(&candidate.person),
            similarity: candidate.similarity.percent_shown(),
            matched: candidate.similarity.decide(Similarity::IDENTIFY) == Decision::Match,
        })
        .collect();
    print(json, &candidates, |candidates| match candidates.as_slice() {
        [] => "nobody is enrolled".into(),
        some => some.iter().map(line).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(super::answer(candidates.first().is_some_and(|best| best.matched)))
}

fn line(candidate: &CandidateShown) -> String {
    let verdict = if candidate.matched { "match" } else { "no match" };
    format!("{:6.2} %  {verdict:8}  {}", candidate.similarity, candidate.person.person_id)
}
