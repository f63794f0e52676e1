//! How fast the embedded store starts, searches and enrols, beside what the machine can read.
//!
//! `cargo bench -p gallery` goes up to 100,000 persons; `cargo bench -p gallery -- 10000000` up to ten million, for which it
//! takes 15 GB of the disk. The files lie in the build folder, so that the disk is a real one.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use biometric::{ModelId, PersonId, Score, Template, TenantId, Timestamp};
use futures_executor::block_on;
use gallery::{Embedded, Gallery, Options, Query};
use rusqlite::Connection;
use search::{Tier, memory_bandwidth};

/// Values in a template, as those of SFace.
const WIDTH: usize = 128;
/// How long each measurement takes.
const MEASURE: Duration = Duration::from_secs(2);
/// Queries that share a pass over memory.
const BATCH: usize = 16;
const ALIKE: Score = Score(0.9);
/// Whose galleries are measured: of those that grow, and of the one that is enrolled into first.
const TENANT: TenantId = TenantId(2);
const FIRST: TenantId = TenantId(1);
/// Changes after which a new snapshot is written, at the most.
const CHANGES_MAX: u64 = 131_071;
/// Numbers of persons who come and go while enrolment is measured.
const EXTRA: u64 = 1 << 40;

fn main() {
    let persons_max = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let bandwidth = [NonZeroUsize::MIN, cores()].map(memory_bandwidth);
    println!("read bandwidth: {:.1} GB/s, {} threads {:.1} GB/s\n", bandwidth[0] / 1e9, cores(), bandwidth[1] / 1e9);
    durable_enrolment(&open(dir.path(), Tier::default()));

    println!(
        "\nstart: with a snapshot; behind, by a quarter of the persons or {CHANGES_MAX} changes, which only the log has; without, when"
    );
    println!("it is written anew from the table. memory: what no file backs");
    println!(
        "search: one query on one thread, its share of the read bandwidth, on all cores, {BATCH} at once on one thread"
    );
    println!(
        "\n   persons  codes  start s  behind s  without s  memory MB  search ms   share  all ms  {BATCH} at once, ms/query  get us  enrol ms"
    );
    let mut filled = 0;
    for persons in [1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
        if persons > persons_max {
            break;
        }
        fill(dir.path(), filled..persons, false);
        filled = persons;
        for tier in Tier::ALL {
            measure(dir.path(), tier, persons, bandwidth[0]);
        }
    }
}

fn measure(dir: &Path, tier: Tier, persons: u64, bandwidth: f64) {
    let start = |dir| {
        let start = Instant::now();
        let gallery = open(dir, tier);
        (start.elapsed().as_secs_f64(), gallery)
    };
    // Of other codes, or of fewer persons.
    let (without, gallery) = start(dir);
    assert_eq!(gallery.snapshot_trouble(), None);
    drop(gallery);
    let changes = (persons / 4).min(CHANGES_MAX);
    fill(dir, 2 * EXTRA..2 * EXTRA + changes, true);
    let (behind, gallery) = start(dir);
    drop(gallery);
    clear(dir, changes);
    drop(start(dir));
    let (with, gallery) = start(dir);
    let memory = anonymous_memory();
    let probes: Vec<Template> = (0..BATCH as u64).map(|n| template(u64::MAX - n)).collect();
    let queries: Vec<_> = probes.iter().map(|probe| Query { probe, count: 1 }).collect();
    let search = |queries: &[Query<'_>], threads| {
        time(|_| drop(black_box(block_on(gallery.search(TENANT, queries, threads)).expect("searched"))))
    };
    let one = search(&queries[..1], NonZeroUsize::MIN);
    let all = search(&queries[..1], cores());
    let batch = search(&queries, NonZeroUsize::MIN) / BATCH as f64;
    let known = id(persons / 2);
    let get = time(|_| drop(black_box(block_on(gallery.get(TENANT, &known)).expect("known"))));
    let mut extra = 0;
    let enrol = time(|n| {
        extra = n;
        let answer = gallery.enrol(TENANT, id(EXTRA + n), template(EXTRA + n), ALIKE, now(), None);
        block_on(answer).expect("enrolled");
    });
    let share = (persons as usize * tier.bytes_per_template(WIDTH)) as f64 / one / bandwidth;
    println!(
        "{persons:10}  {tier:>5} {with:8.3} {behind:9.3} {without:10.2} {memory:10.0} {:10.4} {:6.0}% {:7.4} {:22.4} {:7.1} {:9.2}",
        one * 1e3,
        share * 100.0,
        all * 1e3,
        batch * 1e3,
        get * 1e6,
        enrol * 1e3,
    );
    // The next begins where this one did.
    for number in 0..=extra {
        block_on(gallery.remove(TENANT, &id(EXTRA + number))).expect("removed");
    }
}

fn open(dir: &Path, tier: Tier) -> Embedded {
    Embedded::open(dir, model(), Options { tier }).expect("opened")
}

fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Megabytes in memory that are in no file; 0 where the system does not tell.
fn anonymous_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1e3
}

/// Enrolments with duplicate search, each acknowledged when the disk has it.
fn durable_enrolment(gallery: &Embedded) {
    println!(" in flight   durable enrolments/s   persons then");
    let mut next = 0;
    for in_flight in [1, 16, 128, 1024] {
        let (start, first) = (Instant::now(), next);
        while start.elapsed() < MEASURE {
            enrol_at_once(gallery, next..next + in_flight);
            next += in_flight;
        }
        println!("{in_flight:10} {:22.0} {next:14}", (next - first) as f64 / start.elapsed().as_secs_f64());
    }
}

/// Puts persons straight into the table, as many enrolments would have: that takes ten million of them minutes, not hours.
/// Noted in the log, they are changes since the last snapshot; otherwise it is of no use any more.
fn fill(dir: &Path, numbers: Range<u64>, noted: bool) {
    let mut connection = Connection::open(dir.join("gallery.db")).expect("opened");
    connection.pragma_update(None, "synchronous", "OFF").expect("set");
    let transaction = connection.transaction().expect("begun");
    let version: i64 = transaction.query_row("SELECT version FROM store", [], |row| row.get(0)).expect("there");
    let added = (numbers.end - numbers.start).cast_signed();
    {
        let mut insert = transaction.prepare("INSERT INTO person VALUES (?1, ?2, ?3, 1, 1, ?4, ?5)").expect("SQL");
        for (number, key) in numbers.zip(version + 1..) {
            let (id, template) = (id(number), template(number));
            let reference: Vec<u8> = template.values().iter().flat_map(|value| value.to_le_bytes()).collect();
            let sum = checksum(key, id.as_str(), &reference);
            insert.execute((key, TENANT.0, id.as_str(), reference, sum)).expect("inserted");
        }
    }
    let head =
        "UPDATE store SET version = version + ?1, persons = persons + ?1, mark = random(), model = ?2, width = ?3";
    transaction.execute(head, (added, model().as_str(), WIDTH as i64)).expect("written");
    if noted {
        let all = "INSERT INTO change SELECT key, tenant, key, NULL FROM person WHERE key > ?1";
        transaction.execute(all, [version]).expect("noted");
    }
    let last = "INSERT OR REPLACE INTO change SELECT version, ?1, version, mark FROM store";
    transaction.execute(last, [TENANT.0]).expect("noted");
    transaction.commit().expect("committed");
}

/// Takes the last persons away again.
fn clear(dir: &Path, count: u64) {
    let connection = Connection::open(dir.join("gallery.db")).expect("opened");
    let all = format!(
        "BEGIN; DELETE FROM person WHERE key > (SELECT version FROM store) - {count};
         UPDATE store SET version = version + 1, persons = persons - {count}, mark = random();
         DELETE FROM change; INSERT INTO change SELECT version, 0, 0, mark FROM store; COMMIT"
    );
    connection.execute_batch(&all).expect("cleared");
}

/// A row's checksum, as the store computes it: FNV-1a over the other columns.
fn checksum(key: i64, id: &str, reference: &[u8]) -> i64 {
    let numbers = [TENANT.0, key, 1, 1, id.len() as i64];
    let bytes = numbers.iter().flat_map(|n| n.to_le_bytes()).chain(id.bytes()).chain(reference.iter().copied());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    hash.cast_signed()
}

/// Sends all enrolments, then waits for all answers.
fn enrol_at_once(gallery: &Embedded, numbers: Range<u64>) {
    let enrol = |n| gallery.enrol(FIRST, id(n), template(n), ALIKE, now(), None);
    let mut waiting: Vec<_> = numbers.map(enrol).collect();
    // The first look sends the command; an answer may be there already.
    waiting.retain_mut(|answer| match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.is_err_and(|error| panic!("{error}")),
        Poll::Pending => true,
    });
    waiting.into_iter().for_each(|answer| drop(block_on(answer).expect("enrolled")));
}

/// Seconds a call takes: the fastest tenth of many, as other work may run beside.
fn time(mut call: impl FnMut(u64)) -> f64 {
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < MEASURE {
        let start = Instant::now();
        call(times.len() as u64);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 10].as_secs_f64()
}

fn template(seed: u64) -> Template {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
    let value = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 - (1 << 23) as f32
    };
    Template::from_embedding(model(), (0..WIDTH).map(value).collect()).expect("a direction")
}

fn model() -> ModelId {
    ModelId::parse("bench@1").expect("a model id")
}

fn id(number: u64) -> PersonId {
    PersonId::parse(&format!("person-{number:015}")).expect("a person id")
}

fn now() -> Timestamp {
    Timestamp::from_millis(1)
}
