//! The documentation: complete as the description of the API is, and without a link that leads nowhere.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use accounts::Role;
use common::{Answer, Browser, House, OPENAPI};
use serde_json::Value;

const PAGES: [&str; 7] = [
    "/docs",
    "/docs/quick-start",
    "/docs/reference",
    "/docs/image-requirements",
    "/docs/errors",
    "/docs/signing",
    "/docs/limits",
];

async fn page(path: &str) -> Answer {
    let answer = House::new().browser().get(path).await;
    assert_eq!(answer.status, 200, "{path}");
    answer
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// A text as a page holds it, without the marks of code and links.
fn words(page: &Answer) -> String {
    let mut words = String::new();
    let mut rest = page.text();
    while let Some((before, after)) = rest.split_once('<') {
        words.push_str(before);
        rest = after.split_once('>').map_or("", |(_, rest)| rest);
    }
    let words = words + rest;
    let entities = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
    ];
    let words = entities.iter().fold(words, |words, (entity, character)| words.replace(entity, character));
    squeezed(&words.replace("&#38;", "&").replace("&amp;", "&"))
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text of the description without its back-ticks and the addresses of its links.
fn plain(markdown: &str) -> String {
    let mut plain = String::new();
    let mut rest = markdown;
    while let Some((before, after)) = rest.split_once("](") {
        plain.push_str(before);
        rest = after.split_once(')').expect("the end of a link").1;
    }
    squeezed(&(plain + rest).replace(['`', '['], ""))
}

#[track_caller]
fn assert_has(words: &str, text: &str) {
    assert!(words.contains(&plain(text)), "{:?} is missing", plain(text));
}

#[tokio::test]
async fn the_reference_has_every_call_with_all_that_belongs_to_it() {
    let (page, openapi) = (page("/docs/reference").await, &*OPENAPI);
    let (ids, words) = (page.attributes("id"), words(&page));
    for (path, methods) in openapi["paths"].as_object().expect("paths") {
        for (method, call) in methods.as_object().expect("methods") {
            let id = text(&call["operationId"]);
            assert!(ids.contains(&id), "{id} has no anchor");
            assert!(words.contains(&format!("{} {path}", method.to_uppercase())), "{method} {path}");
            assert_has(&words, text(&call["summary"]));
            for paragraph in text(&call["description"]).split("\n\n") {
                assert_has(&words, paragraph);
            }
            for sample in call["x-codeSamples"].as_array().into_iter().flatten() {
                // Word by word up to the key, which each language takes from the environment in its own way.
                let source = text(&sample["source"]).replace("$BASE", "http://console.example");
                let lines = source.lines().filter(|line| !line.contains("$KEY"));
                lines.for_each(|line| assert_has(&words, &squeezed(line)));
            }
            for (status, response) in call["responses"].as_object().expect("responses") {
                assert!(words.contains(status));
                for kind in response["x-types"].as_array().into_iter().flatten() {
                    assert!(words.contains(text(kind)), "{id} {status} {kind}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_reference_has_every_schema_and_every_field() {
    let (page, openapi) = (page("/docs/reference").await, &*OPENAPI);
    let (ids, words) = (page.attributes("id"), words(&page));
    for (name, schema) in openapi["components"]["schemas"].as_object().expect("schemas") {
        assert!(ids.iter().any(|id| id.ends_with(name.as_str())), "{name} has no anchor: {ids:?}");
        assert_has(&words, text(&schema["description"]));
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            assert!(words.contains(field.as_str()), "{name}.{field}");
            assert_has(&words, text(&property["description"]));
        }
    }
    for header in openapi["components"]["headers"].as_object().expect("headers").keys() {
        assert!(words.contains(header.as_str()), "{header}");
    }
}

#[tokio::test]
async fn the_error_table_has_every_code_and_every_type() {
    let (page, openapi) = (page("/docs/errors").await, &*OPENAPI);
    let (ids, words) = (page.attributes("id"), words(&page));
    for row in array(&openapi["x-error-codes"]) {
        assert!(ids.contains(&text(&row["code"])), "{} has no anchor", row["code"]);
        for field in ["code", "message", "meaning"] {
            assert_has(&words, text(&row[field]));
        }
        for kind in array(&row["types"]) {
            assert_has(&words, text(&kind["type"]));
            assert_has(&words, text(&kind["meaning"]));
        }
    }
}

#[tokio::test]
async fn the_image_requirements_have_every_measure_with_its_limits() {
    let (page, openapi) = (page("/docs/image-requirements").await, &*OPENAPI);
    let (ids, words) = (page.attributes("id"), words(&page));
    for row in array(&openapi["x-image-requirements"]) {
        let name = text(&row["name"]);
        assert!(ids.contains(&name), "{name} has no anchor");
        assert_has(&words, text(&row["meaning"]));
        for limit in ["min", "max"] {
            let Some(limit) = row[limit].as_f64() else { continue };
            assert!(words.contains(&limit.abs().to_string()), "{name}: {limit}");
        }
        for failure in [&row["below"], &row["above"]].into_iter().filter(|failure| !failure.is_null()) {
            assert!(words.contains(text(&failure["code"])), "{name}: {failure}");
        }
    }
}

#[tokio::test]
async fn the_limits_are_those_of_the_description() {
    let (page, openapi) = (page("/docs/limits").await, &*OPENAPI);
    let words = words(&page);
    for row in array(&openapi["x-limits"]) {
        assert_has(&words, text(&row["meaning"]));
    }
    assert_has(&words, text(&openapi["x-similarity"]["meaning"]));
    for row in array(&openapi["x-similarity"]["rows"]) {
        assert!(words.contains(&format!("{} %", row["percent"])), "{row}");
        if let Some(note) = row["note"].as_str() {
            assert_has(&words, note);
        }
    }
}

/// No code that the API does not know.
#[tokio::test]
async fn no_page_promises_what_is_not_there() {
    let known: BTreeSet<_> = array(&OPENAPI["x-error-codes"]).iter().map(|row| text(&row["code"]).to_owned()).collect();
    for path in PAGES {
        let words = words(&page(path).await);
        for word in words.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let parts: Vec<_> = word.split('_').collect();
            let [letters, digits] = parts[..] else { continue };
            let is_letters = (1..=2).contains(&letters.len()) && letters.chars().all(|c| c.is_ascii_uppercase());
            let is_code = is_letters && digits.len() == 3 && digits.chars().all(|c| c.is_ascii_digit());
            assert!(!is_code || known.contains(word), "{path} speaks of {word}");
        }
    }
}

#[tokio::test]
async fn the_quick_start_can_be_followed_as_it_stands() {
    let house = House::new();
    let page = house.browser().get("/docs/quick-start").await;
    let words = words(&page);
    for step in ["/console/sign-up", "/console/keys"] {
        assert!(page.attributes("href").iter().any(|link| link.starts_with(step)), "{step}");
    }
    for (language, word) in [("curl", "curl "), ("Python", "import "), ("JavaScript", "fetch(")] {
        assert!(words.contains(language) && words.contains(word), "{language}");
    }
    for call in ["/person/face/", "/person/verify-face/", "/person/recognize-face"] {
        let url = format!("http://console.example{call}");
        assert!(words.matches(&url).count() >= 3, "{url} in every language");
    }
    assert!(!words.contains("$BASE") && !words.contains("api.example.com"));
}

/// Every link and every anchor of every page, for who is signed in and who is not.
#[tokio::test]
async fn every_link_and_every_anchor_leads_somewhere() {
    let house = House::new();
    crawl(house.browser()).await;
    crawl(house.signed_in(Role::Viewer).await).await;
    crawl(house.signed_in(Role::Operator).await).await;
}

async fn crawl(mut browser: Browser) {
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut links: Vec<(String, String)> = PAGES.iter().map(|page| ((*page).to_owned(), "the list".into())).collect();
    let mut anchors = Vec::new();
    while let Some((link, from)) = links.pop() {
        let (path, anchor) = link.split_once('#').map_or((link.as_str(), ""), |(path, anchor)| (path, anchor));
        if !anchor.is_empty() {
            anchors.push((path.to_owned(), anchor.to_owned(), from.clone()));
        }
        // The description itself is the API's to serve.
        if seen.contains_key(path) || path == "/openapi.json" {
            continue;
        }
        let answer = browser.get(path).await;
        assert!(answer.status == 200 || answer.status == 303, "{from} links to {link}: {}", answer.status);
        let owned = |name: &str| answer.attributes(name).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let ids = if answer.is_page() { owned("id") } else { Vec::new() };
        seen.insert(path.to_owned(), ids);
        if answer.is_page() && path.starts_with("/docs") {
            let found = owned("href").into_iter().chain(owned("src"));
            let absolute = |link: String| if link.starts_with('#') { format!("{path}{link}") } else { link };
            links.extend(found.map(|link| (absolute(link), path.to_owned())));
        }
    }
    for page in PAGES {
        assert!(seen.contains_key(page));
    }
    assert!(anchors.len() > 40, "{}", anchors.len());
    for (path, anchor, from) in anchors {
        let is_redirected = seen[&path].is_empty();
        assert!(is_redirected || seen[&path].contains(&anchor), "{from} links to {path}#{anchor}");
    }
}

#[tokio::test]
async fn every_picture_is_one_and_has_words_for_who_cannot_see_it() {
    let house = House::new();
    let mut browser = house.browser();
    let page = browser.get("/docs/image-requirements").await;
    let sources: Vec<_> = page.attributes("src").into_iter().filter(|src| src.contains("/docs/images/")).collect();
    assert!(sources.len() >= 15, "{sources:?}");
    for tag in page.text().split("<img").skip(1).filter_map(|rest| rest.split('>').next()) {
        assert!(tag.contains(" alt=\"") && tag.contains(" width=\"") && tag.contains(" height=\""), "{tag}");
    }
    for source in sources {
        let picture = browser.get(source).await;
        assert_eq!(picture.header("content-type"), Some("image/jpeg"), "{source}");
        assert!(picture.body.starts_with(&[0xff, 0xd8, 0xff]));
    }
    for file in ["none.jpg", "README.md", "..%2fREADME.md", "good.jpg%00"] {
        browser.get(&format!("/docs/images/{file}")).await.assert_says(404, "There is no such page");
    }
    browser.get("/docs/none").await.assert_says(404, "There is no such page");
}

#[tokio::test]
async fn every_page_has_the_side_navigation_and_marks_itself() {
    let house = House::new();
    for mut browser in [house.browser(), house.signed_in(Role::Developer).await] {
        for path in PAGES {
            let page = browser.get(path).await;
            let links = page.attributes("href");
            assert!(PAGES.iter().all(|other| links.contains(other)), "{path}");
            let current = page.text().split("<a ").filter(|rest| {
                rest.split('>')
                    .next()
                    .is_some_and(|tag| tag.contains(&format!("href=\"{path}\"")) && tag.contains("aria-current"))
            });
            assert!(current.count() >= 1, "{path} is not marked");
        }
    }
}

#[tokio::test]
async fn the_quick_start_leads_to_files_that_postman_imports() {
    let house = House::new();
    let mut browser = house.browser();
    let page = browser.get("/docs/quick-start").await;
    let links: Vec<_> = page.attributes("href").into_iter().filter(|link| link.starts_with("/docs/postman/")).collect();
    assert_eq!(links.len(), 2, "{links:?}");
    for link in links {
        let file = browser.get(link).await;
        assert_eq!((file.status, file.header("content-type")), (200, Some("application/json")), "{link}");
        assert!(file.header("content-disposition").is_some_and(|kind| kind.starts_with("attachment")), "{link}");
        let content: Value = serde_json::from_str(file.text()).expect("JSON");
        assert!(content["info"]["schema"].is_string() || content["values"].is_array(), "{link}");
    }
    browser.get("/docs/postman/none").await.assert_says(404, "There is no such page");
}
