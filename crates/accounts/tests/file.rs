//! The file: shared, damaged, foreign, too new, private.

use std::fs;
use std::path::Path;

use accounts::{Accounts, Actor, AuthenticationError, FILE_NAME, Networks, NewKey, OpenFault, Permission, Permissions};
use biometric::{TenantId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_600_000_000_000);

const BY: Actor = Actor::system();

fn wish() -> NewKey {
    let (name, tenant, permissions) = ("gate".to_owned(), TenantId::OPERATOR, Permissions::ALL);
    NewKey { name, tenant, permissions, expires: None, networks: Networks::NONE }
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn open_fault(dir: &Path) -> OpenFault {
    let error = Accounts::open(dir).err().expect("refused");
    assert!(error.to_string().contains(FILE_NAME), "the file is named: {error}");
    error.fault
}

#[test]
fn what_one_handle_changes_the_other_sees_at_once() {
    let dir = directory();
    let (server, command_line) =
        (Accounts::open(dir.path()).expect("opens"), Accounts::open(dir.path()).expect("opens"));
    let (key, secret) = command_line.create_key(wish(), &BY, NOW).expect("created");
    assert!(server.authenticate(secret.reveal(), Permission::Read, None, NOW).is_ok());
    command_line.disable_key(None, key.id, &BY, NOW).expect("disabled");
    let refused = server.authenticate(secret.reveal(), Permission::Read, None, NOW);
    assert!(matches!(refused, Err(AuthenticationError::Disabled)));
}

#[test]
fn keys_are_recognised_while_another_connection_is_writing() {
    let dir = directory();
    let accounts = Accounts::open(dir.path()).expect("opens");
    let (_, secret) = accounts.create_key(wish(), &BY, NOW).expect("created");
    let writer = rusqlite::Connection::open(dir.path().join(FILE_NAME)).expect("opens");
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE api_key SET disabled = 1;").expect("writing");
    assert!(accounts.authenticate(secret.reveal(), Permission::Read, None, NOW).is_ok());
    writer.execute_batch("COMMIT").expect("written");
    assert!(accounts.authenticate(secret.reveal(), Permission::Read, None, NOW).is_err());
}

#[test]
fn keys_survive_reopening() {
    let dir = directory();
    let made = Accounts::open(dir.path()).expect("opens").create_key(wish(), &BY, NOW).expect("created");
    let accounts = Accounts::open(dir.path()).expect("opens again");
    assert_eq!(accounts.keys().expect("listed"), [made.0]);
    assert!(accounts.authenticate(made.1.reveal(), Permission::Read, None, NOW).is_ok());
}

#[test]
fn many_may_make_the_file_at_once() {
    for _ in 0..10 {
        let dir = directory();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    Accounts::open(dir.path()).expect("opens").create_key(wish(), &BY, NOW).expect("created")
                });
            }
        });
        assert_eq!(Accounts::open(dir.path()).expect("opens").keys().expect("listed").len(), 8);
    }
}

#[test]
fn garbage_is_damaged_and_left_alone() {
    let dir = directory();
    let garbage = vec![b'x'; 8192];
    fs::write(dir.path().join(FILE_NAME), &garbage).expect("written");
    assert!(matches!(open_fault(dir.path()), OpenFault::Damaged(_)));
    assert_eq!(fs::read(dir.path().join(FILE_NAME)).expect("readable"), garbage);
}

#[test]
fn damage_to_any_page_shows_when_it_is_opened() {
    let dir = directory();
    let path = dir.path().join(FILE_NAME);
    let accounts = Accounts::open(dir.path()).expect("opens");
    for _ in 0..100 {
        accounts.create_key(wish(), &BY, NOW).expect("created");
    }
    // Closing the only handle brings everything into the main file.
    drop(accounts);
    let sound = fs::read(&path).expect("readable");
    for page in 0..sound.len() / 4096 {
        let mut damaged = sound.clone();
        damaged[page * 4096..][..4096].fill(0xFF);
        fs::write(&path, damaged).expect("written");
        let fault = open_fault(dir.path());
        assert!(matches!(fault, OpenFault::Damaged(_)), "page {page}: {fault}");
    }
}

#[test]
fn a_newer_schema_is_refused_with_both_numbers() {
    let dir = directory();
    drop(Accounts::open(dir.path()).expect("opens"));
    let newer = rusqlite::Connection::open(dir.path().join(FILE_NAME)).expect("opens");
    newer.execute_batch("PRAGMA user_version = 999").expect("written");
    assert!(matches!(open_fault(dir.path()), OpenFault::NewerSchema { found: 999, known: 3 }));
}

#[test]
fn another_programs_database_is_refused_and_gets_no_tables() {
    for sql in ["CREATE TABLE theirs (x)", "PRAGMA application_id = 5", "PRAGMA user_version = 1"] {
        let dir = directory();
        let theirs = rusqlite::Connection::open(dir.path().join(FILE_NAME)).expect("opens");
        theirs.execute_batch(sql).expect("written");
        assert!(matches!(open_fault(dir.path()), OpenFault::Foreign), "{sql}");
        let journal: String = theirs.query_row("PRAGMA journal_mode", (), |row| row.get(0)).expect("readable");
        assert_eq!(journal, "delete", "not even the journal is changed");
        let ours: i64 = theirs
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'api_key'", (), |row| row.get(0))
            .expect("readable");
        assert_eq!(ours, 0);
    }
}

#[test]
fn a_missing_directory_is_said() {
    let dir = directory();
    assert!(matches!(open_fault(&dir.path().join("none")), OpenFault::File(_)));
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_any_of_its_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = directory();
    let accounts = Accounts::open(dir.path()).expect("opens");
    accounts.create_key(wish(), &BY, NOW).expect("created");
    let modes = || {
        let entries = fs::read_dir(dir.path()).expect("readable").map(|entry| entry.expect("an entry"));
        entries.map(|entry| entry.metadata().expect("known").permissions().mode() & 0o777).collect::<Vec<_>>()
    };
    assert!(modes().len() >= 2 && modes().iter().all(|mode| *mode == 0o600), "{:?}", modes());
    drop(accounts);
    fs::set_permissions(dir.path().join(FILE_NAME), fs::Permissions::from_mode(0o644)).expect("loosened");
    let _accounts = Accounts::open(dir.path()).expect("opens");
    assert!(modes().iter().all(|mode| *mode == 0o600), "{:?}", modes());
}
