//! The use cases over all faces of an image and over collections of faces.
//!
//! A collection is a gallery of its own, in which the id of a face stands where otherwise that of a person does. Unlike
//! enrolment, indexing takes every face that is good enough and asks nobody whether it is there already.

mod index;
mod keep;
mod quality;
mod search;
mod survey;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use biometric::{ModelId, PersonId, Similarity};
use face::{Survey, SurveyedFace};
use gallery::{CollectionId, CollectionStore, ExternalImageId, FaceRecord};

use crate::{Engine, Error, ImageBytes, Rules, Scope};

pub use quality::{QualityBar, Reason};

/// The most faces of an image that are looked at, the largest first; one takes some ten milliseconds of a core.
pub const FACES_MAX: usize = 100;

/// What an operation on collections returns; boxed, so that whoever calls is one type whatever does the work.
pub type CollectionAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, CollectionError>> + Send + 'a>>;

/// Why a use case over faces and collections did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CollectionError {
    /// What any use case may meet.
    #[error(transparent)]
    Engine(#[from] Error),
    /// An image that is compared or searched for has no face that is good enough.
    #[error("no face")]
    NoFace,
    /// There is no collection of this name.
    #[error("no such collection")]
    NotFound,
    /// There is a collection of this name.
    #[error("the collection exists")]
    Exists,
    /// There are as many collections as may be.
    #[error("there are as many collections as may be: {collections_max}")]
    TooManyCollections {
        /// So many.
        collections_max: u64,
    },
    /// There would be more faces than may be.
    #[error("there would be more faces than may be: {faces_max}")]
    TooManyFaces {
        /// So many, in all collections together.
        faces_max: u64,
    },
}

impl From<gallery::CollectionError> for CollectionError {
    fn from(error: gallery::CollectionError) -> Self {
        match error {
            gallery::CollectionError::Exists => Self::Exists,
            gallery::CollectionError::NotFound => Self::NotFound,
            gallery::CollectionError::TooManyCollections { collections_max } => {
                Self::TooManyCollections { collections_max }
            }
            gallery::CollectionError::TooManyFaces { faces_max } => Self::TooManyFaces { faces_max },
            gallery::CollectionError::Unavailable(why) => Self::Engine(Error::Unavailable(why)),
        }
    }
}

impl From<gallery::Error> for CollectionError {
    fn from(error: gallery::Error) -> Self {
        Self::Engine(error.into())
    }
}

/// A face and the size of the image that it is in.
#[derive(Clone, Debug)]
pub struct FaceInImage {
    /// Width of the upright image in pixels.
    pub width: u32,
    /// Height of the upright image in pixels.
    pub height: u32,
    /// The face.
    pub face: SurveyedFace,
}

/// The largest face of one image beside the faces of another.
#[derive(Clone, Debug)]
pub struct ComparedFaces {
    /// The face that is compared with each of the others.
    pub source: FaceInImage,
    /// The other image.
    pub target: Survey,
    /// How similar each of the target's faces is, in their order.
    pub similarities: Vec<Similarity>,
}

/// How the faces of an image are put into a collection.
#[derive(Clone, Debug)]
pub struct Indexing {
    /// How good a face must be.
    pub bar: QualityBar,
    /// How many faces at most, the largest first.
    pub faces_max: usize,
    /// What the client calls the image.
    pub external_image_id: Option<ExternalImageId>,
}

/// What became of the faces of an image.
#[derive(Clone, Debug)]
pub struct IndexedFaces {
    /// Width of the upright image in pixels.
    pub width: u32,
    /// Height of the upright image in pixels.
    pub height: u32,
    /// Those that are in the collection now, the largest first.
    pub indexed: Vec<(FaceRecord, SurveyedFace)>,
    /// The others, and why.
    pub unindexed: Vec<(SurveyedFace, Vec<Reason>)>,
}

/// How a face is looked for in a collection.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// How good the face must be.
    pub bar: QualityBar,
    /// How many faces of the collection at most.
    pub count: usize,
    /// From which similarity on.
    pub similarity_min: Similarity,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct SearchedFaces {
    /// The largest face of the image, which was looked for.
    pub searched: FaceInImage,
    /// The faces of the collection that are similar enough, the most similar first.
    pub matches: Vec<(FaceRecord, Similarity)>,
}

/// The use cases as a trait: the seam at which another protocol meets the engine, and tests put a fake.
pub trait Collections: Send + Sync {
    /// Every face of an image with everything that is measured on it, at most [`FACES_MAX`].
    fn survey<'a>(&'a self, scope: &'a Scope, image: ImageBytes) -> CollectionAnswer<'a, Survey>;

    /// The largest face of the source beside every face of the target.
    ///
    /// # Errors
    /// [`CollectionError::NoFace`] when either has no face that passes the bar.
    fn compare_faces<'a>(
        &'a self,
        scope: &'a Scope,
        source: ImageBytes,
        target: ImageBytes,
        bar: QualityBar,
    ) -> CollectionAnswer<'a, ComparedFaces>;

    /// Makes an empty collection.
    ///
    /// # Errors
    /// [`CollectionError::Exists`] or [`CollectionError::TooManyCollections`].
    fn create_collection<'a>(&'a self, scope: &'a Scope, id: CollectionId) -> CollectionAnswer<'a, ()>;

    /// Deletes a collection with all its faces.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`].
    fn delete_collection<'a>(&'a self, scope: &'a Scope, id: CollectionId) -> CollectionAnswer<'a, ()>;

    /// Collections in order of their names, from the first after `after`, at most `limit`.
    fn collections<'a>(
        &'a self,
        scope: &'a Scope,
        after: Option<CollectionId>,
        limit: usize,
    ) -> CollectionAnswer<'a, Vec<CollectionId>>;

    /// Puts the faces of an image into a collection. Durable when it returns `Ok`.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`] or [`CollectionError::TooManyFaces`]; no face is in the collection then.
    fn index_faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        image: ImageBytes,
        indexing: Indexing,
    ) -> CollectionAnswer<'a, IndexedFaces>;

    /// Looks for the largest face of an image in a collection.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`] or [`CollectionError::NoFace`].
    fn search_faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        image: ImageBytes,
        search: Search,
    ) -> CollectionAnswer<'a, SearchedFaces>;

    /// Faces of a collection in order of their ids, from the first after `after`, at most `limit`; if `only` is given, those
    /// of these that are there.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`].
    fn faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        after: Option<PersonId>,
        limit: usize,
        only: Option<Vec<PersonId>>,
    ) -> CollectionAnswer<'a, Vec<FaceRecord>>;

    /// Removes faces from a collection; tells which of them were there.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`] when there is no such collection.
    fn delete_faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        faces: Vec<PersonId>,
    ) -> CollectionAnswer<'a, Vec<PersonId>>;

    /// Removes what interruptions left behind: nobody sees it, but it is there.
    fn sweep_collections(&self) -> CollectionAnswer<'_, ()>;

    /// Whether a request with an image would be taken now.
    ///
    /// # Errors
    /// [`Error::Overloaded`], [`Error::Unavailable`].
    fn admits(&self) -> Result<(), Error>;

    /// The model that makes the templates.
    fn face_model(&self) -> ModelId;

    /// The installation's rules.
    fn rules(&self) -> Arc<Rules>;
}

// `Engine::` in front of each name: were a method of the engine renamed, `self.survey(..)` would call itself.
impl Collections for Engine {
    fn survey<'a>(&'a self, scope: &'a Scope, image: ImageBytes) -> CollectionAnswer<'a, Survey> {
        Box::pin(Engine::survey(self, scope, image))
    }

    fn compare_faces<'a>(
        &'a self,
        scope: &'a Scope,
        source: ImageBytes,
        target: ImageBytes,
        bar: QualityBar,
    ) -> CollectionAnswer<'a, ComparedFaces> {
        Box::pin(Engine::compare_faces(self, scope, source, target, bar))
    }

    fn create_collection<'a>(&'a self, scope: &'a Scope, id: CollectionId) -> CollectionAnswer<'a, ()> {
        Box::pin(Engine::create_collection(self, scope, id))
    }

    fn delete_collection<'a>(&'a self, scope: &'a Scope, id: CollectionId) -> CollectionAnswer<'a, ()> {
        Box::pin(Engine::delete_collection(self, scope, id))
    }

    fn collections<'a>(
        &'a self,
        scope: &'a Scope,
        after: Option<CollectionId>,
        limit: usize,
    ) -> CollectionAnswer<'a, Vec<CollectionId>> {
        Box::pin(Engine::collections(self, scope, after, limit))
    }

    fn index_faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        image: ImageBytes,
        indexing: Indexing,
    ) -> CollectionAnswer<'a, IndexedFaces> {
        Box::pin(Engine::index_faces(self, scope, id, image, indexing))
    }

    fn search_faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        image: ImageBytes,
        search: Search,
    ) -> CollectionAnswer<'a, SearchedFaces> {
        Box::pin(Engine::search_faces(self, scope, id, image, search))
    }

    fn faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        after: Option<PersonId>,
        limit: usize,
        only: Option<Vec<PersonId>>,
    ) -> CollectionAnswer<'a, Vec<FaceRecord>> {
        Box::pin(Engine::faces(self, scope, id, after, limit, only))
    }

    fn delete_faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        faces: Vec<PersonId>,
    ) -> CollectionAnswer<'a, Vec<PersonId>> {
        Box::pin(Engine::delete_faces(self, scope, id, faces))
    }

    fn sweep_collections(&self) -> CollectionAnswer<'_, ()> {
        Box::pin(Engine::sweep_collections(self))
    }

    fn admits(&self) -> Result<(), Error> {
        Engine::admits(self)
    }

    fn face_model(&self) -> ModelId {
        self.shared.gallery.model().clone()
    }

    fn rules(&self) -> Arc<Rules> {
        Engine::rules(self)
    }
}

impl Engine {
    /// Asks the store of collections, which waits for the disk: not on a thread that other requests need.
    async fn stored<T: Send + 'static>(
        &self,
        work: impl FnOnce(&CollectionStore) -> Result<T, gallery::CollectionError> + Send + 'static,
    ) -> Result<T, CollectionError> {
        let store = Arc::clone(&self.shared.collections);
        let answer = tokio::task::spawn_blocking(move || work(&store)).await;
        Ok(answer.map_err(|error| Error::Internal(format!("collections: {error}")))??)
    }
}
