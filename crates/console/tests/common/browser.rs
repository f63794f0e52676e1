//! What a browser does that matters here: cookies, where a form comes from, the token in it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use tower::ServiceExt as _;

use super::Answer;

const HOST: &str = "console.example";

/// Keeps cookies and the token of the page that it looked at last.
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    /// Sent along with every form as `csrf`, unless it is empty.
    pub csrf: String,
    /// Where it connects from.
    pub address: IpAddr,
}

/// A request that is still being put together.
pub struct Asking<'a> {
    browser: &'a mut Browser,
    request: axum::http::request::Builder,
    body: Body,
}

impl Browser {
    pub(super) fn new(router: Router) -> Self {
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
        Self { router, cookies: BTreeMap::new(), csrf: String::new(), address }
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Asks for a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path).send().await
    }

    /// Sends a form as a page of ours does: from the same origin, with the token.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let mut fields = fields.to_vec();
        if !csrf.is_empty() {
            fields.push(("csrf", &csrf));
        }
        self.ask(Method::POST, path).own_origin().form(&fields).send().await
    }

    /// A request by hand: with cookies, and nothing else that a browser would add.
    pub fn ask(&mut self, method: Method, path: &str) -> Asking<'_> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, HOST);
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        Asking { browser: self, request, body: Body::empty() }
    }

    fn learn(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            let (pair, attributes) = cookie.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        if let Some(csrf) = answer.csrf() {
            self.csrf = csrf;
        }
    }
}

impl Asking<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn own_origin(self) -> Self {
        self.header("origin", &format!("http://{HOST}")).header("sec-fetch-site", "same-origin")
    }

    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(fields);
        self.body = Body::from(text.finish());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    pub fn body(mut self, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Body::from(bytes.into());
        self.header("content-type", media_type)
    }

    /// A form that never ends.
    pub fn endless(mut self) -> Self {
        self.body = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    pub async fn send(self) -> Answer {
        let mut request = self.request.body(self.body).expect("a request");
        let is_head = request.method() == Method::HEAD;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.browser.address, 40_000)));
        let response = self.browser.router.clone().oneshot(request).await.expect("infallible");
        let answer = Answer::of(response, is_head).await;
        self.browser.learn(&answer);
        answer
    }
}
