//! `auther key`: API keys.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::process::ExitCode;

use accounts::{Accounts, Actor, Key as Kept, KeyId, NewKey, Permissions, Secret};
use biometric::{TenantId, Timestamp};
use serde::Serialize;

use super::missing::{Asked, found};
use crate::assembly::{Assembly, now};
use crate::cli::Key;
use crate::failure::Outcome;
use crate::output::{note, print, time};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyShown {
    /// Only when the key was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<String>,
    id: i64,
    organisation: i64,
    name: String,
    prefix: String,
    permissions: Vec<&'static str>,
    networks: String,
    created: String,
    expires: Option<String>,
    disabled: Option<String>,
    /// The number of the key that took its place.
    rotated: Option<i64>,
    /// When it last opened anything.
    used: Option<String>,
}

impl KeyShown {
    fn new(key: Kept, secret: Option<&Secret>, used: Option<Timestamp>) -> Self {
        Self {
            api_key: secret.map(|secret| secret.reveal().to_owned()),
            id: key.id.0,
            organisation: key.tenant.0,
            name: key.name,
            prefix: key.prefix,
            permissions: key.permissions.iter().map(accounts::Permission::word).collect(),
            networks: key.networks.to_string(),
            created: time(key.created),
            expires: key.expires.map(time),
            disabled: key.disabled.map(time),
            rotated: key.rotated.map(|by| by.0),
            used: used.map(time),
        }
    }

    fn line(&self) -> String {
        let state = match (&self.disabled, &self.expires) {
            (Some(at), _) => format!("disabled {at}"),
            (None, Some(at)) => format!("until {at}"),
            (None, None) => "valid".into(),
        };
        let rotated = self.rotated.map(|by| format!(", replaced by {by}")).unwrap_or_default();
        let networks = match self.networks.as_str() {
            "" => "everywhere",
            networks => networks,
        };
        let used = self.used.as_ref().map_or("unused".into(), |at| format!("used {at}"));
        format!(
            "{:>4}  {}...  organisation {}  {}  {}  from {networks}  {state}{rotated}  {used}  {}",
            self.id,
            self.prefix,
            self.organisation,
            self.created,
            self.permissions.join(","),
            self.name
        )
    }
}

pub(super) fn run(assembly: &Assembly, command: Key, json: bool) -> Outcome {
    let accounts = assembly.accounts()?;
    let by = Actor::command_line();
    match command {
        Key::Create { name, permissions, expires, organisation, networks } => {
            let tenant = organisation.unwrap_or(TenantId::OPERATOR);
            let permissions = permissions.unwrap_or(Permissions::ALL);
            let expires = expires.map(|at| Timestamp::from_millis(at.as_millisecond()));
            let new = NewKey { name, tenant, permissions, expires, networks: networks.unwrap_or_default() };
            let asked = Asked { organisation: Some(tenant.0), ..Asked::default() };
            let made = found(accounts.create_key(new, &by, now()), asked, json)?;
            let Some((key, secret)) = made else { return Ok(super::answer(false)) };
            reveal(key, &secret, json)
        }
        Key::List { organisation } => list(assembly, &accounts, organisation, json),
        Key::Rotate { id, overlap } => {
            let asked = Asked { key: Some(id), ..Asked::default() };
            let rotated = owner(&accounts, KeyId(id))
                .and_then(|organisation| accounts.rotate_key(organisation, KeyId(id), overlap, &by, now()));
            let Some((key, secret)) = found(rotated, asked, json)? else { return Ok(super::answer(false)) };
            reveal(key, &secret, json)
        }
        Key::Disable { id } => {
            let asked = Asked { key: Some(id), ..Asked::default() };
            let disabled = found(accounts.disable_key(None, KeyId(id), &by, now()), asked, json)?;
            let Some(key) = disabled else { return Ok(super::answer(false)) };
            print(json, &KeyShown::new(key, None, None), KeyShown::line)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Whose key it is.
fn owner(accounts: &Accounts, id: KeyId) -> Result<TenantId, accounts::Error> {
    let key = accounts.keys()?.into_iter().find(|key| key.id == id);
    key.map(|key| key.tenant).ok_or(accounts::Error::NoSuchKey)
}

/// Prints a key that was just made.
fn reveal(key: Kept, secret: &Secret, json: bool) -> Outcome {
    if !json {
        note("This key is shown once and kept only as a hash; store it now.");
    }
    print(json, &KeyShown::new(key, Some(secret), None), |shown| shown.api_key.clone().unwrap_or_default())?;
    Ok(ExitCode::SUCCESS)
}

fn list(assembly: &Assembly, accounts: &Accounts, organisation: Option<TenantId>, json: bool) -> Outcome {
    let usage = assembly.usage()?;
    let mut used: HashMap<TenantId, HashMap<KeyId, Timestamp>> = HashMap::new();
    let mut shown = Vec::new();
    let keys = accounts.keys()?.into_iter();
    for key in keys.filter(|key| organisation.is_none_or(|organisation| key.tenant == organisation)) {
        let used = match used.entry(key.tenant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(usage.last_used(key.tenant)?),
        };
        let at = used.get(&key.id).copied();
        shown.push(KeyShown::new(key, None, at));
    }
    print(json, &shown, |keys| keys.iter().map(KeyShown::line).collect::<Vec<_>>().join("\n"))?;
    Ok(ExitCode::SUCCESS)
}
