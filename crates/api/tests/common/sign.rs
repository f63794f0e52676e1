//! A client that signs, and that checks the signatures of what it is answered.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use accounts::{Actor, ClientSecret, KeyId, Permission, Signing};
use biometric::Timestamp;
use signing::{Algorithm, Nonce, PrivateKey, PublicKey, RequestLine, ResponseLine, Signature, Signer, SigningKey};

use super::{Request, Response, Server};

/// A time that no other request of this process has, in milliseconds: two requests that are alike have one signature.
pub fn timestamp() -> String {
    static LAST: AtomicI64 = AtomicI64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64;
    let next = LAST.fetch_max(now, Ordering::Relaxed).max(now);
    LAST.fetch_max(next + 1, Ordering::Relaxed);
    next.to_string()
}

pub fn nonce() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("nonce-{:016}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A key whose requests are signed, and what only its owner has.
pub struct SignedKey {
    pub id: KeyId,
    pub api_key: String,
    pub secret: ClientSecret,
    pub base_url: String,
    pub signing: Signing,
    pub server_public: PublicKey,
}

impl SignedKey {
    pub fn new(server: &Server, signing: Signing, base_url: &str) -> Self {
        let (accounts, by, now) = (&server.accounts, Actor::system(), Timestamp::from_millis(0));
        let (id, api_key) = server.key_with(&Permission::ALL, None);
        accounts.set_signing(None, id, Some(signing), &by, now).expect("set");
        let (_, secret) = accounts.generate_client_key(None, id, &by, now).expect("made");
        let server_public =
            PublicKey::from_pem(&accounts.server_keys(now).expect("listed")[0].public_pem).expect("a key");
        Self { id, api_key, secret, base_url: base_url.to_owned(), signing, server_public }
    }

    /// The headers of a signed request.
    pub fn sign(
        &self,
        method: &str,
        uri: &str,
        body: &[u8],
        timestamp: &str,
        nonce: Option<&str>,
    ) -> Vec<(&str, String)> {
        let line = RequestLine {
            method,
            base_url: &self.base_url,
            uri,
            body,
            timestamp,
            nonce: nonce.map(|nonce| Nonce::parse(nonce).expect("a nonce")),
        };
        let signer = match &self.secret {
            ClientSecret::PrivateKey(pem) => Signer::Rsa(PrivateKey::from_pem(pem).expect("a key").into()),
            ClientSecret::SigningKey(text) => Signer::Hmac(SigningKey::new(text.clone()).into()),
        };
        let mut headers = vec![
            ("Api-Key", self.api_key.clone()),
            ("Signature", signer.sign(&line).expect("signed")),
            ("Timestamp", timestamp.to_owned()),
        ];
        if let Some(nonce) = nonce {
            headers.extend([("Signature-Version", "2".to_owned()), ("Nonce", nonce.to_owned())]);
        }
        headers
    }

    /// A request that is signed now, in the version that the key takes, not yet sent.
    pub fn request(&self, server: &Server, method: &str, uri: &str, body: &str) -> Request {
        let nonce = self.signing.is_length_prefixed.then(nonce);
        let headers = self.sign(method, uri, body.as_bytes(), &timestamp(), nonce.as_deref());
        let request = headers.iter().fold(Request::new(server.address, method, uri), |r, (n, v)| r.header(n, v));
        if body.is_empty() { request } else { request.json(body) }
    }

    /// Whether the answer carries a signature that is right, and a time that is now.
    pub fn is_signed(&self, response: &Response, method: &str, uri: &str, nonce: Option<&str>) -> bool {
        let (Some(signature), Some(timestamp)) = (response.header("signature"), response.header("timestamp")) else {
            return false;
        };
        assert!(response.header("signature-key").is_some(), "the key has a name");
        assert_eq!(response.header("signature-version"), nonce.map(|_| "2"));
        let line = ResponseLine {
            status: response.status,
            method,
            base_url: &self.base_url,
            uri,
            body: &response.body,
            timestamp,
            nonce: nonce.map(|nonce| Nonce::parse(nonce).expect("a nonce")),
        };
        let signature = Signature::parse(signature).expect("base64");
        let is_right = match (&self.secret, self.signing.algorithm) {
            (ClientSecret::SigningKey(text), Algorithm::HashOnly) => {
                SigningKey::new(text.clone()).verifies(&line, signature.as_bytes())
            }
            (_, _) => self.server_public.verifies(&line, signature.as_bytes()),
        };
        let now: i64 = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64;
        is_right && signing::accept(timestamp, now).is_ok()
    }
}
