//! `auther key`: API keys of the operator's own tenant.

use std::process::ExitCode;

use accounts::{Accounts, Key as Kept, KeyId, NewKey, Permissions};
use biometric::{TenantId, Timestamp};
use serde::Serialize;

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
    name: String,
    prefix: String,
    permissions: Vec<&'static str>,
    created: String,
    expires: Option<String>,
    disabled: Option<String>,
}

impl KeyShown {
    fn new(key: Kept, api_key: Option<String>) -> Self {
        Self {
            api_key,
            id: key.id.0,
            name: key.name,
            prefix: key.prefix,
            permissions: key.permissions.iter().map(accounts::Permission::word).collect(),
            created: time(key.created),
            expires: key.expires.map(time),
            disabled: key.disabled.map(time),
        }
    }

    fn line(&self) -> String {
        let state = match (&self.disabled, &self.expires) {
            (Some(at), _) => format!("disabled {at}"),
            (None, Some(at)) => format!("until {at}"),
            (None, None) => "valid".into(),
        };
        let permissions = self.permissions.join(",");
        format!("{:>4}  {}...  {}  {permissions}  {state}  {}", self.id, self.prefix, self.created, self.name)
    }
}

pub(super) fn run(assembly: &Assembly, command: Key, json: bool) -> Outcome {
    assembly.make_data_folder()?;
    let accounts = Accounts::open(&assembly.settings.data)?;
    match command {
        Key::Create { name, permissions, expires } => {
            let permissions = permissions.unwrap_or(Permissions::ALL);
            let expires = expires.map(|at| Timestamp::from_millis(at.as_millisecond()));
            let new = NewKey { name, tenant: TenantId::OPERATOR, permissions, expires };
            let (key, secret) = accounts.create_key(new, now())?;
            let shown = KeyShown::new(key, Some(secret.reveal().to_string()));
            if !json {
                note("This key is shown once and kept only as a hash; store it now.");
            }
            print(json, &shown, |shown| shown.api_key.clone().unwrap_or_default())?;
        }
        Key::List => {
            let keys: Vec<_> = accounts.keys()?.into_iter().map(|key| KeyShown::new(key, None)).collect();
            print(json, &keys, |keys| keys.iter().map(KeyShown::line).collect::<Vec<_>>().join("\n"))?;
        }
        Key::Disable { id } => match accounts.disable_key(KeyId(id), now()) {
            Err(accounts::Error::NoSuchKey) => return no_such_key(id, json),
            disabled => print(json, &KeyShown::new(disabled?, None), KeyShown::line)?,
        },
    }
    Ok(ExitCode::SUCCESS)
}

fn no_such_key(id: i64, json: bool) -> Outcome {
    note(format_args!("auther: there is no key {id}; `auther key list` shows the numbers"));
    if json {
        print(true, &serde_json::json!({ "id": id, "found": false }), |_| String::new())?;
    }
    Ok(super::answer(false))
}
