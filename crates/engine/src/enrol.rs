//! Enrolment and its sibling, the replacement of a reference.

use biometric::{Person, PersonId, Template, TenantId};
use face::{ImageBytes, Inspection};

use crate::error::conflicts;
use crate::{Engine, Error, Refusal};

impl Engine {
    /// Enrols a person under a new id. Durable when it returns `Ok`.
    ///
    /// # Errors
    /// [`Error::Refused`] with everything that is wrong: the id, the image, the face.
    pub async fn enrol(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Result<Person, Error> {
        let inspection = self.inspect(image).await?;
        let Some(reference) = accepted(&inspection) else {
            let taken = self.is_enrolled(tenant, &id).await?;
            return Err(self.refuse(tenant, &id, inspection, taken).await?);
        };
        let shared = &self.shared;
        let enrolled = shared.gallery.enrol(tenant, id, reference, shared.duplicate_at, (shared.clock)()).await;
        Ok(enrolled?)
    }

    /// Replaces a person's reference; `created` stays.
    ///
    /// # Errors
    /// [`Error::PersonNotFound`], or [`Error::Refused`] with everything that is wrong with the image and the face.
    pub async fn update(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Result<Person, Error> {
        if !self.is_enrolled(tenant, &id).await? {
            return Err(Error::PersonNotFound);
        }
        let inspection = self.inspect(image).await?;
        let Some(reference) = accepted(&inspection) else {
            return Err(self.refuse(tenant, &id, inspection, false).await?);
        };
        let shared = &self.shared;
        let updated = shared.gallery.update(tenant, id, reference, shared.duplicate_at, (shared.clock)()).await;
        Ok(updated?)
    }

    async fn inspect(&self, image: ImageBytes) -> Result<Inspection, Error> {
        let policy = self.shared.policy;
        Ok(self.shared.pool.run(move |pipeline| pipeline.reference(image.as_ref(), &policy)).await??)
    }

    async fn is_enrolled(&self, tenant: TenantId, id: &PersonId) -> Result<bool, Error> {
        match self.shared.gallery.get(tenant, id).await {
            Ok(_) => Ok(true),
            Err(gallery::Error::NotFound) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Everything that speaks against an image which is refused anyway: nothing is written, so this is only told.
    async fn refuse(
        &self,
        tenant: TenantId,
        id: &PersonId,
        inspection: Inspection,
        taken: bool,
    ) -> Result<Error, Error> {
        let duplicate = match &inspection.template {
            Some(template) => self.is_enrolled_as_another(tenant, id, template).await?,
            None => false,
        };
        let face = inspection.rejections.into_iter().map(Refusal::Face);
        Ok(Error::Refused(face.chain(conflicts(taken, duplicate)).collect()))
    }

    async fn is_enrolled_as_another(
        &self,
        tenant: TenantId,
        id: &PersonId,
        template: &Template,
    ) -> Result<bool, Error> {
        let (gallery, template) = (self.shared.gallery.clone(), template.clone());
        // A search is CPU work. Two, since the nearest may be the person's own reference.
        let search = move |_: &mut face::Pipeline| futures_executor::block_on(gallery.search(tenant, &template, 2));
        let nearest = self.shared.pool.run(search).await??;
        let others = nearest.iter().filter(|candidate| candidate.person.id != *id);
        Ok(others.into_iter().any(|candidate| candidate.score >= self.shared.duplicate_at))
    }
}

fn accepted(inspection: &Inspection) -> Option<Template> {
    if inspection.rejections.is_empty() { inspection.template.clone() } else { None }
}
