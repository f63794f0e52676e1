//! An answer, and what must hold for every answer of the console: each is checked as it comes.

use axum::http::HeaderMap;
use axum::response::Response;
use http_body_util::BodyExt as _;

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub(super) async fn of(response: Response, is_head: bool) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes().to_vec();
        let answer = Self { status: parts.status.as_u16(), headers: parts.headers, body };
        answer.check(is_head);
        answer
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub fn is_page(&self) -> bool {
        self.header("content-type").is_some_and(|value| value.starts_with("text/html"))
    }

    /// Where it sends the browser.
    #[track_caller]
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("location").expect("a location")
    }

    /// The page with this status says this.
    #[track_caller]
    pub fn assert_says(&self, status: u16, words: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert!(self.text().contains(words), "{words:?} in {}", self.text());
    }

    /// The token of the page's forms.
    pub fn csrf(&self) -> Option<String> {
        let page = self.is_page().then(|| self.text())?;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"")?;
        rest.split_once('"').map(|(csrf, _)| csrf.to_owned())
    }

    /// The value of the page's attribute, each time that it occurs.
    pub fn attributes(&self, name: &str) -> Vec<&str> {
        let begin = format!(" {name}=\"");
        self.text().split(&begin).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    fn check(&self, is_head: bool) {
        let id = uuid::Uuid::parse_str(self.header("request-id").expect("a Request-Id")).expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
        let policy = self.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(self.header("x-frame-options"), Some("DENY"));
        assert_eq!(self.header("referrer-policy"), Some("same-origin"));
        assert!(self.header("permissions-policy").expect("one").contains("camera=(self)"));
        let caching = self.header("cache-control").expect("a word about caching");
        assert!(caching == "no-store" || caching.ends_with("immutable") && self.headers.get("set-cookie").is_none());
        if is_head {
            assert!(self.body.is_empty());
        } else if self.is_page() {
            self.check_page();
        }
    }

    /// Nothing within the page that the policy forbids, nothing from elsewhere, no link to an asset that is not there.
    fn check_page(&self) {
        let page = self.text();
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{page}");
        for script in page.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/console/assets/"), "an inline script: {script:.80}");
        }
        assert!(!page.contains("<style") && self.attributes("style").is_empty(), "an inline style");
        for tag in page.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
            let handler =
                tag.split_ascii_whitespace().skip(1).find(|word| word.starts_with("on") && word.contains('='));
            assert!(handler.is_none_or(|_| tag.contains("value=\"") || tag.contains("content=\"")), "{tag}");
        }
        for name in ["href", "src", "action", "formaction", "poster", "srcset"] {
            for url in self.attributes(name) {
                let own =
                    url.starts_with('/') && !url.starts_with("//") || url.starts_with('#') || url.starts_with('?');
                assert!(own || url.is_empty() || url.starts_with("mailto:"), "{name}={url}");
                let asset = url.starts_with("/console/assets/");
                assert!(!asset || console::asset_urls().contains(&url), "{url} is no asset");
            }
        }
        assert_eq!(page.matches("<h1").count(), 1, "one heading");
        assert_eq!(page.matches("<main").count(), 1, "one main part");
        let mut ids = self.attributes("id");
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "ids are unique: {ids:?}");
    }
}
