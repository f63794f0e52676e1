//! What is known of a person, and forgetting it.

use biometric::{Person, PersonId};

use crate::{Engine, Error, Scope};

impl Engine {
    /// The person enrolled under this id.
    ///
    /// # Errors
    /// [`Error::PersonNotFound`].
    pub async fn get(&self, scope: &Scope, id: &PersonId) -> Result<Person, Error> {
        Ok(self.shared.gallery.get(scope.tenant, id).await?)
    }

    /// Forgets a person: the id, the times and the reference.
    ///
    /// # Errors
    /// [`Error::PersonNotFound`].
    pub async fn remove(&self, scope: &Scope, id: &PersonId) -> Result<(), Error> {
        Ok(self.shared.gallery.remove(scope.tenant, id).await?)
    }

    /// Persons in order of their ids, from the first after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(&self, scope: &Scope, after: Option<&PersonId>, limit: usize) -> Result<Vec<Person>, Error> {
        Ok(self.shared.gallery.list(scope.tenant, after, limit).await?)
    }

    /// How many persons are enrolled.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count(&self, scope: &Scope) -> Result<u64, Error> {
        Ok(self.shared.gallery.count(scope.tenant).await?)
    }
}
