//! One face of an image among those of a collection.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use biometric::{Decision, Similarity, Template};
use face::{ImageBytes, Pipeline};
use gallery::{Collection, CollectionId, FaceRecord, Query};

use super::survey::largest;
use super::{CollectionError, Search, SearchedFaces};
use crate::{Engine, Scope};

impl Engine {
    /// Looks for the largest face of an image in a collection.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`] or [`CollectionError::NoFace`].
    pub async fn search_faces(
        &self,
        scope: &Scope,
        id: CollectionId,
        image: ImageBytes,
        search: Search,
    ) -> Result<SearchedFaces, CollectionError> {
        let organisation = scope.tenant;
        let collection = self.stored(move |store| store.find(organisation, &id)).await?;
        let (this, policy) = (self.clone(), scope.rules.policy);
        // The search is CPU work too: it stays on the worker that made the template.
        let look = move |pipeline: &mut Pipeline| {
            let (searched, template) = largest(pipeline, &image, &policy, search.bar)?;
            Ok(SearchedFaces { searched, matches: this.nearest(collection, &template, &search)? })
        };
        self.shared.pool.run(look).await?
    }

    /// The nearest faces that are to be seen. Templates whose rows are not there yet, or not any more, take places among the
    /// nearest: then more are asked for.
    pub(super) fn nearest(
        &self,
        collection: Collection,
        probe: &Template,
        search: &Search,
    ) -> Result<Vec<(FaceRecord, Similarity)>, CollectionError> {
        let shared = &self.shared;
        let mut asked = search.count;
        loop {
            let queries = [Query { probe, count: asked }];
            let answer = shared.gallery.search(collection.space(), &queries, NonZeroUsize::MIN);
            let found = futures_executor::block_on(answer)?.pop().unwrap_or_default();
            let similar: Vec<_> = found
                .iter()
                .map(|candidate| (&candidate.person.id, shared.calibration.similarity(candidate.score)))
                .take_while(|(_, similarity)| similarity.decide(search.similarity_min) == Decision::Match)
                .collect();
            let seen = shared.collections.faces_of(collection, similar.iter().map(|(id, _)| *id))?;
            let is_all = found.len() < asked || similar.len() < found.len();
            if is_all || seen.len() >= search.count {
                let similarities: HashMap<_, _> = similar.into_iter().collect();
                let with_similarity =
                    |face: FaceRecord| similarities.get(&face.id).map(|similarity| (face, *similarity));
                return Ok(seen.into_iter().filter_map(with_similarity).take(search.count).collect());
            }
            asked = asked.saturating_mul(2);
        }
    }
}
