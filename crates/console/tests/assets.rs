//! Style sheets and scripts: kept for ever by browsers, never stale.

mod common;

use axum::http::Method;
use common::House;

#[tokio::test]
async fn assets_are_kept_for_ever_under_the_name_of_their_content() {
    let house = House::new();
    let urls = console::asset_urls();
    assert!(urls.len() >= 4);
    for url in urls {
        let answer = house.browser().get(url).await;
        assert_eq!(answer.status, 200, "{url}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        let etag = answer.header("etag").expect("a tag").to_owned();
        let again =
            house.browser().ask(Method::GET, url).header("if-none-match", &format!("\"x\", {etag}")).send().await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        let media_type = answer.header("content-type").expect("a type");
        let expected = match url.rsplit_once('.').expect("an extension").1 {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("{other}"),
        };
        assert_eq!(media_type, expected);
    }
}

#[tokio::test]
async fn what_is_no_asset_is_not_found() {
    let house = House::new();
    for file in ["app.css", "app.000000000000.css", "..%2fCargo.toml", "none"] {
        house.browser().get(&format!("/console/assets/{file}")).await.assert_says(404, "There is no such page");
    }
}

/// What scripts and style sheets ask for comes from here, too.
#[tokio::test]
async fn no_asset_mentions_another_host() {
    let house = House::new();
    for url in console::asset_urls() {
        let answer = house.browser().get(url).await;
        let text = answer.text().replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("url(//"), "{url}");
        assert!(!text.contains("@import") && !text.contains("eval(") && !text.contains("innerHTML"), "{url}");
    }
}
