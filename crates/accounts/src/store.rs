//! The database of accounts: opened and shared.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use signing::Vault;

use crate::password::Hasher;
use crate::server_key::ServerKeys;
use crate::{Error, OpenError, OpenFault, database, schema, seal};

/// The file in the data directory.
pub const FILE_NAME: &str = "accounts.db";

/// The file of the master key in the data directory, unless it lies elsewhere.
pub const MASTER_KEY_FILE_NAME: &str = "master.key";

/// The accounts of one installation. Calls block for as long as the disk takes: keep them off an asynchronous runtime's
/// own threads.
pub struct Accounts {
    connection: Mutex<Connection>,
    /// For what every request of the API asks: it must not wait for a commit that somebody's sign-in makes.
    reader: Mutex<Connection>,
    /// Passwords are hashed without holding the connection.
    pub(crate) hasher: Hasher,
    /// What opens the secrets that both sides have to know.
    pub(crate) vault: Vault,
    /// The server's own keys, opened once.
    pub(crate) server_keys: ServerKeys,
}

impl Accounts {
    /// Opens the database in the data directory, and makes it if it is not there; the master key lies beside it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(data_dir: &Path) -> Result<Self, OpenError> {
        Self::open_with(data_dir, &data_dir.join(MASTER_KEY_FILE_NAME))
    }

    /// The same with the master key in this file, which is made when the database is new and it is not there: on another
    /// disk than the database, a copy of the database alone opens no secret.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_with(data_dir: &Path, master_key: &Path) -> Result<Self, OpenError> {
        let path = data_dir.join(FILE_NAME);
        Self::open_file(&path, master_key).map_err(|fault| OpenError { path, fault })
    }

    fn open_file(path: &Path, master_key: &Path) -> Result<Self, OpenFault> {
        let mut connection = database::open(path, &schema::SCHEMA)?;
        // A key that was shown to its owner must survive a power cut, and a disabled one must stay disabled. What is
        // erased is overwritten.
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")?;
        let vault = seal::vault(&mut connection, master_key)?;
        seal::seal_second_factors(&mut connection, &vault)?;
        let reader = database::open(path, &schema::SCHEMA)?;
        reader.execute_batch("PRAGMA query_only = ON")?;
        let (connection, reader) = (Mutex::new(connection), Mutex::new(reader));
        Ok(Self { connection, reader, hasher: Hasher::new(), vault, server_keys: ServerKeys::default() })
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no half-done work: what belongs together is one transaction, and a panic rolls it
        // back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Only reads, and never waits for a writer; what was committed is seen.
    pub(crate) fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does several things as one, or none of them; nobody else writes meanwhile.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}
