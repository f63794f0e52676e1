//! The server's own pairs, with which it signs its responses.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use biometric::{TenantId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use signing::{PrivateKey, PublicKey};

use crate::audit::{self, Act, Actor};
use crate::seal::Purpose;
use crate::{Accounts, Error};

/// How many characters of the fingerprint name a key on the wire: no two of one installation share them by chance.
const NAME_CHARS: usize = 16;

/// A pair of the server, as everybody may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerKey {
    /// What the header `Signature-Key` says: the beginning of the fingerprint.
    pub name: String,
    /// SHA-256 of the public half's DER, in hexadecimal.
    pub fingerprint: String,
    /// The public half as PEM.
    pub public_pem: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on responses are signed with it, until the next one begins.
    pub begins: Timestamp,
    /// Whether responses are signed with it now.
    pub is_current: bool,
}

/// Pairs that were opened already.
#[derive(Default)]
pub(crate) struct ServerKeys(Mutex<HashMap<i64, (String, Arc<PrivateKey>)>>);

impl Accounts {
    /// The server's pairs, the oldest first; the first one is made when somebody asks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn server_keys(&self, now: Timestamp) -> Result<Vec<ServerKey>, Error> {
        let current = self.current_server_key(now)?;
        let connection = self.connection();
        let mut select = connection.prepare_cached("SELECT id, public, created, begins FROM server_key ORDER BY id")?;
        let rows = select.query_map((), |row| Ok((row.get::<_, i64>("id")?, Public::read(row)?)))?;
        rows.map(|row| row.map_err(Error::from).and_then(|(id, public)| public.shown(id == current))).collect()
    }

    /// Makes the pair with which responses are signed from `begins` on. Its public half can be had at once, so that clients
    /// know both while one takes the other's place.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn rotate_server_key(&self, begins: Timestamp, by: &Actor, now: Timestamp) -> Result<ServerKey, Error> {
        // Without one there is nothing to take the place of.
        self.current_server_key(now)?;
        let pair = PrivateKey::generate()?;
        self.write(|transaction| {
            let name = insert(transaction, self, &pair, begins, now)?.1;
            audit::write(transaction, TenantId::OPERATOR, by, Act::ServerKeyRotated, &name, "", now)
                .map_err(Error::from)
        })?;
        let fingerprint = pair.public()?.fingerprint();
        let made = self.server_keys(now)?.into_iter().find(|key| key.fingerprint == fingerprint);
        made.ok_or(Error::Database(rusqlite::Error::QueryReturnedNoRows))
    }

    /// The pair that signs now, and its name on the wire.
    pub(crate) fn server_signer(&self, now: Timestamp) -> Result<(String, Arc<PrivateKey>), Error> {
        let current = self.current_server_key(now)?;
        let mut opened = self.server_keys.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, pair)) = opened.get(&current) {
            return Ok((name.clone(), Arc::clone(pair)));
        }
        let read = |row: &Row<'_>| Ok((Public::read(row)?, row.get::<_, Vec<u8>>("private")?));
        let sql = "SELECT public, created, begins, private FROM server_key WHERE id = ?";
        let (public, sealed) = self.reader().query_row(sql, (current,), read)?;
        let shown = public.shown(true)?;
        let der = self.vault.open(&Purpose::ServerKey(&shown.fingerprint).text(), &sealed)?;
        let pair = Arc::new(PrivateKey::from_der(der)?);
        opened.insert(current, (shown.name.clone(), Arc::clone(&pair)));
        Ok((shown.name, pair))
    }

    /// The number of the pair that signs now; made, if there is none.
    fn current_server_key(&self, now: Timestamp) -> Result<i64, Error> {
        if let Some(id) = current(&self.reader(), now)? {
            return Ok(id);
        }
        let pair = PrivateKey::generate()?;
        self.write(|transaction| match current(transaction, now)? {
            // Another process was faster.
            Some(id) => Ok(id),
            None => Ok(insert(transaction, self, &pair, now, now)?.0),
        })
    }
}

/// Of those that have begun the one that began last; of none that has, as after the clock went back, the first.
fn current(connection: &Connection, now: Timestamp) -> Result<Option<i64>, rusqlite::Error> {
    let sql =
        "SELECT id FROM server_key ORDER BY begins <= ?1 DESC, iif(begins <= ?1, -begins, begins), id DESC LIMIT 1";
    connection.prepare_cached(sql)?.query_row((now.as_millis(),), |row| row.get(0)).optional()
}

fn insert(
    transaction: &Transaction<'_>,
    accounts: &Accounts,
    pair: &PrivateKey,
    begins: Timestamp,
    now: Timestamp,
) -> Result<(i64, String), Error> {
    let public = pair.public()?;
    let fingerprint = public.fingerprint();
    let sealed = accounts.vault.seal(&Purpose::ServerKey(&fingerprint).text(), pair.to_der())?;
    let mut insert =
        transaction.prepare_cached("INSERT INTO server_key (public, private, created, begins) VALUES (?, ?, ?, ?)")?;
    let id = insert.insert(params![public.to_der(), sealed.0, now.as_millis(), begins.as_millis()])?;
    Ok((id, name(&fingerprint)))
}

fn name(fingerprint: &str) -> String {
    fingerprint.chars().take(NAME_CHARS).collect()
}

struct Public {
    der: Vec<u8>,
    created: Timestamp,
    begins: Timestamp,
}

impl Public {
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            der: row.get("public")?,
            created: Timestamp::from_millis(row.get("created")?),
            begins: Timestamp::from_millis(row.get("begins")?),
        })
    }

    fn shown(self, is_current: bool) -> Result<ServerKey, Error> {
        let public = PublicKey::from_der(&self.der)?;
        let fingerprint = public.fingerprint();
        let (created, begins) = (self.created, self.begins);
        Ok(ServerKey {
            name: name(&fingerprint),
            fingerprint,
            public_pem: public.to_pem(),
            created,
            begins,
            is_current,
        })
    }
}
