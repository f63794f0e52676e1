//! Identification (1:N) and verification (1:1).

use std::num::NonZeroUsize;

use biometric::{Decision, Person, PersonId, Similarity, Template};
use face::{ImageBytes, Inspection};
use gallery::Query;

use crate::{Engine, Error, Refusal, Scope};

/// A candidate of an identification.
#[derive(Clone, Debug, PartialEq)]
pub struct Identified {
    /// Who it may be.
    pub person: Person,
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
        let (tenant, policy, gallery) = (scope.tenant, scope.rules.policy, self.shared.gallery.clone());
        // The search is CPU work too: it stays on the worker that made the template.
        let search = move |pipeline: &mut face::Pipeline| -> Result<_, Error> {
            let probe = usable(pipeline.probe(image.as_ref(), &policy)?)?;
            let queries = [Query { probe: &probe, count }];
            Ok(futures_executor::block_on(gallery.search(tenant, &queries, NonZeroUsize::MIN))?
                .pop()
                .unwrap_or_default())
        };
        let found = self.shared.pool.run(search).await??;
        let similarity = |score| self.shared.calibration.similarity(score);
        Ok(found.into_iter().map(|c| Identified { similarity: similarity(c.score), person: c.person }).collect())
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
