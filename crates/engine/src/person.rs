//! What is known of a person, and forgetting it.

use biometric::{Person, PersonId, TenantId};

use crate::{Engine, Error};

impl Engine {
    /// The person enrolled under this id.
    ///
    /// # Errors
    /// [`Error::PersonNotFound`].
    pub async fn get(&self, tenant: TenantId, id: &PersonId) -> Result<Person, Error> {
        Ok(self.shared.gallery.get(tenant, id).await?)
    }

    /// Forgets a person: the id, the times and the reference.
    ///
    /// # Errors
    /// [`Error::PersonNotFound`].
    pub async fn remove(&self, tenant: TenantId, id: &PersonId) -> Result<(), Error> {
        Ok(self.shared.gallery.remove(tenant, id).await?)
    }

    /// Persons in order of their ids, from the first after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(&self, tenant: TenantId, after: Option<&PersonId>, limit: usize) -> Result<Vec<Person>, Error> {
        Ok(self.shared.gallery.list(tenant, after, limit).await?)
    }

    /// How many persons are enrolled.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count(&self, tenant: TenantId) -> Result<u64, Error> {
        Ok(self.shared.gallery.count(tenant).await?)
    }
}
