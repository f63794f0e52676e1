//! Collections over a real gallery and a real store: what is kept, what is found, and that nothing is left behind.

use std::sync::atomic::{AtomicI64, Ordering};

use biometric::{Calibration, Knot, TenantId, Timestamp};
use gallery::contract::{Face, model};
use gallery::{Collection, Embedded, FaceBox, Gallery, Leftover};

use super::*;
use crate::search::Searches;
use crate::{Pool, PoolLimits, Shared};

const OTHER: TenantId = TenantId(7);

struct House {
    engine: Engine,
    gallery: Arc<Embedded>,
    time: Arc<AtomicI64>,
    _searchers: Pool<()>,
    _folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let gallery = Arc::new(Embedded::open(folder.path(), model(), gallery::Options::default()).expect("opens"));
        let store = CollectionStore::open(folder.path()).expect("opens");
        let knots = vec![Knot { score: -1.0, percent: 0.0 }, Knot { score: 1.0, percent: 100.0 }];
        let calibration = Calibration::new(knots).expect("rises");
        let time = Arc::new(AtomicI64::new(0));
        let own = Arc::clone(&time);
        let clock = Arc::new(move || Timestamp::from_millis(own.load(Ordering::Relaxed)));
        // Nothing here looks at an image.
        let pool = Pool::start(Vec::new(), PoolLimits::default()).expect("threads");
        let searchers = Pool::start(vec![()], PoolLimits::default()).expect("threads");
        let searches = Searches::new(gallery.clone(), searchers.follow_ups());
        let (collections, rules) = (Arc::new(store), Arc::new(Rules::default()));
        let shared = Shared { pool, gallery: gallery.clone(), searches, collections, rules, calibration, clock };
        let engine = Engine { shared: Arc::new(shared) };
        Self { engine, gallery, time, _searchers: searchers, _folder: folder }
    }

    fn scope(&self, tenant: TenantId) -> Scope {
        self.engine.scope(tenant)
    }

    async fn make(&self, tenant: TenantId, name: &str) -> Collection {
        let id: CollectionId = name.parse().expect("a name");
        self.engine.create_collection(&self.scope(tenant), id.clone()).await.expect("made");
        self.engine.shared.collections.find(tenant, &id).expect("there")
    }

    async fn keep(&self, collection: Collection, faces: &[u64]) -> Result<(), CollectionError> {
        let templates = faces.iter().map(|face| Face(*face).template()).collect();
        self.engine.keep(collection, faces.iter().map(record).collect(), templates, None).await
    }

    /// As an interruption leaves it: announced, enrolled, and not shown.
    async fn interrupt(&self, collection: Collection, face: u64, template: biometric::Template) {
        let (records, now) = ([record(&face)], (self.engine.shared.clock)());
        self.engine.shared.collections.reserve(collection, &records, None, now).expect("reserved");
        let never = biometric::Score(2.0);
        let id = records[0].id.clone();
        self.gallery.enrol(collection.space(), id, template, never, now, None).await.expect("enrolled");
    }

    async fn templates(&self, collection: Collection) -> u64 {
        self.gallery.count(collection.space()).await.expect("counted")
    }

    async fn listed(&self, tenant: TenantId, name: &str) -> Vec<String> {
        let id = name.parse().expect("a name");
        let faces = self.engine.faces(&self.scope(tenant), id, None, 100, None).await.expect("listed");
        faces.into_iter().map(|face| face.id.to_string()).collect()
    }

    async fn found(&self, collection: Collection, probe: u64, count: usize, percent: f64) -> Vec<(String, f64)> {
        let similarity_min = Similarity::from_percent(percent).expect("a percentage");
        let search = Search { bar: QualityBar::None, count, similarity_min };
        let template = Face(probe).template();
        let begun = self.engine.shared.searches.begin(collection.space(), template.clone(), count);
        let found = self.engine.nearest(collection, &template, &search, begun).await.expect("searched");
        found.into_iter().map(|(face, similarity)| (face.id.to_string(), similarity.percent().round())).collect()
    }
}

fn id(text: &str) -> PersonId {
    PersonId::parse(text).expect("an id")
}

fn record(face: &u64) -> FaceRecord {
    let bounds = FaceBox { left: 0.1, top: 0.2, width: 0.3, height: 0.4 };
    let (image_id, external_image_id) = (id("image"), None);
    FaceRecord { id: id(&face.to_string()), image_id, external_image_id, bounds, confidence: 90.0 }
}

#[tokio::test]
async fn the_nearest_faces_are_found_and_one_may_be_there_twice() {
    let house = House::new();
    let collection = house.make(TenantId::OPERATOR, "c").await;
    house.keep(collection, &[1, 2, 3]).await.expect("kept");
    let twin = vec![Face(1).look_alike()];
    house.engine.keep(collection, vec![record(&4)], twin, None).await.expect("kept");
    let names = |found: Vec<(String, f64)>| found.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(house.found(collection, 1, 1, 80.0).await, [("1".to_owned(), 100.0)]);
    assert_eq!(names(house.found(collection, 1, 9, 80.0).await), ["1", "4"]);
    assert_eq!(names(house.found(collection, 1, 9, 0.0).await).len(), 4);
    assert_eq!(house.found(collection, 9, 9, 99.0).await, []);
}

#[tokio::test]
async fn faces_that_are_not_shown_take_no_places_among_the_found() {
    let house = House::new();
    let collection = house.make(TenantId::OPERATOR, "c").await;
    house.keep(collection, &[2]).await.expect("kept");
    for hidden in 10..30 {
        house.interrupt(collection, hidden, Face(1).template()).await;
    }
    let found = house.found(collection, 1, 1, 0.0).await;
    assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["2"]);
    assert_eq!(house.listed(TenantId::OPERATOR, "c").await, ["2"]);
}

#[tokio::test]
async fn what_is_deleted_leaves_no_template() {
    let house = House::new();
    let collection = house.make(TenantId::OPERATOR, "c").await;
    house.keep(collection, &(0..200).collect::<Vec<_>>()).await.expect("kept");
    let scope = house.scope(TenantId::OPERATOR);
    let some = ["7", "8", "none"].map(id).to_vec();
    let name = || "c".parse::<CollectionId>().expect("a name");
    let deleted = house.engine.delete_faces(&scope, name(), some).await.expect("deleted");
    assert_eq!(deleted, ["7", "8"].map(id));
    assert_eq!((house.templates(collection).await, house.listed(scope.tenant, "c").await.len()), (198, 100));
    house.engine.delete_collection(&scope, name()).await.expect("deleted");
    assert_eq!(house.templates(collection).await, 0);
    assert!(matches!(house.engine.delete_collection(&scope, name()).await, Err(CollectionError::NotFound)));
    let leftovers = house.engine.shared.collections.leftovers(None, Timestamp::from_millis(i64::MAX), 9);
    assert_eq!(leftovers.expect("listed"), []);
}

#[tokio::test]
async fn what_was_interrupted_is_swept_when_nobody_can_be_at_it_any_more() {
    let house = House::new();
    let collection = house.make(TenantId::OPERATOR, "c").await;
    house.keep(collection, &[1, 2]).await.expect("kept");
    house.interrupt(collection, 3, Face(3).template()).await;
    // Hidden, and its template is still there.
    house.engine.shared.collections.withdraw(collection, &[id("2")], Timestamp::from_millis(0)).expect("withdrawn");
    house.engine.sweep_collections().await.expect("swept");
    assert_eq!(house.templates(collection).await, 2, "the one that leaves is gone, the one that arrives may yet");
    house.time.store(200_000, Ordering::Relaxed);
    house.engine.sweep_collections().await.expect("swept");
    assert_eq!((house.templates(collection).await, house.listed(TenantId::OPERATOR, "c").await.len()), (1, 1));
}

#[tokio::test]
async fn faces_that_cannot_be_shown_are_taken_back() {
    let house = House::new();
    let collection = house.make(TenantId::OPERATOR, "c").await;
    let full = house.engine.keep(collection, vec![record(&1)], vec![Face(1).template()], Some(0)).await;
    assert!(matches!(full, Err(CollectionError::TooManyFaces { faces_max: 0 })));
    // The first face is there already: its second enrolment fails, and with it that of the other.
    house.keep(collection, &[1]).await.expect("kept");
    let stranger = house.make(TenantId::OPERATOR, "d").await;
    house.interrupt(stranger, 5, Face(5).template()).await;
    house.engine.shared.collections.forget(&[Leftover { collection: stranger, face: id("5") }]).expect("forgotten");
    assert!(house.keep(stranger, &[4, 5]).await.is_err());
    assert_eq!((house.templates(stranger).await, house.listed(TenantId::OPERATOR, "d").await.len()), (0, 0));
    assert_eq!(house.templates(collection).await, 1);
}

#[tokio::test]
async fn erasing_an_organisation_takes_its_collections_and_no_others() {
    let house = House::new();
    let [own, other] = [house.make(TenantId::OPERATOR, "c").await, house.make(OTHER, "c").await];
    for collection in [own, other] {
        house.keep(collection, &[1, 2]).await.expect("kept");
    }
    house.engine.erase_collections(&house.scope(OTHER)).await.expect("erased");
    assert_eq!([house.templates(own).await, house.templates(other).await], [2, 0]);
    let names = house.engine.collections(&house.scope(OTHER), None, 9).await.expect("listed");
    assert!(names.is_empty());
    assert_eq!(house.listed(TenantId::OPERATOR, "c").await, ["1", "2"]);
    assert_ne!(own.space(), other.space());
}
