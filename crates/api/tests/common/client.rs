//! HTTP by hand: tests must be able to send what no client library would.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::Full;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Request {
    address: SocketAddr,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    pub fn new(address: SocketAddr, method: &str, path: &str) -> Self {
        let headers = vec![("Host".to_owned(), address.to_string())];
        Self { address, method: method.to_owned(), path: path.to_owned(), headers, body: None }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| header != name);
        self
    }

    pub fn json(self, body: impl AsRef<[u8]>) -> Self {
        self.header("Content-Type", "application/json").body(body)
    }

    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = Some(body.as_ref().to_vec());
        self
    }

    /// The bytes on the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = &self.body {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        [head.as_bytes(), b"\r\n", self.body.as_deref().unwrap_or_default()].concat()
    }

    /// The same for HTTP/2, which has no `Host` and says its lengths otherwise.
    pub fn http2(&self) -> hyper::Request<Full<Bytes>> {
        let uri = format!("http://{}{}", self.address, self.path);
        let mut request = hyper::Request::builder().method(self.method.as_str()).uri(uri);
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "Host") {
            request = request.header(name, value);
        }
        request.body(Full::from(self.body.clone().unwrap_or_default())).expect("a request")
    }

    /// Sends it on a connection of its own.
    pub async fn send(self) -> Response {
        let (address, is_head) = (self.address, self.method == "HEAD");
        let bytes = self.header("Connection", "close").bytes();
        let answer = exchange(TcpStream::connect(address).await.expect("connects"), &bytes).await;
        let (response, rest) = Response::parse(&answer, is_head).expect("a whole response");
        assert!(rest.is_empty(), "nothing follows a response");
        response
    }
}

/// Writes everything, however the server takes it, and reads until the server closes.
pub async fn exchange(stream: impl AsyncRead + AsyncWrite, bytes: &[u8]) -> Vec<u8> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut answer = Vec::new();
    let write = async {
        // A server that refused may close before it has read everything; what it said is in the answer.
        let _ = writer.write_all(bytes).await;
        let _ = writer.flush().await;
        writer
    };
    let read = async {
        let _ = reader.read_to_end(&mut answer).await;
    };
    tokio::time::timeout(PATIENCE, futures_util::future::join(write, read)).await.expect("an answer in time");
    answer
}

#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The first response among the bytes and what follows it; `None` when it is not there as a whole.
    pub fn parse(bytes: &[u8], is_head: bool) -> Option<(Self, &[u8])> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).expect("a head of text");
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().expect("a status");
        let header = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()));
        let headers = lines.map(|line| header(line).expect("a header")).collect();
        let mut response = Self { status, headers, body: Vec::new() };
        let length = response.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        let rest = &bytes[end + 4..];
        let (body, rest) = rest.split_at_checked(if is_head { 0 } else { length })?;
        response.body = body.to_vec();
        response.check(length);
        Some((response, rest))
    }

    /// The same of a response that a library read.
    pub fn read(head: &hyper::http::response::Parts, body: &[u8]) -> Self {
        let text = |value: &hyper::http::HeaderValue| value.to_str().expect("text").to_owned();
        let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let response = Self { status: head.status.as_u16(), headers, body: body.to_vec() };
        response.check(body.len());
        response
    }

    /// What the contract asks of every response.
    fn check(&self, length: usize) {
        let id = uuid::Uuid::parse_str(self.header("request-id").expect("a Request-Id")).expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(self.header("content-type"), (length > 0).then_some("application/json"));
        assert_eq!(self.header("retry-after").is_some(), [429, 503].contains(&self.status));
        for (name, _) in &self.headers {
            assert_eq!(self.headers.iter().filter(|(other, _)| other == name).count(), 1, "{name} once");
        }
        if self.status >= 400 && !self.body.is_empty() {
            let (error, code) = (self.json(), self.code());
            let row = api::Code::ALL.iter().find(|row| row.text() == code).expect("a code of the table");
            let case = api::Case::ALL.iter().find(|case| case.word() == error["type"]).expect("a type of the table");
            assert_eq!(case.code(), *row);
            assert_eq!(case.status().as_u16(), self.status);
            let message = error["message"].as_str().expect("a message");
            let (start, end) = row.message().split_once("%s").unwrap_or((row.message(), ""));
            assert!(message.starts_with(start) && message.ends_with(end), "{message}");
            let known = ["code", "type", "message", "details"];
            assert!(error.as_object().expect("an object").keys().all(|key| known.contains(&key.as_str())));
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Status, code and type: what tells errors apart.
    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str, case: &str) {
        let error = self.json();
        let found = (self.status, error["code"].as_str(), error["type"].as_str());
        assert_eq!(found, (status, Some(code), Some(case)), "{error}");
    }

    pub fn details(&self) -> Value {
        self.json()["details"].clone()
    }
}

/// Reads one response from a connection that stays open.
pub async fn read_response(stream: &mut (impl AsyncRead + Unpin)) -> Response {
    let mut bytes = Vec::new();
    let read = async {
        loop {
            if let Some((response, _)) = Response::parse(&bytes, false) {
                return response;
            }
            assert_ne!(stream.read_buf(&mut bytes).await.expect("readable"), 0, "closed before the response was whole");
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("an answer in time")
}
