//! Who is enrolled twice, under different ids: for operators, not for clients.

use std::sync::Arc;

use biometric::{Person, Score, Similarity};

use crate::{Engine, Error, Scope};

/// Two persons whose faces may be one.
#[derive(Clone, Debug, PartialEq)]
pub struct Duplicate {
    /// Who they are, the lesser id first.
    pub persons: [Person; 2],
    /// The comparison score of their references.
    pub score: Score,
    /// How similar their references are.
    pub similarity: Similarity,
}

impl Engine {
    /// Pairs of persons whose references are at least this similar, the most similar first, at most `count` pairs. An
    /// enrolment refuses such a face; pairs come of rules that were laxer, or of a restored database.
    ///
    /// Everybody is compared with everybody, on a thread beside the workers: of many persons that takes long. `progress` is
    /// told how many are done, and of how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn duplicates(
        &self,
        scope: &Scope,
        at: Similarity,
        count: usize,
        progress: impl Fn(u64, u64) + Send + Sync + 'static,
    ) -> Result<Vec<Duplicate>, Error> {
        let (tenant, gallery) = (scope.tenant, Arc::clone(&self.shared.gallery));
        let at = self.shared.calibration.threshold_score(at);
        let compare = move || futures_executor::block_on(gallery.duplicates(tenant, at, count, &progress));
        let pairs = tokio::task::spawn_blocking(compare).await;
        let pairs = pairs.map_err(|error| Error::Internal(format!("duplicates: {error}")))??;
        let duplicate = |(one, other, score)| {
            let similarity = self.shared.calibration.similarity(score);
            Duplicate { persons: [one, other], score, similarity }
        };
        Ok(pairs.into_iter().map(duplicate).collect())
    }
}
