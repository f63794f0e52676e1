//! Secrets in the database that are kept to be read again: sealed under the master key.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};
use signing::Vault;
use zeroize::Zeroizing;

use crate::{KeyId, OpenFault, UserId};

/// What the proof is sealed for, and what it says.
const PROOF: (&str, &[u8]) = ("the master key of these accounts", b"right");

/// What a secret is for: what is sealed for one opens for no other.
pub(crate) enum Purpose<'a> {
    /// The shared key of a client, by its API key.
    SharedKey(KeyId),
    /// The private half of a server's pair, by its public half's fingerprint.
    ServerKey(&'a str),
    /// The secret of an access key, by its id.
    AccessKey(&'a str),
    /// The secret of an authenticator app, by its user.
    SecondFactor(UserId),
}

impl Purpose<'_> {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::SharedKey(key) => format!("shared key of API key {key}"),
            Self::ServerKey(fingerprint) => format!("private half of server key {fingerprint}"),
            Self::AccessKey(id) => format!("secret of access key {id}"),
            Self::SecondFactor(user) => format!("second factor of user {}", user.0),
        }
    }
}

/// The vault under the master key in the file. A new database makes the file; one that has sealed something does not, for
/// another key opens nothing.
pub(crate) fn vault(connection: &mut Connection, master_key: &Path) -> Result<Vault, OpenFault> {
    let has_proof: bool = connection.query_row("SELECT EXISTS (SELECT 1 FROM vault)", (), |row| row.get(0))?;
    let path = || master_key.to_owned();
    let vault = match has_proof {
        true => Vault::read(master_key)?.ok_or_else(|| OpenFault::MasterKeyMissing { path: path() })?,
        false => Vault::read_or_make(master_key)?,
    };
    if !has_proof {
        let proof = vault.seal(PROOF.0, PROOF.1)?;
        // Of several processes that open a new database at once, the first one's proof stays: they have one key.
        connection.execute("INSERT INTO vault (id, proof) VALUES (1, ?) ON CONFLICT DO NOTHING", (proof.0,))?;
    }
    let proof: Vec<u8> = connection.query_row("SELECT proof FROM vault", (), |row| row.get(0))?;
    match vault.open(PROOF.0, &proof) {
        Ok(_) => Ok(vault),
        Err(_) => Err(OpenFault::MasterKeyWrong { path: path() }),
    }
}

/// Seals the second factors that an earlier version kept in clear. The places where they stood are overwritten.
pub(crate) fn seal_second_factors(connection: &mut Connection, vault: &Vault) -> Result<(), OpenFault> {
    const ANY: &str = "SELECT id, totp_secret FROM user WHERE totp_secret IS NOT NULL LIMIT 1";
    let one = |connection: &Connection| {
        let read = |row: &rusqlite::Row<'_>| Ok((UserId(row.get(0)?), Zeroizing::new(row.get::<_, Vec<u8>>(1)?)));
        connection.query_row(ANY, (), read).optional()
    };
    if one(connection)?.is_none() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    while let Some((user, secret)) = one(&transaction)? {
        let sealed = vault.seal(&Purpose::SecondFactor(user).text(), &secret)?;
        transaction.execute("UPDATE user SET totp_secret = NULL, totp_sealed = ? WHERE id = ?", (sealed.0, user.0))?;
    }
    transaction.commit()?;
    // The write-ahead log, and what SQLite moved within its pages, may still hold them. Where another process that writes keeps
    // that from being mended now, it is no reason not to open: the rows themselves are overwritten.
    drop(connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);"));
    Ok(())
}
