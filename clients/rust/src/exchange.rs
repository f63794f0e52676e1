//! A request sent as often as it takes, and its answer.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{HeaderMap, Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::de::DeserializeOwned;

use crate::error::Refusal;
use crate::operation::Operation;
use crate::retry::{self, Retry};
use crate::signature::{Clock, Seal, now_ms};
use crate::{ApiError, Error, SetupError, Signing, TransportError, Untrusted};

const API_KEY: HeaderName = HeaderName::from_static("api-key");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// The longest answer that is read, in bytes: those of the API take some kilobytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// How long a connection may take to be made: far more than any that will be.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// How long an idle connection is kept: less than the service keeps it, so that no request meets one that is being closed.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// All that requests have in common.
pub(crate) struct Exchange {
    pub(crate) http: Http<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Without a slash at its end.
    pub(crate) url: String,
    pub(crate) api_key: HeaderValue,
    pub(crate) signing: Option<Signing>,
    pub(crate) retry: Retry,
    /// Of one attempt.
    pub(crate) timeout: Duration,
    pub(crate) clock: Clock,
}

/// An attempt without a result, and what decides whether there is another one.
struct Failed {
    error: Error,
    /// Of the answer, if one came.
    status: Option<u16>,
    retry_after: Option<Duration>,
}

/// What came back.
pub(crate) struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

/// HTTP over TLS, or over nothing where the URL says so: then no certificates are looked for.
pub(crate) fn http(url: &Uri) -> Result<Http<HttpsConnector<HttpConnector>, Full<Bytes>>, SetupError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_MAX));
    tcp.set_nodelay(true);
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let builder = HttpsConnectorBuilder::new();
    let connector = match url.scheme_str() {
        Some("https") => builder
            .with_provider_and_native_roots(provider)
            .map_err(SetupError::Certificates)?
            .https_only()
            .enable_http1()
            .wrap_connector(tcp),
        _ => {
            let config =
                rustls::ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions();
            let config = config.map_err(|error| SetupError::Certificates(std::io::Error::other(error)))?;
            let config = config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
            builder.with_tls_config(config).https_or_http().enable_http1().wrap_connector(tcp)
        }
    };
    let mut builder = Http::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_MAX);
    Ok(builder.build(connector))
}

impl Exchange {
    /// The answer, if it is 200 and to be believed.
    pub(crate) async fn call(&self, operation: &Operation) -> Result<Answer, Error> {
        let begun = Instant::now();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let failed = match self.attempt(operation).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let wait = match failed.may_be_repeated(operation) {
                true => self.retry.wait(attempts, begun.elapsed(), failed.retry_after, retry::random()),
                false => None,
            };
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(failed.error),
            }
        }
    }

    async fn attempt(&self, operation: &Operation) -> Result<Answer, Failed> {
        let unsent = |error| Failed { error, status: None, retry_after: None };
        let seal = self.signing.as_ref().map(|signing| signing.seal(&self.url, operation, self.clock.next()));
        let seal = seal.transpose().map_err(|error| unsent(Error::Sign(error)))?;
        let request = self.request(operation, seal.as_ref());
        let answered = tokio::time::timeout(self.timeout, self.send(request)).await;
        let answer = match answered {
            Ok(answer) => answer.map_err(|error| unsent(Error::Transport(error)))?,
            Err(_) => {
                let message = format!("no answer within {:?}", self.timeout);
                return Err(unsent(Error::Transport(TransportError::new(message, true))));
            }
        };
        answer.believed(seal.as_ref())
    }

    fn request(&self, operation: &Operation, seal: Option<&Seal<'_>>) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(operation.body.clone()));
        *request.method_mut() = operation.method.clone();
        // The URL was looked at when the client was made, and of a person id every character that could be amiss is encoded.
        *request.uri_mut() =
            Uri::try_from(format!("{}{}", self.url, operation.uri)).expect("a URL and a path are a URL");
        let headers = request.headers_mut();
        headers.insert(API_KEY, self.api_key.clone());
        // What is signed is the body as it is, not as it is packed.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("auther-client-rust/", env!("CARGO_PKG_VERSION"))));
        if !operation.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.extend(seal.into_iter().flat_map(Seal::headers));
        request
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, TransportError> {
        let answered = self.http.request(request).await;
        let (head, body) = answered.map_err(|error| TransportError::of(&error, !error.is_connect()))?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| TransportError::of(&*error, true))?.to_bytes();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }
}

impl Answer {
    /// What it says of a success.
    pub(crate) fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|_| self.unexpected())
    }

    /// A success that has nothing to say.
    pub(crate) fn nothing(self) -> Result<(), Error> {
        match self.body.is_empty() {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    fn unexpected(&self) -> Error {
        Error::Unexpected { status: self.status, request_id: self.text(&REQUEST_ID) }
    }

    fn believed(self, seal: Option<&Seal<'_>>) -> Result<Self, Failed> {
        let (status, retry_after) = (self.status, self.retry_after());
        let verified = seal.map_or(Ok(()), |seal| seal.verify(status, &self.headers, &self.body, now_ms()));
        let error = match (verified, status) {
            (Ok(()), 200) => return Ok(self),
            (Ok(()), _) => match self.refusal() {
                Some(refusal) => Error::Api(Box::new(refusal)),
                None => self.unexpected(),
            },
            (Err(reason), _) => Error::Untrusted(Box::new(Untrusted { reason, status, claim: self.refusal() })),
        };
        Err(Failed { error, status: Some(status), retry_after })
    }

    fn refusal(&self) -> Option<ApiError> {
        let refusal: Refusal = serde_json::from_slice(&self.body).ok()?;
        Some(refusal.with(self.status, self.text(&REQUEST_ID), self.retry_after()))
    }

    fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(&self.text(&RETRY_AFTER)?, SystemTime::now())
    }

    fn text(&self, name: &HeaderName) -> Option<String> {
        self.headers.get(name)?.to_str().ok().map(str::to_owned)
    }
}

impl Failed {
    fn may_be_repeated(&self, operation: &Operation) -> bool {
        let is_temporary = self.status.is_some_and(retry::is_temporary);
        match &self.error {
            // The service itself says that it was not begun; what was given up half-way may have been done.
            Error::Api(error) => is_temporary && (operation.is_repeatable || error.kind != "timed_out"),
            // A proxy knows less, and somebody in between lies.
            Error::Untrusted(_) | Error::Unexpected { .. } => is_temporary && operation.is_repeatable,
            Error::Transport(error) => operation.is_repeatable || !error.may_have_arrived(),
            Error::Image { .. } | Error::Threshold | Error::Sign(_) => false,
        }
    }
}
