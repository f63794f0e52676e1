//! The mirror that searches, writes and compaction share.

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use biometric::TenantId;
use search::{Coder, Tier};

use super::{Delta, Index, Mirror, Patch, Position};

/// A mirror of which everybody takes what they need and nobody waits for anybody's work: the lock is held for as long as
/// it takes to exchange pointers. Changes are made one after the other, beside what is there, and then put in its place; a
/// panic in the midst leaves what was there.
pub(crate) struct Shared {
    tier: Tier,
    state: RwLock<State>,
    /// Held by whoever changes it.
    changing: Mutex<()>,
}

struct State {
    /// `None` until something was loaded.
    mirror: Option<Mirror>,
    /// How often it was loaded or built anew.
    generation: u64,
}

/// A tenant's references at one moment.
pub(crate) struct View {
    pub(crate) position: Position,
    pub(crate) generation: u64,
    /// The references and how they are coded; `None` when nobody is enrolled.
    pub(crate) index: Option<(Coder, Arc<Index>)>,
}

impl Shared {
    pub(crate) fn new(tier: Tier) -> Self {
        Self { tier, state: RwLock::new(State { mirror: None, generation: 0 }), changing: Mutex::new(()) }
    }

    /// How vectors are coded here.
    pub(crate) fn tier(&self) -> Tier {
        self.tier
    }

    /// The last change that is known; `None` when nothing was loaded.
    pub(crate) fn position(&self) -> Option<Position> {
        self.read().mirror.as_ref().map(Mirror::position)
    }

    /// How often the mirror was built anew.
    pub(crate) fn generation(&self) -> u64 {
        self.read().generation
    }

    /// What a tenant has now; `None` when nothing was loaded.
    pub(crate) fn view(&self, tenant: TenantId) -> Option<View> {
        let state = self.read();
        let mirror = state.mirror.as_ref()?;
        let index = mirror.coder.clone().zip(mirror.indexes.get(&tenant).cloned());
        Some(View { position: mirror.position, generation: state.generation, index })
    }

    /// All that there is now, and its generation.
    pub(crate) fn value(&self) -> Option<(Mirror, u64)> {
        let state = self.read();
        Some((state.mirror.clone()?, state.generation))
    }

    /// How many rows changed since the snapshot was written, and how many there are.
    pub(crate) fn load(&self) -> (usize, usize) {
        let state = self.read();
        state.mirror.as_ref().map_or((0, 0), |mirror| (mirror.changes, mirror.rows()))
    }

    /// Goes from `from` or any later version to `to`, by all rows that changed between the two.
    ///
    /// Does nothing when it is there already; `false` when it has to be loaded anew.
    pub(crate) fn advance(&self, from: i64, to: Position, changed: &Delta) -> bool {
        let _changing = self.changing();
        let (here, coder) = match &self.read().mirror {
            Some(mirror) => (mirror.position, mirror.coder.clone()),
            None => return false,
        };
        if here.version < from {
            return false;
        }
        if here.version >= to.version {
            return true;
        }
        let known = |tenant| self.read().mirror.as_ref()?.indexes.get(&tenant).cloned();
        let Some(patch) = Patch::new(self.tier, coder, to, changed, known) else { return false };
        let before = self.write().mirror.as_mut().map(|mirror| mirror.take(patch));
        drop(before);
        true
    }

    /// Puts another mirror in its place, which `make` brings to where this one is while it stands still; `None` leaves
    /// everything as it is, and is answered with `false`.
    pub(crate) fn replace<E>(&self, make: impl FnOnce() -> Result<Option<Mirror>, E>) -> Result<bool, E> {
        let _changing = self.changing();
        let Some(mirror) = make()? else { return Ok(false) };
        let before = {
            let mut state = self.write();
            state.generation += 1;
            state.mirror.replace(mirror)
        };
        // Not while others wait.
        drop(before);
        Ok(true)
    }

    fn changing(&self) -> impl Drop {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}
