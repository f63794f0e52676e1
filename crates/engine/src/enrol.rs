//! Enrolment and its sibling, the replacement of a reference.

use biometric::{Person, PersonId, Score, Template};
use face::{ImageBytes, Inspection};

use crate::error::conflicts;
use crate::{Engine, Error, Refusal, Scope};

impl Engine {
    /// Enrols a person under a new id. Durable when it returns `Ok`.
    ///
    /// # Errors
    /// [`Error::Refused`] with everything that is wrong: the id, the image, the face; otherwise [`Error::GalleryFull`].
    pub async fn enrol(&self, scope: &Scope, id: PersonId, image: ImageBytes) -> Result<Person, Error> {
        let inspection = self.inspect(scope, image).await?;
        let Some(reference) = accepted(&inspection) else {
            let taken = self.is_enrolled(scope, &id).await?;
            return Err(self.refuse(scope, &id, inspection, taken).await?);
        };
        let shared = &self.shared;
        let (duplicate_at, now) = (self.duplicate_at(scope), (shared.clock)());
        let enrolled = shared.gallery.enrol(scope.tenant, id, reference, duplicate_at, now, scope.persons_max).await;
        Ok(enrolled?)
    }

    /// Replaces a person's reference; `created` stays.
    ///
    /// # Errors
    /// [`Error::PersonNotFound`], or [`Error::Refused`] with everything that is wrong with the image and the face.
    pub async fn update(&self, scope: &Scope, id: PersonId, image: ImageBytes) -> Result<Person, Error> {
        if !self.is_enrolled(scope, &id).await? {
            return Err(Error::PersonNotFound);
        }
        let inspection = self.inspect(scope, image).await?;
        let Some(reference) = accepted(&inspection) else {
            return Err(self.refuse(scope, &id, inspection, false).await?);
        };
        let shared = &self.shared;
        let (duplicate_at, now) = (self.duplicate_at(scope), (shared.clock)());
        Ok(shared.gallery.update(scope.tenant, id, reference, duplicate_at, now).await?)
    }

    async fn inspect(&self, scope: &Scope, image: ImageBytes) -> Result<Inspection, Error> {
        let policy = scope.rules.policy;
        Ok(self.shared.pool.run(move |pipeline| pipeline.reference(image.as_ref(), &policy)).await??)
    }

    /// The comparison score from which on a face is enrolled already.
    fn duplicate_at(&self, scope: &Scope) -> Score {
        self.shared.calibration.threshold_score(scope.rules.duplicate_at)
    }

    async fn is_enrolled(&self, scope: &Scope, id: &PersonId) -> Result<bool, Error> {
        match self.shared.gallery.get(scope.tenant, id).await {
            Ok(_) => Ok(true),
            Err(gallery::Error::NotFound) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Everything that speaks against an image which is refused anyway: nothing is written, so this is only told.
    async fn refuse(&self, scope: &Scope, id: &PersonId, inspection: Inspection, taken: bool) -> Result<Error, Error> {
        let duplicate = match &inspection.template {
            Some(template) => self.is_enrolled_as_another(scope, id, template).await?,
            None => false,
        };
        let face = inspection.rejections.into_iter().map(Refusal::Face);
        Ok(Error::Refused(face.chain(conflicts(taken, duplicate)).collect()))
    }

    async fn is_enrolled_as_another(&self, scope: &Scope, id: &PersonId, template: &Template) -> Result<bool, Error> {
        // Two, since the nearest may be the person's own reference.
        let nearest = self.shared.searches.nearest(scope.tenant, template.clone(), 2).await?;
        let duplicate_at = self.duplicate_at(scope);
        let others = nearest.iter().filter(|candidate| candidate.person.id != *id);
        Ok(others.into_iter().any(|candidate| candidate.score >= duplicate_at))
    }
}

fn accepted(inspection: &Inspection) -> Option<Template> {
    if inspection.rejections.is_empty() { inspection.template.clone() } else { None }
}
