//! Erasing an organisation, to its end and through interruptions.

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::usage::Done;
use accounts::{Actor, Error, Operation};
use biometric::TenantId;
use common::House;
use console::{Erasure, ErasureError};

/// With requests of so many milliseconds, which are over.
fn erasure(house: &House) -> Erasure {
    let now = house.now();
    Erasure {
        accounts: Arc::clone(&house.accounts),
        usage: Arc::clone(&house.usage),
        operations: house.operations.clone(),
        clock: Arc::new(move || now),
        request_ms_max: 10,
    }
}

fn fill(house: &House, persons: usize) {
    for number in 0..persons {
        house.operations.put(house.tenant, &format!("p{number}"), house.now());
    }
    house.operations.put(TenantId::OPERATOR, "mark", house.now());
    house.usage.record(Done {
        organisation: house.tenant,
        key: None,
        operation: Operation::Get,
        status: 200,
        code: String::new(),
        latency_us: 1,
        request_id: String::new(),
        at: house.now(),
    });
    house.usage.flush();
}

fn persons(house: &House, tenant: TenantId) -> usize {
    house.operations.persons_of(tenant)
}

#[tokio::test]
async fn nothing_is_left_of_it_and_nothing_of_another_is_touched() {
    let house = House::new();
    fill(&house, 2_500);
    house.accounts.begin_erasure(house.tenant, &Actor::command_line(), house.now()).expect("begun");
    house.pass(60_000);
    let erasure = erasure(&house);
    erasure.finish(house.tenant).await.expect("erased");
    assert_eq!((persons(&house, house.tenant), persons(&house, TenantId::OPERATOR)), (0, 1));
    assert!(matches!(house.accounts.organisation(house.tenant), Err(Error::NoSuchOrganisation)));
    let (from, to) = (0, i64::MAX);
    assert!(house.usage.days(house.tenant, from, to).expect("answers").is_empty());
    assert!(house.accounts.erasing().expect("answers").is_empty());
    // Again for what was let in before the mark.
    assert_eq!(house.operations.erased(), [house.tenant, house.tenant]);
    erasure.finish(house.tenant).await.expect("once more is as good");
}

#[tokio::test]
async fn what_nobody_began_is_not_erased() {
    let house = House::new();
    fill(&house, 1);
    let refused = erasure(&house).finish(house.tenant).await;
    assert!(matches!(refused, Err(ErasureError::NotBegun(_))), "{refused:?}");
    assert_eq!(persons(&house, house.tenant), 1);
}

#[tokio::test]
async fn what_failed_is_resumed() {
    let house = House::new();
    fill(&house, 3);
    house.accounts.begin_erasure(house.tenant, &Actor::command_line(), house.now()).expect("begun");
    house.pass(60_000);
    house.operations.fail(|| engine::Error::Unavailable("the disk is full".into()));
    assert!(matches!(erasure(&house).finish(house.tenant).await, Err(ErasureError::Persons(_))));
    assert_eq!(house.accounts.erasing().expect("answers"), [house.tenant], "it is known that something is left");
    house.operations.heal();
    erasure(&house).finish_all().await;
    assert!(house.accounts.erasing().expect("answers").is_empty());
    assert_eq!(persons(&house, house.tenant), 0);
}

/// A request that was let in before the mark may enrol somebody after the persons were removed.
#[tokio::test]
async fn it_waits_for_the_requests_that_were_let_in_before() {
    let house = House::new();
    fill(&house, 3);
    house.accounts.begin_erasure(house.tenant, &Actor::command_line(), house.now()).expect("begun");
    let began = Instant::now();
    let running = tokio::spawn({
        let erasure = erasure(&house);
        let tenant = house.tenant;
        async move { erasure.finish(tenant).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    house.operations.put(house.tenant, "late", house.now());
    running.await.expect("no panic").expect("erased");
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(persons(&house, house.tenant), 0);
}
