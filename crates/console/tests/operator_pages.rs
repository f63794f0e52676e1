//! The pages of whoever runs the installation.

mod common;

use accounts::{PlanId, Role};
use common::{House, PASSWORD};

#[tokio::test]
async fn plans_are_made_and_edited_but_not_the_fixed_ones() {
    let house = House::new();
    let mut operator = house.signed_in(Role::Operator).await;
    operator.get("/console/operator/plans").await.assert_says(200, "Free");
    let fields = |requests: &'static str, per_second: &'static str, burst: &'static str| {
        [("name", "Gold & <co>"), ("requests", requests), ("persons", ""), ("per_second", per_second), ("burst", burst)]
    };
    for (fields, says) in [
        (fields("0", "", ""), "whole number from 1"),
        (fields("many", "", ""), "whole number from 1"),
        (fields("", "-1", "5"), "number above 0"),
        (fields("", "5", ""), "or neither"),
    ] {
        operator.post("/console/operator/plans", &fields).await.assert_says(422, says);
    }
    operator.post("/console/operator/plans", &fields("5000", "2,5", "20")).await.location();
    let plan = house.accounts.plans().expect("plans").pop().expect("the new one");
    assert_eq!((plan.name.as_str(), plan.limits.requests_month_max), ("Gold & <co>", Some(5_000)));
    operator.get("/console/operator/plans").await.assert_says(200, "Gold &#38; &#60;co&#62;");
    operator.post("/console/operator/plans", &fields("1", "", "")).await.assert_says(422, "Another plan has this name");
    operator.get(&format!("/console/operator/plans?edit={}", plan.id)).await.assert_says(200, "value=\"5000\"");
    operator.post(&format!("/console/operator/plans/{}", plan.id), &fields("6000", "", "")).await.location();
    let edited = house.accounts.plan(plan.id).expect("the plan").limits;
    assert_eq!((edited.requests_month_max, edited.rate), (Some(6_000), None));
    for fixed in [PlanId::OPERATOR, PlanId::FREE] {
        let answer = operator.post(&format!("/console/operator/plans/{fixed}"), &fields("", "", "")).await;
        assert_eq!(answer.status, 422);
    }
    assert_eq!(
        operator.post("/console/operator/plans/99", &fields("1", "", "")).await.status,
        422,
        "the name is taken"
    );
}

#[tokio::test]
async fn an_organisation_is_given_a_plan_suspended_resumed_and_erased() {
    let house = House::with(|parts| parts.settings.request_ms_max = 1_000);
    common::sample(&house);
    let mut operator = house.signed_in(Role::Operator).await;
    let page = format!("/console/operator/organisations/{}", house.tenant.0);
    operator.get("/console/operator/organisations").await.assert_says(200, &page);
    operator.get(&page).await.assert_says(200, "<dt>Persons</dt><dd>36</dd>");
    operator.post(&format!("{page}/plan"), &[("plan", "1")]).await.location();
    assert_eq!(house.accounts.organisation(house.tenant).expect("it").plan.id, PlanId::OPERATOR);
    assert_eq!(operator.post(&format!("{page}/plan"), &[("plan", "77")]).await.status, 404);
    operator.post(&format!("{page}/suspend"), &[]).await.location();
    house.signed_in(Role::Viewer).await.get("/console").await.assert_says(200, "is suspended");
    operator.get(&page).await.assert_says(200, "Lift the suspension");
    operator.post(&format!("{page}/resume"), &[]).await.location();
    operator.get(&format!("{page}/erase")).await.assert_says(200, "Nobody can bring them back");
    operator.post(&format!("{page}/erase"), &[("organisation", "x")]).await.assert_says(422, "not the name");
    operator.post(&format!("{page}/erase"), &[("organisation", "Analytical Engines")]).await.location();
    house.pass(10_000);
    for _ in 0..500 {
        if operator.get(&page).await.status == 404 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("not erased");
}

#[tokio::test]
async fn the_operators_own_organisation_stays() {
    let house = House::new();
    let mut operator = house.signed_in(Role::Operator).await;
    operator.get("/console/operator/organisations/1").await.assert_says(200, "has no limits");
    for act in ["suspend", "plan", "erase"] {
        let fields = [("plan", "2"), ("organisation", "Operator")];
        let answer = operator.post(&format!("/console/operator/organisations/1/{act}"), &fields).await;
        answer.assert_says(409, "stays as it is");
    }
}

#[tokio::test]
async fn a_link_to_found_an_organisation_carries_its_plan() {
    let house = House::new();
    let mut operator = house.signed_in(Role::Operator).await;
    operator.get("/console/operator/organisations").await;
    let made = operator.post("/console/operator/organisations/invite", &[("plan", "1")]).await;
    made.assert_says(200, "founds an organisation");
    let (_, rest) = made.text().split_once("<code id=\"link\">http://console.example").expect("the link");
    let link = rest.split_once('<').expect("its end").0.to_owned();
    let mut founder = house.browser();
    founder.get(&link).await.assert_says(200, "Create your organisation");
    let fields = [("organisation", "Founders"), ("name", "Fay"), ("email", "fay@f.example"), ("password", PASSWORD)];
    founder.post(&link, &fields).await.location();
    let founded = house.accounts.organisations(None, 10).expect("organisations").pop().expect("the new one");
    assert_eq!((founded.name.as_str(), founded.plan.id), ("Founders", PlanId::OPERATOR));
}

#[tokio::test]
async fn health_and_models_are_shown_as_they_are() {
    let house = House::new();
    let mut operator = house.signed_in(Role::Operator).await;
    let health = operator.get("/console/operator/health").await;
    health.assert_says(200, "almost full");
    health.assert_says(200, "Something needs looking at");
    operator.get("/console/operator/models").await.assert_says(200, "0.2 MB");
}
