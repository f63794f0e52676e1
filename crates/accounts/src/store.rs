//! The database: opened, read, written.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use biometric::{TenantId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::secret::{self, Digest};
use crate::{AuthenticationError, Caller, Error, Key, KeyId, NewKey, OpenError, Permission, Secret, schema};

/// The file in the data directory.
pub const FILE_NAME: &str = "accounts.db";

/// How long to wait for another process that is writing. Writes here are a row at a time, so this is never reached in
/// health; with it reached, a request fails rather than hangs.
const BUSY_MS_MAX: u64 = 5_000;

const COLUMNS: &str = "id, tenant, name, prefix, permissions, created, expires, disabled";

/// The accounts of one installation. Calls block for as long as the disk takes: keep them off an asynchronous runtime's
/// own threads.
pub struct Accounts {
    connection: Mutex<Connection>,
}

impl Accounts {
    /// Opens the database in the data directory, and makes it if it is not there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(data_dir: &Path) -> Result<Self, OpenError> {
        let path = data_dir.join(FILE_NAME);
        make_private(&path)?;
        let mut connection = Connection::open(&path)?;
        connection.busy_timeout(Duration::from_millis(BUSY_MS_MAX))?;
        check_soundness(&connection)?;
        // Before the first change: a file that is not for us stays as it is.
        schema::recognise(&mut connection)?;
        enter_wal(&connection)?;
        // A key that was shown to its owner must survive a power cut, and a disabled one must stay disabled.
        connection
            .execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;")?;
        if schema::recognise(&mut connection)? < schema::NEWEST {
            schema::migrate(&mut connection)?;
        }
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Makes a key; the secret is to be shown now, nobody can show it later.
    ///
    /// # Errors
    /// When the wish is no possible key, or the database does not answer.
    pub fn create_key(&self, new: NewKey, now: Timestamp) -> Result<(Key, Secret), Error> {
        new.check(now)?;
        let secret = Secret::generate()?;
        let prefix = secret::prefix(secret.reveal()).unwrap_or_default().to_owned();
        let digest = Digest::of(secret.reveal());
        let connection = self.connection();
        let mut insert = connection.prepare_cached(
            "INSERT INTO api_key (tenant, name, prefix, digest, permissions, created, expires)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        let id = insert.insert(params![
            new.tenant.0,
            new.name,
            prefix,
            digest.as_bytes(),
            new.permissions.to_string(),
            now.as_millis(),
            new.expires.map(Timestamp::as_millis),
        ])?;
        let NewKey { name, tenant, permissions, expires } = new;
        let key = Key { id: KeyId(id), name, tenant, prefix, permissions, created: now, expires, disabled: None };
        Ok((key, secret))
    }

    /// All keys of all tenants, the oldest first, disabled ones too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn keys(&self) -> Result<Vec<Key>, Error> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM api_key ORDER BY id"))?;
        Ok(select.query_map((), read_key)?.collect::<Result<_, _>>()?)
    }

    /// Disables a key from now on. Disabling it again changes nothing: it stays disabled since the first time.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], or when the database does not answer.
    pub fn disable_key(&self, id: KeyId, now: Timestamp) -> Result<Key, Error> {
        let connection = self.connection();
        let mut update = connection.prepare_cached(&format!(
            "UPDATE api_key SET disabled = coalesce(disabled, ?) WHERE id = ? RETURNING {COLUMNS}"
        ))?;
        let mut changed = update.query_map((now.as_millis(), id.0), read_key)?;
        let key = changed.next().transpose()?.ok_or(Error::NoSuchKey)?;
        // The statement takes effect as a whole only when it has been run to its end.
        changed.for_each(drop);
        Ok(key)
    }

    /// Lets a call in: the presented text is the secret of a key that is valid now and permits this.
    ///
    /// The key is found by the part of the secret that is public, then the whole is compared in constant time: how long
    /// a refusal takes tells nothing about the hidden part.
    ///
    /// # Errors
    /// [`AuthenticationError`]. Whether a key is disabled, expired or not permitted is told only to who knows it.
    pub fn authenticate(
        &self,
        presented: &str,
        permission: Permission,
        now: Timestamp,
    ) -> Result<Caller, AuthenticationError> {
        let prefix = secret::prefix(presented).ok_or(AuthenticationError::Unknown)?;
        let (key, digest) = self.find(prefix)?.ok_or(AuthenticationError::Unknown)?;
        if !digest.matches(&Digest::of(presented)) {
            return Err(AuthenticationError::Unknown);
        }
        if key.disabled.is_some() {
            return Err(AuthenticationError::Disabled);
        }
        if key.expires.is_some_and(|expires| expires <= now) {
            return Err(AuthenticationError::Expired);
        }
        match key.permissions.contains(permission) {
            true => Ok(Caller { key: key.id, tenant: key.tenant }),
            false => Err(AuthenticationError::NotPermitted),
        }
    }

    fn find(&self, prefix: &str) -> Result<Option<(Key, Digest)>, rusqlite::Error> {
        let connection = self.connection();
        let mut select =
            connection.prepare_cached(&format!("SELECT {COLUMNS}, digest FROM api_key WHERE prefix = ?"))?;
        select.query_row((prefix,), |row| Ok((read_key(row)?, Digest::from_stored(row.get("digest")?)))).optional()
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no half-done work: every call here is a single statement.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_key(row: &Row<'_>) -> Result<Key, rusqlite::Error> {
    let permissions = |text: String| {
        let unreadable = |error| rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Text, error);
        text.parse().map_err(|error| unreadable(Box::<dyn std::error::Error + Send + Sync>::from(error)))
    };
    let time = |column: &str| row.get::<_, Option<i64>>(column).map(|millis| millis.map(Timestamp::from_millis));
    Ok(Key {
        id: KeyId(row.get("id")?),
        tenant: TenantId(row.get("tenant")?),
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        permissions: permissions(row.get("permissions")?)?,
        created: Timestamp::from_millis(row.get("created")?),
        expires: time("expires")?,
        disabled: time("disabled")?,
    })
}

/// Makes the file readable by its owner alone; SQLite gives its `-wal` and `-shm` the same mode.
fn make_private(path: &Path) -> Result<(), io::Error> {
    let mut options = fs::OpenOptions::new();
    // Only a file that is not there yet is opened: closing one takes away the locks that SQLite holds on it in the same
    // process.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => tighten(path),
        Err(error) => Err(error),
    }
}

/// Takes away what a backup tool or a careless copy may have granted to others.
#[cfg(unix)]
fn tighten(path: &Path) -> Result<(), io::Error> {
    use std::os::unix::fs::PermissionsExt as _;
    match fs::metadata(path)?.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => fs::set_permissions(path, fs::Permissions::from_mode(0o600)),
    }
}

#[cfg(not(unix))]
fn tighten(_: &Path) -> Result<(), io::Error> {
    Ok(())
}

/// The file is small, so it is read through at every start: damage shows now rather than as a key that is not found.
fn check_soundness(connection: &Connection) -> Result<(), OpenError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(OpenError::Damaged(verdict)),
    }
}

/// Write-ahead logging: readers never wait for a writer in another process.
///
/// SQLite does not wait for its busy time-out when two processes make this change at once, so we do.
fn enter_wal(connection: &Connection) -> Result<(), OpenError> {
    const TRY_MS: u64 = 20;
    let mut tries_left = BUSY_MS_MAX / TRY_MS;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get::<_, String>(0)) {
            Ok(_) => return Ok(()),
            Err(error) if tries_left > 0 && error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                tries_left -= 1;
                std::thread::sleep(Duration::from_millis(TRY_MS));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
