//! The mirror that searches and the writer share.

use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::Mirror;

/// A mirror behind a lock. A panic while it was being changed leaves it unloaded, so that it is loaded anew, and not
/// half changed.
pub(crate) struct Shared(RwLock<Mirror>);

impl Shared {
    pub(crate) fn new() -> Self {
        Self(RwLock::new(Mirror::unloaded()))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Mirror> {
        loop {
            match self.0.read() {
                Ok(mirror) => return mirror,
                Err(poisoned) => drop(poisoned),
            }
            drop(self.write());
        }
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Mirror> {
        self.0.write().unwrap_or_else(|poisoned| {
            let mut mirror = poisoned.into_inner();
            *mirror = Mirror::unloaded();
            self.0.clear_poison();
            mirror
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_the_midst_of_a_change_leaves_it_to_be_loaded_anew() {
        let shared = Shared::new();
        *shared.write() = Mirror::at(7);
        let change = || {
            let _mirror = shared.write();
            panic!("in the midst");
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(change)).is_err());
        assert!(!shared.read().is_loaded());
        *shared.write() = Mirror::at(8);
        assert_eq!(shared.read().version(), 8);
    }
}
