//! The file from its first schema on, and between processes.

mod common;

use std::path::Path;

use accounts::{Accounts, Actor, Error, FILE_NAME, Permission, PlanId, Role};
use biometric::TenantId;
use common::{House, NOW, PASSWORD, by, new};
use sha2::{Digest as _, Sha256};

/// The first schema, as it was released.
const FIRST: &str = "
    CREATE TABLE api_key (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        tenant INTEGER NOT NULL,
        name TEXT NOT NULL,
        prefix TEXT NOT NULL UNIQUE,
        digest BLOB NOT NULL CHECK (length(digest) = 32),
        permissions TEXT NOT NULL,
        created INTEGER NOT NULL,
        expires INTEGER,
        disabled INTEGER
    ) STRICT;
    PRAGMA application_id = 0x41554143;
    PRAGMA user_version = 1;
";

/// Made by hand, as a released version would have made them.
const SECRETS: [(i64, &str); 2] = [
    (1, "ak_0123456789_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    (7, "ak_9876543210_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
];

fn first_schema(dir: &Path) {
    let file = rusqlite::Connection::open(dir.join(FILE_NAME)).expect("opens");
    file.execute_batch("PRAGMA journal_mode = WAL").expect("written");
    file.execute_batch(FIRST).expect("written");
    for (tenant, secret) in SECRETS {
        let digest: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let sql =
            "INSERT INTO api_key (tenant, name, prefix, digest, permissions, created) VALUES (?, 'gate', ?, ?, ?, ?)";
        let row = (tenant, &secret[..13], digest, "enrol,read,delete,identify,verify,compare", NOW.as_millis());
        file.execute(sql, row).expect("written");
    }
}

fn check_migrated(accounts: &Accounts) {
    for (tenant, secret) in SECRETS {
        for permission in Permission::ALL {
            let caller = accounts.authenticate(secret, permission, None, NOW).expect("let in");
            assert_eq!(caller.tenant, TenantId(tenant));
            assert_eq!(caller.limits, accounts::Limits::default(), "nothing that worked stops");
        }
    }
    let names: Vec<_> =
        accounts.organisations(None, 10).expect("listed").into_iter().map(|o| (o.id.0, o.name)).collect();
    assert_eq!(names, [(1, "Operator".to_owned()), (7, "Organisation 7".to_owned())]);
    assert!(accounts.keys().expect("listed").iter().all(|key| key.networks.is_empty() && key.rotated.is_none()));
}

#[test]
fn keys_of_the_first_schema_go_on_working() {
    let dir = tempfile::tempdir().expect("a directory");
    first_schema(dir.path());
    for _ in 0..2 {
        check_migrated(&Accounts::open(dir.path()).expect("opens"));
    }
    let accounts = Accounts::open(dir.path()).expect("opens");
    let next = accounts.create_organisation("A", PlanId::FREE, &Actor::command_line(), NOW).expect("made");
    assert_eq!(next.id, TenantId(8), "a number that no gallery has had");
}

#[test]
fn many_may_migrate_at_once() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().expect("a directory");
        first_schema(dir.path());
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| check_migrated(&Accounts::open(dir.path()).expect("opens")));
            }
        });
    }
}

#[test]
fn a_migration_that_comes_to_nothing_leaves_the_file_as_it_was() {
    let dir = tempfile::tempdir().expect("a directory");
    first_schema(dir.path());
    let file = rusqlite::Connection::open(dir.path().join(FILE_NAME)).expect("opens");
    // In the way of the migration's last steps.
    file.execute_batch("CREATE TABLE attempt (x)").expect("written");
    assert!(Accounts::open(dir.path()).is_err());
    let version: i64 = file.query_row("PRAGMA user_version", (), |row| row.get(0)).expect("read");
    let tables: i64 =
        file.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'user'", (), |row| row.get(0)).expect("read");
    assert_eq!((version, tables), (1, 0));
    file.execute_batch("DROP TABLE attempt").expect("written");
    check_migrated(&Accounts::open(dir.path()).expect("opens"));
}

#[test]
fn what_one_handle_writes_the_other_sees_at_once() {
    let house = House::new();
    let again = house.again();
    let ana = again.sign_up("A", new("ana@a.example", PASSWORD), PlanId::FREE, None, NOW).expect("signed up");
    assert_eq!(house.accounts.user(ana.organisation, ana.id).expect("seen"), ana);
    let session = house.session(&ana);
    let bob = house.join(ana.organisation, Role::Owner, "bob@a.example");
    again.disable_user(ana.organisation, ana.id, &by(&bob), NOW).expect("disabled");
    assert!(!house.is_signed_in(&session, NOW));
    again.suspend(ana.organisation, &Actor::command_line(), NOW).expect("suspended");
    assert!(matches!(house.accounts.caller(ana.organisation, accounts::Permissions::ALL), Err(Error::Suspended)));
    again.begin_erasure(ana.organisation, &Actor::command_line(), NOW).expect("begun");
    assert!(house.accounts.start_session(bob.id, None, "", NOW).is_err());
    assert_eq!(house.accounts.erasing().expect("read"), [ana.organisation]);
    house.accounts.finish_erasure(ana.organisation, NOW).expect("finished");
    assert!(matches!(again.organisation(ana.organisation), Err(Error::NoSuchOrganisation)));
}
