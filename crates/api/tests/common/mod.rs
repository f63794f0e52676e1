//! A running server over a fake engine, and a client that checks on every response what every response must have.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "every test binary uses its own part")]

mod client;
pub mod document;
mod fake;
mod http2;
mod sign;
mod tls;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use accounts::usage::{Retention, Usage};
use accounts::{Accounts, Actor, KeyId, Limits, Networks, NewKey, Permission, Permissions, PlanId};
use api::Settings;
use biometric::{TenantId, Timestamp};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use client::{Request, Response, exchange, read_response};
pub use fake::{Fake, Script, person};
pub use http2::{Answering, Http2};
pub use sign::{SignedKey, nonce, timestamp};
pub use tls::Identity;

/// The organisation of the server's keys, the first that is made; its plan has no limits.
pub const TENANT: TenantId = TenantId(2);

pub struct Server {
    pub address: SocketAddr,
    pub fake: Arc<Fake>,
    pub accounts: Arc<Accounts>,
    pub usage: Arc<Usage>,
    /// The secret of a key that may do everything.
    pub key: String,
    pub task: JoinHandle<std::io::Result<()>>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    pub dir: tempfile::TempDir,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::with_tls(settings, None).await
    }

    pub async fn with_tls(settings: Settings, tls: Option<Arc<api::Tls>>) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let accounts = Arc::new(Accounts::open(dir.path()).expect("opens"));
        let usage =
            Arc::new(Usage::open(dir.path(), Retention { request_log_days: 30, usage_days: 400 }).expect("opens"));
        let (by, made) = (Actor::system(), Timestamp::from_millis(0));
        let organisation = accounts.create_organisation("test", PlanId::OPERATOR, &by, made).expect("made");
        assert_eq!(organisation.id, TENANT);
        let fake = Arc::new(Fake::default());
        let admission = api::admission(usage.clone(), &settings);
        let router = api::router(fake.clone(), accounts.clone(), admission, settings.clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("binds");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            api::serve(listener, router, &settings, tls, async {
                let _ = stopped.await;
            })
            .await
        });
        let key = make_key(&accounts, Permissions::ALL, None).1;
        Self { address, fake, accounts, usage, key, task, stop: Mutex::new(Some(stop)), dir }
    }

    /// Another key: its number and its secret.
    pub fn key_with(&self, permissions: &[Permission], expires: Option<Timestamp>) -> (KeyId, String) {
        make_key(&self.accounts, Permissions::of(permissions).expect("some"), expires)
    }

    /// An organisation with a plan of its own, and the secret of a key of it.
    pub fn organisation(&self, limits: Limits, networks: Networks) -> (TenantId, String) {
        let (by, made) = (Actor::system(), Timestamp::from_millis(0));
        let name = format!("plan {}", self.accounts.plans().expect("plans").len());
        let plan = self.accounts.create_plan(&name, limits, &by, made).expect("a plan");
        let tenant = self.accounts.create_organisation(&name, plan.id, &by, made).expect("made").id;
        let new = NewKey { name, tenant, permissions: Permissions::ALL, expires: None, networks };
        (tenant, self.accounts.create_key(new, &by, made).expect("created").1.reveal().to_owned())
    }

    /// A request with another key, not yet sent.
    pub fn request_with(&self, key: &str, method: &str, path: &str) -> Request {
        Request::new(self.address, method, path).header("Api-Key", key)
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connects")
    }

    /// A request with the key, not yet sent.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self.address, method, path).header("Api-Key", &self.key)
    }

    /// A connection of HTTP/2, known to be that beforehand.
    pub async fn http2(&self) -> Http2 {
        Http2::over(self.connect().await).await
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request("GET", path).send().await
    }

    pub async fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Response {
        self.request("POST", path).json(body).send().await
    }

    /// Asks the server to end.
    pub fn stop(&self) {
        if let Some(stop) = self.stop.lock().expect("no panic").take() {
            let _ = stop.send(());
        }
    }
}

fn make_key(accounts: &Accounts, permissions: Permissions, expires: Option<Timestamp>) -> (KeyId, String) {
    let networks = Networks::NONE;
    let new = NewKey { name: "test".to_owned(), tenant: TENANT, permissions, expires, networks };
    // Made long ago, so that its expiry may be in the past.
    let (key, secret) = accounts.create_key(new, &Actor::system(), Timestamp::from_millis(0)).expect("created");
    (key.id, secret.reveal().to_owned())
}

/// A body with a face image: the base64 of 0, 1, 2.
pub const FACE: &str = r#"{"faceImage":"AAEC"}"#;

/// A body with two images.
pub const PAIR: &str = r#"{"sourceImage":"AAEC","targetImage":"AwQF"}"#;

/// Every call: method, path, body.
pub const CALLS: [(&str, &str, &str); 7] = [
    ("POST", "/person/face/jane", FACE),
    ("PUT", "/person/face/jane", FACE),
    ("DELETE", "/person/face/jane", ""),
    ("GET", "/person/face/jane", ""),
    ("POST", "/person/recognize-face", FACE),
    ("POST", "/person/verify-face/jane", FACE),
    ("POST", "/person/compare-face", PAIR),
];

/// The calls that take a body.
pub fn calls_with_body() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    CALLS.into_iter().filter(|(_, _, body)| !body.is_empty())
}
