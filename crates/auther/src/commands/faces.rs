//! Who answers questions about faces: this installation, or a server.

use std::path::Path;

use biometric::{Decision, PersonId, Similarity, TenantId};
use engine::{Engine, Scope};
use serde::Serialize;

use super::no::{No, answered};
use super::remote::Remote;
use crate::assembly::Assembly;
use crate::failure::{Failure, Outcome};
use crate::output::PersonShown;

/// How many candidates are shown where nobody says how many.
const CANDIDATES: u8 = 5;

/// Who is asked.
pub(super) enum Faces {
    /// The models and databases of this installation.
    Here(Box<Assembly>),
    /// A server, which has its own.
    There(Box<Remote>),
}

/// Somebody whom the face on an image may be.
#[derive(Serialize)]
pub(super) struct Candidate {
    #[serde(flatten)]
    pub(super) person: PersonShown,
    /// A server does not tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) similarity: Option<f64>,
    /// The comparison score; a server does not tell it either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<f32>,
    pub(super) matched: bool,
}

/// What a comparison came to; of a no, whose fault it is.
pub(super) enum Compared {
    Similarity(Similarity),
    Source(No),
    Target(No),
    /// A server does not tell which.
    Either(No),
}

impl Faces {
    /// This installation, for what is done nowhere else.
    pub(super) fn here(&self) -> Outcome<&Assembly> {
        match self {
            Self::Here(assembly) => Ok(assembly),
            Self::There(_) => Err(not_there()),
        }
    }

    /// The same, to keep.
    pub(super) fn into_here(self) -> Outcome<Assembly> {
        match self {
            Self::Here(assembly) => Ok(*assembly),
            Self::There(_) => Err(not_there()),
        }
    }

    pub(super) fn get(&self, id: &PersonId) -> Outcome<Result<PersonShown, No>> {
        match self {
            Self::Here(assembly) => {
                let (engine, scope) = own(assembly)?;
                shown(super::wait(engine.get(&scope, id))?)
            }
            Self::There(remote) => remote.person(|client| client.get(id.as_str())),
        }
    }

    pub(super) fn enrol(&self, id: &PersonId, image: &Path) -> Outcome<Result<PersonShown, No>> {
        match self {
            Self::Here(assembly) => {
                let image = super::image(image)?;
                let (engine, scope) = own(assembly)?;
                shown(super::wait(engine.enrol(&scope, id.clone(), image))?)
            }
            Self::There(remote) => remote.person(|client| client.enrol(id.as_str(), image)),
        }
    }

    pub(super) fn update(&self, id: &PersonId, image: &Path) -> Outcome<Result<PersonShown, No>> {
        match self {
            Self::Here(assembly) => {
                let image = super::image(image)?;
                let (engine, scope) = own(assembly)?;
                shown(super::wait(engine.update(&scope, id.clone(), image))?)
            }
            Self::There(remote) => remote.person(|client| client.update(id.as_str(), image)),
        }
    }

    pub(super) fn remove(&self, id: &PersonId) -> Outcome<Result<(), No>> {
        match self {
            Self::Here(assembly) => {
                let (engine, scope) = own(assembly)?;
                answered(super::wait(engine.remove(&scope, id))?)
            }
            Self::There(remote) => remote.ask(|client| client.remove(id.as_str())),
        }
    }

    pub(super) fn verify(&self, id: &PersonId, image: &Path) -> Outcome<Result<PersonShown, No>> {
        match self {
            Self::Here(assembly) => {
                let image = super::image(image)?;
                let (engine, scope) = own(assembly)?;
                shown(super::wait(engine.verify(&scope, id.clone(), image))?)
            }
            Self::There(remote) => remote.person(|client| client.verify(id.as_str(), image)),
        }
    }

    /// The most similar persons, here however unlike; a server names the one who matches, or nobody.
    pub(super) fn identify(&self, image: &Path, top: Option<u8>) -> Outcome<Result<Vec<Candidate>, No>> {
        match (self, top) {
            (Self::Here(assembly), _) => {
                let image = super::image(image)?;
                let (engine, scope) = own(assembly)?;
                let top = usize::from(top.unwrap_or(CANDIDATES));
                let found = answered(super::wait(engine.candidates(&scope, image, top))?)?;
                Ok(found.map(|found| found.iter().map(Candidate::from).collect()))
            }
            (Self::There(_), Some(_)) => Err(Failure::new(
                "--top: a server names the person who matches, and no further candidates; leave --top out, or --server",
            )),
            (Self::There(remote), None) => Ok(match remote.person(|client| client.identify(image))? {
                Ok(person) => Ok(vec![Candidate { person, similarity: None, score: None, matched: true }]),
                Err(No::NotMatched) => Ok(Vec::new()),
                Err(no @ (No::NotFound | No::Refused(_))) => Err(no),
            }),
        }
    }

    pub(super) fn compare(&self, source: &Path, target: &Path) -> Outcome<Compared> {
        match self {
            Self::Here(assembly) => {
                let loaded = assembly.load()?;
                let (mut pipeline, policy) = (loaded.pipeline()?, assembly.policy());
                let mut template = |path| template(&mut pipeline, &policy, path);
                Ok(match (template(source)?, template(target)?) {
                    (Ok(source), Ok(target)) => {
                        Compared::Similarity(loaded.calibration.similarity(source.compare(&target)?))
                    }
                    (Err(no), _) => Compared::Source(no),
                    (_, Err(no)) => Compared::Target(no),
                })
            }
            // With a threshold of 0 the answer is the similarity, whether it is enough or not.
            Self::There(remote) => match remote.ask(|client| client.compare_at(source, target, 0.0))? {
                Ok(percent) => Ok(Compared::Similarity(Similarity::from_percent(percent)?)),
                Err(no) => Ok(Compared::Either(no)),
            },
        }
    }
}

impl From<&engine::Identified> for Candidate {
    fn from(candidate: &engine::Identified) -> Self {
        Self {
            person: PersonShown::from(&candidate.person),
            similarity: Some(candidate.similarity.percent_shown()),
            score: Some(candidate.score.0),
            matched: candidate.similarity.decide(Similarity::IDENTIFY) == Decision::Match,
        }
    }
}

fn not_there() -> Failure {
    Failure::new(
        "a server is asked to enrol, verify, identify, check and compare, and to get, update and remove a person; everything \
         else is done on its own machine: leave --server out, and AUTHER_SERVER unset, to do it to this installation",
    )
}

/// The engine, and the operator's own organisation under the installation's rules: whose persons the command line sees.
pub(super) fn own(assembly: &Assembly) -> Outcome<(Engine, Scope)> {
    let engine = assembly.engine()?;
    let scope = engine.scope(TenantId::OPERATOR);
    Ok((engine, scope))
}

fn shown(outcome: Result<biometric::Person, engine::Error>) -> Outcome<Result<PersonShown, No>> {
    Ok(answered(outcome)?.map(|person| PersonShown::from(&person)))
}

fn template(
    pipeline: &mut face::Pipeline,
    policy: &face::Policy,
    path: &Path,
) -> Outcome<Result<biometric::Template, No>> {
    let bytes = super::image(path)?;
    let inspection = pipeline.probe(bytes.as_ref(), policy).map_err(engine::Error::from);
    let refused =
        |rejections: Vec<_>| engine::Error::Refused(rejections.into_iter().map(engine::Refusal::Face).collect());
    answered(inspection.and_then(|found| found.template.ok_or_else(|| refused(found.rejections))))
}
