//! Who is let in: signatures, keys, permissions, networks, plans.

mod common;

use accounts::{Actor, Limits, Networks, Permission, Permissions, Rate};
use axum::body::Body;
use biometric::Timestamp;
use common::{House, Signer, calls, now, only, spoilt};
use rekognition::Action;
use serde_json::json;

const LIST: &str = "RekognitionService.ListCollections";

#[tokio::test]
async fn every_call_must_be_signed_by_a_key_that_there_is() {
    let house = House::new();
    for (action, body) in calls() {
        let target = format!("RekognitionService.{action}");
        let body = body.to_string();
        let unsigned = || {
            let mut request = house.signer.request(&target, body.as_bytes(), now());
            request.headers_mut().remove("authorization");
            request
        };
        house.send(unsigned()).await.exception("MissingAuthenticationTokenException");
        house.send(spoilt(unsigned(), "authorization", "Bearer x")).await.exception("IncompleteSignatureException");
        let wrong = Signer { secret: "x".repeat(43), ..house.signer.clone() };
        let message = house.call_as(&wrong, action, json!({})).await.exception("InvalidSignatureException");
        assert!(message.contains("does not match the signature you provided"));
        let unknown = Signer { access_key: "AUTH0000000000000000".to_owned(), ..house.signer.clone() };
        house.call_as(&unknown, action, json!({})).await.exception("UnrecognizedClientException");
    }
    assert_eq!(house.fake.take_calls(), [], "nothing came to the engine");
    assert!(house.log(house.tenant).is_empty(), "nothing was charged to anybody");
}

#[tokio::test]
async fn what_was_signed_cannot_be_changed() {
    let house = House::new();
    let good = || house.signer.request(LIST, b"{}", now());
    house.send(good()).await.ok();
    let (parts, _) = good().into_parts();
    let tampered = axum::http::Request::from_parts(parts, Body::from(r#"{"MaxResults":1}"#));
    house.send(tampered).await.exception("InvalidSignatureException");
    let other = spoilt(good(), "x-amz-target", "RekognitionService.DetectFaces");
    house.send(other).await.exception("InvalidSignatureException");
    house.send(spoilt(good(), "host", "elsewhere.test")).await.exception("InvalidSignatureException");
    house.send(spoilt(good(), "x-amz-unsigned", "x")).await.exception("InvalidSignatureException");
    house.send(spoilt(good(), "x-amz-security-token", "x")).await.exception("UnrecognizedClientException");
}

#[tokio::test]
async fn clocks_may_differ_by_five_minutes() {
    let house = House::new();
    let at = |seconds: i64| {
        let then = Timestamp::from_millis(now().as_millis() + 1_000 * seconds);
        house.send(house.signer.request(LIST, b"{}", then))
    };
    for seconds in [-290, 290] {
        at(seconds).await.ok();
    }
    assert!(at(-310).await.exception("InvalidSignatureException").starts_with("Signature expired: "));
    assert!(at(310).await.exception("InvalidSignatureException").starts_with("Signature not yet current: "));
}

#[tokio::test]
async fn a_key_does_what_it_permits_and_nothing_else() {
    let house = House::new();
    for permission in Permission::ALL {
        let (_, signer) = house.signer(only(permission));
        for (action, body) in calls() {
            let needed =
                Action::of_target(&format!("RekognitionService.{action}")).expect("ours").operation().permission();
            let answer = house.call_as(&signer, action, body).await;
            match needed == permission {
                true => drop(answer.ok()),
                false => assert!(answer.exception("AccessDeniedException").contains(&format!("rekognition:{action}"))),
            }
        }
    }
}

#[tokio::test]
async fn disabled_keys_strange_networks_and_suspended_organisations_are_refused() {
    let house = House::new();
    let (key, signer) = house.signer(Permissions::ALL);
    house.call_as(&signer, "ListCollections", json!({})).await.ok();
    house.accounts.disable_key(None, key, &Actor::system(), now()).expect("disabled");
    house.call_as(&signer, "ListCollections", json!({})).await.exception("UnrecognizedClientException");

    // The tests' own address is 192.0.2.7.
    let inside: Networks = "192.0.2.0/24".parse().expect("a network");
    let (_, signer) = house.organisation(Limits::default(), inside);
    house.call_as(&signer, "ListCollections", json!({})).await.ok();
    let outside: Networks = "198.51.100.0/24".parse().expect("a network");
    let (tenant, signer) = house.organisation(Limits::default(), outside);
    house.call_as(&signer, "ListCollections", json!({})).await.exception("AccessDeniedException");
    assert!(house.log(tenant).is_empty());

    let (tenant, signer) = house.organisation(Limits::default(), Networks::NONE);
    house.accounts.suspend(tenant, &Actor::system(), now()).expect("suspended");
    let message = house.call_as(&signer, "ListCollections", json!({})).await.exception("AccessDeniedException");
    assert!(message.contains("suspended"));
}

#[tokio::test]
async fn plans_hold_rate_and_quota_and_the_log_has_every_call() {
    let house = House::new();
    let rate = Some(Rate { per_second: 0.001, burst: 2 });
    let (tenant, signer) = house.organisation(Limits { rate, ..Limits::default() }, Networks::NONE);
    for _ in 0..2 {
        house.call_as(&signer, "ListCollections", json!({})).await.ok();
    }
    let refused = house.call_as(&signer, "ListCollections", json!({})).await;
    assert!(refused.exception("ProvisionedThroughputExceededException").contains("0.001"));
    assert_eq!(house.used(tenant), 2, "what is refused costs nothing");

    let limits = Limits { requests_month_max: Some(1), ..Limits::default() };
    let (tenant, signer) = house.organisation(limits, Networks::NONE);
    house.call_as(&signer, "CompareFaces", calls()[0].1.clone()).await.ok();
    house.call_as(&signer, "ListCollections", json!({})).await.exception("LimitExceededException");
    let log: Vec<_> = house.log(tenant).into_iter().map(|line| (line.operation, line.status, line.code)).collect();
    use accounts::Operation::{Compare, Get};
    assert_eq!(log, [(Get, 400, "CP_005".to_owned()), (Compare, 200, String::new())]);
}

/// Whatever one organisation names, the engine is asked for it alone.
#[tokio::test]
async fn an_organisation_reaches_its_own_collections_only() {
    let house = House::new();
    let (other, signer) = house.organisation(Limits::default(), Networks::NONE);
    for (action, body) in calls() {
        house.call(action, body.clone()).await.ok();
        house.call_as(&signer, action, body).await.ok();
        let asked: Vec<_> = house.fake.take_calls().into_iter().map(|(tenant, _)| tenant).collect();
        assert_eq!(asked, [house.tenant, other], "{action}");
    }
}
