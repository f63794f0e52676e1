//! `auther signing`: signed requests.

use std::process::ExitCode;
use std::time::Duration;

use accounts::{Accounts, Actor, ClientKey, ClientKeyId, KeyId, ServerKey, Signing as Set};
use biometric::Timestamp;
use serde::Serialize;
use signing::Algorithm as Known;

use super::missing::{Asked, found};
use crate::assembly::{Assembly, now};
use crate::cli::{Algorithm, Signing};
use crate::failure::{Failure, Outcome};
use crate::output::{note, print, time};

/// The longest file that is read as a PEM: a key takes less than one kilobyte.
const PEM_BYTES_MAX: u64 = 64 << 10;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SigningShown {
    key: i64,
    /// `off`, or how.
    algorithm: &'static str,
    required: bool,
    length_prefixed: bool,
    client_keys: Vec<ClientKeyShown>,
    access_keys: Vec<AccessKeyShown>,
    /// Only when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_key: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientKeyShown {
    id: i64,
    algorithm: &'static str,
    fingerprint: Option<String>,
    created: String,
    /// Only when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<String>,
    /// Only when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_key: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccessKeyShown {
    access_key_id: String,
    created: String,
    /// Only when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_access_key: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServerKeyShown {
    name: String,
    fingerprint: String,
    public_key: String,
    created: String,
    begins: String,
    current: bool,
}

impl ClientKeyShown {
    fn new(key: ClientKey) -> Self {
        let ClientKey { id, algorithm, public_pem: _, fingerprint, created } = key;
        let (private_key, signing_key) = (None, None);
        Self { id: id.0, algorithm: algorithm.word(), fingerprint, created: time(created), private_key, signing_key }
    }

    fn line(&self) -> String {
        let fingerprint = self.fingerprint.as_deref().unwrap_or("shared");
        format!("{:>4}  {}  {}  {fingerprint}", self.id, self.created, self.algorithm)
    }
}

impl From<ServerKey> for ServerKeyShown {
    fn from(key: ServerKey) -> Self {
        let ServerKey { name, fingerprint, public_pem: public_key, created, begins, is_current: current } = key;
        Self { name, fingerprint, public_key, created: time(created), begins: time(begins), current }
    }
}

impl ServerKeyShown {
    /// What stands before a PEM is no part of it.
    fn text(&self) -> String {
        let current = if self.current { ", signs now" } else { "" };
        format!("# {} from {}{current}\n{}", self.name, self.begins, self.public_key.trim_end())
    }
}

pub(super) fn run(assembly: &Assembly, command: Signing, json: bool) -> Outcome {
    let accounts = assembly.accounts()?;
    let by = Actor::command_line();
    match command {
        Signing::Set { key, algorithm, required, length_prefixed } => {
            let set = |algorithm| Set { algorithm, is_required: required, is_length_prefixed: length_prefixed };
            let set = match algorithm {
                Algorithm::HashThenRsa => Some(set(Known::HashThenRsa)),
                Algorithm::HashOnly => Some(set(Known::HashOnly)),
                Algorithm::Off => None,
            };
            configure(&accounts, key, set, &by, json)
        }
        Signing::Show { key } => show(&accounts, key, None, json),
        Signing::Generate { key } => {
            let made = accounts.generate_client_key(None, KeyId(key), &by, now());
            let Some((made, secret)) = found(made, asked(key), json)? else { return Ok(super::answer(false)) };
            let text = Some(secret.reveal().to_owned());
            let shown = match made.algorithm {
                Known::HashThenRsa => ClientKeyShown { private_key: text, ..ClientKeyShown::new(made) },
                Known::HashOnly => ClientKeyShown { signing_key: text, ..ClientKeyShown::new(made) },
            };
            said_once("This is shown once; store it now.", json);
            print(json, &shown, |_| secret.reveal().trim_end().to_owned())?;
            Ok(ExitCode::SUCCESS)
        }
        Signing::Upload { key, file } => {
            let context = || Failure::context(file.display());
            if std::fs::metadata(&file).map_err(context())?.len() > PEM_BYTES_MAX {
                return Err(Failure::new(format!("{}: this is far too long for a public key in PEM", file.display())));
            }
            let pem = std::fs::read_to_string(&file).map_err(context())?;
            let taken = accounts.upload_client_key(None, KeyId(key), &pem, &by, now());
            let Some(taken) = found(taken, asked(key), json)? else { return Ok(super::answer(false)) };
            print(json, &ClientKeyShown::new(taken), ClientKeyShown::line)?;
            Ok(ExitCode::SUCCESS)
        }
        Signing::Remove { key, client_key } => {
            let removed = accounts.remove_client_key(None, KeyId(key), ClientKeyId(client_key), &by, now());
            finish(removed, key, &accounts, json)
        }
        Signing::ServerKeys => {
            let keys: Vec<_> = accounts.server_keys(now())?.into_iter().map(ServerKeyShown::from).collect();
            print(json, &keys, |keys| keys.iter().map(ServerKeyShown::text).collect::<Vec<_>>().join("\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Signing::RotateServerKey { begins_in } => {
            let made = accounts.rotate_server_key(later(now(), begins_in), &by, now())?;
            print(json, &ServerKeyShown::from(made), ServerKeyShown::text)?;
            Ok(ExitCode::SUCCESS)
        }
        Signing::AccessKey { key } => {
            let made = accounts.create_access_key(None, KeyId(key), &by, now());
            let Some((made, secret)) = found(made, asked(key), json)? else { return Ok(super::answer(false)) };
            let (access_key_id, secret_access_key) = (made.id, Some(secret.to_string()));
            let shown = AccessKeyShown { access_key_id, created: time(made.created), secret_access_key };
            said_once("This is shown once; store it now.", json);
            print(json, &shown, |shown| {
                format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}", shown.access_key_id, *secret)
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Signing::RemoveAccessKey { key, id } => {
            finish(accounts.remove_access_key(None, KeyId(key), &id, &by, now()), key, &accounts, json)
        }
    }
}

fn configure(accounts: &Accounts, key: i64, set: Option<Set>, by: &Actor, json: bool) -> Outcome {
    if found(accounts.set_signing(None, KeyId(key), set, by, now()), asked(key), json)?.is_none() {
        return Ok(super::answer(false));
    }
    let is_shared = |made: &ClientKey| made.algorithm == Known::HashOnly;
    let is_hash_only = set.is_some_and(|set| set.algorithm == Known::HashOnly);
    let secret = match is_hash_only && !accounts.client_keys(None, KeyId(key))?.iter().any(is_shared) {
        true => Some(accounts.generate_client_key(None, KeyId(key), by, now())?.1.reveal().to_owned()),
        false => None,
    };
    show(accounts, key, secret, json)
}

fn show(accounts: &Accounts, key: i64, signing_key: Option<String>, json: bool) -> Outcome {
    let known = accounts.keys()?.into_iter().find(|known| known.id == KeyId(key)).ok_or(accounts::Error::NoSuchKey);
    let Some(known) = found(known, asked(key), json)? else { return Ok(super::answer(false)) };
    let access = |key: accounts::AccessKey| AccessKeyShown {
        access_key_id: key.id,
        created: time(key.created),
        secret_access_key: None,
    };
    let shown = SigningShown {
        key,
        algorithm: known.signing.map_or("off", |set| set.algorithm.word()),
        required: known.signing.is_some_and(|set| set.is_required),
        length_prefixed: known.signing.is_some_and(|set| set.is_length_prefixed),
        client_keys: accounts.client_keys(None, KeyId(key))?.into_iter().map(ClientKeyShown::new).collect(),
        access_keys: accounts.access_keys(None, KeyId(key))?.into_iter().map(access).collect(),
        signing_key,
    };
    if shown.signing_key.is_some() {
        said_once("The signing key is shown once; store it now.", json);
    }
    print(json, &shown, SigningShown::text)?;
    Ok(ExitCode::SUCCESS)
}

impl SigningShown {
    fn text(&self) -> String {
        if let Some(signing_key) = &self.signing_key {
            return signing_key.clone();
        }
        let required = if self.required { ", required" } else { "" };
        let prefixed = if self.length_prefixed { ", length-prefixed only" } else { "" };
        let head = format!("key {}: {}{required}{prefixed}", self.key, self.algorithm);
        let access =
            self.access_keys.iter().map(|key| format!("      {}  access key {}", key.created, key.access_key_id));
        let lines = [head].into_iter().chain(self.client_keys.iter().map(ClientKeyShown::line)).chain(access);
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// After something was removed: what is left.
fn finish(removed: Result<(), accounts::Error>, key: i64, accounts: &Accounts, json: bool) -> Outcome {
    match found(removed, asked(key), json)? {
        Some(()) => show(accounts, key, None, json),
        None => Ok(super::answer(false)),
    }
}

fn said_once(what: &str, json: bool) {
    if !json {
        note(what);
    }
}

fn asked<'a>(key: i64) -> Asked<'a> {
    Asked { key: Some(key), ..Asked::default() }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}
