//! How many requests of each organisation are in flight.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use biometric::TenantId;

/// How many requests of each organisation are in flight.
#[derive(Clone, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<TenantId, usize>>>);

/// One request in flight, until it is dropped.
pub struct Place {
    places: Places,
    tenant: TenantId,
}

impl Places {
    pub(crate) fn take(&self, tenant: TenantId, places_max: usize) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(tenant).or_default();
        if *count >= places_max {
            return None;
        }
        *count += 1;
        Some(Place { places: self.clone(), tenant })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_each_organisations_own_and_come_back() {
        let places = Places::default();
        let first = places.take(TenantId(1), 2).expect("a place");
        let second = places.take(TenantId(1), 2).expect("a place");
        assert!(places.take(TenantId(1), 2).is_none());
        let other = places.take(TenantId(2), 2).expect("another's place");
        drop(first);
        let third = places.take(TenantId(1), 2).expect("the one that came back");
        drop((second, third, other));
        assert!(places.0.lock().expect("no panic").is_empty(), "nothing is kept of who has gone");
    }
}
