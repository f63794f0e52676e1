//! The router over a fake engine, real accounts and a client that signs as AWS's clients do.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "every test binary uses its own part")]

mod fake;
mod sign;

use std::net::SocketAddr;
use std::sync::Arc;

use accounts::usage::{RequestFilter, RequestLine, Retention, Usage};
use accounts::{Accounts, Actor, KeyId, Limits, Networks, NewKey, Permission, Permissions};
use admission::Admission;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderName, HeaderValue, Request};
use biometric::{TenantId, Timestamp};
use http_body_util::BodyExt as _;
use rekognition::{Parts, Settings};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub use fake::{Fake, Script, face_record, survey};
pub use sign::Signer;

/// An image that the fake takes, in base64: the bytes 0, 1, 2.
pub const IMAGE: &str = "AAEC";

pub struct House {
    pub fake: Arc<Fake>,
    pub accounts: Arc<Accounts>,
    pub usage: Arc<Usage>,
    pub tenant: TenantId,
    /// An access key that may do everything.
    pub signer: Signer,
    router: Router,
    _folder: tempfile::TempDir,
}

pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp::from_millis(since.as_millis().try_into().expect("before the end of time"))
}

impl House {
    pub fn new() -> Self {
        Self::with(Settings::default(), 64)
    }

    pub fn with(settings: Settings, requests_in_flight_max: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Arc::new(Accounts::open(folder.path()).expect("opens"));
        let usage = Usage::open(folder.path(), Retention { request_log_days: 30, usage_days: 400 }).expect("opens");
        let (fake, usage) = (Arc::new(Fake::default()), Arc::new(usage));
        let admission = Arc::new(Admission::new(usage.clone(), requests_in_flight_max, now));
        let parts = Parts { collections: fake.clone(), accounts: accounts.clone(), admission, settings };
        let router = rekognition::router(parts);
        let (tenant, signer) = organisation(&accounts, Limits::default(), Networks::NONE);
        Self { fake, accounts, usage, tenant, signer, router, _folder: folder }
    }

    /// Another organisation with a plan of its own.
    pub fn organisation(&self, limits: Limits, networks: Networks) -> (TenantId, Signer) {
        organisation(&self.accounts, limits, networks)
    }

    /// Another access key of the first organisation.
    pub fn signer(&self, permissions: Permissions) -> (KeyId, Signer) {
        make_signer(&self.accounts, self.tenant, permissions, Networks::NONE)
    }

    /// A call that succeeds or not.
    pub async fn call(&self, action: &str, body: Value) -> Answer {
        self.call_as(&self.signer, action, body).await
    }

    pub async fn call_as(&self, signer: &Signer, action: &str, body: Value) -> Answer {
        let target = format!("RekognitionService.{action}");
        self.send(signer.request(&target, body.to_string().as_bytes(), now())).await
    }

    /// Sends what was made and perhaps spoilt.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 50_000))));
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        let answer = Answer {
            status: parts.status.as_u16(),
            body: serde_json::from_slice(&body).expect("JSON"),
            error: header("x-amzn-errortype"),
        };
        // What every answer has.
        assert_eq!(header("x-amzn-requestid").expect("an id").len(), 36);
        assert_eq!(header("content-type").as_deref(), Some("application/x-amz-json-1.1"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(answer.error.as_deref(), answer.body["__type"].as_str(), "header and body name one error");
        assert_eq!(answer.error.is_some(), answer.status != 200);
        answer
    }

    /// The request log of an organisation, the newest first.
    pub fn log(&self, tenant: TenantId) -> Vec<RequestLine> {
        self.usage.flush();
        self.usage.requests(tenant, &RequestFilter::default(), None, 1_000).expect("answers")
    }

    /// What is charged this month.
    pub fn used(&self, tenant: TenantId) -> u64 {
        self.usage.flush();
        self.usage.month(tenant, now()).expect("answers").used
    }
}

fn organisation(accounts: &Accounts, limits: Limits, networks: Networks) -> (TenantId, Signer) {
    let by = Actor::system();
    let name = format!("plan {}", accounts.plans().expect("plans").len());
    let plan = accounts.create_plan(&name, limits, &by, now()).expect("a plan");
    let tenant = accounts.create_organisation(&name, plan.id, &by, now()).expect("made").id;
    (tenant, make_signer(accounts, tenant, Permissions::ALL, networks).1)
}

fn make_signer(accounts: &Accounts, tenant: TenantId, permissions: Permissions, networks: Networks) -> (KeyId, Signer) {
    let new = NewKey { name: "test".to_owned(), tenant, permissions, expires: None, networks };
    let (key, _) = accounts.create_key(new, &Actor::system(), now()).expect("made");
    let (access, secret) = accounts.create_access_key(None, key.id, &Actor::system(), now()).expect("made");
    (key.id, Signer { access_key: access.id, secret: secret.to_string() })
}

/// A permission alone.
pub fn only(permission: Permission) -> Permissions {
    Permissions::of(&[permission]).expect("one")
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub error: Option<String>,
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{:?}", self.body);
        self.body
    }

    /// The message of an exception of this kind.
    #[track_caller]
    pub fn exception(self, kind: &str) -> String {
        assert_eq!(self.error.as_deref(), Some(kind), "{:?}", self.body);
        let status = if ["InternalServerError", "ThrottlingException"].contains(&kind) { 500 } else { 400 };
        let expected = if kind == "RequestEntityTooLargeException" { 413 } else { status };
        assert_eq!(self.status, expected);
        self.body["Message"].as_str().expect("a message").to_owned()
    }
}

/// Every action with a body that it takes.
pub fn calls() -> Vec<(&'static str, Value)> {
    let image = json!({"Bytes": IMAGE});
    vec![
        ("CompareFaces", json!({"SourceImage": image, "TargetImage": image})),
        ("CreateCollection", json!({"CollectionId": "c"})),
        ("DeleteCollection", json!({"CollectionId": "c"})),
        ("DeleteFaces", json!({"CollectionId": "c", "FaceIds": [FACE_ID]})),
        ("DetectFaces", json!({"Image": image})),
        ("IndexFaces", json!({"CollectionId": "c", "Image": image})),
        ("ListCollections", json!({})),
        ("ListFaces", json!({"CollectionId": "c"})),
        ("SearchFacesByImage", json!({"CollectionId": "c", "Image": image})),
    ]
}

/// An id as faces have it.
pub const FACE_ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

/// Replaces a header of a request that was signed with another value.
pub fn spoilt(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    let value = HeaderValue::from_str(value).expect("a value");
    request.headers_mut().insert(HeaderName::from_static(name), value);
    request
}
