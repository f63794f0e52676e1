//! The use cases: enrol, update, remove, get, identify, verify, compare, check; admission control; the CPU pool.
//!
//! No protocol is known here: the HTTP API and the command line call the same [`Engine`].

mod check;
mod collections;
mod compare;
mod duplicates;
mod enrol;
mod error;
mod operations;
mod person;
mod pool;
mod recognise;
mod rules;
mod search;

use std::sync::Arc;

use biometric::{Calibration, TenantId, Timestamp};
use gallery::{CollectionStore, Gallery};

use search::Searches;

pub use collections::{
    CollectionAnswer, CollectionError, Collections, ComparedFaces, FACES_MAX, FaceInImage, IndexedFaces, Indexing,
    QualityBar, Reason, Search, SearchedFaces,
};
pub use duplicates::Duplicate;
pub use error::{Error, Refusal};
/// The bytes of an image as the client sent them (JPEG, PNG or WebP); overwritten when dropped.
pub use face::ImageBytes;
pub use gallery::{CollectionId, ExternalImageId, FaceBox, FaceRecord, NameError};
pub use operations::{Answer, Operations};
pub use pool::{Pool, PoolLimits, WaitLimits};
pub use recognise::Identified;
pub use rules::{Bound, Rule, RuleError, Rules, Scope};

/// Where the time comes from; tests hand in their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The service as such, without a protocol: clone it freely, all clones share one pool and one gallery.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool,
    gallery: Arc<dyn Gallery>,
    searches: Arc<Searches>,
    collections: Arc<CollectionStore>,
    /// The installation's.
    rules: Arc<Rules>,
    calibration: Calibration,
    clock: Clock,
}

impl Engine {
    /// Puts the parts together. `calibration` must be that of the model which the pool's pipelines and the gallery share.
    #[must_use]
    pub fn new(
        pool: Pool,
        gallery: Arc<dyn Gallery>,
        collections: CollectionStore,
        rules: Rules,
        calibration: Calibration,
        clock: Clock,
    ) -> Self {
        let (collections, rules) = (Arc::new(collections), Arc::new(rules));
        let searches = Searches::new(Arc::clone(&gallery), pool.follow_ups());
        Self { shared: Arc::new(Shared { pool, gallery, searches, collections, rules, calibration, clock }) }
    }

    /// The installation's rules, which an organisation may only tighten.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.shared.rules)
    }

    /// A tenant under the installation's rules, without a limit.
    #[must_use]
    pub fn scope(&self, tenant: TenantId) -> Scope {
        Scope { tenant, rules: self.rules(), persons_max: None }
    }

    /// Whether a request with an image would be taken now, as far as the workers are concerned: to be asked before its body is
    /// read, so that what cannot be done costs nothing. It reserves nothing (see [`Pool::admits`]).
    ///
    /// # Errors
    /// [`Error::Overloaded`], [`Error::Unavailable`].
    pub fn admits(&self) -> Result<(), Error> {
        self.shared.pool.admits()
    }

    /// Whether a request would be served now: workers alive, gallery answering. It takes no place in the queue: whoever asks
    /// needs no key, and must not crowd out those who have one.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with what is missing.
    pub async fn ready(&self) -> Result<(), Error> {
        if !self.shared.pool.is_alive() {
            return Err(Error::Unavailable("the CPU pool has stopped".into()));
        }
        self.shared.gallery.count(biometric::TenantId::OPERATOR).await?;
        Ok(())
    }
}
