//! Identification (1:N) and verification (1:1).

use std::sync::Arc;

use biometric::{Decision, Person, PersonId, Score, Similarity, Template};
use face::{ImageBytes, Inspection};
use gallery::Candidate;

use crate::{Engine, Error, Refusal, Scope};

/// A candidate of an identification.
#[derive(Clone, Debug, PartialEq)]
pub struct Identified {
    /// Who it may be.
    pub person: Person,
    /// The comparison score of the probe and that person's reference.
    pub score: Score,
    /// How similar the probe is to that person's reference.
    pub similarity: Similarity,
}

impl Engine {
    /// The most similar enrolled person, if similar enough (98 % unless the rules ask for more).
    ///
    /// # Errors
    /// [`Error::NoPersonMatched`], or [`Error::Refused`] when the probe has no usable face.
    pub async fn identify(&self, scope: &Scope, image: ImageBytes) -> Result<Person, Error> {
        let best = self.candidates(scope, image, 1).await?.pop();
        match best {
            Some(found) if found.similarity.decide(scope.rules.identify_at) == Decision::Match => Ok(found.person),
            Some(_) | None => Err(Error::NoPersonMatched),
        }
    }

    /// The `count` most similar enrolled persons, best first, however dissimilar: for operators, not for clients.
    ///
    /// # Errors
    /// [`Error::Refused`] when the probe has no usable face.
    pub async fn candidates(&self, scope: &Scope, image: ImageBytes, count: usize) -> Result<Vec<Identified>, Error> {
        let (tenant, policy, searches) = (scope.tenant, scope.rules.policy, Arc::clone(&self.shared.searches));
        let look = move |pipeline: &mut face::Pipeline| -> Result<_, Error> {
            let probe = usable(pipeline.probe(image.as_ref(), &policy)?)?;
            Ok(searches.begin(tenant, probe, count))
        };
        let found = self.shared.pool.run(look).await??.found().await?;
        let identified = |Candidate { person, score }| {
            let similarity = self.shared.calibration.similarity(score);
            Identified { person, score, similarity }
        };
        Ok(found.into_iter().map(identified).collect())
    }

    /// The person, if the face is theirs (80 % unless the rules ask for more).
    ///
    /// # Errors
    /// [`Error::PersonNotFound`], [`Error::FaceNotMatched`], or [`Error::Refused`] when the probe has no usable face.
    pub async fn verify(&self, scope: &Scope, id: PersonId, image: ImageBytes) -> Result<Person, Error> {
        let (person, reference) = self.shared.gallery.reference(scope.tenant, &id).await?;
        let policy = scope.rules.policy;
        let inspect = move |pipeline: &mut face::Pipeline| pipeline.probe(image.as_ref(), &policy);
        let probe = usable(self.shared.pool.run(inspect).await??)?;
        let score = probe.compare(&reference).map_err(|error| Error::Internal(error.to_string()))?;
        match self.shared.calibration.similarity(score).decide(scope.rules.verify_at) {
            Decision::Match => Ok(person),
            Decision::NonMatch => Err(Error::FaceNotMatched),
        }
    }
}

/// The template of a probe that was not rejected.
fn usable(inspection: Inspection) -> Result<Template, Error> {
    match inspection.template {
        Some(template) if inspection.rejections.is_empty() => Ok(template),
        Some(_) | None => Err(Error::Refused(inspection.rejections.into_iter().map(Refusal::Face).collect())),
    }
}
