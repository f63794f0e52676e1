//! Signed requests are verified, and what answers them is signed.
//!
//! The extractor verifies, when the key is known and before anything is charged; the middleware signs, when everything is
//! over, be it a success, a refusal, a time-out or a panic.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use accounts::usage::Signed;
use accounts::{Caller, ClientKeyId, KeyId, Signing};
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::response::Response;
use biometric::Timestamp;
use http_body_util::BodyExt as _;
use signing::{Nonce, Presented, RequestLine, ResponseLine, Version, WINDOW_MS, WindowError};

use crate::app::App;
use crate::clock;
use crate::error::{Case, Detail, Problem};
use crate::extract::{API_KEY, Buffer, HeldBody};

const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("timestamp");
const SIGNATURE_VERSION: HeaderName = HeaderName::from_static("signature-version");
const NONCE: HeaderName = HeaderName::from_static("nonce");
/// Which key signed a response: needed while one takes another's place.
const SIGNATURE_KEY: HeaderName = HeaderName::from_static("signature-key");

/// Verifies the signature of a request, if its key takes signatures. `None`: it is not signed, and need not be.
///
/// The body is read for it, and put back; an operation without `images` has none that counts, as the contract has it.
pub(crate) async fn verify(
    app: &App,
    parts: &Parts,
    caller: &Caller,
    images: usize,
) -> Result<Option<Signed>, Problem> {
    let (Some(key), Some(claim)) = (caller.key, Claim::of(&parts.headers, caller.signing)?) else { return Ok(None) };
    let Claim { signing, presented, timestamp, expires } = claim;
    let held = parts.extensions.get::<HeldBody>().cloned();
    let held = held.ok_or_else(|| Problem::internal("the body is not held".to_owned()))?;
    let body = match images {
        0 => Buffer::with_capacity(0),
        _ => held.take(app.settings.body_bytes_max(images)).await?,
    };
    let seen = presented.signature.seen();
    let nonce = presented.nonce.map(|nonce| nonce.as_str().to_owned());
    let (shared, method, uri) = (app.clone(), parts.method.clone(), parts.uri.clone());
    // Hashing megabytes takes milliseconds.
    let work = move || {
        let line = RequestLine {
            method: method.as_str(),
            base_url: &shared.settings.public_url,
            uri: path_and_query(&uri),
            body: body.as_slice(),
            timestamp: &timestamp,
            nonce: nonce.as_deref().and_then(Nonce::parse),
        };
        let verified_by = verified_by(&shared, key, signing, &line, presented.signature.as_bytes());
        (verified_by, body)
    };
    let done = app.admission.compute(work).await;
    let (verified_by, body): (_, Buffer) = done.map_err(|error| Problem::internal(format!("signature: {error}")))?;
    if images > 0 {
        held.put_back(body);
    }
    let verified_by = verified_by?.ok_or_else(|| Problem::new(Case::SignatureWrong))?;
    if let Some(answering) = parts.extensions.get::<Answering>() {
        answering.known().verified_by = Some(verified_by);
    }
    Ok(Some(Signed { key, seen, expires }))
}

/// The client key that made the signature, if one did.
fn verified_by(
    app: &App,
    key: KeyId,
    signing: Signing,
    line: &RequestLine<'_>,
    signature: &[u8],
) -> Result<Option<ClientKeyId>, Problem> {
    let verifiers = app.accounts.verifiers(key, signing.algorithm).map_err(unavailable)?;
    let by = verifiers.into_iter().find(|(_, verifier)| verifier.verifies(line, signature));
    Ok(by.map(|(id, _)| id))
}

fn unavailable(error: accounts::Error) -> Problem {
    if let accounts::Error::Database(error) = error {
        return Problem::new(Case::Unavailable).caused_by(format!("accounts: {error}"));
    }
    Problem::internal(format!("signature: {error}"))
}

/// What the headers of a request say of its signature, before the body was looked at.
struct Claim<'a> {
    signing: Signing,
    presented: Presented<'a>,
    timestamp: String,
    expires: Timestamp,
}

impl<'a> Claim<'a> {
    /// Checks everything that needs no body; `None` when the request is not signed and need not be.
    fn of(headers: &'a HeaderMap, signing: Option<Signing>) -> Result<Option<Self>, Problem> {
        let signature = single(headers, &SIGNATURE, Case::SignatureWrong)?.filter(|text| !text.is_empty());
        let (signing, signature) = match (signing, signature) {
            (None, None) => return Ok(None),
            // Ignored, it would make the client believe in a protection that is not there.
            (None, Some(_)) => return Err(Problem::new(Case::SigningNotSetUp)),
            (Some(Signing { is_required: true, .. }), None) => return Err(Problem::new(Case::SignatureMissing)),
            (Some(Signing { is_required: false, .. }), None) => return Ok(None),
            (Some(signing), Some(signature)) => (signing, signature),
        };
        let version = single(headers, &SIGNATURE_VERSION, Case::SignatureVersion)?;
        let nonce = single(headers, &NONCE, Case::SignatureVersion)?;
        let presented = Presented::parse(signature, version, nonce).map_err(|error| match error {
            signing::PresentedError::Signature => Problem::new(Case::SignatureWrong),
            signing::PresentedError::Version => Problem::new(Case::SignatureVersion),
        })?;
        if signing.is_length_prefixed && presented.version() == Version::Plain {
            return Err(Problem::new(Case::SignatureVersion));
        }
        let timestamp = single(headers, &TIMESTAMP, Case::TimestampInvalid)?.unwrap_or_default().to_owned();
        let expires_ms = signing::accept(&timestamp, clock::now().as_millis()).map_err(outside)?;
        Ok(Some(Self { signing, presented, timestamp, expires: Timestamp::from_millis(expires_ms) }))
    }
}

fn outside(error: WindowError) -> Problem {
    match error {
        WindowError::Unreadable => Problem::new(Case::TimestampInvalid),
        WindowError::Outside { away_ms } => {
            let (away, limit) = (away_ms as f64, WINDOW_MS as f64);
            Detail::measured(Case::TimestampOutside, "timestamp_ms_from_now", away, -limit, limit).into()
        }
    }
}

/// The value of a header that may be there once: which of two is meant, a proxy in front may read differently.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName, case: Case) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) => Ok(Some(text)),
        (Some(Ok(_) | Err(_)), _) => Err(Problem::new(case)),
    }
}

/// As it was sent.
fn path_and_query(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

/// What is known of whoever is answered, by the time that the answer is signed; it travels with the request.
#[derive(Clone, Default)]
pub(crate) struct Answering(Arc<Mutex<Known>>);

#[derive(Clone, Copy, Default)]
struct Known {
    key: Option<(KeyId, Option<Signing>)>,
    verified_by: Option<ClientKeyId>,
}

impl Answering {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says under which key the request is answered.
pub(crate) fn note(parts: &Parts, key: KeyId, signing: Option<Signing>) {
    if let Some(answering) = parts.extensions.get::<Answering>() {
        answering.known().key = Some((key, signing));
    }
}

/// What the signature of an answer needs to know of its request.
pub(crate) struct Countersignature {
    method: Method,
    uri: Uri,
    nonce: Option<String>,
    api_key: Option<String>,
    answering: Answering,
}

impl Countersignature {
    /// Begins, when the request carries a signature, whatever that is worth.
    pub(crate) fn begin(request: &mut Request) -> Option<Self> {
        let headers = request.headers();
        let is_signed = headers.get(SIGNATURE).is_some_and(|value| !value.is_empty());
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let version_2 = text(SIGNATURE_VERSION.as_str()) == Some("2");
        let nonce = text(NONCE.as_str()).filter(|nonce| version_2 && Nonce::parse(nonce).is_some()).map(str::to_owned);
        let api_key = text(API_KEY).map(str::to_owned);
        let answering = Answering::default();
        let (method, uri) = (request.method().clone(), request.uri().clone());
        is_signed.then(|| {
            request.extensions_mut().insert(answering.clone());
            Self { method, uri, nonce, api_key, answering }
        })
    }

    /// Signs the answer, if it is one to a key that takes signatures. One that cannot be signed goes out as it is: whoever
    /// insists on a signature refuses it, and what was done is done.
    pub(crate) async fn sign(self, app: &App, response: Response) -> Response {
        let (mut head, body) = response.into_parts();
        let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
            // Our own bodies are in memory; nothing of them can fail to come.
            return Response::from_parts(head, Body::empty());
        };
        let (app, status, signed) = (app.clone(), head.status.as_u16(), body.clone());
        let work = tokio::task::spawn_blocking(move || self.headers(&app, status, &signed)).await;
        match work.map_err(|error| error.to_string()).and_then(|headers| headers) {
            Ok(headers) => head.headers.extend(headers),
            Err(cause) => tracing::error!(cause, "the answer to a signed request could not be signed"),
        }
        Response::from_parts(head, Body::from(body))
    }

    fn headers(&self, app: &App, status: u16, body: &[u8]) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        let now = clock::now();
        let Known { key, verified_by } = *self.answering.known();
        let key = match (key, &self.api_key) {
            (Some((key, signing)), _) => signing.map(|signing| (key, signing)),
            // Refused before its key was looked at.
            (None, Some(api_key)) => app.accounts.signing_of(api_key).map_err(|error| error.to_string())?,
            (None, None) => None,
        };
        let Some((key, signing)) = key else { return Ok(Vec::new()) };
        let signer =
            app.accounts.signer(key, signing.algorithm, verified_by, now).map_err(|error| error.to_string())?;
        let Some((signer, name)) = signer else { return Ok(Vec::new()) };
        let timestamp = now.as_millis().to_string();
        let line = ResponseLine {
            status,
            method: self.method.as_str(),
            base_url: &app.settings.public_url,
            uri: path_and_query(&self.uri),
            body,
            timestamp: &timestamp,
            nonce: self.nonce.as_deref().and_then(Nonce::parse),
        };
        let signature = signer.sign(&line).map_err(|error| error.to_string())?;
        let version = self.nonce.as_ref().map(|_| (SIGNATURE_VERSION, Version::LengthPrefixed.word().to_owned()));
        let texts = [(SIGNATURE, signature), (TIMESTAMP, timestamp), (SIGNATURE_KEY, name)].into_iter().chain(version);
        let values = texts.map(|(header, text)| HeaderValue::try_from(text).map(|value| (header, value)));
        values.collect::<Result<_, _>>().map_err(|error| error.to_string())
    }
}
