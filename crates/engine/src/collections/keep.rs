//! Collections made, listed and deleted, and what interruptions leave.

use std::sync::Arc;

use biometric::{PersonId, Timestamp};
use gallery::{Collection, CollectionId, FaceRecord, Leftover};
use tokio::task::JoinSet;

use super::CollectionError;
use crate::{Engine, Error, Scope};

/// The most collections of an organisation: far more than anybody needs, and no way to fill the disk unnoticed.
const COLLECTIONS_MAX: u64 = 10_000;

/// Templates removed at once: they share a commit to the disk, and leave room in the gallery's queue.
const AT_ONCE: usize = 128;

/// Faces that are named and forgotten at once.
const PAGE: usize = 1_024;

/// After so many milliseconds nobody is at a face any more that has not arrived: longer than any request may take.
const INTERRUPTED_MS: i64 = 120_000;

impl Engine {
    /// Makes an empty collection.
    ///
    /// # Errors
    /// [`CollectionError::Exists`] or [`CollectionError::TooManyCollections`].
    pub async fn create_collection(&self, scope: &Scope, id: CollectionId) -> Result<(), CollectionError> {
        let (organisation, now) = (scope.tenant, (self.shared.clock)());
        self.stored(move |store| store.create(organisation, &id, COLLECTIONS_MAX, now).map(drop)).await
    }

    /// Deletes a collection with all its faces.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`].
    pub async fn delete_collection(&self, scope: &Scope, id: CollectionId) -> Result<(), CollectionError> {
        let (organisation, now) = (scope.tenant, (self.shared.clock)());
        let collection = self.stored(move |store| store.delete(organisation, &id, now)).await?;
        self.on_its_own(move |this| async move { this.remove_all(Some(collection)).await }).await
    }

    /// Collections in order of their names, from the first after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn collections(
        &self,
        scope: &Scope,
        after: Option<CollectionId>,
        limit: usize,
    ) -> Result<Vec<CollectionId>, CollectionError> {
        let organisation = scope.tenant;
        self.stored(move |store| store.list(organisation, after.as_ref(), limit)).await
    }

    /// Faces of a collection in order of their ids, from the first after `after`, at most `limit`; if `only` is given, those
    /// of these that are there.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`].
    pub async fn faces(
        &self,
        scope: &Scope,
        id: CollectionId,
        after: Option<PersonId>,
        limit: usize,
        only: Option<Vec<PersonId>>,
    ) -> Result<Vec<FaceRecord>, CollectionError> {
        let organisation = scope.tenant;
        self.stored(move |store| {
            let collection = store.find(organisation, &id)?;
            match only {
                None => store.faces(collection, after.as_ref(), limit),
                Some(mut ids) => {
                    ids.sort_unstable();
                    ids.dedup();
                    let rest = ids.iter().filter(|id| after.as_ref().is_none_or(|after| *id > after));
                    let mut faces = store.faces_of(collection, rest)?;
                    faces.truncate(limit);
                    Ok(faces)
                }
            }
        })
        .await
    }

    /// Removes faces from a collection; tells which of them were there.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`] when there is no such collection.
    pub async fn delete_faces(
        &self,
        scope: &Scope,
        id: CollectionId,
        faces: Vec<PersonId>,
    ) -> Result<Vec<PersonId>, CollectionError> {
        let (organisation, now) = (scope.tenant, (self.shared.clock)());
        let withdraw = move |store: &gallery::CollectionStore| {
            let collection = store.find(organisation, &id)?;
            Ok((collection, store.withdraw(collection, &faces, now)?))
        };
        let (collection, withdrawn) = self.stored(withdraw).await?;
        let leftovers = withdrawn.iter().map(|face| Leftover { collection, face: face.clone() }).collect();
        self.on_its_own(move |this| async move { this.remove_leftovers(leftovers).await }).await?;
        Ok(withdrawn)
    }

    /// Removes what interruptions left behind: nobody sees it, but it is there.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sweep_collections(&self) -> Result<(), CollectionError> {
        self.remove_all(None).await
    }

    /// Deletes every collection of an organisation that is being erased.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn erase_collections(&self, scope: &Scope) -> Result<(), Error> {
        let (organisation, now) = (scope.tenant, (self.shared.clock)());
        let erase = async {
            self.stored(move |store| store.delete_all(organisation, now)).await?;
            self.remove_all(None).await
        };
        match erase.await {
            Err(CollectionError::Engine(error)) => Err(error),
            // Neither names nor limits are asked for here.
            Err(other) => Err(Error::Internal(other.to_string())),
            Ok(()) => Ok(()),
        }
    }

    /// Removes leftovers, of one collection or of all, until there are none.
    async fn remove_all(&self, of: Option<Collection>) -> Result<(), CollectionError> {
        let before = Timestamp::from_millis((self.shared.clock)().as_millis().saturating_sub(INTERRUPTED_MS));
        loop {
            let leftovers = self.stored(move |store| store.leftovers(of, before, PAGE)).await?;
            let is_last = leftovers.is_empty();
            self.remove_leftovers(leftovers).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Template, then row: what is forgotten is gone.
    pub(super) async fn remove_leftovers(&self, leftovers: Vec<Leftover>) -> Result<(), CollectionError> {
        for some in leftovers.chunks(AT_ONCE) {
            let mut removals = JoinSet::new();
            for Leftover { collection, face } in some.iter().cloned() {
                let gallery = Arc::clone(&self.shared.gallery);
                removals.spawn(async move { gallery.remove(collection.space(), &face).await });
            }
            while let Some(removed) = removals.join_next().await {
                match removed.map_err(|error| Error::Internal(format!("removing faces: {error}")))? {
                    // It had not arrived, or somebody was quicker.
                    Ok(()) | Err(gallery::Error::NotFound) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        self.stored(move |store| store.forget(&leftovers)).await
    }

    /// Ends what was begun also when the client does not wait for it.
    async fn on_its_own<W>(&self, work: impl FnOnce(Self) -> W) -> Result<(), CollectionError>
    where
        W: Future<Output = Result<(), CollectionError>> + Send + 'static,
    {
        let done = tokio::spawn(work(self.clone())).await;
        done.map_err(|error| Error::Internal(format!("removing faces: {error}")))?
    }
}
