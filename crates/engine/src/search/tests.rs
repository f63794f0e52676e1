//! Who shares a pass with whom, over a gallery that only counts, and workers that are held or free.

use std::sync::mpsc;
use std::task::{Context, Waker};
use std::time::Instant;

use biometric::{ModelId, Person, PersonId, Score, Timestamp};
use gallery::{Answer, Pair};

use super::*;
use crate::{Pool, PoolLimits, WaitLimits};

const ONE: TenantId = TenantId(1);
const OTHER: TenantId = TenantId(2);

/// A gallery whose passes take twenty seconds by what the engine believes: far longer than all of a test.
const LARGE: u64 = 4_000_000_000;

/// Finds the probe's first value as a score, and writes down every pass.
#[derive(Default)]
struct Fake {
    rows: u64,
    passes: Mutex<Vec<(TenantId, usize, usize)>>,
    fails: bool,
    panics: bool,
}

impl Fake {
    /// Tenant and size of every pass, in order of tenants, then the largest first.
    fn passes(&self) -> Vec<(i64, usize)> {
        let mut passes: Vec<_> = self.passes.lock().expect("whole").iter().map(|pass| (pass.0.0, pass.1)).collect();
        passes.sort_by_key(|(tenant, size)| (*tenant, std::cmp::Reverse(*size)));
        passes
    }
}

fn model() -> ModelId {
    ModelId::parse("fake@1").expect("a model id")
}

fn person(name: &str) -> Person {
    let time = Timestamp::from_millis(0);
    Person { id: PersonId::parse(name).expect("an id"), created: time, updated: time }
}

impl Gallery for Fake {
    fn search<'a>(
        &'a self,
        tenant: TenantId,
        queries: &'a [Query<'a>],
        threads: NonZeroUsize,
    ) -> Answer<'a, Vec<Vec<Candidate>>> {
        Box::pin(async move {
            self.passes.lock().expect("whole").push((tenant, queries.len(), threads.get()));
            assert!(!self.panics, "as the test wants it");
            if self.fails {
                return Err(gallery::Error::Unavailable("as the test wants it".into()));
            }
            let found = |query: &Query<'_>| {
                let (score, person) = (Score(query.probe.values()[0]), person(&format!("of{}", tenant.0)));
                vec![Candidate { person, score }; query.count]
            };
            Ok(queries.iter().map(found).collect())
        })
    }

    fn count(&self, _: TenantId) -> Answer<'_, u64> {
        Box::pin(async { Ok(self.rows) })
    }

    fn model(&self) -> &ModelId {
        static MODEL: std::sync::OnceLock<ModelId> = std::sync::OnceLock::new();
        MODEL.get_or_init(model)
    }

    fn enrol(
        &self,
        _: TenantId,
        _: PersonId,
        _: Template,
        _: Score,
        _: Timestamp,
        _: Option<u64>,
    ) -> Answer<'_, Person> {
        unimplemented!("nobody enrols here")
    }

    fn update(&self, _: TenantId, _: PersonId, _: Template, _: Score, _: Timestamp) -> Answer<'_, Person> {
        unimplemented!("nobody updates here")
    }

    fn remove<'a>(&'a self, _: TenantId, _: &'a PersonId) -> Answer<'a, ()> {
        unimplemented!("nobody removes here")
    }

    fn get<'a>(&'a self, _: TenantId, _: &'a PersonId) -> Answer<'a, Person> {
        unimplemented!("nobody gets here")
    }

    fn reference<'a>(&'a self, _: TenantId, _: &'a PersonId) -> Answer<'a, (Person, Template)> {
        unimplemented!("nobody verifies here")
    }

    fn list<'a>(&'a self, _: TenantId, _: Option<&'a PersonId>, _: usize) -> Answer<'a, Vec<Person>> {
        unimplemented!("nobody lists here")
    }

    fn duplicates<'a>(
        &'a self,
        _: TenantId,
        _: Score,
        _: usize,
        _: &'a (dyn Fn(u64, u64) + Sync),
    ) -> Answer<'a, Vec<Pair>> {
        unimplemented!("nobody looks for pairs here")
    }
}

/// Workers and searches over a fake gallery.
struct House {
    runtime: tokio::runtime::Runtime,
    pool: Arc<Pool<()>>,
    gallery: Arc<Fake>,
    searches: Arc<Searches>,
}

impl House {
    fn new(workers: usize, gallery: Fake) -> Self {
        let long = Duration::from_secs(600);
        let limits = PoolLimits { queue_jobs_max: 64, wait: WaitLimits { burst: long, standing: long } };
        let pool = Arc::new(Pool::start(vec![(); workers], limits).expect("threads"));
        let gallery = Arc::new(gallery);
        let searches = Searches::new(gallery.clone(), pool.follow_ups());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
        Self { runtime, pool, gallery, searches }
    }

    /// Keeps a worker busy until what is returned is dropped.
    fn hold(&self) -> mpsc::Sender<()> {
        let ((begin, begun), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
        let pool = Arc::clone(&self.pool);
        self.runtime.spawn(async move {
            let job = move |(): &mut ()| {
                begin.send(()).expect("waited for");
                // It cannot hang longer than the test.
                let _ = released.recv();
            };
            pool.run(job).await
        });
        begun.recv().expect("the job runs");
        release
    }

    /// A search that waits in line when this returns, or is under way.
    fn search(&self, tenant: TenantId, face: usize) -> tokio::task::JoinHandle<Found> {
        let searches = Arc::clone(&self.searches);
        let mut search = Box::pin(async move { searches.nearest(tenant, probe(face), 1).await });
        let first_look = search.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        self.runtime.spawn(async move {
            match first_look {
                std::task::Poll::Ready(found) => found,
                std::task::Poll::Pending => search.await,
            }
        })
    }

    /// A job that makes a probe and begins the search for it on its worker, as an identification does.
    fn identify(&self, tenant: TenantId, face: usize) -> tokio::task::JoinHandle<Found> {
        let (searches, pool) = (Arc::clone(&self.searches), Arc::clone(&self.pool));
        self.runtime.spawn(async move {
            pool.run(move |(): &mut ()| searches.begin(tenant, probe(face), 1)).await?.found().await
        })
    }

    fn found(&self, search: tokio::task::JoinHandle<Found>) -> Found {
        self.runtime.block_on(search).expect("joined")
    }

    /// Waits until so many jobs are in the queue.
    fn until_jobs_wait(&self, jobs: usize) {
        while self.pool.waiting_jobs() < jobs {
            std::thread::yield_now();
        }
    }
}

/// A unit vector that says which it is.
fn probe(face: usize) -> Template {
    let angle = face as f32 / 100.0;
    Template::from_embedding(model(), vec![angle.cos(), angle.sin()]).expect("a direction")
}

#[track_caller]
fn assert_is_of(found: Found, tenant: TenantId, face: usize) {
    let found = found.expect("found");
    let expected = Candidate { person: person(&format!("of{}", tenant.0)), score: Score(probe(face).values()[0]) };
    assert_eq!(found, [expected]);
}

#[test]
fn an_idle_house_searches_at_once_and_alone() {
    let house = House::new(2, Fake::default());
    for face in 0..5 {
        assert_is_of(house.found(house.search(ONE, face)), ONE, face);
        assert_is_of(house.found(house.identify(ONE, face)), ONE, face);
    }
    assert_eq!(house.gallery.passes(), [(1, 1); 10]);
    assert!(house.searches.lines().is_empty(), "nothing is kept of who was served");
}

#[test]
fn an_idle_house_waits_for_nobody_however_large_the_gallery() {
    let house = House::new(1, Fake { rows: LARGE, ..Fake::default() });
    let begun = Instant::now();
    assert_is_of(house.found(house.identify(ONE, 7)), ONE, 7);
    assert!(begun.elapsed() < Duration::from_secs(10), "it had twenty seconds' patience");
}

#[test]
fn probes_that_wait_for_a_worker_share_passes_and_tenants_never_do() {
    let house = House::new(2, Fake::default());
    let held = [house.hold(), house.hold()];
    let waiting: Vec<_> = (0..43)
        .map(|face| {
            let tenant = if face % 14 == 5 { OTHER } else { ONE };
            (tenant, face, house.search(tenant, face))
        })
        .collect();
    assert_eq!(house.gallery.passes(), [], "no worker is free");
    drop(held);
    for (tenant, face, search) in waiting {
        assert_is_of(house.found(search), tenant, face);
    }
    assert_eq!(house.gallery.passes(), [(1, 16), (1, 16), (1, 8), (2, 3)]);
}

#[test]
fn a_worker_takes_along_who_waits_for_the_same_gallery() {
    let house = House::new(1, Fake::default());
    let held = house.hold();
    let waiting: Vec<_> = (0..4).map(|face| house.search(ONE, face)).collect();
    let stranger = house.search(OTHER, 8);
    // This thread is as a second worker, which has just made a probe.
    let found = house.searches.begin(ONE, probe(9), 1);
    assert_is_of(house.runtime.block_on(found.found()), ONE, 9);
    for (face, search) in waiting.into_iter().enumerate() {
        assert_is_of(house.found(search), ONE, face);
    }
    assert_eq!(house.gallery.passes(), [(1, 5)]);
    drop(held);
    assert_is_of(house.found(stranger), OTHER, 8);
    assert_eq!(house.gallery.passes(), [(1, 5), (2, 1)], "the worker that was sent for them finds nobody left");
}

#[test]
fn while_jobs_wait_probes_of_a_large_gallery_gather_and_those_of_a_small_one_do_not() {
    for (rows, passes) in [(LARGE, vec![(1, 16), (1, 4)]), (1_000, vec![(1, 1); 20])] {
        let house = House::new(1, Fake { rows, ..Fake::default() });
        let held = house.hold();
        let searches: Vec<_> = (0..20).map(|face| house.identify(ONE, face)).collect();
        house.until_jobs_wait(20);
        drop(held);
        for (face, search) in searches.into_iter().enumerate() {
            assert_is_of(house.found(search), ONE, face);
        }
        assert_eq!(house.gallery.passes(), passes, "{rows} rows");
    }
}

#[test]
fn cores_that_are_idle_may_help() {
    for workers in [1, 4] {
        let house = House::new(workers, Fake { rows: LARGE, ..Fake::default() });
        house.found(house.search(ONE, 1)).expect("found");
        assert_eq!(house.gallery.passes.lock().expect("whole")[0].2, workers);
    }
    let house = House::new(2, Fake { rows: LARGE, ..Fake::default() });
    let held = house.hold();
    house.found(house.identify(ONE, 1)).expect("found");
    assert_eq!(house.gallery.passes.lock().expect("whole")[0].2, 1, "the other worker has work of its own");
    drop(held);
}

#[test]
fn an_error_reaches_all_who_share_a_pass_and_so_does_a_panic() {
    for (fails, panics) in [(true, false), (false, true)] {
        let house = House::new(1, Fake { fails, panics, ..Fake::default() });
        let held = house.hold();
        let waiting: Vec<_> = (0..5).map(|face| house.search(ONE, face)).collect();
        drop(held);
        for search in waiting {
            match house.found(search) {
                Err(Error::Unavailable(why)) if fails => assert_eq!(why, "as the test wants it"),
                Err(Error::Internal(why)) if panics => assert_eq!(why, "a search panicked"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(house.gallery.passes(), [(1, 5)]);
        let worker = house.runtime.block_on(house.pool.run(|()| 7)).expect("works");
        assert_eq!(worker, 7, "the worker goes on");
    }
}

#[test]
fn who_went_away_costs_nothing() {
    let house = House::new(1, Fake::default());
    let held = house.hold();
    let gone: Vec<_> = (0..20).map(|face| house.search(ONE, face)).collect();
    let others: Vec<_> = (0..2).map(|face| house.search(OTHER, face)).collect();
    let stays = house.search(ONE, 50);
    for search in gone.into_iter().chain(others) {
        search.abort();
        assert!(house.runtime.block_on(search).is_err());
    }
    drop(held);
    assert_is_of(house.found(stays), ONE, 50);
    house.runtime.block_on(house.pool.run(|()| ())).expect("works");
    assert_eq!(house.gallery.passes(), [(1, 1)], "no place in a pass, and no pass for nobody");
    assert!(house.searches.lines().is_empty());
}

#[test]
fn a_probe_of_another_model_spoils_no_pass() {
    let house = House::new(1, Fake::default());
    let held = house.hold();
    let good = house.search(ONE, 1);
    let foreign = Template::from_embedding(ModelId::parse("other@1").expect("an id"), vec![1.0, 0.0]);
    let refused = house.runtime.block_on(house.searches.nearest(ONE, foreign.expect("a direction"), 1));
    assert!(matches!(refused, Err(Error::Internal(_))), "told at once");
    drop(held);
    assert_is_of(house.found(good), ONE, 1);
}

#[test]
fn the_line_has_an_end() {
    let house = House::new(1, Fake::default());
    let held = house.hold();
    let waiting: Vec<_> = (0..SEARCHES_WAITING_MAX).map(|face| house.search(ONE, face)).collect();
    let refused = house.found(house.search(OTHER, 1));
    assert!(matches!(refused, Err(Error::Overloaded { retry_after }) if retry_after == RETRY_AFTER));
    drop(held);
    assert!(waiting.into_iter().all(|search| house.found(search).is_ok()));
    assert_eq!(house.gallery.passes(), vec![(1, SEARCH_BATCH_MAX); SEARCHES_WAITING_MAX / SEARCH_BATCH_MAX]);
}

#[test]
fn without_workers_nobody_waits() {
    let house = House::new(0, Fake::default());
    assert!(matches!(house.found(house.search(ONE, 1)), Err(Error::Unavailable(_))));
    assert!(house.searches.lines().is_empty());
    // One that goes leaves nobody behind.
    let house = House::new(1, Fake::default());
    let held = house.hold();
    let waiting = house.search(ONE, 1);
    let House { runtime, pool, searches, .. } = house;
    let ended = runtime.spawn(async move {
        drop(held);
        drop(pool);
    });
    runtime.block_on(ended).expect("joined");
    assert_is_of(runtime.block_on(waiting).expect("joined"), ONE, 1);
    assert!(searches.lines().is_empty());
}

/// Many at once in any order, some of whom go away: whoever stays is answered, and by their own tenant's gallery.
#[test]
fn nobody_is_forgotten_in_a_crowd() {
    for rows in [1_000, LARGE] {
        let house = House::new(4, Fake { rows, ..Fake::default() });
        let searches: Vec<_> = (0..600)
            .map(|face| {
                let tenant = TenantId(face as i64 % 7);
                let search = if face % 10 == 0 { house.identify(tenant, face) } else { house.search(tenant, face) };
                if face % 13 == 0 {
                    search.abort();
                }
                (tenant, face, search)
            })
            .collect();
        for (tenant, face, search) in searches {
            match house.runtime.block_on(search) {
                Ok(found) => assert_is_of(found, tenant, face),
                Err(error) => assert!(error.is_cancelled() && face % 13 == 0),
            }
        }
    }
}
