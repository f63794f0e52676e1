//! `/console/keys`: API keys: made (and shown once), replaced, revoked.

pub(crate) mod debugger;
mod pasted;
pub(crate) mod signing;

use std::collections::HashMap;
use std::time::Duration;

use accounts::{Error, Key, KeyId, Networks, NewKey, Permission, Permissions};
use askama::Template;
use axum::extract::RawPathParams;
use axum::response::Response;
use biometric::Timestamp;
use zeroize::Zeroizing;

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::pages::number;
use crate::problems::Problems;
use crate::reply::{done, form_again, page};
use crate::visit::Signed;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// For how long a key may be good: word, label, days.
const LIFETIMES: &[(&str, &str, Option<i64>)] = &[
    ("never", "Does not expire", None),
    ("30", "30 days", Some(30)),
    ("90", "90 days", Some(90)),
    ("365", "1 year", Some(365)),
];

/// For how long a replaced key stays valid beside the new one: word, label, hours.
const OVERLAPS: &[(&str, &str, u64)] =
    &[("24", "24 hours", 24), ("1", "1 hour", 1), ("168", "7 days", 7 * 24), ("0", "Not at all", 0)];

#[derive(Template)]
#[template(path = "keys.html")]
struct Page {
    frame: Frame,
    keys: Vec<Row>,
    form: NewForm,
    problems: Problems,
}

/// A key in the list.
struct Row {
    key: Key,
    state: State,
    last_used: Option<Timestamp>,
    ago: String,
    permissions: String,
    networks: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Valid,
    /// Another has taken its place; it ends soon.
    Replaced,
    Expired,
    Revoked,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Valid => "Valid",
            Self::Replaced => "Replaced",
            Self::Expired => "Expired",
            Self::Revoked => "Revoked",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Valid => "success",
            Self::Replaced => "warning",
            Self::Expired | Self::Revoked => "",
        }
    }
}

impl Row {
    fn of(key: Key, last_used: Option<Timestamp>, now: Timestamp) -> Self {
        let has_expired = key.expires.is_some_and(|expires| expires <= now);
        let state = match (key.disabled, has_expired, key.rotated) {
            (Some(_), ..) => State::Revoked,
            (None, true, _) => State::Expired,
            (None, false, Some(_)) => State::Replaced,
            (None, false, None) => State::Valid,
        };
        Self {
            state,
            ago: last_used.map_or("never".to_owned(), |used| crate::text::ago(&used, &now)),
            last_used,
            permissions: match key.permissions == Permissions::ALL {
                true => "everything".to_owned(),
                false => key.permissions.iter().map(Permission::word).collect::<Vec<_>>().join(", "),
            },
            networks: key.networks.to_string(),
            key,
        }
    }

    fn may_be_replaced(&self) -> bool {
        self.state == State::Valid
    }

    fn may_be_revoked(&self) -> bool {
        matches!(self.state, State::Valid | State::Replaced)
    }
}

/// The form for a new key, as it was filled in.
struct NewForm {
    name: String,
    permissions: Vec<(&'static str, &'static str, bool)>,
    lifetimes: Vec<(&'static str, &'static str, bool)>,
    networks: String,
}

impl NewForm {
    fn of(form: Option<&Form>) -> Self {
        let is_ticked = |word: &str| form.is_none_or(|form| form.all("permission").any(|ticked| ticked == word));
        let lifetime = form.map_or("never", |form| form.trimmed("lifetime"));
        let text = |name: &str| form.map_or(String::new(), |form| form.trimmed(name).to_owned());
        Self {
            name: text("name"),
            permissions: Permission::ALL.map(|p| (p.word(), meaning(p), is_ticked(p.word()))).to_vec(),
            lifetimes: LIFETIMES.iter().map(|&(word, label, _)| (word, label, word == lifetime)).collect(),
            networks: text("networks"),
        }
    }
}

/// What a permission is good for, in a line.
const fn meaning(permission: Permission) -> &'static str {
    match permission {
        Permission::Enrol => "Create persons, replace their images, check images",
        Permission::Read => "Ask whether a person is enrolled",
        Permission::Delete => "Remove persons",
        Permission::Identify => "Search a face among all persons (1:N)",
        Permission::Verify => "Compare a face with one person (1:1)",
        Permission::Compare => "Compare two images with each other",
    }
}

/// The secret, this once.
#[derive(Template)]
#[template(path = "key_created.html")]
struct SecretPage {
    frame: Frame,
    name: String,
    secret: Zeroizing<String>,
    /// Until when the key that it replaces stays valid.
    old_until: Option<Timestamp>,
    base: String,
}

#[derive(Template)]
#[template(path = "key_rotate.html")]
struct RotatePage {
    frame: Frame,
    key: Key,
    overlaps: &'static [(&'static str, &'static str, u64)],
}

#[derive(Template)]
#[template(path = "key_revoke.html")]
struct RevokePage {
    frame: Frame,
    key: Key,
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    page(&build(&signed, None, Problems::default()).await?)
}

async fn build(signed: &Signed, form: Option<&Form>, problems: Problems) -> Result<Page, Fault> {
    let (organisation, now) = (signed.organisation(), signed.now);
    let found = signed.console.blocking(move |parts| {
        Ok::<_, Fault>((parts.accounts.keys_of(organisation)?, parts.usage.last_used(organisation)?))
    });
    let (keys, used): (Vec<Key>, HashMap<KeyId, Timestamp>) = found.await??;
    let row = |key: Key| {
        let last_used = used.get(&key.id).copied();
        Row::of(key, last_used, now)
    };
    let mut keys: Vec<Row> = keys.into_iter().map(row).collect();
    // Those that are good for something first, the newest of them on top.
    keys.sort_by_key(|row| (!row.may_be_revoked(), std::cmp::Reverse(row.key.id)));
    Ok(Page { frame: signed.frame("API keys", Section::Keys), keys, form: NewForm::of(form), problems })
}

pub(crate) async fn create(signed: Signed, form: Form) -> Result<Response, Fault> {
    let mut problems = Problems::default();
    let Some(new) = wished(&signed, &form, &mut problems) else {
        return form_again(&build(&signed, Some(&form), problems).await?);
    };
    let (by, now, name) = (signed.actor(), signed.now, new.name.clone());
    match signed.console.blocking(move |parts| parts.accounts.create_key(new, &by, now)).await? {
        Ok((_, secret)) => page(&SecretPage {
            frame: signed.frame("Your new key", Section::Keys),
            name,
            secret: Zeroizing::new(secret.reveal().to_owned()),
            old_until: None,
            base: signed.console.settings().public_url.clone(),
        }),
        Err(error @ (Error::Name { .. } | Error::TooManyKeys { .. })) => {
            let problems = Problems::one("name", error.to_string());
            form_again(&build(&signed, Some(&form), problems).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The key that the form asks for; otherwise the complaints are there.
fn wished(signed: &Signed, form: &Form, problems: &mut Problems) -> Option<NewKey> {
    let name = form.trimmed("name").to_owned();
    if name.is_empty() {
        problems.add("name", "Give the key a name: what will use it.");
    }
    let ticked: Vec<Permission> =
        Permission::ALL.into_iter().filter(|p| form.all("permission").any(|word| word == p.word())).collect();
    let permissions = Permissions::of(&ticked).ok();
    if permissions.is_none() {
        problems.add("permission", "Tick at least one thing that the key may do.");
    }
    let lifetime = LIFETIMES.iter().find(|(word, ..)| *word == form.trimmed("lifetime"));
    if lifetime.is_none() {
        problems.add("lifetime", "Choose for how long the key is good.");
    }
    let networks = problems.take("networks", form.trimmed("networks").parse::<Networks>());
    let expires = lifetime?.2.map(|days| Timestamp::from_millis(signed.now.as_millis() + days * DAY_MS));
    let new = NewKey { name, tenant: signed.organisation(), permissions: permissions?, expires, networks: networks? };
    problems.is_empty().then_some(new)
}

pub(crate) async fn ask_rotate(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let key = find(&signed, &params).await?;
    page(&RotatePage { frame: signed.frame("Replace a key", Section::Keys), key, overlaps: OVERLAPS })
}

pub(crate) async fn rotate(signed: Signed, params: RawPathParams, form: Form) -> Result<Response, Fault> {
    let key = find(&signed, &params).await?;
    let overlap = OVERLAPS.iter().find(|(word, ..)| *word == form.trimmed("overlap")).ok_or(Fault::Unreadable)?;
    let overlap = Duration::from_secs(overlap.2 * 60 * 60);
    let (organisation, id, by, now) = (signed.organisation(), key.id, signed.actor(), signed.now);
    let rotated = signed.console.blocking(move |parts| {
        let made = parts.accounts.rotate_key(organisation, id, overlap, &by, now)?;
        Ok::<_, Error>((made, parts.accounts.key(organisation, id)?))
    });
    match rotated.await? {
        Ok(((key, secret), old)) => page(&SecretPage {
            frame: signed.frame("Your new key", Section::Keys),
            name: key.name,
            secret: Zeroizing::new(secret.reveal().to_owned()),
            old_until: old.expires,
            base: signed.console.settings().public_url.clone(),
        }),
        Err(error @ Error::KeyEnded) => {
            form_again(&build(&signed, None, Problems::one("", crate::text::sentence(&error.to_string()))).await?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn ask_revoke(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let key = find(&signed, &params).await?;
    page(&RevokePage { frame: signed.frame("Revoke a key", Section::Keys), key })
}

pub(crate) async fn revoke(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let id = KeyId(number(&params, "id")?);
    let (organisation, by, now) = (signed.organisation(), signed.actor(), signed.now);
    signed.console.blocking(move |parts| parts.accounts.disable_key(Some(organisation), id, &by, now)).await??;
    Ok(done("/console/keys", Done::KeyRevoked))
}

/// The key of the path, if it is the organisation's.
async fn find(signed: &Signed, params: &RawPathParams) -> Result<Key, Fault> {
    let (organisation, id) = (signed.organisation(), KeyId(number(params, "id")?));
    Ok(signed.console.blocking(move |parts| parts.accounts.key(organisation, id)).await??)
}
