//! One call: which action, whose, within which plan; then the action itself.

use std::net::SocketAddr;

use accounts::{AuthenticationError, Caller, FORWARDED_FOR, client_address};
use admission::{Record, Refusal};
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::HeaderMap;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use engine::Scope;
use serde::Serialize;
use tracing::Span;
use zeroize::Zeroizing;

use crate::app::App;
use crate::body::{self, CONTENT_TYPE};
use crate::exception::{Exception, Kind};
use crate::sigv4::{self, Claim, Fault, Malformed};
use crate::{Action, actions};

/// What the scope of a signature must name.
const SERVICE: &str = "rekognition";

/// The header that names the action.
const TARGET: &str = "x-amz-target";

/// A call that was let in.
pub(crate) struct Call {
    pub(crate) app: App,
    pub(crate) scope: Scope,
    /// The region that the client means, for names in answers.
    pub(crate) region: String,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// The one handler.
pub(crate) async fn answer(State(app): State<App>, request: Request) -> Response {
    match answered(app, request).await {
        Ok(response) => response,
        Err(exception) => exception.into_response(),
    }
}

async fn answered(app: App, request: Request) -> Result<Response, Exception> {
    let (parts, body) = request.into_parts();
    let action = action(&parts)?;
    Span::current().record("action", action.name());
    let (caller, region, body) = authenticate(&app, action, &parts, body).await?;
    if let Some(key) = caller.key {
        Span::current().record("key", key.0);
    }
    let record = parts.extensions.get::<Record>().cloned().unwrap_or_default();
    record.of(&caller, action.operation());
    let _place = app.admission.admit(&caller).map_err(refused)?;
    // What AWS accepts twice within its time, is accepted twice here: no signature is remembered.
    app.admission.charge(&caller, &record, None).await.map_err(refused)?;
    let scope = Scope::new(app.collections.rules(), caller.tenant, &caller.rules, caller.limits.persons_max);
    actions::run(action, Call { app, scope, region, body }).await
}

fn action(parts: &Parts) -> Result<Action, Exception> {
    let target = parts.headers.get(TARGET).and_then(|value| value.to_str().ok());
    let is_call = parts.method == Method::POST && parts.uri.path() == "/" && body::is_declared(&parts.headers);
    let action = target.and_then(Action::of_target).filter(|_| is_call);
    action.ok_or_else(|| Exception::new(Kind::UnknownOperationException, "This service has no such operation."))
}

/// Who calls, in which region, with which body: the signature is of all of it.
async fn authenticate(
    app: &App,
    action: Action,
    parts: &Parts,
    body: Body,
) -> Result<(Caller, String, Zeroizing<Vec<u8>>), Exception> {
    // Before the body is read: whoever has no key here is not waited for.
    let access_key = {
        let headers = pairs(&parts.headers);
        let claim =
            Claim::read(&request(parts, &headers), SERVICE, app.admission.now()).map_err(|fault| faulty(&fault))?;
        claim.access_key().to_owned()
    };
    check_known(app, action, access_key).await?;
    if action.images() > 0 {
        // Also before: under overload, what the refused cost is taken from those who are served. Whose call it is has not been
        // proven, so that it is in nobody's request log.
        app.collections.admits().map_err(|error| Exception::of(error.into(), ""))?;
    }
    let body = body::read(body, app.settings.body_bytes_max(action.images())).await?;
    let (shared, parts) = (app.clone(), parts.clone());
    // Hashing megabytes takes milliseconds, and the database may have to wait for the disk.
    let work = move || {
        let headers = pairs(&parts.headers);
        let (request, now) = (request(&parts, &headers), shared.admission.now());
        let claim = Claim::read(&request, SERVICE, now).map_err(|fault| faulty(&fault))?;
        let signed = claim.signed(&request, &body).map_err(|fault| faulty(&fault))?;
        let mut fits = None;
        let verify = |secret: &[u8]| *fits.insert(signed.fits(secret));
        let (address, permission) = (address(&parts, &shared), action.operation().permission());
        let caller = shared.accounts.authenticate_access(claim.access_key(), verify, permission, address, now);
        match caller {
            Ok(caller) => Ok((caller, claim.region().to_owned(), body)),
            // The key is there, and the signature is another's.
            Err(AuthenticationError::Unknown) if fits == Some(false) => Err(mismatch()),
            Err(error) => Err(denied(error, action)),
        }
    };
    let done = app.admission.compute(work).await;
    done.map_err(|error| Exception::internal(format!("authentication: {error}")))?
}

/// Refuses an access key that there is not.
async fn check_known(app: &App, action: Action, access_key: String) -> Result<(), Exception> {
    let app = app.clone();
    let lookup = move || {
        let (mut is_known, permission) = (false, action.operation().permission());
        // No signature fits yet: it is only asked whether there is a secret to hold one against.
        let verify = |_: &[u8]| {
            is_known = true;
            false
        };
        let answer = app.accounts.authenticate_access(&access_key, verify, permission, None, app.admission.now());
        match answer {
            Err(error) if !is_known => Err(denied(error, action)),
            Err(_) | Ok(_) => Ok(()),
        }
    };
    let done = tokio::task::spawn_blocking(lookup).await;
    done.map_err(|error| Exception::internal(format!("authentication: {error}")))?
}

/// A signature that does not fit.
fn mismatch() -> Exception {
    Exception::new(
        Kind::InvalidSignatureException,
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key \
         and signing method.",
    )
}

/// A signature that is refused before any secret is looked at.
fn faulty(fault: &Fault) -> Exception {
    let (kind, message) = match fault {
        Fault::Missing => (Kind::MissingAuthenticationTokenException, "Missing Authentication Token".to_owned()),
        Fault::Malformed(what) => (Kind::IncompleteSignatureException, malformed(*what).to_owned()),
        Fault::SessionToken => {
            let message =
                "The security token included in the request is invalid: there are no temporary credentials here.";
            (Kind::UnrecognizedClientException, message.to_owned())
        }
        Fault::Expired { signed, now, earliest } => {
            let message = format!("Signature expired: {signed} is now earlier than {earliest} ({now} - 5 min.)");
            (Kind::InvalidSignatureException, message)
        }
        Fault::NotYetCurrent { signed, now, latest } => {
            let message = format!("Signature not yet current: {signed} is still later than {latest} ({now} + 5 min.)");
            (Kind::InvalidSignatureException, message)
        }
        Fault::Scope(why) => (Kind::InvalidSignatureException, format!("The credential's scope is wrong: {why}.")),
        Fault::Unsigned => {
            let message =
                "'Host' and every 'X-Amz-' header must be there and be a 'SignedHeader' in the Authorization.";
            (Kind::InvalidSignatureException, message.to_owned())
        }
        Fault::Payload => {
            let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
            (Kind::InvalidSignatureException, message.to_owned())
        }
    };
    Exception::new(kind, message)
}

const fn malformed(what: Malformed) -> &'static str {
    match what {
        Malformed::Header => "The Authorization header cannot be read.",
        Malformed::Algorithm => "Only AWS4-HMAC-SHA256 is understood.",
        Malformed::Credential => "Authorization header requires one 'Credential' parameter with five parts.",
        Malformed::SignedHeaders => {
            "Authorization header requires one 'SignedHeaders' parameter, sorted and in lower case."
        }
        Malformed::Signature => "Authorization header requires one 'Signature' parameter of 64 hexadecimal digits.",
        Malformed::Date => "Authorization header requires existence of an 'X-Amz-Date' header as YYYYMMDDThhmmssZ.",
    }
}

fn denied(error: AuthenticationError, action: Action) -> Exception {
    let not_authorised = |why: &str| {
        let message = format!("The key is not authorized to perform: rekognition:{}: {why}", action.name());
        Exception::new(Kind::AccessDeniedException, message)
    };
    match error {
        AuthenticationError::Unknown | AuthenticationError::Disabled | AuthenticationError::Expired => {
            let message = "The security token included in the request is invalid.";
            Exception::new(Kind::UnrecognizedClientException, message)
        }
        AuthenticationError::Network => not_authorised("not from this address."),
        AuthenticationError::Suspended => not_authorised("the organisation is suspended."),
        AuthenticationError::NotPermitted => not_authorised("it has no such permission."),
        AuthenticationError::Sealed(error) => Exception::internal(format!("accounts: {error}")),
        AuthenticationError::Database(error) => Exception::internal(format!("accounts: {error}")),
    }
}

fn refused(refusal: Refusal) -> Exception {
    match refusal {
        Refusal::Rate { rate, .. } => {
            let message = format!("Provisioned rate exceeded: the plan allows {} requests a second.", rate.per_second);
            Exception::new(Kind::ProvisionedThroughputExceededException, message)
        }
        Refusal::InFlight { .. } => Exception::overloaded(),
        Refusal::Exhausted(exhausted) => {
            let message = format!("All {} requests of this month are used.", exhausted.limit);
            Exception::new(Kind::LimitExceededException, message)
        }
        // Of signatures that are remembered.
        Refusal::Replayed | Refusal::TooManySignatures { .. } => {
            Exception::internal("no signature was to be remembered")
        }
        Refusal::Unavailable(why) => Exception::internal(why),
    }
}

/// Where the call comes from: the connection's address, or what the trusted proxies in between say.
fn address(parts: &Parts, app: &App) -> Option<std::net::IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let forwarded = parts.headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    Some(client_address(peer.ip(), forwarded, &app.settings.trusted_proxies))
}

fn pairs(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

fn request<'a>(parts: &'a Parts, headers: &'a [(&'a str, &'a [u8])]) -> sigv4::Request<'a> {
    let (method, path, query) = (parts.method.as_str(), parts.uri.path(), parts.uri.query().unwrap_or_default());
    sigv4::Request { method, path, query, headers }
}

/// An answer that is one.
pub(crate) fn success(shape: &impl Serialize) -> Result<Response, Exception> {
    let body = serde_json::to_vec(shape).map_err(|error| Exception::internal(format!("answer: {error}")))?;
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    Ok(response)
}
