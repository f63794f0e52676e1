//! Collections on a disk: isolation, limits, and that what is interrupted is never seen.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const ORGANISATION: TenantId = TenantId(1);
const OTHER: TenantId = TenantId(2);
const MANY: u64 = 1_000;

fn now() -> Timestamp {
    Timestamp::from_millis(1_000)
}

fn store() -> (TempDir, CollectionStore) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = CollectionStore::open(folder.path()).expect("opens");
    (folder, store)
}

fn named(name: &str) -> CollectionId {
    name.parse().expect("a name")
}

fn face(name: &str) -> FaceRecord {
    let bounds = FaceBox { left: 0.25, top: 0.5, width: 0.125, height: -0.1 };
    let external_image_id = Some("a:b".parse().expect("a name"));
    let id = |text: &str| PersonId::parse(text).expect("an id");
    FaceRecord { id: id(name), image_id: id("image"), external_image_id, bounds, confidence: 99.5 }
}

fn publish(store: &CollectionStore, collection: Collection, names: &[&str]) {
    let faces: Vec<_> = names.iter().map(|name| face(name)).collect();
    store.reserve(collection, &faces, None, now()).expect("reserved");
    store.publish(collection, &faces).expect("published");
}

fn seen(store: &CollectionStore, collection: Collection) -> Vec<String> {
    let faces = store.faces(collection, None, usize::MAX).expect("listed");
    faces.into_iter().map(|face| face.id.to_string()).collect()
}

fn left(store: &CollectionStore, before: i64) -> Vec<Leftover> {
    store.leftovers(None, Timestamp::from_millis(before), usize::MAX).expect("listed")
}

#[test]
fn a_face_comes_back_as_it_was_after_reopening() {
    let (folder, store) = store();
    let collection = store.create(ORGANISATION, &named("c"), MANY, now()).expect("made");
    publish(&store, collection, &["f"]);
    drop(store);
    let store = CollectionStore::open(folder.path()).expect("opens");
    let found = store.find(ORGANISATION, &named("c")).expect("there");
    assert_eq!(store.faces(found, None, 9).expect("listed"), [face("f")]);
    assert_eq!(store.faces_of(found, [&face("x").id, &face("f").id]).expect("found"), [face("f")]);
}

#[test]
fn a_name_is_taken_once_and_free_again_and_its_gallery_is_never_given_twice() {
    let (_folder, store) = store();
    let create = || store.create(ORGANISATION, &named("c"), MANY, now());
    let first = create().expect("made");
    assert!(matches!(create(), Err(CollectionError::Exists)));
    publish(&store, first, &["f"]);
    store.delete(ORGANISATION, &named("c"), now()).expect("deleted");
    assert!(matches!(store.find(ORGANISATION, &named("c")), Err(CollectionError::NotFound)));
    let second = create().expect("made again, while the first one's faces are still being removed");
    assert!(second.space() > first.space() && first.space() >= TenantId(1 << 40));
    assert_eq!(seen(&store, second), Vec::<String>::new());
    let leftovers = left(&store, 0);
    assert_eq!(leftovers, [Leftover { collection: first, face: face("f").id }]);
    store.forget(&leftovers).expect("forgotten");
    store.delete(ORGANISATION, &named("c"), now()).expect("deleted");
    store.forget(&[]).expect("forgotten");
    assert!(create().expect("made").space() > second.space());
}

#[test]
fn limits_hold_over_all_collections_of_an_organisation_and_count_what_is_arriving() {
    let (_folder, store) = store();
    let [a, b] = ["a", "b"].map(|name| store.create(ORGANISATION, &named(name), 2, now()).expect("made"));
    let third = store.create(ORGANISATION, &named("c"), 2, now());
    assert!(matches!(third, Err(CollectionError::TooManyCollections { collections_max: 2 })));
    let other = store.create(OTHER, &named("a"), 2, now()).expect("made");
    store.reserve(a, &[face("1"), face("2")], Some(3), now()).expect("reserved");
    let two = [face("3"), face("4")];
    assert!(matches!(store.reserve(b, &two, Some(3), now()), Err(CollectionError::TooManyFaces { faces_max: 3 })));
    store.reserve(b, &two[..1], Some(3), now()).expect("reserved");
    store.reserve(other, &two, Some(3), now()).expect("another's are counted apart");
    assert_eq!([ORGANISATION, OTHER].map(|of| store.count(of).expect("counted")), [3, 2]);
}

#[test]
fn what_is_interrupted_is_never_seen_and_named_as_left_over() {
    let (_folder, store) = store();
    let collection = store.create(ORGANISATION, &named("c"), MANY, now()).expect("made");
    publish(&store, collection, &["1", "2"]);
    store.reserve(collection, &[face("3")], None, now()).expect("reserved");
    assert_eq!(seen(&store, collection), ["1", "2"]);
    assert_eq!(left(&store, 1_000), [], "somebody may still be at it");
    let ids = ["1", "3", "x"].map(|name| face(name).id);
    assert_eq!(store.withdraw(collection, &ids, now()).expect("withdrawn"), ids[..1]);
    assert_eq!(seen(&store, collection), ["2"]);
    let leftovers = left(&store, 1_001);
    assert_eq!(leftovers.iter().map(|left| left.face.as_str()).collect::<BTreeSet<_>>(), BTreeSet::from(["1", "3"]));
    store.forget(&leftovers).expect("forgotten");
    assert_eq!(left(&store, i64::MAX), []);
    assert!(matches!(store.publish(collection, &[face("3")]), Err(CollectionError::NotFound)), "it came too late");
    assert_eq!(store.count(ORGANISATION).expect("counted"), 1);
}

#[test]
fn faces_that_arrive_in_a_deleted_collection_are_refused_and_go_with_it() {
    let (_folder, store) = store();
    let collection = store.create(ORGANISATION, &named("c"), MANY, now()).expect("made");
    store.reserve(collection, &[face("1")], None, now()).expect("reserved");
    store.delete_all(ORGANISATION, now()).expect("deleted");
    assert!(matches!(store.publish(collection, &[face("1")]), Err(CollectionError::NotFound)));
    assert!(matches!(store.reserve(collection, &[face("2")], None, now()), Err(CollectionError::NotFound)));
    let arrived = Leftover { collection, face: face("1").id };
    store.forget(&[arrived]).expect("forgotten");
    let rows: i64 = store.reader().query_row("SELECT count(*) FROM collection", (), |row| row.get(0)).expect("counted");
    assert_eq!(rows, 0);
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(crate::Embedded::open(folder.path(), crate::contract::model(), crate::Options::default()).expect("opens"));
    std::fs::rename(folder.path().join("gallery.db"), folder.path().join(FORMAT.file_name)).expect("renamed");
    let refused = CollectionStore::open(folder.path()).err().expect("refused");
    assert!(matches!(refused.fault, Fault::Foreign), "{refused}");
}

#[derive(Clone, Debug)]
enum Step {
    Create,
    Delete,
    Publish(u8),
    Withdraw(u8),
    Sweep,
}

fn step() -> impl Strategy<Value = (bool, u8, Step)> {
    let kind = prop_oneof![
        3 => Just(Step::Create),
        1 => Just(Step::Delete),
        6 => (0..6_u8).prop_map(Step::Publish),
        3 => (0..6_u8).prop_map(Step::Withdraw),
        1 => Just(Step::Sweep),
    ];
    (any::<bool>(), 0..3_u8, kind)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Two organisations use the same names for collections and faces; neither sees or loses what the other does.
    #[test]
    fn organisations_never_meet(steps in prop::collection::vec(step(), 1..40)) {
        let (_folder, store) = store();
        let mut model: BTreeMap<(TenantId, u8), BTreeSet<String>> = BTreeMap::new();
        for (is_other, name, step) in steps {
            let organisation = if is_other { OTHER } else { ORGANISATION };
            let (id, key) = (named(&name.to_string()), (organisation, name));
            let found = store.find(organisation, &id).ok();
            prop_assert_eq!(found.is_some(), model.contains_key(&key));
            match (step, found) {
                (Step::Create, _) => {
                    let made = store.create(organisation, &id, MANY, now());
                    prop_assert_eq!(made.is_ok(), model.insert(key, model.get(&key).cloned().unwrap_or_default()).is_none());
                }
                (Step::Delete, _) => {
                    prop_assert_eq!(store.delete(organisation, &id, now()).is_ok(), model.remove(&key).is_some());
                }
                (Step::Publish(number), Some(collection)) if !model[&key].contains(&number.to_string()) => {
                    store.forget(&left(&store, 0)).expect("forgotten");
                    publish(&store, collection, &[&number.to_string()]);
                    model.entry(key).or_default().insert(number.to_string());
                }
                (Step::Withdraw(number), Some(collection)) => {
                    let gone = store.withdraw(collection, &[face(&number.to_string()).id], now()).expect("withdrawn");
                    prop_assert_eq!(gone.len() == 1, model.entry(key).or_default().remove(&number.to_string()));
                }
                (Step::Sweep, _) => store.forget(&left(&store, 0)).expect("forgotten"),
                (Step::Publish(_) | Step::Withdraw(_), _) => {}
            }
            for organisation in [ORGANISATION, OTHER] {
                let names: Vec<_> = model.keys().filter(|key| key.0 == organisation).map(|key| key.1).collect();
                let listed = store.list(organisation, None, usize::MAX).expect("listed");
                prop_assert_eq!(listed, names.iter().map(|name| named(&name.to_string())).collect::<Vec<_>>());
                let mut count = 0;
                for name in names {
                    let collection = store.find(organisation, &named(&name.to_string())).expect("there");
                    let faces = &model[&(organisation, name)];
                    prop_assert_eq!(seen(&store, collection), faces.iter().cloned().collect::<Vec<_>>());
                    count += faces.len() as u64;
                }
                prop_assert_eq!(store.count(organisation).expect("counted"), count);
            }
        }
    }
}
