//! An SQLite file of this crate: private to its owner, recognised before it is touched, brought to the newest schema.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::OpenFault;

/// How long to wait for another process that is writing, in milliseconds. Writes here are short, so this is never
/// reached in health; with it reached, a request fails rather than hangs.
const BUSY_MS_MAX: u64 = 5_000;

/// The tables of a file and their history.
pub(crate) struct Schema {
    /// Marks the file as ours, so that a wrong path does not get our tables.
    pub(crate) application_id: i64,
    /// What leads from each schema version to the next: entry 0 makes version 1 of an empty file. Never edit an entry
    /// that was released; append.
    pub(crate) migrations: &'static [&'static str],
    /// Whether the file is so small that it is read through whenever it is opened: damage shows then, rather than as a
    /// row that is not found.
    pub(crate) read_through: bool,
}

/// Opens the file, and makes it if it is not there. How durable its commits are is the caller's to set.
pub(crate) fn open(path: &Path, schema: &Schema) -> Result<Connection, OpenFault> {
    make_private(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS_MAX))?;
    // A prepared statement is planned once. Without this the planner looks at what is bound, and plans anew for each other
    // value, which was most of what the look-up of a key took.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if schema.read_through {
        check_soundness(&connection)?;
    }
    // Before the first change: a file that is not for us stays as it is.
    schema.recognise(&mut connection)?;
    enter_wal(&connection)?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
    if schema.recognise(&mut connection)? < schema.newest() {
        schema.migrate(&mut connection)?;
    }
    Ok(connection)
}

fn check_soundness(connection: &Connection) -> Result<(), OpenFault> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(OpenFault::Damaged(verdict)),
    }
}

impl Schema {
    /// The schema version that this program writes.
    pub(crate) const fn newest(&self) -> usize {
        self.migrations.len()
    }

    /// Finds out which schema the file has; 0 when it is new. Reads only, and all of it from one moment: another process
    /// may be making the tables meanwhile, and half of what it does would look like somebody else's file.
    fn recognise(&self, connection: &mut Connection) -> Result<usize, OpenFault> {
        self.recognise_within(&connection.transaction_with_behavior(TransactionBehavior::Deferred)?)
    }

    /// The same, within a transaction that is open already.
    fn recognise_within(&self, connection: &Transaction<'_>) -> Result<usize, OpenFault> {
        let number = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, i64>(0));
        let (application, found) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
        let is_new = application == 0 && found == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0;
        if !is_new && application != self.application_id {
            return Err(OpenFault::Foreign);
        }
        match usize::try_from(found) {
            Ok(version) if version <= self.newest() => Ok(version),
            Ok(_) | Err(_) => Err(OpenFault::NewerSchema { found, known: self.newest() as i64 }),
        }
    }

    /// Brings the file to the newest schema.
    ///
    /// One transaction that writes from its beginning: of two processes that open a new file at once, the second waits
    /// and then finds the tables there.
    fn migrate(&self, connection: &mut Connection) -> Result<(), OpenFault> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for migration in &self.migrations[self.recognise_within(&transaction)?..] {
            transaction.execute_batch(migration)?;
        }
        let (application, newest) = (self.application_id, self.newest());
        transaction
            .execute_batch(&format!("PRAGMA application_id = {application}; PRAGMA user_version = {newest};"))?;
        Ok(transaction.commit()?)
    }
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

/// Write-ahead logging: readers never wait for a writer in another process.
///
/// SQLite does not wait for its busy time-out when two processes make this change at once, so we do.
fn enter_wal(connection: &Connection) -> Result<(), OpenFault> {
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
