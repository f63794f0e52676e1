//! Access keys, for clients that sign as those of Amazon's services do: an id in clear, and a secret that both sides know.
//!
//! One belongs to an API key and is good for exactly what that is good for.

use std::net::IpAddr;

use biometric::{TenantId, Timestamp};
use rusqlite::{OptionalExtension as _, Row, params};
use zeroize::Zeroizing;

use crate::audit::{self, Act, Actor};
use crate::seal::Purpose;
use crate::secret::{TOKEN_CHARS, random_token};
use crate::{Accounts, AuthenticationError, Caller, Error, KeyId, Permission, keys};

/// How many are valid at once: the one in use, and the one that takes its place.
const ACCESS_KEYS_MAX: i64 = 2;

/// How the id begins, and how many characters follow: together the twenty that clients expect.
const ID_MARK: &str = "AUTH";
const ID_CHARS: usize = 16;

/// What is known of an access key; its secret is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id, as the client names it.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
}

impl Accounts {
    /// Makes an access key; the secret is to be shown now.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], [`Error::TooManyAccessKeys`], or when the database does not answer.
    pub fn create_access_key(
        &self,
        organisation: Option<TenantId>,
        key: KeyId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(AccessKey, Zeroizing<String>), Error> {
        let id = random_token(ID_MARK, ID_CHARS)?.to_ascii_uppercase();
        let secret = random_token("", TOKEN_CHARS)?;
        let sealed = self.vault.seal(&Purpose::AccessKey(&id).text(), secret.as_bytes())?;
        self.write(|transaction| {
            let known = keys::find(transaction, organisation, key)?;
            let mut count = transaction.prepare_cached("SELECT count(*) FROM access_key WHERE key = ?")?;
            if count.query_row((key.0,), |row| row.get::<_, i64>(0))? >= ACCESS_KEYS_MAX {
                return Err(Error::TooManyAccessKeys { max: ACCESS_KEYS_MAX as u32 });
            }
            let sql = "INSERT INTO access_key (id, key, secret, created) VALUES (?, ?, ?, ?)";
            transaction.prepare_cached(sql)?.execute(params![id, key.0, sealed.0, now.as_millis()])?;
            Ok(audit::write(transaction, known.tenant, by, Act::AccessKeyCreated, &known.name, &id, now)?)
        })?;
        Ok((AccessKey { id, created: now }, secret))
    }

    /// The access keys of a key, the oldest first.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], also when it is another organisation's; or when the database does not answer.
    pub fn access_keys(&self, organisation: Option<TenantId>, key: KeyId) -> Result<Vec<AccessKey>, Error> {
        let connection = self.connection();
        keys::find(&connection, organisation, key)?;
        let sql = "SELECT id, created FROM access_key WHERE key = ? ORDER BY created, id";
        let mut select = connection.prepare_cached(sql)?;
        let read = |row: &Row<'_>| Ok(AccessKey { id: row.get(0)?, created: Timestamp::from_millis(row.get(1)?) });
        Ok(select.query_map((key.0,), read)?.collect::<Result<_, _>>()?)
    }

    /// Removes an access key: it is unknown from now on.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], [`Error::NoSuchAccessKey`], or when the database does not answer.
    pub fn remove_access_key(
        &self,
        organisation: Option<TenantId>,
        key: KeyId,
        id: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.write(|transaction| {
            let known = keys::find(transaction, organisation, key)?;
            let sql = "DELETE FROM access_key WHERE id = ? AND key = ?";
            if transaction.prepare_cached(sql)?.execute((id, key.0))? == 0 {
                return Err(Error::NoSuchAccessKey);
            }
            Ok(audit::write(transaction, known.tenant, by, Act::AccessKeyRemoved, &known.name, id, now)?)
        })
    }

    /// Lets a call in whose signature was made with the secret of an access key: `verify` says so, given that secret. What
    /// holds for the API key that it belongs to holds for it.
    ///
    /// # Errors
    /// As [`Accounts::authenticate`]; [`AuthenticationError::Unknown`] also for a signature that is wrong.
    pub fn authenticate_access(
        &self,
        access_key_id: &str,
        verify: impl FnOnce(&[u8]) -> bool,
        permission: Permission,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Caller, AuthenticationError> {
        let connection = self.reader();
        let sql = "SELECT key, secret FROM access_key WHERE id = ?";
        let read = |row: &Row<'_>| Ok((KeyId(row.get(0)?), row.get::<_, Vec<u8>>(1)?));
        let known = connection.prepare_cached(sql)?.query_row((access_key_id,), read).optional()?;
        let (key, sealed) = known.ok_or(AuthenticationError::Unknown)?;
        let secret = self.vault.open(&Purpose::AccessKey(access_key_id).text(), &sealed)?;
        if !verify(&secret) {
            return Err(AuthenticationError::Unknown);
        }
        let found = keys::Presented::find(&connection, keys::By::Id(key))?.ok_or(AuthenticationError::Unknown)?;
        found.let_in(&connection, permission, address, now)
    }
}
