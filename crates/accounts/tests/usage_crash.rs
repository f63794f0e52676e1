//! `kill -9` while requests are charged: what was answered is counted, and nothing twice.

#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use accounts::usage::{Done, FILE_NAME, Retention, ToCharge, Usage};
use accounts::{KeyId, Operation};
use biometric::{TenantId, Timestamp};
use rusqlite::Connection;

/// Where the child works; without it, this process is no child.
const CHILD_DIR: &str = "ACCOUNTS_TEST_USAGE_DIR";
const THREADS: u64 = 4;
const KILLS: u64 = 5;
const ORGANISATION: TenantId = TenantId(7);
const NOW: Timestamp = Timestamp::from_millis(1_600_000_000_000);

/// What the child writes to its standard error after each charge that was answered; nothing else there contains it.
const ACKNOWLEDGED: u8 = b'\x07';

fn open(dir: &Path) -> Usage {
    Usage::open(dir, Retention { request_log_days: 30, usage_days: 400 }).expect("opens")
}

/// Charges until it is killed.
#[test]
fn child() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    let usage = open(Path::new(&dir));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let to_charge = ToCharge { organisation: ORGANISATION, limit: None, signed: None, now: NOW };
                    usage.charge(to_charge).expect("charged");
                    std::io::stderr().write_all(&[ACKNOWLEDGED]).expect("heard");
                    usage.record(Done {
                        organisation: ORGANISATION,
                        key: Some(KeyId(1)),
                        operation: Operation::Identify,
                        status: 200,
                        code: String::new(),
                        latency_us: 1,
                        request_id: String::new(),
                        at: NOW,
                    });
                }
            });
        }
    });
}

/// Lets a child charge for a while, kills it, and says how many charges it had acknowledged.
fn charge_and_kill(dir: &Path, alive: Duration) -> u64 {
    let test_binary = std::env::current_exe().expect("known");
    let mut command = Command::new(test_binary);
    command.args(["--exact", "child", "--nocapture"]).env(CHILD_DIR, dir).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("started");
    let mut heard = child.stderr.take().expect("piped");
    // Not before it is in the middle of it.
    let mut first = [0];
    heard.read_exact(&mut first).expect("something");
    let rest = std::thread::spawn(move || {
        let mut rest = Vec::new();
        heard.read_to_end(&mut rest).expect("readable");
        rest
    });
    std::thread::sleep(alive);
    child.kill().expect("killed with SIGKILL");
    child.wait().expect("gone");
    let rest = rest.join().expect("read");
    first.iter().chain(&rest).filter(|byte| **byte == ACKNOWLEDGED).count() as u64
}

#[test]
fn every_acknowledged_charge_survives_and_none_is_counted_twice() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut acknowledged = 0;
    for kill in 1..=KILLS {
        acknowledged += charge_and_kill(dir.path(), Duration::from_millis(150 + 37 * kill));
        let used = open(dir.path()).month(ORGANISATION, NOW).expect("known").used;
        let in_flight_max = kill * THREADS;
        assert!((acknowledged..=acknowledged + in_flight_max).contains(&used), "{used} of {acknowledged}");
    }
    assert!(acknowledged > 100, "it did charge: {acknowledged}");
    let file = Connection::open(dir.path().join(FILE_NAME)).expect("opens");
    let verdict: String = file.query_row("PRAGMA integrity_check", (), |row| row.get(0)).expect("checked");
    assert_eq!(verdict, "ok");
    let number = |sql: &str| file.query_row(sql, (), |row| row.get::<_, i64>(0)).expect("counted");
    let logged = number("SELECT count(*) FROM request");
    assert_eq!(logged, number("SELECT sum(count) FROM daily"), "a line and its count are written together");
}
