//! What a browser does with the pages: keeps cookies, fills in forms, follows where it is sent.

use std::collections::BTreeMap;

use ureq::http::{Request, Response};
use url::form_urlencoded::Serializer;

/// More redirections than this are a circle.
const HOPS_MAX: usize = 5;

pub(crate) struct Browser {
    base: String,
    agent: ureq::Agent,
    cookies: BTreeMap<String, String>,
}

/// A page, after redirections.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    /// Path and query.
    pub(crate) at: String,
    pub(crate) text: String,
}

impl Page {
    /// The value of a hidden field, unescaped as far as our own values need it.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    }

    /// The API key that the page shows.
    #[track_caller]
    pub(crate) fn api_key(&self) -> String {
        let found = self.text.find("ak_").map(|at| &self.text[at..]);
        let is_of_key = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        // Prefixes are shown in lists, too: a whole key is longer.
        let keys =
            self.text.match_indices("ak_").map(|(at, _)| self.text[at..].chars().take_while(is_of_key).collect());
        let whole = keys.into_iter().find(|key: &String| key.len() > 40);
        whole.unwrap_or_else(|| panic!("no key on {}: {found:?}", self.at))
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16, at: &str) -> Self {
        let path = self.at.split('?').next().unwrap_or_default();
        assert_eq!((self.status, path), (status, at), "{}", self.text);
        self
    }
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Self { base: base.to_owned(), agent: config.into(), cookies: BTreeMap::new() }
    }

    pub(crate) fn get(&mut self, path: &str) -> Page {
        let mut path = path.to_owned();
        for _ in 0..HOPS_MAX {
            let response = self.send("GET", &path, None, "");
            match Self::sent_to(&response) {
                Some(next) => path = next,
                None => return page(response, path),
            }
        }
        panic!("sent in a circle: {path}");
    }

    /// Sends a form with the session's token, which is taken from a page of ours.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token();
        let mut form = Serializer::new(String::new());
        form.extend_pairs(fields).extend_pairs(token.iter().map(|token| ("csrf", token)));
        let response = self.send("POST", path, Some(form.finish()), "");
        match Self::sent_to(&response) {
            Some(next) => self.get(&next),
            None => page(response, path.to_owned()),
        }
    }

    /// Asks as the script of a page does: with the session's token in a header.
    pub(crate) fn get_as_script(&mut self, path: &str) -> Page {
        let token = self.token().unwrap_or_default();
        let response = self.send("GET", path, None, &token);
        page(response, path.to_owned())
    }

    /// The session's token, from a page of ours.
    fn token(&mut self) -> Option<String> {
        match self.cookies.is_empty() {
            true => None,
            false => self.get("/console/profile").field("csrf").map(str::to_owned),
        }
    }

    fn send(&mut self, method: &str, path: &str, form: Option<String>, token: &str) -> Response<ureq::Body> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Cookie", cookies.join("; "))
            .header("Sec-Fetch-Site", "same-origin");
        if !token.is_empty() {
            request = request.header("X-CSRF-Token", token);
        }
        let response = match form {
            Some(form) => {
                let request = request.header("Content-Type", "application/x-www-form-urlencoded");
                self.agent.run(request.body(form).expect("a request"))
            }
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let response = response.expect("an answer");
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        response
    }

    fn sent_to(response: &Response<ureq::Body>) -> Option<String> {
        let is_redirection = [303, 307, 308].contains(&response.status().as_u16());
        is_redirection.then(|| response.headers()["location"].to_str().expect("text").to_owned())
    }
}

fn page(mut response: Response<ureq::Body>, at: String) -> Page {
    let status = response.status().as_u16();
    Page { status, at, text: response.body_mut().read_to_string().expect("text") }
}
