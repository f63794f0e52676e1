//! Requests are signed, and answers verified.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use signing::{
    CryptoError, Nonce, PrivateKey, PublicKey, RequestLine, ResponseLine, Signature, Signer, SigningKey, Verifier,
    Version, WindowError,
};
use zeroize::Zeroizing;

use crate::operation::Operation;
use crate::{Distrust, SetupError};

const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("timestamp");
const SIGNATURE_VERSION: HeaderName = HeaderName::from_static("signature-version");
const NONCE: HeaderName = HeaderName::from_static("nonce");

/// Random bytes of a nonce: with 128 bits no two meet by chance.
const NONCE_BYTES: usize = 16;

/// What ends a public key in PEM.
const PEM_END: &str = "-----END PUBLIC KEY-----";

/// How requests are signed and answers verified; a clone is another handle. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Signing {
    signer: Signer,
    /// Several while the server changes its key.
    verifiers: Arc<[Verifier]>,
    version: Version,
    /// Which base URL is signed, if not the one that is called.
    public_url: Option<String>,
}

impl Signing {
    /// `hash-then-RSA`: requests are signed by the client's private key, answers by a key of the server.
    ///
    /// Both are texts in PEM. The server's public halves are what `auther signing server-keys` prints; while the server
    /// changes its key these are two, in one text.
    ///
    /// # Errors
    /// [`SetupError::PrivateKey`] or [`SetupError::ServerKey`].
    pub fn hash_then_rsa(private_key: &str, server_public_keys: &str) -> Result<Self, SetupError> {
        let signer = PrivateKey::from_pem(private_key).map_err(|_| SetupError::PrivateKey)?;
        let sections = server_public_keys.split_inclusive(PEM_END).filter(|text| !text.trim().is_empty());
        let keys = sections.map(PublicKey::from_pem).collect::<Result<Vec<_>, _>>().map_err(SetupError::ServerKey)?;
        if keys.is_empty() {
            return Err(SetupError::ServerKey(signing::KeyError::NotPem));
        }
        Ok(Self::new(Signer::Rsa(Arc::new(signer)), keys.into_iter().map(Verifier::Rsa).collect()))
    }

    /// `hash-only`: requests and answers are signed by one key that both sides know, the whole text that
    /// `auther signing set` or the page Keys showed.
    ///
    /// # Errors
    /// [`SetupError::SigningKey`].
    pub fn hash_only(signing_key: impl Into<String>) -> Result<Self, SetupError> {
        let text = Zeroizing::new(signing_key.into());
        // No key has white space around it; files have.
        let text = Zeroizing::new(text.trim().to_owned());
        if text.is_empty() {
            return Err(SetupError::SigningKey);
        }
        let key = Arc::new(SigningKey::new(text));
        Ok(Self::new(Signer::Hmac(Arc::clone(&key)), [Verifier::Hmac(key)].into()))
    }

    fn new(signer: Signer, verifiers: Arc<[Verifier]>) -> Self {
        Self { signer, verifiers, version: Version::LengthPrefixed, public_url: None }
    }

    /// Which line is signed; [`Version::LengthPrefixed`] unless said otherwise. The plain line is that of the published
    /// page: it does not tell apart all requests, nor bind an answer to its request.
    #[must_use]
    pub fn version(self, version: Version) -> Self {
        Self { version, ..self }
    }

    /// The base URL that is signed: the server's setting `public_url`, where that is not the URL that is called.
    #[must_use]
    pub fn public_url(self, url: impl Into<String>) -> Self {
        let url = url.into();
        Self { public_url: Some(url.trim_end_matches('/').to_owned()), ..self }
    }

    /// Signs a request for one attempt. `called` is the URL that is called.
    pub(crate) fn seal<'a>(
        &'a self,
        called: &'a str,
        operation: &'a Operation,
        now_ms: i64,
    ) -> Result<Seal<'a>, CryptoError> {
        let nonce = match self.version {
            Version::Plain => None,
            Version::LengthPrefixed => Some(nonce()?),
        };
        let base_url = self.public_url.as_deref().unwrap_or(called);
        let timestamp = now_ms.to_string();
        let line = RequestLine {
            method: operation.method.as_str(),
            base_url,
            uri: &operation.uri,
            body: &operation.body,
            timestamp: &timestamp,
            nonce: nonce.as_deref().and_then(Nonce::parse),
        };
        let signature = self.signer.sign(&line)?;
        Ok(Seal { signing: self, base_url, operation, signature, timestamp, nonce })
    }
}

/// The signature of one attempt, and what its answer is verified by.
pub(crate) struct Seal<'a> {
    signing: &'a Signing,
    base_url: &'a str,
    operation: &'a Operation,
    signature: String,
    timestamp: String,
    nonce: Option<String>,
}

impl Seal<'_> {
    /// What is sent with the request.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        let version = self.nonce.as_ref().map(|_| (SIGNATURE_VERSION, Version::LengthPrefixed.word()));
        let nonce = self.nonce.as_deref().map(|nonce| (NONCE, nonce));
        let always = [(SIGNATURE, self.signature.as_str()), (TIMESTAMP, self.timestamp.as_str())];
        // Base64, digits and the characters of nonces: all may stand in a header.
        let value = |text| HeaderValue::from_str(text).expect("printable ASCII is a header's value");
        always.into_iter().chain(version).chain(nonce).map(move |(name, text)| (name, value(text)))
    }

    /// Whether the answer is the service's, to this request, and of now.
    pub(crate) fn verify(&self, status: u16, headers: &HeaderMap, body: &Bytes, now_ms: i64) -> Result<(), Distrust> {
        let text = single(headers, &SIGNATURE).ok_or(Distrust::Unsigned)?;
        // Under a shared key the plain line of an answer may be that of a request: whoever sends it back has signed nothing.
        if text == self.signature {
            return Err(Distrust::Signature);
        }
        let signature = Signature::parse(text).ok_or(Distrust::Signature)?;
        let timestamp = single(headers, &TIMESTAMP).ok_or(Distrust::Timestamp)?;
        signing::accept(timestamp, now_ms).map_err(|error| match error {
            WindowError::Unreadable => Distrust::Timestamp,
            WindowError::Outside { away_ms } => Distrust::Clock { away_ms },
        })?;
        let line = ResponseLine {
            status,
            method: self.operation.method.as_str(),
            base_url: self.base_url,
            uri: &self.operation.uri,
            body,
            timestamp,
            nonce: self.nonce.as_deref().and_then(Nonce::parse),
        };
        let mut keys = self.signing.verifiers.iter();
        match keys.any(|key| key.verifies(&line, signature.as_bytes())) {
            true => Ok(()),
            false => Err(Distrust::Signature),
        }
    }
}

/// The value of a header that is there once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        (_, _) => None,
    }
}

fn nonce() -> Result<String, CryptoError> {
    let mut bytes = [0; NONCE_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| CryptoError)?;
    Ok(base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes))
}

/// Milliseconds since the epoch, none of them twice: a signature that does not change with anything else is accepted once.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicI64);

impl Clock {
    pub(crate) fn next(&self) -> i64 {
        self.after(now_ms())
    }

    fn after(&self, now_ms: i64) -> i64 {
        let later = |last: i64| now_ms.max(last.saturating_add(1));
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(later(last)));
        later(last.unwrap_or_else(|last| last))
    }
}

/// The time of this machine.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use hyper::Method;

    use super::*;

    const NOW: i64 = 1_764_000_000_000;
    const BASE: &str = "https://auth.example.org";

    fn operation() -> Operation {
        Operation { method: Method::POST, uri: "/p?q=1".into(), body: "{}".into(), is_repeatable: true }
    }

    /// What the server does with a request.
    fn answer(seal: &Seal<'_>, signer: &Signer, status: u16, body: &str, at: i64) -> HeaderMap {
        let timestamp = at.to_string();
        let line = ResponseLine {
            status,
            method: "POST",
            base_url: seal.base_url,
            uri: "/p?q=1",
            body: body.as_bytes(),
            timestamp: &timestamp,
            nonce: seal.nonce.as_deref().and_then(Nonce::parse),
        };
        let signature = signer.sign(&line).expect("signed");
        let texts = [(SIGNATURE, signature), (TIMESTAMP, timestamp)];
        texts.into_iter().map(|(name, text)| (name, HeaderValue::try_from(text).expect("text"))).collect()
    }

    fn rsa() -> (Signing, Signer) {
        let [mine, old, new] = [(); 3].map(|()| PrivateKey::generate().expect("a pair"));
        let publics = [&old, &new].map(|key| format!("# from then on\n{}", key.public().expect("public").to_pem()));
        let signing = Signing::hash_then_rsa(&mine.to_pem(), &publics.concat()).expect("signing");
        (signing, Signer::Rsa(Arc::new(new)))
    }

    fn hmac() -> (Signing, Signer) {
        let key = || Zeroizing::new("sk_0123".to_owned());
        (Signing::hash_only("sk_0123\n").expect("signing"), Signer::Hmac(Arc::new(SigningKey::new(key()))))
    }

    #[test]
    fn what_is_sent_is_signed_over_the_documented_line() {
        let (signing, key) = hmac();
        for version in [Version::Plain, Version::LengthPrefixed] {
            let (signing, operation) = (signing.clone().version(version).public_url("https://public/"), operation());
            let seal = signing.seal(BASE, &operation, NOW).expect("signed");
            let headers: HeaderMap = seal.headers().collect();
            let text = |name| single(&headers, &name);
            let line = RequestLine {
                method: "POST",
                base_url: "https://public",
                uri: "/p?q=1",
                body: b"{}",
                timestamp: "1764000000000",
                nonce: text(NONCE).and_then(Nonce::parse),
            };
            assert_eq!(text(SIGNATURE), Some(key.sign(&line).expect("signed").as_str()));
            assert_eq!(text(TIMESTAMP), Some("1764000000000"));
            let prefixed = version == Version::LengthPrefixed;
            assert_eq!((text(SIGNATURE_VERSION), text(NONCE).is_some()), (prefixed.then_some("2"), prefixed));
        }
    }

    #[test]
    fn an_answer_is_believed_as_it_was_signed_and_in_no_other_way() {
        for ((signing, server), version) in [
            (rsa(), Version::Plain),
            (rsa(), Version::LengthPrefixed),
            (hmac(), Version::Plain),
            (hmac(), Version::LengthPrefixed),
        ] {
            let (signing, operation) = (signing.version(version), operation());
            let seal = signing.seal(BASE, &operation, NOW).expect("signed");
            let headers = answer(&seal, &server, 404, "no", NOW);
            let believed = |headers: &HeaderMap, body: &'static str, now| seal.verify(404, headers, &body.into(), now);
            assert_eq!(believed(&headers, "no", NOW + 300_000), Ok(()));
            assert_eq!(believed(&headers, "No", NOW), Err(Distrust::Signature));
            assert_eq!(believed(&headers, "no", NOW + 300_001), Err(Distrust::Clock { away_ms: -300_001 }));
            let without = |name: HeaderName| {
                let mut headers = headers.clone();
                headers.remove(name);
                headers
            };
            assert_eq!(believed(&without(SIGNATURE), "no", NOW), Err(Distrust::Unsigned));
            assert_eq!(believed(&without(TIMESTAMP), "no", NOW), Err(Distrust::Timestamp));
            let mut twice = headers.clone();
            twice.append(SIGNATURE, headers[SIGNATURE].clone());
            assert_eq!(believed(&twice, "no", NOW), Err(Distrust::Unsigned));
            let mut later = headers.clone();
            later.insert(TIMESTAMP, HeaderValue::from(NOW + 1));
            assert_eq!(believed(&later, "no", NOW), Err(Distrust::Signature));
        }
    }

    #[test]
    fn a_length_prefixed_answer_is_one_requests_alone() {
        let ((signing, server), operation) = (hmac(), operation());
        let [first, second] = [NOW, NOW + 1].map(|now| signing.seal(BASE, &operation, now).expect("signed"));
        let headers = answer(&first, &server, 200, "yes", NOW);
        assert_eq!(first.verify(200, &headers, &"yes".into(), NOW), Ok(()));
        assert_eq!(second.verify(200, &headers, &"yes".into(), NOW), Err(Distrust::Signature));
        assert_eq!(first.verify(404, &headers, &"yes".into(), NOW), Err(Distrust::Signature), "another status");
    }

    #[test]
    fn a_request_that_comes_back_is_no_answer() {
        let (signing, operation) = (hmac().0.version(Version::Plain), operation());
        let seal = signing.seal(BASE, &operation, NOW).expect("signed");
        let echo: HeaderMap = seal.headers().collect();
        assert_eq!(seal.verify(200, &echo, &operation.body, NOW), Err(Distrust::Signature));
    }

    #[test]
    fn keys_that_are_none_are_told_apart() {
        let pair = PrivateKey::generate().expect("a pair");
        let (private, public) = (pair.to_pem(), pair.public().expect("public").to_pem());
        let wrong = |private: &str, public: &str| Signing::hash_then_rsa(private, public).expect_err("wrong");
        assert!(matches!(wrong(&public, &public), SetupError::PrivateKey));
        assert!(matches!(wrong(&private, &private), SetupError::ServerKey(signing::KeyError::Private)));
        assert!(matches!(wrong(&private, " \n"), SetupError::ServerKey(signing::KeyError::NotPem)));
        assert!(matches!(Signing::hash_only(" "), Err(SetupError::SigningKey)));
        let shown = format!("{:?} {:?}", Signing::hash_only("sk_secret"), wrong(&private, ""));
        assert!(!shown.contains("sk_secret") && !shown.contains(&private[40..60]), "{shown}");
    }

    #[test]
    fn no_time_is_given_out_twice() {
        let clock = Clock::default();
        assert_eq!([NOW, NOW, NOW - 5, NOW + 9].map(|now| clock.after(now)), [NOW, NOW + 1, NOW + 2, NOW + 9]);
        let times: Vec<i64> = std::thread::scope(|scope| {
            let many = || (0..1_000).map(|_| clock.after(NOW + 10)).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(many)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
        });
        let different: std::collections::HashSet<_> = times.iter().collect();
        assert_eq!(different.len(), 4_000);
    }
}
