//! The use cases: enrol, update, remove, get, identify, verify, compare, check; admission control; the CPU pool.
//!
//! No protocol is known here: the HTTP API and the command line call the same [`Engine`].

mod check;
mod compare;
mod enrol;
mod error;
mod person;
mod pool;
mod recognise;

use std::sync::Arc;

use biometric::{Calibration, Score, Similarity, Timestamp};
use gallery::Gallery;

pub use error::{Error, Refusal};
/// The bytes of an image as the client sent them (JPEG, PNG or WebP); overwritten when dropped.
pub use face::ImageBytes;
pub use pool::{Pool, PoolLimits};
pub use recognise::Identified;

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
    policy: face::Policy,
    calibration: Calibration,
    /// The comparison score from which on a face is enrolled already.
    duplicate_at: Score,
    clock: Clock,
}

impl Engine {
    /// Puts the parts together. `calibration` must be that of the model which the pool's pipelines and the gallery share.
    #[must_use]
    pub fn new(
        pool: Pool,
        gallery: Arc<dyn Gallery>,
        policy: face::Policy,
        calibration: Calibration,
        clock: Clock,
    ) -> Self {
        let duplicate_at = calibration.threshold_score(Similarity::IDENTIFY);
        Self { shared: Arc::new(Shared { pool, gallery, policy, calibration, duplicate_at, clock }) }
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
