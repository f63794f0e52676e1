//! The documentation: everything that the API's description has, and no link that leads nowhere.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{House, OPENAPI};

const PAGES: [&str; 7] = [
    "/docs",
    "/docs/quick-start",
    "/docs/reference",
    "/docs/image-requirements",
    "/docs/errors",
    "/docs/signing",
    "/docs/limits",
];

/// The strings of this name in an array of the description.
fn names<'a>(table: &str, name: &str) -> Vec<&'a str> {
    OPENAPI[table].as_array().expect("a table").iter().map(|row| row[name].as_str().expect("text")).collect()
}

#[tokio::test]
async fn every_call_code_and_measure_is_described() {
    let house = House::new();
    let mut browser = house.browser();
    let reference = browser.get("/docs/reference").await;
    let calls: Vec<_> = OPENAPI["paths"]
        .as_object()
        .expect("paths")
        .values()
        .flat_map(|path| path.as_object().expect("methods").values())
        .collect();
    assert!(calls.len() >= 11);
    for call in calls {
        reference.assert_says(200, &format!("id=\"{}\"", call["operationId"].as_str().expect("an id")));
        for sample in call["x-codeSamples"].as_array().into_iter().flatten() {
            let first = sample["source"].as_str().expect("code").lines().next().expect("a line");
            assert!(
                reference.text().contains(
                    &first
                        .replace("$BASE", "http://console.example")
                        .replace('"', "&#34;")
                        .replace('\'', "&#39;")
                        .replace('<', "&#60;")
                        .replace('>', "&#62;")
                        .replace('&', "&#38;")
                        .replace("&#38;#", "&#")
                ),
                "{first}"
            );
        }
    }
    let errors = browser.get("/docs/errors").await;
    for code in names("x-error-codes", "code") {
        errors.assert_says(200, &format!("<article class=\"card\" id=\"{code}\""));
    }
    let requirements = browser.get("/docs/image-requirements").await;
    for measure in names("x-image-requirements", "name") {
        requirements.assert_says(200, &format!("<tr id=\"{measure}\">"));
    }
    browser.get("/docs/limits").await.assert_says(200, "1 in 1,000,000");
    browser.get("/docs/signing").await.assert_says(200, "does not check or make signatures yet");
    assert_eq!(browser.get("/docs/nowhere").await.status, 404);
    assert_eq!(browser.get("/docs/images/nothing.jpg").await.status, 404);
}

#[tokio::test]
async fn every_link_and_anchor_leads_somewhere() {
    let house = House::new();
    for mut browser in [house.browser(), house.signed_in(accounts::Role::Owner).await] {
        let mut anchors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut links: BTreeSet<(String, String)> = BTreeSet::new();
        for page in PAGES {
            let answer = browser.get(page).await;
            assert_eq!(answer.status, 200, "{page}");
            anchors.insert(page.to_owned(), answer.attributes("id").into_iter().map(str::to_owned).collect());
            links.extend(answer.attributes("href").into_iter().map(|to| (page.to_owned(), to.to_owned())));
            for picture in answer.attributes("src").into_iter().filter(|src| src.starts_with("/docs/images/")) {
                let picture = house.browser().get(picture).await;
                assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/jpeg")));
            }
        }
        for (page, link) in links {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path = if path.is_empty() { page.as_str() } else { path };
            // The description itself is the API's to serve.
            if path == "/openapi.json" {
                continue;
            }
            let status = browser.get(path).await.status;
            assert!([200, 303].contains(&status), "{page}: {link}: {status}");
            if let (Some(ids), false) = (anchors.get(path), anchor.is_empty()) {
                assert!(ids.contains(anchor), "{page}: {link}: no such anchor");
            }
        }
    }
}
