//! `/console/keys/{id}/signing`: how the requests of a key are signed, its client keys and its access keys.

use accounts::{AccessKey, ClientKey, ClientKeyId, ClientSecret, Error, Key, KeyId, Signing};
use askama::Template;
use axum::body::Body;
use axum::extract::RawPathParams;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use signing::Algorithm;
use zeroize::Zeroizing;

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::pages::number;
use crate::problems::Problems;
use crate::reply::{done, form_again, page};
use crate::visit::Signed;

/// The algorithms a key may be set to: word, label, what it is.
const ALGORITHMS: &[(&str, &str, &str)] = &[
    ("off", "Off", "Requests are not signed."),
    ("hash-then-rsa", "hash-then-RSA", "The client keeps a private key; we know its public half only."),
    (
        "hash-only",
        "hash-only",
        "Client and service share a key. Simpler, and as secret as the less careful of the two.",
    ),
];

/// What a signature covers: word, label, what it is.
const LINES: &[(&str, &str, &str)] = &[
    ("any", "Either line", "The plain one of the API’s description, or the length-prefixed one."),
    ("length-prefixed", "Length-prefixed only", "Covers the method and says where each part ends: the safer one."),
];

#[derive(Template)]
#[template(path = "key_signing.html")]
struct Page {
    frame: Frame,
    key: Key,
    algorithms: Vec<(&'static str, &'static str, &'static str, bool)>,
    lines: Vec<(&'static str, &'static str, &'static str, bool)>,
    is_required: bool,
    client_keys: Vec<ClientKey>,
    access_keys: Vec<AccessKey>,
    pem: String,
    problems: Problems,
}

impl Page {
    fn is_on(&self) -> bool {
        self.key.signing.is_some()
    }

    fn takes_public_keys(&self) -> bool {
        self.key.signing.is_some_and(|signing| signing.algorithm == Algorithm::HashThenRsa)
    }

    /// Whether requests are refused for want of a client key.
    fn is_locked(&self) -> bool {
        let of_algorithm = |signing: Signing| self.client_keys.iter().any(|key| key.algorithm == signing.algorithm);
        self.key.signing.is_some_and(|signing| signing.is_required && !of_algorithm(signing))
    }
}

/// What is secret, this once.
#[derive(Template)]
#[template(path = "key_secret.html")]
struct SecretPage {
    frame: Frame,
    key: Key,
    says: &'static str,
    secrets: Vec<(&'static str, &'static str, Zeroizing<String>)>,
}

pub(crate) async fn show(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    page(&build(&signed, id(&params)?, String::new(), Problems::default()).await?)
}

async fn build(signed: &Signed, id: KeyId, pem: String, problems: Problems) -> Result<Page, Fault> {
    let organisation = signed.organisation();
    let found = signed.console.blocking(move |parts| {
        let key = parts.accounts.key(organisation, id)?;
        let client_keys = parts.accounts.client_keys(Some(organisation), id)?;
        Ok::<_, Fault>((key, client_keys, parts.accounts.access_keys(Some(organisation), id)?))
    });
    let (key, client_keys, access_keys) = found.await??;
    let algorithm = key.signing.map_or("off", |signing| signing.algorithm.word());
    let line = if key.signing.is_some_and(|signing| signing.is_length_prefixed) { "length-prefixed" } else { "any" };
    let chosen = |rows: &[(&'static str, &'static str, &'static str)], word: &str| {
        rows.iter().map(|&(row, label, says)| (row, label, says, row == word)).collect()
    };
    Ok(Page {
        frame: signed.frame(format!("Signing: {}", key.name), Section::Keys),
        algorithms: chosen(ALGORITHMS, algorithm),
        lines: chosen(LINES, line),
        is_required: key.signing.is_some_and(|signing| signing.is_required),
        key,
        client_keys,
        access_keys,
        pem,
        problems,
    })
}

pub(crate) async fn set(signed: Signed, params: RawPathParams, form: Form) -> Result<Response, Fault> {
    let id = id(&params)?;
    let signing = match form.trimmed("algorithm") {
        "off" => None,
        word => Some(Signing {
            algorithm: word.parse().map_err(|_| Fault::Unreadable)?,
            is_required: !form.get("required").is_empty(),
            is_length_prefixed: form.trimmed("line") == "length-prefixed",
        }),
    };
    let (organisation, by, now) = (Some(signed.organisation()), signed.actor(), signed.now);
    signed.console.blocking(move |parts| parts.accounts.set_signing(organisation, id, signing, &by, now)).await??;
    Ok(done(&address(id), Done::SigningSet))
}

pub(crate) async fn generate(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let id = id(&params)?;
    let (organisation, by, now) = (signed.organisation(), signed.actor(), signed.now);
    let made = signed.console.blocking(move |parts| {
        let made = parts.accounts.generate_client_key(Some(organisation), id, &by, now)?;
        Ok::<_, Error>((made, parts.accounts.key(organisation, id)?))
    });
    let ((_, secret), key) = match made.await? {
        Ok(made) => made,
        Err(error @ (Error::SigningOff | Error::TooManyClientKeys { .. })) => {
            let problems = Problems::one("", error.to_string());
            return form_again(&build(&signed, id, String::new(), problems).await?);
        }
        Err(error) => return Err(error.into()),
    };
    let text = Zeroizing::new(secret.reveal().to_owned());
    let (says, row) = match secret {
        ClientSecret::PrivateKey(_) => (
            "Store it now. We keep its public half only; nobody can show it again.",
            ("Private key", "private-key", text),
        ),
        ClientSecret::SigningKey(_) => {
            ("Store it now. It lies sealed with us and is not shown again.", ("Signing key", "signing-key", text))
        }
    };
    page(&SecretPage { frame: signed.frame("Your new client key", Section::Keys), key, says, secrets: vec![row] })
}

pub(crate) async fn upload(signed: Signed, params: RawPathParams, form: Form) -> Result<Response, Fault> {
    let id = id(&params)?;
    let (organisation, by, now) = (Some(signed.organisation()), signed.actor(), signed.now);
    let pem = form.get("pem").to_owned();
    let text = pem.clone();
    let upload = move |parts: &crate::Parts| parts.accounts.upload_client_key(organisation, id, &text, &by, now);
    match signed.console.blocking(upload).await? {
        Ok(_) => Ok(done(&address(id), Done::ClientKeyAdded)),
        // What may be a private key does not come back in a page.
        Err(error @ Error::ClientKey(signing::KeyError::Private)) => {
            form_again(&build(&signed, id, String::new(), Problems::one("pem", error.to_string())).await?)
        }
        Err(
            error @ (Error::ClientKey(_)
            | Error::ClientKeyTaken
            | Error::SigningOff
            | Error::SigningShared
            | Error::TooManyClientKeys { .. }),
        ) => form_again(&build(&signed, id, pem, Problems::one("pem", error.to_string())).await?),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn remove(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let (id, client_key) = (id(&params)?, ClientKeyId(number(&params, "client_key")?));
    let (organisation, by, now) = (Some(signed.organisation()), signed.actor(), signed.now);
    let remove = move |parts: &crate::Parts| parts.accounts.remove_client_key(organisation, id, client_key, &by, now);
    signed.console.blocking(remove).await??;
    Ok(done(&address(id), Done::ClientKeyRemoved))
}

/// The public half of a client key, as a file.
pub(crate) async fn download(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let (id, client_key) = (id(&params)?, ClientKeyId(number(&params, "client_key")?));
    let organisation = Some(signed.organisation());
    let keys = signed.console.blocking(move |parts| parts.accounts.client_keys(organisation, id)).await??;
    let found = keys.into_iter().find(|key| key.id == client_key).ok_or(Fault::NotFound)?;
    pem_file(&format!("client-key-{}", client_key.0), found.public_pem.ok_or(Fault::NotFound)?)
}

/// The public halves of the server's pairs, by which clients verify answers.
pub(crate) async fn server_keys(signed: Signed) -> Result<Response, Fault> {
    let now = signed.now;
    let keys = signed.console.blocking(move |parts| parts.accounts.server_keys(now)).await??;
    let text = |key: accounts::ServerKey| {
        let current = if key.is_current { "signs now" } else { "does not sign now" };
        format!("# {}: from {}, {current}\n{}", key.name, crate::text::rfc3339(&key.begins), key.public_pem)
    };
    pem_file("auther-server-keys", keys.into_iter().map(text).collect())
}

fn pem_file(name: &str, text: String) -> Result<Response, Fault> {
    let mut response = Response::new(Body::from(text));
    let attachment = HeaderValue::try_from(format!("attachment; filename=\"{name}.pem\""));
    let attachment = attachment.map_err(|error| Fault::internal(error.to_string()))?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, attachment);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-pem-file"));
    Ok(response)
}

pub(crate) async fn create_access(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let id = id(&params)?;
    let (organisation, by, now) = (signed.organisation(), signed.actor(), signed.now);
    let made = signed.console.blocking(move |parts| {
        let made = parts.accounts.create_access_key(Some(organisation), id, &by, now)?;
        Ok::<_, Error>((made, parts.accounts.key(organisation, id)?))
    });
    match made.await? {
        Ok(((made, secret), key)) => page(&SecretPage {
            frame: signed.frame("Your new access key", Section::Keys),
            key,
            says: "Store it now. It lies sealed with us and is not shown again.",
            secrets: vec![
                ("Access key id", "access-key-id", Zeroizing::new(made.id)),
                ("Secret access key", "secret-access-key", secret),
            ],
        }),
        Err(error @ Error::TooManyAccessKeys { .. }) => {
            form_again(&build(&signed, id, String::new(), Problems::one("", error.to_string())).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn remove_access(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let id = id(&params)?;
    let access = params.iter().find(|(name, _)| *name == "access_key").map_or("", |(_, text)| text).to_owned();
    let (organisation, by, now) = (Some(signed.organisation()), signed.actor(), signed.now);
    let remove = move |parts: &crate::Parts| parts.accounts.remove_access_key(organisation, id, &access, &by, now);
    signed.console.blocking(remove).await??;
    Ok(done(&address(id), Done::AccessKeyRemoved))
}

pub(super) fn id(params: &RawPathParams) -> Result<KeyId, Fault> {
    Ok(KeyId(number(params, "id")?))
}

fn address(id: KeyId) -> String {
    format!("/console/keys/{id}/signing")
}
