//! `/console/keys/{id}/signing/debugger`: paste a request, and see the line, the hash and what differs.

use accounts::Key;
use askama::Template;
use axum::extract::RawPathParams;
use axum::response::Response;
use signing::{Diagnosis, Finding, Presented, RequestLine, Verifier, WindowError, diagnose};

use super::pasted::Pasted;
use super::signing::id;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::problems::Problems;
use crate::reply::{form_again, page};
use crate::visit::Signed;

#[derive(Template)]
#[template(path = "key_debugger.html")]
struct Page {
    frame: Frame,
    key: Key,
    base: String,
    request: String,
    problems: Problems,
    result: Option<Found>,
}

/// What was found out, for people.
struct Found {
    is_right: bool,
    says: Vec<String>,
    line: String,
    hash: String,
    signed_hash: Option<String>,
}

pub(crate) async fn show(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    page(&build(&signed, &params, String::new()).await?)
}

async fn build(signed: &Signed, params: &RawPathParams, request: String) -> Result<Page, Fault> {
    let (organisation, id) = (signed.organisation(), id(params)?);
    let key = signed.console.blocking(move |parts| parts.accounts.key(organisation, id)).await??;
    Ok(Page {
        frame: signed.frame("Signature debugger", Section::Keys),
        key,
        base: signed.console.settings().public_url.clone(),
        request,
        problems: Problems::default(),
        result: None,
    })
}

pub(crate) async fn look(signed: Signed, params: RawPathParams, form: Form) -> Result<Response, Fault> {
    let request = form.get("request").to_owned();
    let built = build(&signed, &params, request.clone()).await?;
    let complaint = |says: &str| Problems::one("request", says);
    let Some(signing) = built.key.signing else {
        return form_again(&Page { problems: complaint("Signing is off for this key."), ..built });
    };
    let pasted = match Pasted::parse(&request) {
        Ok(pasted) => pasted,
        Err(says) => return form_again(&Page { problems: complaint(says), ..built }),
    };
    let (key, now_ms) = (built.key.id, signed.now.as_millis());
    let result = signed.console.blocking(move |parts| {
        let verifiers = parts.accounts.verifiers(key, signing.algorithm)?;
        let verifiers: Vec<Verifier> = verifiers.into_iter().map(|(_, verifier)| verifier).collect();
        Ok::<_, Fault>(Found::of(&pasted, &parts.settings.public_url, &verifiers, now_ms))
    });
    page(&Page { result: Some(result.await??), ..built })
}

impl Found {
    fn of(pasted: &Pasted, base_url: &str, verifiers: &[Verifier], now_ms: i64) -> Self {
        let presented = Presented::parse(&pasted.signature, pasted.version.as_deref(), pasted.nonce.as_deref());
        let line = RequestLine {
            method: &pasted.method,
            base_url,
            uri: &pasted.uri,
            body: pasted.body.as_bytes(),
            timestamp: &pasted.timestamp,
            nonce: presented.as_ref().ok().and_then(|presented| presented.nonce),
        };
        let presented = presented.as_ref().map_err(|error| *error);
        let Diagnosis { line, hash, signed_hash, findings } = diagnose(&line, presented, verifiers, now_ms);
        let is_right = matches!(findings[..], [Finding::Fits { .. }]);
        let line = String::from_utf8_lossy(&line).into_owned();
        Self { is_right, says: findings.iter().map(says).collect(), line, hash, signed_hash }
    }
}

/// A finding in a sentence.
fn says(finding: &Finding) -> String {
    match finding {
        Finding::Fits { .. } => "The signature is right: it fits the line below.".to_owned(),
        Finding::NoKeys => "This key has no client key that the signature could fit.".to_owned(),
        Finding::Headers(error) => format!("{}.", crate::text::sentence(&error.to_string())),
        Finding::Timestamp(WindowError::Unreadable) => {
            "The header Timestamp is missing, or not milliseconds since 1970 in decimal digits.".to_owned()
        }
        Finding::Timestamp(WindowError::Outside { away_ms }) => {
            let side = if *away_ms < 0 { "old" } else { "in the future" };
            let seconds = away_ms.unsigned_abs() / 1_000;
            format!("By now the timestamp is {seconds} seconds {side}; 300 are allowed. Only a request that is sent now matters.")
        }
        Finding::Length { bytes, expected } => {
            format!("The signature has {bytes} bytes, and one of the client key has {expected}: another key or algorithm made it.")
        }
        Finding::Mistake(mistake) => mistake.says(),
        Finding::OtherLine { .. } => {
            "The client key made this signature, but of another line: compare yours with the one below, byte by byte.".to_owned()
        }
        Finding::OtherKey => {
            "No client key of this key made this signature of this line. Either another key made it, or the line differs."
                .to_owned()
        }
    }
}
