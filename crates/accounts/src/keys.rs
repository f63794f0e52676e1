//! API keys in the database: made, listed, replaced, disabled and recognised.

use std::error::Error as StdError;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use biometric::{TenantId, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, Transaction, params};

use crate::audit::{self, Act, Actor};
use crate::client_key::Candidate;
use crate::secret::{self, Digest};
use crate::{
    Accounts, AuthenticationError, Caller, Error, Key, KeyId, Limits, Networks, NewKey, Permission, Permissions,
    Secret, Signing, client_key,
};

/// The most keys of one organisation that are valid at a time: far more than anybody needs, and no way to fill the disk
/// unnoticed.
const KEYS_MAX: u32 = 1_000;

/// What a key is read from, with how its requests are signed.
const KEYS: &str = "SELECT id, tenant, name, prefix, permissions, created, expires, disabled, networks, rotated,
    algorithm, is_required, is_length_prefixed FROM api_key LEFT JOIN signing ON signing.key = id";

impl Accounts {
    /// Makes a key; the secret is to be shown now, nobody can show it later.
    ///
    /// # Errors
    /// When the wish is no possible key, there is no such organisation, or the database does not answer.
    pub fn create_key(&self, new: NewKey, by: &Actor, now: Timestamp) -> Result<(Key, Secret), Error> {
        new.check(now)?;
        let secret = Secret::generate()?;
        self.write(|transaction| {
            let key = insert(transaction, new, &secret, now)?;
            let detail = format!("{} ({})", key.prefix, key.permissions);
            audit::write(transaction, key.tenant, by, Act::KeyCreated, &key.name, &detail, now)?;
            Ok((key, secret))
        })
    }

    /// All keys of all organisations, the oldest first, disabled ones too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn keys(&self) -> Result<Vec<Key>, Error> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(&format!("{KEYS} ORDER BY id"))?;
        Ok(select.query_map((), read_key)?.collect::<Result<_, _>>()?)
    }

    /// All keys of an organisation, the oldest first, disabled ones too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn keys_of(&self, organisation: TenantId) -> Result<Vec<Key>, Error> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(&format!("{KEYS} WHERE tenant = ? ORDER BY id"))?;
        Ok(select.query_map((organisation.0,), read_key)?.collect::<Result<_, _>>()?)
    }

    /// One key of an organisation.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], also when it is another organisation's; or when the database does not answer.
    pub fn key(&self, organisation: TenantId, id: KeyId) -> Result<Key, Error> {
        self.key_of(Some(organisation), id)
    }

    /// The same; `None`: anybody's.
    pub(crate) fn key_of(&self, organisation: Option<TenantId>, id: KeyId) -> Result<Key, Error> {
        find(&self.connection(), organisation, id)
    }

    /// Replaces a key by a new one that is good for the same, from the same networks and for as long, and whose requests are
    /// signed in the same way and with the same client keys; access keys stay with the old one. That stays
    /// valid for `overlap` more, so that nothing stands still while the new secret is brought to where it is used.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], also when it is another organisation's; [`Error::KeyEnded`]; or when the database does not
    /// answer.
    pub fn rotate_key(
        &self,
        organisation: TenantId,
        id: KeyId,
        overlap: Duration,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(Key, Secret), Error> {
        let secret = Secret::generate()?;
        let overlap_ms = i64::try_from(overlap.as_millis()).unwrap_or(i64::MAX);
        let overlap_ends = now.as_millis().saturating_add(overlap_ms);
        self.write(|transaction| {
            let old = find(transaction, Some(organisation), id)?;
            let has_expired = old.expires.is_some_and(|expires| expires <= now);
            if has_expired || old.disabled.is_some() || old.rotated.is_some() {
                return Err(Error::KeyEnded);
            }
            let Key { name, tenant, permissions, expires, networks, .. } = old.clone();
            let mut new = insert(transaction, NewKey { name, tenant, permissions, expires, networks }, &secret, now)?;
            client_key::inherit(transaction, &self.vault, &old, new.id, now)?;
            new.signing = old.signing;
            let old_expires = expires.map_or(overlap_ends, |expires| overlap_ends.min(expires.as_millis()));
            transaction.prepare_cached("UPDATE api_key SET expires = ?, rotated = ? WHERE id = ?")?.execute((
                old_expires,
                new.id.0,
                id.0,
            ))?;
            let detail = format!("{} → {}", old.prefix, new.prefix);
            audit::write(transaction, tenant, by, Act::KeyRotated, &new.name, &detail, now)?;
            Ok((new, secret))
        })
    }

    /// Disables a key from now on; `organisation` is whose it must be, `None`: anybody's. Disabling it again changes
    /// nothing: it stays disabled since the first time.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], also when it is another organisation's; or when the database does not answer.
    pub fn disable_key(
        &self,
        organisation: Option<TenantId>,
        id: KeyId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Key, Error> {
        self.write(|transaction| {
            let key = find(transaction, organisation, id)?;
            if key.disabled.is_some() {
                return Ok(key);
            }
            transaction
                .prepare_cached("UPDATE api_key SET disabled = ? WHERE id = ?")?
                .execute((now.as_millis(), id.0))?;
            audit::write(transaction, key.tenant, by, Act::KeyDisabled, &key.name, &key.prefix, now)?;
            Ok(Key { disabled: Some(now), ..key })
        })
    }

    /// Lets a call in: the presented text is the secret of a key that is valid now, used from an allowed address, and
    /// permits this.
    ///
    /// The key is found by the part of the secret that is public, then the whole is compared in constant time: how long
    /// a refusal takes tells nothing about the hidden part.
    ///
    /// # Errors
    /// [`AuthenticationError`], the first that holds. All but `Unknown` are told only to who knows the secret.
    pub fn authenticate(
        &self,
        presented: &str,
        permission: Permission,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Caller, AuthenticationError> {
        let prefix = secret::prefix(presented).ok_or(AuthenticationError::Unknown)?;
        let digest = Digest::of(presented);
        let connection = self.reader();
        let found = Presented::find(&connection, By::Prefix(prefix))?.ok_or(AuthenticationError::Unknown)?;
        if !found.digest.matches(&digest) {
            return Err(AuthenticationError::Unknown);
        }
        found.let_in(&connection, permission, address, now)
    }

    /// Which key a presented text is the secret of, valid or not, and how its requests are signed: for who must answer a
    /// request that was refused before its key was looked at. `None`: of none, or its requests are not signed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn signing_of(&self, presented: &str) -> Result<Option<(KeyId, Signing)>, Error> {
        let Some(prefix) = secret::prefix(presented) else { return Ok(None) };
        let Some(found) = Candidate::find(&self.reader(), prefix)? else { return Ok(None) };
        let is_right = Digest::from_stored(found.digest).matches(&Digest::of(presented));
        Ok(found.signing.filter(|_| is_right).map(|signing| (found.key, signing)))
    }

    /// Lets the console call for a user who is signed in: as a key of the organisation would, without one.
    ///
    /// # Errors
    /// [`Error::NoSuchOrganisation`], [`Error::Suspended`], or when the database does not answer.
    pub fn caller(&self, organisation: TenantId, permissions: Permissions) -> Result<Caller, Error> {
        let connection = self.reader();
        let standing = Standing::find(&connection, organisation)?.ok_or(Error::NoSuchOrganisation)?;
        match standing.is_suspended {
            true => Err(Error::Suspended),
            false => Ok(standing.caller(&connection, None, permissions)?),
        }
    }
}

fn insert(transaction: &Transaction<'_>, new: NewKey, secret: &Secret, now: Timestamp) -> Result<Key, Error> {
    let mut select = transaction.prepare_cached("SELECT erasing IS NOT NULL FROM organisation WHERE id = ?")?;
    // One that is being erased is as good as gone.
    if select.query_row((new.tenant.0,), |row| row.get(0)).optional()?.unwrap_or(true) {
        return Err(Error::NoSuchOrganisation);
    }
    let mut count = transaction.prepare_cached(
        "SELECT count(*) FROM api_key WHERE tenant = ? AND disabled IS NULL AND (expires IS NULL OR expires > ?)",
    )?;
    if count.query_row((new.tenant.0, now.as_millis()), |row| row.get::<_, i64>(0))? >= i64::from(KEYS_MAX) {
        return Err(Error::TooManyKeys { max: KEYS_MAX });
    }
    let prefix = secret::prefix(secret.reveal()).unwrap_or_default().to_owned();
    let mut insert = transaction.prepare_cached(
        "INSERT INTO api_key (tenant, name, prefix, digest, permissions, created, expires, networks)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let id = insert.insert(params![
        new.tenant.0,
        new.name,
        prefix,
        Digest::of(secret.reveal()).as_bytes(),
        new.permissions.to_string(),
        now.as_millis(),
        new.expires.map(Timestamp::as_millis),
        new.networks.to_string(),
    ])?;
    let NewKey { name, tenant, permissions, expires, networks } = new;
    let (id, created, disabled, rotated, signing) = (KeyId(id), now, None, None, None);
    Ok(Key { id, name, tenant, prefix, permissions, created, expires, disabled, networks, rotated, signing })
}

pub(crate) fn find(connection: &Connection, organisation: Option<TenantId>, id: KeyId) -> Result<Key, Error> {
    let mut select = connection.prepare_cached(&format!("{KEYS} WHERE id = ?1 AND (?2 IS NULL OR tenant = ?2)"))?;
    let key = select.query_row((id.0, organisation.map(|organisation| organisation.0)), read_key).optional()?;
    key.ok_or(Error::NoSuchKey)
}

fn read_key(row: &Row<'_>) -> Result<Key, rusqlite::Error> {
    Ok(Key {
        id: KeyId(row.get("id")?),
        tenant: TenantId(row.get("tenant")?),
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        permissions: parsed(row, "permissions")?,
        created: Timestamp::from_millis(row.get("created")?),
        expires: time(row, "expires")?,
        disabled: time(row, "disabled")?,
        networks: parsed(row, "networks")?,
        rotated: row.get::<_, Option<i64>>("rotated")?.map(KeyId),
        signing: Signing::read(row)?,
    })
}

fn time(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>, rusqlite::Error> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis))
}

/// A value that is kept as the text of it.
pub(crate) fn parsed<T>(row: &Row<'_>, column: &str) -> Result<T, rusqlite::Error>
where
    T: FromStr<Err: StdError + Send + Sync + 'static>,
{
    let index = row.as_ref().column_index(column)?;
    let text = row.get_ref(index)?.as_str()?;
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

/// What a key is looked up by.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    /// The part of its secret that is public.
    Prefix(&'a str),
    /// Its number.
    Id(KeyId),
}

/// The key that a presented secret may be of, and where its organisation stands.
pub(crate) struct Presented {
    id: KeyId,
    digest: Digest,
    permissions: Permissions,
    expires: Option<Timestamp>,
    is_disabled: bool,
    networks: Networks,
    signing: Option<Signing>,
    standing: Standing,
}

impl Presented {
    /// By the value of this column.
    fn select(column: &str) -> String {
        let (standing, signing) = (Standing::columns(), Signing::COLUMNS);
        format!(
            "SELECT key.id AS key_id, digest, permissions, expires, disabled IS NOT NULL AS is_disabled, networks,
                {signing}, {standing}
             FROM api_key AS key JOIN organisation ON organisation.id = key.tenant JOIN plan ON plan.id = plan
             LEFT JOIN signing ON signing.key = key.id WHERE {column} = ?"
        )
    }

    pub(crate) fn find(connection: &Connection, by: By<'_>) -> Result<Option<Self>, rusqlite::Error> {
        let (column, value): (_, &dyn ToSql) = match &by {
            By::Prefix(prefix) => ("prefix", prefix),
            By::Id(id) => ("key.id", &id.0),
        };
        let mut select = connection.prepare_cached(&Self::select(column))?;
        let read = |row: &Row<'_>| {
            Ok(Self {
                id: KeyId(row.get("key_id")?),
                digest: Digest::from_stored(row.get("digest")?),
                permissions: parsed(row, "permissions")?,
                expires: time(row, "expires")?,
                is_disabled: row.get("is_disabled")?,
                networks: parsed(row, "networks")?,
                signing: Signing::read(row)?,
                standing: Standing::read(row)?,
            })
        };
        select.query_row((value,), read).optional()
    }

    /// Lets whoever has proved to have the key in, if it is valid now, used from an allowed address, and permits this.
    pub(crate) fn let_in(
        self,
        connection: &Connection,
        permission: Permission,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Caller, AuthenticationError> {
        if self.is_disabled {
            return Err(AuthenticationError::Disabled);
        }
        if self.expires.is_some_and(|expires| expires <= now) {
            return Err(AuthenticationError::Expired);
        }
        if !self.networks.allow(address) {
            return Err(AuthenticationError::Network);
        }
        if self.standing.is_suspended {
            return Err(AuthenticationError::Suspended);
        }
        if !self.permissions.contains(permission) {
            return Err(AuthenticationError::NotPermitted);
        }
        let caller = self.standing.caller(connection, Some(self.id), self.permissions)?;
        Ok(Caller { signing: self.signing, ..caller })
    }
}

/// What an organisation may do at all.
struct Standing {
    organisation: TenantId,
    is_suspended: bool,
    limits: Limits,
}

impl Standing {
    /// The columns that it is read from, of the organisation and its plan.
    fn columns() -> String {
        let limits = Limits::COLUMNS;
        format!("organisation.id AS organisation, coalesce(suspended, erasing) IS NOT NULL AS is_suspended, {limits}")
    }

    fn find(connection: &Connection, organisation: TenantId) -> Result<Option<Self>, rusqlite::Error> {
        let columns = Self::columns();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {columns} FROM organisation JOIN plan ON plan.id = plan WHERE organisation.id = ?"
        ))?;
        select.query_row((organisation.0,), Self::read).optional()
    }

    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            organisation: TenantId(row.get("organisation")?),
            is_suspended: row.get("is_suspended")?,
            limits: Limits::read(row)?,
        })
    }

    /// Everything that a request needs to know of whose it is.
    fn caller(
        self,
        connection: &Connection,
        key: Option<KeyId>,
        permissions: Permissions,
    ) -> Result<Caller, rusqlite::Error> {
        let Self { organisation: tenant, is_suspended: _, limits } = self;
        let mut select =
            connection.prepare_cached("SELECT name, value FROM rule WHERE organisation = ? ORDER BY name")?;
        let rules = select.query_map((tenant.0,), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let rules = rules.collect::<Result<Arc<[_]>, _>>()?;
        Ok(Caller { key, tenant, limits, rules, permissions, charged: true, signing: None })
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn looking_up_another_key_plans_nothing_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::open(folder.path()).expect("open");
        let reader = accounts.reader();
        for prefix in ["one", "another", "a third"] {
            assert!(Presented::find(&reader, By::Prefix(prefix)).expect("read").is_none());
        }
        let select = reader.prepare_cached(&Presented::select("prefix")).expect("the same");
        assert_eq!(select.get_status(StatementStatus::RePrepare), 0);
        assert!(select.get_status(StatementStatus::Run) == 3, "it is the one that was run");
    }
}
