//! Quotas, statistics and the log, through the public boundary.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use accounts::usage::{
    Charge, ChargeError, DayCount, Done, Exhausted, FILE_NAME, RequestFilter, RequestLine, Retention, SIGNATURES_MAX,
    Signed, ToCharge, Usage, day,
};
use accounts::{KeyId, OpenFault, Operation};
use biometric::{TenantId, Timestamp};
use rusqlite::Connection;
use signing::Seen;

const KEPT: Retention = Retention { request_log_days: 30, usage_days: 400 };
const ORGANISATION: TenantId = TenantId(7);
const OTHER: TenantId = TenantId(8);

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn open(dir: &tempfile::TempDir) -> Usage {
    Usage::open(dir.path(), KEPT).expect("opens")
}

fn raw(dir: &tempfile::TempDir) -> Connection {
    Connection::open(dir.path().join(FILE_NAME)).expect("opens")
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond())
}

fn now() -> Timestamp {
    at("2026-11-25T12:00:00Z")
}

fn later(from: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_millis(from.as_millis() + days * 86_400_000)
}

fn done(number: u64) -> Done {
    Done {
        organisation: ORGANISATION,
        key: Some(KeyId(3)),
        operation: Operation::Verify,
        status: 200,
        code: String::new(),
        latency_us: number,
        request_id: format!("request-{number}"),
        at: now(),
    }
}

fn charged(usage: &Usage, organisation: TenantId, limit: Option<u64>, now: Timestamp) -> Result<Charge, ChargeError> {
    usage.charge(ToCharge { organisation, limit, signed: None, now })
}

fn charged_signed(
    usage: &Usage,
    organisation: TenantId,
    limit: Option<u64>,
    signed: Signed,
    now: Timestamp,
) -> Result<Charge, ChargeError> {
    usage.charge(ToCharge { organisation, limit, signed: Some(signed), now })
}

fn used(usage: &Usage, organisation: TenantId, now: Timestamp) -> u64 {
    usage.month(organisation, now).expect("known").used
}

fn log(usage: &Usage, filter: &RequestFilter) -> Vec<RequestLine> {
    usage.requests(ORGANISATION, filter, None, usize::MAX).expect("listed")
}

/// How many of these threads' attempts succeed.
fn charge_at_once(handles: &[&Usage], threads: usize, attempts: usize, limit: u64) -> usize {
    let start = Barrier::new(threads);
    std::thread::scope(|scope| {
        let charge = |handle: usize| {
            let (usage, start) = (handles[handle % handles.len()], &start);
            scope.spawn(move || {
                start.wait();
                let charges = (0..attempts).map(|_| charged(usage, ORGANISATION, Some(limit), now()));
                charges.filter(|charge| matches!(charge, Ok(charge) if charge.used() <= limit)).count()
            })
        };
        let threads: Vec<_> = (0..threads).map(charge).collect();
        threads.into_iter().map(|thread| thread.join().expect("counted")).sum()
    })
}

fn signed(number: u8, expires: Timestamp) -> Signed {
    Signed { key: KeyId(3), seen: Seen([number; 32]), expires }
}

#[test]
fn a_signature_counts_once_in_whichever_process_and_after_a_restart() {
    let dir = directory();
    let expires = Timestamp::from_millis(now().as_millis() + 300_000);
    let charge = |usage: &Usage, number| charged_signed(usage, ORGANISATION, None, signed(number, expires), now());
    {
        let (usage, other) = (open(&dir), open(&dir));
        charge(&usage, 1).expect("new");
        for usage in [&usage, &other] {
            assert_eq!(charge(usage, 1), Err(ChargeError::Replayed));
        }
        charge(&other, 2).expect("another");
    }
    let usage = open(&dir);
    assert_eq!((charge(&usage, 1), charge(&usage, 2)), (Err(ChargeError::Replayed), Err(ChargeError::Replayed)));
    assert_eq!(used(&usage, ORGANISATION, now()), 2, "a replay is not charged");
}

#[test]
fn of_many_at_once_one_signature_counts_once() {
    let dir = directory();
    let (first, second) = (open(&dir), open(&dir));
    let start = Barrier::new(8);
    let accepted: usize = std::thread::scope(|scope| {
        let charge = |thread: usize| {
            let (usage, start) = ([&first, &second][thread % 2], &start);
            scope.spawn(move || {
                start.wait();
                let charges =
                    (0..50).map(|number| charged_signed(usage, ORGANISATION, None, signed(number, now()), now()));
                charges.filter(Result::is_ok).count()
            })
        };
        let threads: Vec<_> = (0..8).map(charge).collect();
        threads.into_iter().map(|thread| thread.join().expect("counted")).sum()
    });
    assert_eq!(accepted, 50);
}

#[test]
fn a_signature_of_a_request_beyond_the_quota_does_not_count_later_either() {
    let dir = directory();
    let usage = open(&dir);
    let charge = |limit| charged_signed(&usage, ORGANISATION, Some(limit), signed(1, now()), now());
    assert!(matches!(charge(0), Err(ChargeError::Exhausted(_))));
    assert_eq!(charge(10), Err(ChargeError::Replayed));
}

#[test]
fn signatures_are_forgotten_when_their_time_is_over_and_the_memory_stays_small() {
    let dir = directory();
    let usage = open(&dir);
    let rows = || raw(&dir).query_row("SELECT count(*) FROM signature", (), |row| row.get::<_, i64>(0)).expect("read");
    let at = |second: i64| Timestamp::from_millis(now().as_millis() + second * 1000);
    for number in 0..250 {
        // One a second, each good for ten more.
        let signed = signed(u8::try_from(number).expect("small"), at(number + 10));
        charged_signed(&usage, ORGANISATION, None, signed, at(number)).expect("new");
        assert!(rows() <= 12, "{number}: {}", rows());
    }
    let counted = raw(&dir).query_row("SELECT count FROM signature_count", (), |row| row.get::<_, i64>(0));
    assert_eq!(counted.expect("read"), rows());
}

#[test]
fn a_full_memory_refuses_and_empties_again() {
    let dir = directory();
    let usage = open(&dir);
    let expires = Timestamp::from_millis(now().as_millis() + 1);
    charged_signed(&usage, ORGANISATION, None, signed(1, expires), now()).expect("new");
    // As if so many had come.
    raw(&dir).execute("UPDATE signature_count SET count = ?", (SIGNATURES_MAX.cast_signed(),)).expect("written");
    let charge = |number, now| charged_signed(&usage, ORGANISATION, None, signed(number, expires), now);
    assert_eq!(charge(2, now()), Err(ChargeError::TooManySignatures { signatures_max: SIGNATURES_MAX }));
    assert_eq!(charge(1, now()), Err(ChargeError::Replayed));
    let other = Signed { key: KeyId(4), seen: Seen([9; 32]), expires };
    charged_signed(&usage, ORGANISATION, None, other, now()).expect("another key has a memory of its own");
    charge(2, later(now(), 1)).expect("one was forgotten");
}

#[test]
fn many_threads_get_exactly_the_quota() {
    let dir = directory();
    let usage = open(&dir);
    assert_eq!(charge_at_once(&[&usage], 16, 50, 500), 500);
    assert_eq!(used(&usage, ORGANISATION, now()), 500);
}

#[test]
fn two_processes_get_exactly_the_quota_together() {
    let dir = directory();
    let (one, two) = (open(&dir), open(&dir));
    assert_eq!(charge_at_once(&[&one, &two], 16, 50, 500), 500);
    assert_eq!((used(&one, ORGANISATION, now()), used(&two, ORGANISATION, now())), (500, 500));
}

#[test]
fn a_month_ends_with_its_last_millisecond() {
    let dir = directory();
    let usage = open(&dir);
    let (last, first) = (at("2026-11-30T23:59:59.999Z"), at("2026-12-01T00:00:00Z"));
    assert_eq!(charged(&usage, ORGANISATION, Some(1), last).map(|charge| charge.used()), Ok(1));
    let exhausted = Exhausted { used: 1, limit: 1, resets: first };
    assert_eq!(charged(&usage, ORGANISATION, Some(1), last), Err(ChargeError::Exhausted(exhausted)));
    assert_eq!(charged(&usage, ORGANISATION, Some(1), first).map(|charge| charge.used()), Ok(1));
    assert_eq!(usage.month(ORGANISATION, last).expect("known").resets, first);
    assert_eq!(usage.month(ORGANISATION, first).expect("known").resets, at("2027-01-01T00:00:00Z"));
}

#[test]
fn each_organisation_has_its_own_quota_and_any_limit() {
    let dir = directory();
    let usage = open(&dir);
    for number in 1..=3 {
        assert_eq!(charged(&usage, ORGANISATION, None, now()).map(|charge| charge.used()), Ok(number));
    }
    assert!(charged(&usage, OTHER, Some(1), now()).is_ok());
    assert!(charged(&usage, ORGANISATION, Some(u64::MAX), now()).is_ok());
    for limit in [0, 2] {
        let refused = charged(&usage, ORGANISATION, Some(limit), now());
        let resets = at("2026-12-01T00:00:00Z");
        assert_eq!(refused, Err(ChargeError::Exhausted(Exhausted { used: 4, limit, resets })), "a smaller plan");
    }
    assert!(charged(&usage, TenantId(9), Some(0), now()).is_err());
    assert_eq!((used(&usage, ORGANISATION, now()), used(&usage, TenantId(9), now())), (4, 0));
}

#[test]
fn a_refund_goes_to_its_own_month_and_never_below_nothing() {
    let dir = directory();
    let usage = open(&dir);
    let (november, december) = (at("2026-11-30T23:59:59Z"), at("2026-12-01T00:00:01Z"));
    let charge = |limit, at| -> Result<Charge, ChargeError> { charged(&usage, ORGANISATION, limit, at) };
    let old = charge(Some(1), november).expect("charged");
    let new = charge(None, december).expect("charged");
    usage.refund(old);
    usage.flush();
    assert_eq!((used(&usage, ORGANISATION, november), used(&usage, ORGANISATION, december)), (0, 1));
    let again = charge(Some(1), november).expect("there is room again");
    usage.forget(ORGANISATION).expect("forgotten");
    usage.refund(again);
    usage.refund(new);
    usage.flush();
    assert_eq!((used(&usage, ORGANISATION, november), used(&usage, ORGANISATION, december)), (0, 0));
    raw(&dir).execute("INSERT INTO quota VALUES (7, 10, 0)", ()).expect("a count of nothing");
    let day_of_month_10 = at("1970-11-05T00:00:00Z");
    let charge = charge(None, day_of_month_10).expect("charged");
    raw(&dir).execute("UPDATE quota SET used = 0 WHERE month = 10", ()).expect("reset");
    usage.refund(charge);
    usage.flush();
    assert_eq!((used(&usage, ORGANISATION, day_of_month_10), usage.dropped()), (0, 0));
}

#[test]
fn requests_are_counted_logged_and_found_again() {
    let dir = directory();
    let usage = open(&dir);
    let tomorrow = later(now(), 1);
    let refused = Done { status: 400, code: "F_002".into(), ..done(2) };
    let by_console = Done { key: None, operation: Operation::Create, at: tomorrow, ..done(3) };
    let of_other = Done { organisation: OTHER, key: Some(KeyId(4)), ..done(4) };
    for request in [done(0), done(1), refused, by_console, of_other] {
        usage.record(request);
    }
    usage.flush();
    let count = |day, operation, code: &str, key, count| DayCount { day, operation, code: code.to_owned(), key, count };
    let (first, key) = (day(now()), Some(KeyId(3)));
    let today = [count(first, Operation::Verify, "", key, 2), count(first, Operation::Verify, "F_002", key, 1)];
    assert_eq!(usage.days(ORGANISATION, first, first).expect("counted"), today);
    let rest = [count(first + 1, Operation::Create, "", None, 1)];
    assert_eq!(usage.days(ORGANISATION, first + 1, i64::MAX).expect("counted"), rest);
    assert_eq!(usage.days(ORGANISATION, i64::MIN, first - 1).expect("counted"), []);

    let lines = log(&usage, &RequestFilter::default());
    assert_eq!(lines.iter().map(|line| line.latency_us).collect::<Vec<_>>(), [3, 2, 1, 0], "the newest first");
    let RequestLine { id, at, operation, status, code, latency_us, request_id, key } = lines[1].clone();
    let back = Done { organisation: ORGANISATION, key, operation, status, code, latency_us, request_id, at };
    assert_eq!(back, Done { status: 400, code: "F_002".into(), ..done(2) });
    assert!(id > lines[2].id);

    let found = |filter: RequestFilter| log(&usage, &filter).iter().map(|line| line.latency_us).collect::<Vec<_>>();
    let any = RequestFilter::default;
    assert_eq!(found(RequestFilter { operation: Some(Operation::Create), ..any() }), [3]);
    assert_eq!(found(RequestFilter { code: Some("F_002".into()), ..any() }), [2]);
    assert_eq!(found(RequestFilter { code: Some(String::new()), key: Some(KeyId(3)), ..any() }), [1, 0]);
    assert_eq!(found(RequestFilter { key: Some(KeyId(4)), ..any() }), [0; 0], "another organisation's key");
}

#[test]
fn pages_of_the_log_follow_one_another_without_gap_while_it_grows() {
    let dir = directory();
    let usage = open(&dir);
    for number in 0..250 {
        usage.record(Done { organisation: if number % 2 == 0 { ORGANISATION } else { OTHER }, ..done(number) });
    }
    usage.flush();
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = usage.requests(ORGANISATION, &RequestFilter::default(), before, 30).expect("listed");
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 30);
        before = Some(last.id);
        seen.extend(page.iter().map(|line| line.latency_us));
        usage.record(done(1_000));
        usage.flush();
    }
    assert_eq!(seen, (0..250).rev().filter(|number| number % 2 == 0).collect::<Vec<_>>());
}

#[test]
fn the_last_use_of_a_key_is_its_latest() {
    let dir = directory();
    let usage = open(&dir);
    let of = |key, at| Done { key: Some(KeyId(key)), at, ..done(0) };
    for request in [of(1, later(now(), 1)), of(1, now()), of(2, now()), Done { key: None, ..done(0) }] {
        usage.record(request);
    }
    usage.record(Done { organisation: OTHER, key: Some(KeyId(4)), ..done(0) });
    usage.flush();
    let expected = [(KeyId(1), later(now(), 1)), (KeyId(2), now())].into();
    assert_eq!(usage.last_used(ORGANISATION).expect("known"), expected);
}

#[test]
fn forgetting_one_organisation_leaves_the_others() {
    let dir = directory();
    let usage = open(&dir);
    for number in 0..2_500 {
        usage.record(done(number));
        if number % 10 == 0 {
            usage.record(Done { organisation: OTHER, key: Some(KeyId(4)), ..done(number) });
        }
    }
    for organisation in [ORGANISATION, OTHER] {
        charged(&usage, organisation, None, now()).expect("charged");
    }
    usage.forget(ORGANISATION).expect("forgotten, what waited too");
    assert_eq!(log(&usage, &RequestFilter::default()), []);
    assert_eq!(usage.days(ORGANISATION, i64::MIN, i64::MAX).expect("counted"), []);
    assert!(usage.last_used(ORGANISATION).expect("known").is_empty());
    assert_eq!(used(&usage, ORGANISATION, now()), 0);
    for table in ["request", "daily", "key_use", "quota"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE organisation = 7");
        assert_eq!(raw(&dir).query_row(&sql, (), |row| row.get::<_, i64>(0)).expect("counted"), 0, "{table}");
    }
    let others = usage.requests(OTHER, &RequestFilter::default(), None, usize::MAX).expect("listed");
    assert_eq!((others.len(), used(&usage, OTHER, now())), (250, 1));
    assert_eq!(usage.last_used(OTHER).expect("known").len(), 1);
}

#[test]
fn what_is_old_is_deleted_by_the_times_that_come_in() {
    let dir = directory();
    let usage = Usage::open(dir.path(), Retention { request_log_days: 2, usage_days: 5 }).expect("opens");
    for number in 0..2_500 {
        usage.record(Done { at: later(now(), -6), ..done(number) });
    }
    usage.record(Done { at: later(now(), -4), ..done(1) });
    usage.record(Done { at: later(now(), -1), ..done(2) });
    charged(&usage, ORGANISATION, None, later(now(), -40)).expect("charged");
    usage.record(done(3));
    usage.flush();
    assert_eq!(log(&usage, &RequestFilter::default()).len(), 2, "of two days");
    let days = usage.days(ORGANISATION, i64::MIN, i64::MAX).expect("counted");
    assert_eq!(days.iter().map(|count| count.day - day(now())).collect::<Vec<_>>(), [-4, -1, 0], "of five days");
    assert_eq!(used(&usage, ORGANISATION, later(now(), -40)), 1, "what was charged is kept");

    let two_days_later = Timestamp::from_millis(later(now(), 2).as_millis() + 1);
    charged(&usage, ORGANISATION, None, two_days_later).expect("a charge tells the time too");
    usage.flush();
    assert_eq!(log(&usage, &RequestFilter::default()), []);
}

#[test]
fn what_is_recorded_is_soon_in_the_log_though_nobody_waits_for_it() {
    let dir = directory();
    let usage = open(&dir);
    for number in 1..=3 {
        usage.record(done(number));
        usage.record(done(number));
        let start = Instant::now();
        while log(&usage, &RequestFilter::default()).len() as u64 != 2 * number {
            assert!(start.elapsed() < Duration::from_secs(10), "not written");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn nothing_that_waits_is_lost_when_it_is_closed() {
    let dir = directory();
    let usage = open(&dir);
    let charge = charged(&usage, ORGANISATION, None, now()).expect("charged");
    (0..3_000).for_each(|number| usage.record(done(number)));
    usage.refund(charge);
    assert_eq!(usage.dropped(), 0);
    drop(usage);
    let usage = open(&dir);
    assert_eq!((log(&usage, &RequestFilter::default()).len(), used(&usage, ORGANISATION, now())), (3_000, 0));
}

#[test]
fn who_is_told_of_a_charge_may_give_it_back_and_its_defects_are_its_own() {
    let dir = directory();
    let usage = open(&dir);
    let to_charge = ToCharge { organisation: ORGANISATION, limit: Some(1), signed: None, now: now() };
    usage.charge_then(to_charge, Result::ok).expect("taken");
    usage.flush();
    assert_eq!(used(&usage, ORGANISATION, now()), 0, "taken back");
    usage.charge_then(to_charge, |_| panic!("a defect of somebody else")).expect("taken");
    usage.flush();
    let (tell, told) = std::sync::mpsc::channel();
    let tell = move |verdict: Result<Charge, ChargeError>| {
        tell.send(verdict).expect("waited for");
        None
    };
    usage.charge_then(to_charge, tell).expect("taken");
    let refused = told.recv().expect("told");
    assert!(matches!(refused, Err(ChargeError::Exhausted(Exhausted { used: 1, .. }))), "{refused:?}");
    let (tell, told) = std::sync::mpsc::channel();
    let tell = move |verdict: Result<Charge, ChargeError>| {
        tell.send(verdict.is_ok()).expect("waited for");
        None
    };
    usage.charge_then(ToCharge { limit: None, ..to_charge }, tell).expect("taken");
    drop(usage);
    assert_eq!(told.recv(), Ok(true), "told before it is closed");
    assert_eq!(used(&open(&dir), ORGANISATION, now()), 2);
}

#[test]
fn a_full_queue_refuses_charges_at_once_and_counts_what_it_drops() {
    const SENT: u64 = 20_000;
    let dir = directory();
    let usage = open(&dir);
    let other_process = raw(&dir);
    other_process.execute_batch("BEGIN IMMEDIATE").expect("writing");
    (0..SENT).for_each(|number| usage.record(done(number)));
    let start = Instant::now();
    let to_charge = ToCharge { organisation: ORGANISATION, limit: None, signed: None, now: now() };
    let refused = (0..SENT).find_map(|_| usage.charge_then(to_charge, Result::ok).err());
    assert!(matches!(refused, Some(ChargeError::Unavailable(_))), "{refused:?}");
    assert!(start.elapsed() < Duration::from_secs(1), "it does not wait for the other process");
    other_process.execute_batch("COMMIT").expect("written");
    usage.flush();
    let written = log(&usage, &RequestFilter::default()).len() as u64;
    assert!(usage.dropped() > 0 && written > 0);
    assert_eq!(written + usage.dropped(), SENT);
    assert_eq!(used(&usage, ORGANISATION, now()), 0);
    assert!(charged(&usage, ORGANISATION, None, now()).is_ok(), "it goes on");
}

#[test]
fn an_error_is_told_to_who_waits_and_does_not_end_the_writer() {
    let dir = directory();
    let usage = open(&dir);
    charged(&usage, ORGANISATION, None, now()).expect("charged");
    raw(&dir).execute_batch("ALTER TABLE quota RENAME TO elsewhere").expect("renamed");
    let refused = charged(&usage, ORGANISATION, None, now());
    assert!(matches!(refused, Err(ChargeError::Unavailable(_))), "{refused:?}");
    assert!(usage.month(ORGANISATION, now()).is_err() && usage.forget(ORGANISATION).is_err());
    usage.record(done(1));
    usage.flush();
    raw(&dir).execute_batch("ALTER TABLE elsewhere RENAME TO quota").expect("renamed back");
    assert_eq!(charged(&usage, ORGANISATION, None, now()).map(|charge| charge.used()), Ok(2));
    assert_eq!((log(&usage, &RequestFilter::default()).len(), usage.dropped()), (1, 0));
    raw(&dir).execute_batch("ALTER TABLE request RENAME TO elsewhere").expect("renamed");
    usage.record(done(2));
    usage.flush();
    assert_eq!(usage.dropped(), 1);
}

fn open_fault(dir: &Path) -> OpenFault {
    let error = Usage::open(dir, KEPT).err().expect("refused");
    assert!(error.to_string().contains(FILE_NAME), "{error}");
    error.fault
}

#[test]
fn a_file_that_is_not_for_us_is_left_alone() {
    let dir = directory();
    fs::write(dir.path().join(FILE_NAME), [b'x'; 8192]).expect("written");
    assert!(matches!(open_fault(dir.path()), OpenFault::Damaged(_)));
    assert_eq!(fs::read(dir.path().join(FILE_NAME)).expect("readable"), [b'x'; 8192]);

    let dir = directory();
    raw(&dir).execute_batch("CREATE TABLE theirs (x)").expect("written");
    assert!(matches!(open_fault(dir.path()), OpenFault::Foreign));

    // Nor are the accounts themselves, if somebody mixes up the files.
    let dir = directory();
    drop(accounts::Accounts::open(dir.path()).expect("opens"));
    fs::rename(dir.path().join(accounts::FILE_NAME), dir.path().join(FILE_NAME)).expect("renamed");
    assert!(matches!(open_fault(dir.path()), OpenFault::Foreign));

    let dir = directory();
    drop(open(&dir));
    raw(&dir).execute_batch("PRAGMA user_version = 999").expect("written");
    assert!(matches!(open_fault(dir.path()), OpenFault::NewerSchema { found: 999, known: 2 }));

    assert!(matches!(open_fault(&dir.path().join("none")), OpenFault::File(_)));
}

#[test]
fn a_damaged_page_is_an_error_and_no_panic() {
    let dir = directory();
    let usage = open(&dir);
    (0..2_000).for_each(|number| usage.record(done(number)));
    drop(usage);
    let path = dir.path().join(FILE_NAME);
    let mut bytes = fs::read(&path).expect("readable");
    bytes[4096..].fill(0xFF);
    fs::write(&path, bytes).expect("written");
    let usage = open(&dir);
    assert!(usage.month(ORGANISATION, now()).is_err());
    assert!(usage.requests(ORGANISATION, &RequestFilter::default(), None, 10).is_err());
    assert!(matches!(charged(&usage, ORGANISATION, None, now()), Err(ChargeError::Unavailable(_))));
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_any_of_its_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = directory();
    let usage = open(&dir);
    charged(&usage, ORGANISATION, None, now()).expect("charged");
    for entry in fs::read_dir(dir.path()).expect("readable") {
        let entry = entry.expect("an entry");
        assert_eq!(entry.metadata().expect("known").permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
}

#[test]
fn many_may_make_the_file_at_once() {
    for _ in 0..5 {
        let dir = directory();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| charged(&open(&dir), ORGANISATION, None, now()).expect("charged"));
            }
        });
        assert_eq!(used(&open(&dir), ORGANISATION, now()), 8);
    }
}
