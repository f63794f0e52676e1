//! How fast the embedded store enrols and searches, beside what the machine can read.
//!
//! `cargo bench -p gallery` goes up to 100,000 persons; `cargo bench -p gallery -- 1000000` up to a million. The files
//! lie in the build folder, so that the disk is a real one.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use biometric::{ModelId, PersonId, Score, Template, TenantId, Timestamp};
use futures_executor::block_on;
use gallery::{Embedded, Gallery, Query};

/// Values in a template, as those of SFace.
const WIDTH: usize = 128;
/// How long each measurement takes.
const MEASURE: Duration = Duration::from_secs(2);
/// How many writes are in flight while the gallery is filled: as many as may wait.
const FILL_AHEAD: u64 = 1024;
const ALIKE: Score = Score(0.9);
const NEVER: Score = Score(2.0);

fn main() {
    let persons_max = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let bandwidth = read_bandwidth();
    println!("read bandwidth, one thread: {bandwidth:.1} GB/s\n");
    durable_enrolment(&Embedded::open(dir.path(), model(), gallery::Options::default()).expect("opened"));

    println!("\n   persons   search ms     GB/s   of read   get us   enrol ms   load s");
    let tenant = TenantId(2);
    let mut filled = 0;
    for persons in [1_000, 10_000, 100_000, 1_000_000].into_iter().filter(|persons| *persons <= persons_max) {
        {
            let gallery = Embedded::open(dir.path(), model(), gallery::Options::default()).expect("opened");
            fill(&gallery, tenant, filled..persons);
            filled = persons;
        }
        let start = Instant::now();
        let gallery = Embedded::open(dir.path(), model(), gallery::Options::default()).expect("opened");
        let load = start.elapsed().as_secs_f64();
        let queries = [Query { probe: &template(u64::MAX), count: 1 }];
        let search = time(|_| {
            black_box(block_on(gallery.search(tenant, &queries, NonZeroUsize::MIN)).expect("searched"));
        });
        let known = id(persons / 2);
        let get = time(|_| drop(black_box(block_on(gallery.get(tenant, &known)).expect("known"))));
        let enrol = time(|n| {
            let answer = gallery.enrol(tenant, id((1 << 40) + n), template((1 << 40) + n), ALIKE, now(), None);
            block_on(answer).expect("enrolled");
        });
        let rate = (persons as usize * WIDTH * size_of::<f32>()) as f64 / search / 1e9;
        println!(
            "{persons:10} {:11.4} {rate:8.1} {:8.0}% {:8.1} {:10.2} {load:8.2}",
            search * 1e3,
            rate / bandwidth * 100.0,
            get * 1e6,
            enrol * 1e3,
        );
        // The next size begins where this one was.
        let mut extra = 0;
        while block_on(gallery.remove(tenant, &id((1 << 40) + extra))).is_ok() {
            extra += 1;
        }
    }
}

/// Enrolments with duplicate search, each acknowledged when the disk has it.
fn durable_enrolment(gallery: &Embedded) {
    println!(" in flight   durable enrolments/s   persons then");
    let mut next = 0;
    for in_flight in [1, 16, 128, 1024] {
        let (start, first) = (Instant::now(), next);
        while start.elapsed() < MEASURE {
            enrol_at_once(gallery, TenantId(1), ALIKE, next..next + in_flight);
            next += in_flight;
        }
        println!("{in_flight:10} {:22.0} {next:14}", (next - first) as f64 / start.elapsed().as_secs_f64());
    }
}

/// Fills a gallery with as many writes in flight as may wait.
fn fill(gallery: &Embedded, tenant: TenantId, numbers: Range<u64>) {
    for first in numbers.clone().step_by(FILL_AHEAD as usize) {
        enrol_at_once(gallery, tenant, NEVER, first..numbers.end.min(first + FILL_AHEAD));
    }
}

/// Sends all enrolments, then waits for all answers.
fn enrol_at_once(gallery: &Embedded, tenant: TenantId, duplicate_at: Score, numbers: Range<u64>) {
    let enrol = |n| gallery.enrol(tenant, id(n), template(n), duplicate_at, now(), None);
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

/// GB/s that one thread reads from memory: the sum of 512 MiB.
fn read_bandwidth() -> f64 {
    let memory: Vec<u64> = (0..64 << 20).collect();
    let sum = |_| {
        black_box(black_box(&memory).iter().fold(0_u64, |sum, value| sum.wrapping_add(*value)));
    };
    (memory.len() * 8) as f64 / time(sum) / 1e9
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
    PersonId::parse(&format!("person-{number}")).expect("a person id")
}

fn now() -> Timestamp {
    Timestamp::from_millis(1)
}
