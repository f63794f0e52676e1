//! How fast each kernel scans, beside what the machine can read.
//!
//! `cargo bench -p search` scans a million templates of 128 values; another number of rows may follow `--`. The templates
//! are random directions in clusters; `auther bench search` measures real ones, beside other people's indices.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use search::{
    Coder, Codes, Damaged, Goal, Gone, How, Job, Kernel, Memory, Originals, Piece, Query, Tier, memory_bandwidth, scan,
};

/// Values in a template, as those of SFace.
const WIDTH: usize = 128;
/// Clusters of look-alikes.
const CLUSTERS: u64 = 50;
/// Probes, each of another person.
const PROBES: usize = 64;
/// How long each measurement takes.
const MEASURE_S: f64 = 1.5;

fn main() {
    let rows: usize = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let values: Vec<f32> = (0..rows as u64).flat_map(template).collect();
    let originals = Memory::new(WIDTH, values);
    let threads = [1, 2].map(|threads| NonZeroUsize::new(threads).expect("not zero"));
    let bandwidth = threads.map(memory_bandwidth);
    println!("read bandwidth: {:.1} GB/s on one thread, {:.1} on two", bandwidth[0] / 1e9, bandwidth[1] / 1e9);
    println!("{rows} templates\n");
    println!("tier kernel    threads batch   ms a query  queries/s   GB/s  of read");
    for tier in Tier::ALL {
        let coder = Coder::new(WIDTH, tier);
        let begun = Instant::now();
        let codes = coder.encode(originals.values());
        let encoding = begun.elapsed().as_secs_f64();
        let queries: Vec<_> =
            (0..PROBES).map(|n| coder.query(&probe(n as u64 * rows as u64 / PROBES as u64))).collect();
        for kernel in Kernel::available() {
            for (threads, bandwidth) in threads.into_iter().zip(bandwidth) {
                for batch in [1, 16] {
                    let seconds = time(&codes, &originals, &queries, batch, How { kernel, threads });
                    let rate = codes.as_bytes().len() as f64 / seconds;
                    println!(
                        "{tier:4} {kernel:9} {threads:7} {batch:5} {:12.3} {:10.0} {:6.1} {:7.0}%",
                        seconds / batch as f64 * 1e3,
                        batch as f64 / seconds,
                        rate / 1e9,
                        rate / bandwidth * 100.0,
                    );
                }
            }
        }
        println!("{tier} encoding: {:.2} us a template", encoding / rows as f64 * 1e6);
        println!("{tier} compares {:.0} templates a query\n", compared(&codes, &originals, &queries));
    }
}

/// Seconds that a scan takes: the median of many.
fn time(codes: &Codes, originals: &Memory, queries: &[Query], batch: usize, how: How) -> f64 {
    let piece = Piece { codes, originals, gone: &Gone::default() };
    let (begun, mut times) = (Instant::now(), Vec::new());
    for batch in queries.chunks_exact(batch).cycle() {
        let jobs: Vec<_> = batch.iter().map(|query| Job { query, goal: Goal::Nearest(1) }).collect();
        let start = Instant::now();
        black_box(scan(&[piece], &jobs, how).expect("undamaged"));
        times.push(start.elapsed().as_secs_f64());
        if begun.elapsed().as_secs_f64() > MEASURE_S {
            break;
        }
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// How many templates are compared for a query, each searched alone.
fn compared(codes: &Codes, originals: &Memory, queries: &[Query]) -> f64 {
    let counted = Counted { originals, copies: AtomicUsize::new(0) };
    let piece = Piece { codes, originals: &counted, gone: &Gone::default() };
    for query in queries {
        black_box(scan(&[piece], &[Job { query, goal: Goal::Nearest(1) }], How::alone()).expect("undamaged"));
    }
    counted.copies.into_inner() as f64 / queries.len() as f64
}

/// Originals that count how often one is looked at.
struct Counted<'a> {
    originals: &'a Memory,
    copies: AtomicUsize,
}

impl Originals for Counted<'_> {
    fn copy(&self, row: usize, into: &mut [f32]) -> Result<bool, Damaged> {
        self.copies.fetch_add(1, Ordering::Relaxed);
        self.originals.copy(row, into)
    }

    fn prefetch(&self, row: usize) {
        self.originals.prefetch(row);
    }
}

/// Another image of an enrolled person.
fn probe(person: u64) -> Vec<f32> {
    let values: Vec<_> = template(person).iter().zip(noise(!person)).map(|(own, noise)| own + 0.09 * noise).collect();
    unit(&values)
}

/// A person of one of the clusters.
fn template(person: u64) -> Vec<f32> {
    let cluster = noise((person % CLUSTERS) | (1 << 40));
    let values: Vec<_> = cluster.zip(noise(person)).map(|(cluster, own)| 0.4 * cluster + own).collect();
    unit(&values)
}

fn noise(seed: u64) -> impl Iterator<Item = f32> {
    (0..WIDTH as u64).map(move |i| {
        // The sum of four is nearly normal.
        (0..4).map(|part| uniform(seed.wrapping_mul(1 << 12).wrapping_add(4 * i + part))).sum::<f32>()
    })
}

fn unit(values: &[f32]) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.iter().map(|value| value / length).collect()
}

/// -1 to 1 from a number, by the finaliser of `SplitMix64`.
fn uniform(number: u64) -> f32 {
    let mut x = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
}
