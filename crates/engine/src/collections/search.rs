//! One face of an image among those of a collection.

use std::collections::HashMap;
use std::sync::Arc;

use biometric::{Decision, Similarity, Template};
use face::{ImageBytes, Pipeline};
use gallery::{Collection, CollectionId, FaceRecord};

use super::survey::largest;
use super::{CollectionError, Search, SearchedFaces};
use crate::search::Begun;
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
        let (policy, searches) = (scope.rules.policy, Arc::clone(&self.shared.searches));
        let look = move |pipeline: &mut Pipeline| {
            let (searched, template) = largest(pipeline, &image, &policy, search.bar)?;
            let begun = searches.begin(collection.space(), template.clone(), search.count);
            Ok::<_, CollectionError>((searched, template, begun))
        };
        let (searched, template, begun) = self.shared.pool.run(look).await??;
        let matches = self.nearest(collection, &template, &search, begun).await?;
        Ok(SearchedFaces { searched, matches })
    }

    /// The nearest faces that are to be seen, by a search that was begun for as many as are asked for. Templates whose rows
    /// are not there yet, or not any more, take places among the nearest: then more are asked for.
    pub(super) async fn nearest(
        &self,
        collection: Collection,
        probe: &Template,
        search: &Search,
        begun: Begun,
    ) -> Result<Vec<(FaceRecord, Similarity)>, CollectionError> {
        let (mut asked, mut found) = (search.count, begun.found().await?);
        loop {
            let similar: Vec<_> = found
                .iter()
                .map(|candidate| (candidate.person.id.clone(), self.shared.calibration.similarity(candidate.score)))
                .take_while(|(_, similarity)| similarity.decide(search.similarity_min) == Decision::Match)
                .collect();
            let ids: Vec<_> = similar.iter().map(|(id, _)| id.clone()).collect();
            let seen = self.stored(move |store| store.faces_of(collection, ids.iter())).await?;
            let is_all = found.len() < asked || similar.len() < found.len();
            if is_all || seen.len() >= search.count {
                let similarities: HashMap<_, _> = similar.into_iter().collect();
                let with_similarity =
                    |face: FaceRecord| similarities.get(&face.id).map(|similarity| (face, *similarity));
                return Ok(seen.into_iter().filter_map(with_similarity).take(search.count).collect());
            }
            asked = asked.saturating_mul(2);
            found = self.shared.searches.nearest(collection.space(), probe.clone(), asked).await?;
        }
    }
}
