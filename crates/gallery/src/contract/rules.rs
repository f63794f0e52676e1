//! What one caller at a time sees.

use biometric::{ModelId, PersonId, Score, TenantId};
use futures_executor::block_on;

use super::faces::{ALIKE, Face, NEVER, model, score};
use super::{Store, TENANT, at, id, nearest};
use crate::{Error, Gallery};

/// An enrolment answers with the person, both times being that of the enrolment; `get` and `reference` know the same.
pub fn enrolment_returns_what_get_then_knows(store: &impl Store) {
    let gallery = store.open();
    let enrolled = block_on(gallery.enrol(TENANT, id("a"), Face(1).template(), ALIKE, at(10), None)).expect("enrolled");
    assert_eq!((enrolled.id.as_str(), enrolled.created, enrolled.updated), ("a", at(10), at(10)));
    assert_eq!(block_on(gallery.get(TENANT, &id("a"))).expect("known"), enrolled);
    let (person, reference) = block_on(gallery.reference(TENANT, &id("a"))).expect("known");
    assert_eq!((person, reference), (enrolled, Face(1).template()));
    assert_eq!(block_on(gallery.count(TENANT)).expect("counted"), 1);
    assert_eq!(*gallery.model(), model());
}

/// A taken id, a face that is enrolled already, and both at once are told apart, and nothing is written. A person who
/// enrols again under the same id is no duplicate of themselves.
pub fn enrolment_refuses_a_taken_id_a_known_face_and_both(store: &impl Store) {
    let gallery = store.open();
    for (name, face) in [("a", Face(1)), ("b", Face(2))] {
        block_on(gallery.enrol(TENANT, id(name), face.template(), ALIKE, at(1), None)).expect("enrolled");
    }
    let refused = [
        ("a", Face(3).template(), (true, false)),
        ("c", Face(1).look_alike(), (false, true)),
        ("a", Face(2).look_alike(), (true, true)),
        ("a", Face(1).template(), (true, false)),
    ];
    for (name, template, expected) in refused {
        let answer = block_on(gallery.enrol(TENANT, id(name), template, ALIKE, at(2), None));
        assert_eq!(conflict(answer), expected, "{name}");
    }
    let persons = block_on(gallery.list(TENANT, None, 9)).expect("listed");
    assert_eq!(persons.iter().map(|p| (p.id.as_str(), p.updated)).collect::<Vec<_>>(), [("a", at(1)), ("b", at(1))]);
    assert_eq!(block_on(gallery.reference(TENANT, &id("a"))).expect("known").1, Face(1).template());
}

/// A tenant with as many persons as it may have gets no more, whoever is in other tenants; a conflict is told first. Who
/// is there can be updated and removed, also when fewer may be there than are, and a place that is free is used.
pub fn a_full_gallery_takes_nobody_new(store: &impl Store) {
    let gallery = store.open();
    let other = TenantId(TENANT.0 + 1);
    let enrol = |tenant, name, face: u64, max| {
        block_on(gallery.enrol(tenant, id(name), Face(face).template(), ALIKE, at(1), Some(max)))
    };
    let is_full = |answer, max| matches!(answer, Err(Error::Full { persons_max }) if persons_max == max);
    for (name, face) in [("x", 11), ("y", 12), ("z", 13)] {
        enrol(other, name, face, 3).expect("enrolled");
    }
    assert!(is_full(enrol(TENANT, "a", 1, 0), 0));
    enrol(TENANT, "a", 1, 2).expect("the first of two");
    enrol(TENANT, "b", 2, 2).expect("the second of two");
    assert!(is_full(enrol(TENANT, "c", 3, 2), 2));
    assert_eq!(conflict(enrol(TENANT, "a", 3, 2)), (true, false));
    assert_eq!(conflict(enrol(TENANT, "c", 1, 2)), (false, true));
    block_on(gallery.update(TENANT, id("a"), Face(4).template(), ALIKE, at(2))).expect("updated");
    assert!(is_full(enrol(TENANT, "c", 3, 1), 1));
    block_on(gallery.remove(TENANT, &id("b"))).expect("removed");
    enrol(TENANT, "c", 3, 2).expect("a place was free");
    assert_eq!(block_on(gallery.count(TENANT)).expect("counted"), 2);
}

/// `duplicate_at` is inclusive, for enrolment and update alike.
pub fn at_the_threshold_a_face_is_a_duplicate(store: &impl Store) {
    let gallery = store.open();
    let (known, alike) = (Face(1).template(), Face(1).look_alike());
    let reached = score(&alike, &known);
    let above = Score(reached.0.next_up());
    block_on(gallery.enrol(TENANT, id("known"), known, ALIKE, at(1), None)).expect("enrolled");
    block_on(gallery.enrol(TENANT, id("other"), Face(2).template(), ALIKE, at(1), None)).expect("enrolled");
    let enrol = |name, threshold| block_on(gallery.enrol(TENANT, id(name), alike.clone(), threshold, at(2), None));
    let update = |threshold| block_on(gallery.update(TENANT, id("other"), alike.clone(), threshold, at(2)));
    assert_eq!(conflict(enrol("new", reached)), (false, true));
    assert_eq!(conflict(update(reached)), (false, true));
    update(above).expect("below the threshold");
    block_on(gallery.remove(TENANT, &id("other"))).expect("removed");
    enrol("new", above).expect("below the threshold");
}

/// An update changes the reference and `updated`, never `created`; a refused one changes nothing.
pub fn update_replaces_the_reference_and_keeps_created(store: &impl Store) {
    let gallery = store.open();
    block_on(gallery.enrol(TENANT, id("a"), Face(1).template(), ALIKE, at(10), None)).expect("enrolled");
    block_on(gallery.enrol(TENANT, id("b"), Face(2).template(), ALIKE, at(10), None)).expect("enrolled");
    let updated = block_on(gallery.update(TENANT, id("a"), Face(3).template(), ALIKE, at(20))).expect("updated");
    assert_eq!((updated.created, updated.updated), (at(10), at(20)));
    assert_eq!(block_on(gallery.reference(TENANT, &id("a"))).expect("known"), (updated.clone(), Face(3).template()));
    let refused = block_on(gallery.update(TENANT, id("a"), Face(2).look_alike(), ALIKE, at(30)));
    assert_eq!(conflict(refused), (false, true));
    assert_eq!(block_on(gallery.reference(TENANT, &id("a"))).expect("known"), (updated, Face(3).template()));
    // The old face is free, the new one is taken.
    let enrol = |name, face: Face| block_on(gallery.enrol(TENANT, id(name), face.template(), ALIKE, at(40), None));
    assert_eq!(conflict(enrol("c", Face(3))), (false, true));
    enrol("c", Face(1)).expect("the old face is free");
}

/// A person's new image may be as like the old one as it pleases.
pub fn update_skips_the_own_old_reference(store: &impl Store) {
    let gallery = store.open();
    block_on(gallery.enrol(TENANT, id("a"), Face(1).template(), ALIKE, at(1), None)).expect("enrolled");
    for (template, now) in [(Face(1).template(), at(2)), (Face(1).look_alike(), at(3))] {
        let person = block_on(gallery.update(TENANT, id("a"), template, ALIKE, now)).expect("updated");
        assert_eq!(person.updated, now);
    }
}

/// After a removal nothing is left: neither the person nor the face, and both may be enrolled anew.
pub fn a_removed_person_is_forgotten(store: &impl Store) {
    let gallery = store.open();
    for (name, face) in [("a", Face(1)), ("b", Face(2)), ("c", Face(3))] {
        block_on(gallery.enrol(TENANT, id(name), face.template(), ALIKE, at(1), None)).expect("enrolled");
    }
    block_on(gallery.remove(TENANT, &id("a"))).expect("removed");
    assert!(matches!(block_on(gallery.get(TENANT, &id("a"))), Err(Error::NotFound)));
    let found = nearest(&gallery, TENANT, &Face(1).template(), 9).expect("searched");
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|candidate| candidate.person.id != id("a") && candidate.score < ALIKE));
    let again =
        block_on(gallery.enrol(TENANT, id("a"), Face(1).look_alike(), ALIKE, at(5), None)).expect("enrolled anew");
    assert_eq!(again.created, at(5));
    for name in ["a", "b", "c"] {
        block_on(gallery.remove(TENANT, &id(name))).expect("removed");
    }
    assert_eq!(block_on(gallery.count(TENANT)).expect("counted"), 0);
}

/// Every operation on a person says when there is none, in an empty gallery too.
pub fn what_is_not_enrolled_is_not_found(store: &impl Store) {
    let gallery = store.open();
    for _ in 0..2 {
        let nobody = id("nobody");
        assert!(matches!(block_on(gallery.get(TENANT, &nobody)), Err(Error::NotFound)));
        assert!(matches!(block_on(gallery.reference(TENANT, &nobody)), Err(Error::NotFound)));
        assert!(matches!(block_on(gallery.remove(TENANT, &nobody)), Err(Error::NotFound)));
        let update = block_on(gallery.update(TENANT, nobody, Face(1).template(), ALIKE, at(1)));
        assert!(matches!(update, Err(Error::NotFound)));
        let _ = block_on(gallery.enrol(TENANT, id("somebody"), Face(1).template(), ALIKE, at(1), None));
    }
}

/// The same id and the same face may be enrolled with two tenants; neither sees the other's.
pub fn tenants_share_nothing(store: &impl Store) {
    let gallery = store.open();
    let (one, two) = (TenantId(1), TenantId(2));
    for (tenant, now) in [(one, at(1)), (two, at(2))] {
        block_on(gallery.enrol(tenant, id("a"), Face(1).template(), ALIKE, now, None)).expect("enrolled");
    }
    block_on(gallery.enrol(two, id("b"), Face(2).template(), ALIKE, at(3), None)).expect("enrolled");
    assert_eq!(block_on(gallery.get(one, &id("a"))).expect("known").created, at(1));
    assert!(matches!(block_on(gallery.get(one, &id("b"))), Err(Error::NotFound)));
    assert!(matches!(block_on(gallery.remove(one, &id("b"))), Err(Error::NotFound)));
    assert_eq!(nearest(&gallery, one, &Face(2).template(), 9).expect("searched").len(), 1);
    assert_eq!(block_on(gallery.list(two, None, 9)).expect("listed").len(), 2);
    block_on(gallery.remove(one, &id("a"))).expect("removed");
    assert_eq!(block_on(gallery.count(one)).expect("counted"), 0);
    assert_eq!(block_on(gallery.count(two)).expect("counted"), 2);
}

/// A template of another model, or of another length, is neither stored nor searched for.
pub fn a_template_of_another_model_is_refused(store: &impl Store) {
    let gallery = store.open();
    block_on(gallery.enrol(TENANT, id("a"), Face(1).template(), ALIKE, at(1), None)).expect("enrolled");
    let foreign = Face(2).template_of(ModelId::parse("contract@2").expect("a model id"));
    let short = biometric::Template::from_embedding(model(), vec![1.0, 2.0]).expect("a direction");
    for template in [foreign, short] {
        let enrolled = block_on(gallery.enrol(TENANT, id("b"), template.clone(), ALIKE, at(2), None));
        assert!(matches!(enrolled, Err(Error::ModelMismatch)));
        let updated = block_on(gallery.update(TENANT, id("a"), template.clone(), ALIKE, at(2)));
        assert!(matches!(updated, Err(Error::ModelMismatch)));
        assert!(matches!(nearest(&gallery, TENANT, &template, 1), Err(Error::ModelMismatch)));
    }
    assert_eq!(block_on(gallery.count(TENANT)).expect("counted"), 1);
}

/// Pages follow one another in the order of the ids' bytes, whether or not `after` is itself enrolled.
pub fn listing_goes_page_by_page(store: &impl Store) {
    let gallery = store.open();
    let names = ["b", "B", "a.2", "a", "~", "10", "9", "a-2"];
    for (name, face) in names.iter().zip(0..) {
        block_on(gallery.enrol(TENANT, id(name), Face(face).template(), NEVER, at(1), None)).expect("enrolled");
    }
    let mut sorted = names;
    sorted.sort_unstable();
    for limit in [1, 3, names.len(), 100] {
        let (mut seen, mut after): (Vec<String>, Option<PersonId>) = (Vec::new(), None);
        loop {
            let page = block_on(gallery.list(TENANT, after.as_ref(), limit)).expect("listed");
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            seen.extend(page.iter().map(|person| person.id.to_string()));
        }
        assert_eq!(seen, sorted, "pages of {limit}");
    }
    assert_eq!(block_on(gallery.list(TENANT, Some(&id("a.")), 1)).expect("listed")[0].id, id("a.2"));
    assert!(block_on(gallery.list(TENANT, None, 0)).expect("listed").is_empty());
}

fn conflict<T: std::fmt::Debug>(answer: Result<T, Error>) -> (bool, bool) {
    match answer {
        Err(Error::Conflict { taken, duplicate }) => (taken, duplicate),
        other => panic!("expected a conflict, got {other:?}"),
    }
}
