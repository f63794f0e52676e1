//! What outlives a handle, and what two handles see of one another.

use biometric::{Person, Template, TenantId};
use futures_executor::block_on;

use super::faces::{ALIKE, Face, model};
use super::{Store, TENANT, at, id, nearest};
use crate::{Candidate, Error, Gallery};

/// Whatever was acknowledged is there when the store is opened again.
pub fn a_reopened_store_is_as_it_was_left(store: &impl Store) {
    let tenants = [TenantId(1), TenantId(2)];
    let left = {
        let gallery = store.open();
        for tenant in tenants {
            for (name, face) in [("a", Face(1)), ("b", Face(2)), ("c", Face(3))] {
                block_on(gallery.enrol(tenant, id(name), face.template(), ALIKE, at(1), None)).expect("enrolled");
            }
            block_on(gallery.update(tenant, id("a"), Face(4).template(), ALIKE, at(2))).expect("updated");
            block_on(gallery.remove(tenant, &id("b"))).expect("removed");
        }
        tenants.map(|tenant| everything(&gallery, tenant))
    };
    for _ in 0..2 {
        let gallery = store.open();
        assert_eq!(*gallery.model(), model());
        assert!(tenants.map(|tenant| everything(&gallery, tenant)) == left, "reopened, it is another");
    }
}

/// What one handle has written the other knows at once: its searches, its reads, and its decisions.
pub fn two_handles_are_one_store(store: &impl Store) {
    let (one, two) = (store.open(), store.open());
    block_on(one.enrol(TENANT, id("a"), Face(1).template(), ALIKE, at(1), None)).expect("enrolled");
    let found = nearest(&two, TENANT, &Face(1).template(), 1).expect("searched");
    assert_eq!(found[0].person.id, id("a"));
    let refused = block_on(two.enrol(TENANT, id("b"), Face(1).look_alike(), ALIKE, at(2), None));
    assert!(matches!(refused, Err(Error::Conflict { taken: false, duplicate: true })));
    let refused = block_on(two.enrol(TENANT, id("a"), Face(2).template(), ALIKE, at(2), None));
    assert!(matches!(refused, Err(Error::Conflict { taken: true, duplicate: false })));

    block_on(two.update(TENANT, id("a"), Face(2).template(), ALIKE, at(3))).expect("updated");
    assert_eq!(block_on(one.reference(TENANT, &id("a"))).expect("known").1, Face(2).template());
    block_on(one.enrol(TENANT, id("b"), Face(1).template(), ALIKE, at(4), None)).expect("the old face is free");

    // Gone and back under the same id, between two looks of the other.
    block_on(one.remove(TENANT, &id("a"))).expect("removed");
    block_on(one.enrol(TENANT, id("a"), Face(3).template(), ALIKE, at(5), None)).expect("enrolled anew");
    assert_eq!(block_on(two.get(TENANT, &id("a"))).expect("known").created, at(5));
    assert!(everything(&one, TENANT) == everything(&two, TENANT), "the handles differ");
    block_on(two.remove(TENANT, &id("b"))).expect("removed");
    assert!(matches!(block_on(one.remove(TENANT, &id("b"))), Err(Error::NotFound)));
    assert_eq!(block_on(one.count(TENANT)).expect("counted"), 1);
}

/// All that a handle can tell of a tenant.
fn everything(gallery: &impl Gallery, tenant: TenantId) -> (u64, Vec<(Person, Template)>, Vec<Candidate>) {
    let persons = block_on(gallery.list(tenant, None, usize::MAX)).expect("listed");
    let reference = |person: &Person| block_on(gallery.reference(tenant, &person.id)).expect("known");
    let found = nearest(gallery, tenant, &Face(4).template(), usize::MAX).expect("searched");
    (block_on(gallery.count(tenant)).expect("counted"), persons.iter().map(reference).collect(), found)
}
