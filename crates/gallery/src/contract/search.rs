//! What the 1:N search returns.

use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use biometric::{Score, Template, TenantId};
use futures_executor::block_on;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::faces::{Face, NEVER, model, score};
use super::{Store, TENANT, at, id};
use crate::Gallery;

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
        let found = block_on(gallery.search(TENANT, &Face(1).template(), count)).expect("searched");
        assert_eq!(found.iter().map(|c| c.person.id.as_str()).collect::<String>(), expected);
    }
    assert!(block_on(gallery.search(TenantId(99), &Face(1).template(), 3)).expect("searched").is_empty());
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
    thread::scope(|scope| {
        for (id, reference) in &references {
            let enrol = move || block_on(gallery.enrol(tenant, id.clone(), reference.clone(), NEVER, at(1), None));
            scope.spawn(move || enrol().expect("enrolled"));
        }
    });
    let found = block_on(gallery.search(tenant, probe, count)).expect("searched");

    let mut ranked: Vec<_> = references.iter().map(|(id, reference)| (score(probe, reference), id)).collect();
    ranked.sort_by(|a, b| b.0.partial_cmp(&a.0).expect("finite").then_with(|| a.1.cmp(b.1)));
    ranked.truncate(count);
    let bits = |score: Score| score.0.to_bits();
    let expected: Vec<_> = ranked.iter().map(|(score, id)| (bits(*score), id.as_str())).collect();
    let answered: Vec<_> = found.iter().map(|c| (bits(c.score), c.person.id.as_str())).collect();
    prop_assert_eq!(answered, expected);

    let mut exact: Vec<f64> = references.iter().map(|(_, reference)| double(probe, reference)).collect();
    exact.sort_by(|a, b| b.total_cmp(a));
    for (candidate, exact) in found.iter().zip(exact) {
        prop_assert!((f64::from(candidate.score.0) - exact).abs() < SINGLE_PRECISION);
    }
    Ok(())
}

fn template(values: &[i8]) -> Template {
    let values = values.iter().map(|value| f32::from(*value)).collect();
    Template::from_embedding(model(), values).expect("a direction")
}

fn double(a: &Template, b: &Template) -> f64 {
    a.values().iter().zip(b.values()).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
}
