//! What the 1:N search returns.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use biometric::{PersonId, Score, Template, TenantId};
use futures_executor::block_on;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::faces::{Face, NEVER, model, score};
use super::{Store, TENANT, at, id, nearest};
use crate::{Candidate, Error, Gallery, Query};

/// How far a sum of a hundred products in single precision may be from the true one.
const SINGLE_PRECISION: f64 = 1e-5;

/// Best first; equal scores in the order of the ids, wherever the rows lie and whatever is cut off.
pub fn search_ranks_by_score_then_by_id(store: &impl Store) {
    let gallery = store.open();
    for (name, face) in [("m", Face(1)), ("x", Face(2)), ("c", Face(1)), ("z", Face(1)), ("a", Face(1)), ("b", Face(2))]
    {
        block_on(gallery.enrol(TENANT, id(name), face.template(), NEVER, at(1), None)).expect("enrolled");
    }
    // Moves rows about in a store that fills gaps.
    block_on(gallery.remove(TENANT, &id("m"))).expect("removed");
    block_on(gallery.update(TENANT, id("x"), Face(1).template(), NEVER, at(2))).expect("updated");
    for (count, expected) in [(0, ""), (1, "a"), (2, "ac"), (3, "acx"), (5, "acxzb"), (usize::MAX, "acxzb")] {
        let found = nearest(&gallery, TENANT, &Face(1).template(), count).expect("searched");
        assert_eq!(found.iter().map(|c| c.person.id.as_str()).collect::<String>(), expected);
    }
    assert!(nearest(&gallery, TenantId(99), &Face(1).template(), 3).expect("searched").is_empty());
}

/// The search finds what a scan in double precision finds, and its scores are the bits of [`Template::compare`].
pub fn search_agrees_with_a_scan_in_double_precision(store: &impl Store) {
    let gallery = store.open();
    // Few different values: ties and near-ties are common.
    let vector = prop::collection::vec(-2..=2_i8, 40).prop_filter("has a direction", |v| v.iter().any(|x| *x != 0));
    let case = (prop::collection::vec(vector.clone(), 1..40), vector, 1..8_usize);
    let tenants = AtomicI64::new(100);
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&case, |(vectors, probe, count)| {
        let tenant = TenantId(tenants.fetch_add(1, Ordering::Relaxed));
        check(&gallery, tenant, &vectors, &template(&probe), count)
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

fn check(
    gallery: &impl Gallery,
    tenant: TenantId,
    vectors: &[Vec<i8>],
    probe: &Template,
    count: usize,
) -> Result<(), TestCaseError> {
    let references: Vec<_> = vectors.iter().zip(0..).map(|(v, n)| (id(&format!("p{n}")), template(v))).collect();
    enrol_all(gallery, tenant, &references);
    let found = nearest(gallery, tenant, probe, count).expect("searched");

    let mut ranked: Vec<_> = references.iter().map(|(id, reference)| (score(probe, reference), id)).collect();
    ranked.sort_by(|a, b| b.0.partial_cmp(&a.0).expect("finite").then_with(|| a.1.cmp(b.1)));
    ranked.truncate(count);
    let expected: Vec<_> = ranked.iter().map(|(score, id)| (bits(*score), id.as_str())).collect();
    prop_assert_eq!(answered(&found), expected);

    let mut exact: Vec<f64> = references.iter().map(|(_, reference)| double(probe, reference)).collect();
    exact.sort_by(|a, b| b.total_cmp(a));
    for (candidate, exact) in found.iter().zip(exact) {
        prop_assert!((f64::from(candidate.score.0) - exact).abs() < SINGLE_PRECISION);
    }
    Ok(())
}

/// Any number of queries in one call is answered as each of them alone, in their order, with any number of threads; among
/// them the same twice, one that asks for nobody, and one that asks for everybody.
pub fn queries_at_once_are_answered_as_each_alone(store: &impl Store) {
    let gallery = store.open();
    let faces = (0..70).map(|n| (id(&format!("p{n}")), Face(n % 60).template()));
    enrol_all(&gallery, TENANT, &faces.collect::<Vec<_>>());
    let probes: Vec<_> = (0..40).map(|n| Face(2 * n).look_alike()).collect();
    let count = |n: usize| [1, 5, 0, usize::MAX][n % 4];
    let mut queries: Vec<_> = probes.iter().enumerate().map(|(n, probe)| Query { probe, count: count(n) }).collect();
    queries.push(queries[0]);
    let alone: Vec<_> =
        queries.iter().map(|query| nearest(&gallery, TENANT, query.probe, query.count).expect("searched")).collect();
    for (number, threads) in [(0, 1), (1, 2), (2, 1), (16, 2), (17, 3), (queries.len(), 4)] {
        let threads = NonZeroUsize::new(threads).expect("threads");
        let found = block_on(gallery.search(TENANT, &queries[..number], threads)).expect("searched");
        assert_eq!(found.len(), number);
        let agree = found.iter().zip(&alone).all(|(found, alone)| answered(found) == answered(alone) && found == alone);
        assert!(agree, "{number} at once");
    }
    let nobody = block_on(gallery.search(TenantId(99), &queries, NonZeroUsize::MIN)).expect("searched");
    assert_eq!(nobody, vec![Vec::new(); queries.len()]);
    // One that cannot be answered fails the whole call.
    let short = Template::from_embedding(model(), vec![1.0, 2.0]).expect("a direction");
    queries.push(Query { probe: &short, count: 1 });
    let refused = block_on(gallery.search(TENANT, &queries, NonZeroUsize::MIN));
    assert!(matches!(refused, Err(Error::ModelMismatch)));
}

/// `duplicates` finds the pairs that comparing everybody with everybody finds: those of one tenant, at the score and above,
/// with the bits of [`Template::compare`], best first, ties by the ids, cut off where asked; and says how far it is.
pub fn duplicates_are_the_pairs_that_comparing_all_finds(store: &impl Store) {
    let gallery = store.open();
    // Few different values: ties are common, and so are pairs with exactly the score that is asked for.
    let vector = |n: u64| (0..24).map(|i| ((n * 7 + i * n * n) % 5) as i8 - 2).collect::<Vec<i8>>();
    let references: Vec<_> = (1..60).map(|n| (id(&format!("p{n}")), template(&vector(n)))).collect();
    enrol_all(&gallery, TENANT, &references);
    enrol_all(&gallery, TenantId(TENANT.0 + 1), &references[..9]);
    block_on(gallery.remove(TENANT, &id("p7"))).expect("removed");
    block_on(gallery.update(TENANT, id("p8"), template(&vector(9)), NEVER, at(2))).expect("updated");
    let mut references: Vec<_> = references.into_iter().filter(|(id, _)| id.as_str() != "p7").collect();
    references.iter_mut().filter(|(id, _)| id.as_str() == "p8").for_each(|(_, own)| *own = template(&vector(9)));
    let all = all_pairs(references);
    let some = all[all.len() / 10].2;
    for (at, count) in [
        (some, usize::MAX),
        (Score(some.0.next_up()), usize::MAX),
        (some, 3),
        (Score(0.999), 1),
        (Score(-2.0), usize::MAX),
        (some, 0),
        (NEVER, 9),
    ] {
        let told = Mutex::new(Vec::new());
        let progress = |done: u64, all: u64| told.lock().expect("whole").push((done, all));
        let found = block_on(gallery.duplicates(TENANT, at, count, &progress)).expect("compared");
        let found: Vec<_> = found.iter().map(|(one, two, s)| (one.id.clone(), two.id.clone(), bits(*s))).collect();
        let expected = all.iter().filter(|pair| pair.2 >= at).take(count);
        let expected: Vec<_> = expected.map(|(one, two, s)| (one.clone(), two.clone(), bits(*s))).collect();
        assert!(found == expected, "from {at:?} on, at most {count}");
        let told = told.into_inner().expect("whole");
        assert!(told.iter().all(|(done, all)| done <= all) && told.last().is_some_and(|(done, all)| done == all));
    }
    let nobody = block_on(gallery.duplicates(TenantId(99), Score(-2.0), 9, &|_, _| {})).expect("compared");
    assert!(nobody.is_empty());
}

/// Every pair, the lesser id first; best first, ties by the ids.
fn all_pairs(mut references: Vec<(PersonId, Template)>) -> Vec<(PersonId, PersonId, Score)> {
    references.sort_by(|a, b| a.0.cmp(&b.0));
    let mut pairs = Vec::new();
    for (number, (one, reference)) in references.iter().enumerate() {
        let others = references[number + 1..].iter();
        pairs.extend(others.map(|(two, other)| (one.clone(), two.clone(), score(reference, other))));
    }
    pairs.sort_by(|a, b| b.2.partial_cmp(&a.2).expect("finite").then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
    pairs
}

/// Enrols all at once.
fn enrol_all(gallery: &impl Gallery, tenant: TenantId, references: &[(PersonId, Template)]) {
    thread::scope(|scope| {
        for (id, reference) in references {
            let enrol = move || block_on(gallery.enrol(tenant, id.clone(), reference.clone(), NEVER, at(1), None));
            scope.spawn(move || enrol().expect("enrolled"));
        }
    });
}

/// The bits of the scores, and whose they are.
fn answered(found: &[Candidate]) -> Vec<(u32, &str)> {
    found.iter().map(|candidate| (bits(candidate.score), candidate.person.id.as_str())).collect()
}

fn bits(score: Score) -> u32 {
    score.0.to_bits()
}

fn template(values: &[i8]) -> Template {
    let values = values.iter().map(|value| f32::from(*value)).collect();
    Template::from_embedding(model(), values).expect("a direction")
}

fn double(a: &Template, b: &Template) -> f64 {
    a.values().iter().zip(b.values()).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
}
