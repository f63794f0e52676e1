//! What was promised of the search, and whether a run kept it.

use super::peers::Peer;
use super::report::{GalleryReport, Kind, SearchReport, SystemReport, Target, Verdict};

/// The sizes that promises are about.
const MILLION: usize = 1_000_000;
const TEN_MILLION: usize = 10_000_000;

/// Probes for which every answer must be that of a full scan.
const AGREEMENT_QUERIES_MIN: usize = 100_000;

/// One probe among a million, one thread: milliseconds, times that of a flat scan in faiss, share of the read bandwidth.
const MILLION_MS_MAX: f64 = 4.0;
const FLAT_TIMES_MIN: f64 = 8.0;
const BANDWIDTH_MIN: f64 = 0.85;

/// Sixteen probes at once among a million: probes a second and core.
const BATCH_RATE_MIN: f64 = 600.0;

/// One probe among ten million, two threads: milliseconds; and gigabytes of codes.
const TEN_MILLION_MS_MAX: f64 = 30.0;
const TEN_MILLION_GB_MAX: f64 = 0.75;

/// By so much of the originals' size a process may grow that maps them: what else it does in between.
const ORIGINALS_RESIDENT_MAX: f64 = 0.01;

/// From this recall on a graph counts as finding people.
const GRAPH_RECALL_MIN: f64 = 0.99;

/// The name under which the originals are listed among what was built.
pub(super) const ORIGINALS: &str = "originals";

/// All promises and what came of them.
pub(super) fn targets(report: &SearchReport) -> Vec<Target> {
    let million = Size { report, rows: MILLION };
    let ten = Size { report, rows: TEN_MILLION };
    vec![
        agreement(report),
        million.at_most("1 million, one probe, one thread: at most 4 ms", MILLION_MS_MAX, "ms", |gallery| {
            Some(best(gallery, 1, 1)?.call.p50_ms)
        }),
        million.at_least("the same: at least 8 times faster than faiss FlatIP", FLAT_TIMES_MIN, "times", |gallery| {
            gallery.system(1, 1, |kind| matches!(kind, Kind::Peer { peer: Peer::Flat, .. }))?.times_ours
        }),
        million.at_least("the same: at least 85 % of the read bandwidth", 100.0 * BANDWIDTH_MIN, "%", |gallery| {
            Some(100.0 * best(gallery, 1, 1)?.bandwidth?)
        }),
        million.at_least("1 million, 16 at once: at least 600 probes/s a core", BATCH_RATE_MIN, "/s", |gallery| {
            Some(1e3 / best(gallery, 1, 16)?.query_ms)
        }),
        ten.at_most("10 million, two threads: at most 30 ms", TEN_MILLION_MS_MAX, "ms", |gallery| {
            Some(best(gallery, 2, 1)?.call.p50_ms)
        }),
        ten.at_most("10 million: at most 0.75 GB of codes", TEN_MILLION_GB_MAX, "GB", |gallery| {
            let tier = search::Tier::default().to_string();
            Some(gallery.builds.iter().find(|build| build.index == tier)?.bytes as f64 / 1e9)
        }),
        originals(report),
        graphs(report),
    ]
}

fn best(gallery: &GalleryReport, threads: usize, batch: usize) -> Option<&SystemReport> {
    gallery.system(threads, batch, Kind::is_best)
}

/// Galleries of one size; the worst of them decides.
struct Size<'a> {
    report: &'a SearchReport,
    rows: usize,
}

impl Size<'_> {
    fn at_most(&self, target: &str, most: f64, unit: &str, of: impl Fn(&GalleryReport) -> Option<f64>) -> Target {
        self.target(target, unit, of, |value| value <= most)
    }

    fn at_least(&self, target: &str, least: f64, unit: &str, of: impl Fn(&GalleryReport) -> Option<f64>) -> Target {
        self.target(target, unit, of, |value| value >= least)
    }

    fn target(
        &self,
        target: &str,
        unit: &str,
        of: impl Fn(&GalleryReport) -> Option<f64>,
        kept: impl Fn(f64) -> bool,
    ) -> Target {
        let galleries = self.report.galleries.iter().filter(|gallery| gallery.rows == self.rows);
        let values: Vec<(&str, f64)> =
            galleries.filter_map(|gallery| Some((gallery.data.as_str(), of(gallery)?))).collect();
        let measured: Vec<String> =
            values.iter().map(|(data, value)| format!("{} {unit} ({data})", rounded(*value))).collect();
        let verdict = verdict(!values.is_empty(), values.iter().all(|(_, value)| kept(*value)));
        Target { target: target.into(), measured: measured.join(", "), verdict }
    }
}

fn verdict(measured: bool, kept: bool) -> Verdict {
    match (measured, kept) {
        (false, _) => Verdict::NotMeasured,
        (true, true) => Verdict::Met,
        (true, false) => Verdict::Missed,
    }
}

/// Three digits, or all before the point.
fn rounded(value: f64) -> String {
    let decimals = (2 - value.abs().max(1e-3).log10().floor() as i32).max(0) as usize;
    format!("{value:.decimals$}")
}

/// Every tier and kernel must have agreed, on the probes of the agreement and on those that were timed.
fn agreement(report: &SearchReport) -> Target {
    let mut worst: std::collections::BTreeMap<(&str, &str), [usize; 2]> = std::collections::BTreeMap::new();
    for one in &report.agreement {
        let sum = worst.entry((&one.tier, &one.kernel)).or_default();
        *sum = [sum[0] + one.agreed, sum[1] + one.queries];
    }
    let timed = report.galleries.iter().flat_map(|gallery| &gallery.systems);
    let timed = timed.filter(|system| matches!(system.kind, Kind::Ours { .. })).filter_map(|system| system.agreed);
    let timed = timed.fold([0, 0], |sum, one| [sum[0] + one[0], sum[1] + one[1]]);
    let all = |[agreed, queries]: [usize; 2]| agreed == queries;
    let queries = worst.values().map(|[_, queries]| *queries).min().unwrap_or(0);
    let wrong: usize = worst.values().chain([&timed]).map(|[agreed, queries]| queries - agreed).sum();
    Target {
        target: "agreement with f32: 100 % of at least 100,000 probes".into(),
        measured: format!(
            "{wrong} wrong; {queries} probes for each tier and kernel, and {} answers that were timed",
            timed[1]
        ),
        verdict: match worst.values().all(|sum| all(*sum)) && all(timed) {
            false => Verdict::Missed,
            true if queries < AGREEMENT_QUERIES_MIN => Verdict::NotMeasured,
            true => Verdict::Met,
        },
    }
}

/// What mapping the originals added to the memory of the process.
fn originals(report: &SearchReport) -> Target {
    let built = |gallery: &GalleryReport| {
        let build = gallery.builds.iter().find(|build| build.index == ORIGINALS)?;
        Some((gallery.rows, build.bytes, build.resident?))
    };
    let largest = report.galleries.iter().filter_map(built).max();
    let measured = largest.map_or(String::new(), |(rows, bytes, resident)| {
        format!("{} MB of {} MB at {rows} rows", rounded(resident as f64 / 1e6), rounded(bytes as f64 / 1e6))
    });
    let kept = |(_, bytes, resident): (usize, u64, u64)| resident as f64 <= ORIGINALS_RESIDENT_MAX * bytes as f64;
    Target {
        target: "f32 originals stay in the mapped file, not in memory".into(),
        measured,
        verdict: verdict(largest.is_some(), largest.is_some_and(kept)),
    }
}

/// Every setting of a graph that finds people must take longer than ours, on every gallery that one was built for.
fn graphs(report: &SearchReport) -> Target {
    let (mut lines, mut kept) = (Vec::new(), true);
    for gallery in &report.galleries {
        let graph = |system: &&SystemReport| matches!(system.kind, Kind::Peer { peer, .. } if peer.is_graph());
        let graphs: Vec<&SystemReport> = gallery.systems.iter().filter(graph).collect();
        if graphs.is_empty() {
            continue;
        }
        let finds = graphs.iter().filter(|system| system.recall.is_some_and(|recall| recall >= GRAPH_RECALL_MIN));
        let fastest = finds.filter_map(|system| Some((system.times_ours?, *system))).min_by(|a, b| a.0.total_cmp(&b.0));
        let place = format!("{} {}", gallery.rows, gallery.data);
        lines.push(match fastest {
            Some((times, system)) => {
                kept &= times > 1.0;
                format!("{place}: {} takes {} times ours", system.kind.title(), rounded(times))
            }
            None => format!("{place}: none of {} settings has that recall", graphs.len()),
        });
    }
    Target {
        target: "faster than HNSW at a recall of at least 0.99, with no graph to build".into(),
        measured: lines.join("; "),
        verdict: verdict(!lines.is_empty(), kept),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::search::latency::Spread;
    use crate::search::report::{Agreement, Bandwidth, Build, Machine, Quantile};

    fn system(kind: Kind, threads: usize, batch: usize, ms: f64, times: f64, recall: f64) -> SystemReport {
        let call = Spread { p50_ms: ms, p99_ms: 2.0 * ms };
        SystemReport {
            agreed: matches!(kind, Kind::Ours { .. }).then_some([60, 60]),
            kind,
            threads,
            batch,
            calls: 60,
            call,
            query_ms: ms / batch as f64,
            times_ours: Some(times),
            bandwidth: (batch == 1).then_some(0.9),
            recall: Some(recall),
            recall_by_band: vec![Some(recall); 5],
        }
    }

    fn gallery(rows: usize) -> GalleryReport {
        let ours = || Kind::Ours { tier: "v4".into(), kernel: "avx2".into(), best: true };
        let ms = rows as f64 / 4e5;
        let peer = |peer, effort| Kind::Peer { peer, effort };
        GalleryReport {
            data: "faces".into(),
            rows,
            width: 128,
            non_mated: vec![Quantile { share: 1e-3, score: 0.3 }],
            bandwidth: vec![Bandwidth { threads: 1, bytes_per_second: 3e10 }],
            builds: vec![
                Build { index: "v4".into(), seconds: 1.0, bytes: 68 * rows as u64, resident: Some(68 * rows as u64) },
                Build { index: ORIGINALS.into(), seconds: 1.0, bytes: 512 * rows as u64, resident: Some(0) },
            ],
            systems: vec![
                system(ours(), 1, 1, ms, 1.0, 1.0),
                system(ours(), 2, 1, ms / 2.0, 1.0, 1.0),
                system(ours(), 1, 16, 4.0 * ms, 1.0, 1.0),
                system(peer(Peer::Flat, None), 1, 1, 10.0 * ms, 10.0, 1.0),
                system(peer(Peer::Hnswlib, Some(64)), 1, 1, 0.1 * ms, 0.1, 0.4),
                system(peer(Peer::Hnswlib, Some(4096)), 1, 1, 5.0 * ms, 5.0, 0.995),
            ],
            mate_is_nearest: vec![Some(0.5); 5],
        }
    }

    pub(crate) fn report() -> SearchReport {
        let agreement = |data: &str| Agreement {
            data: data.into(),
            rows: 100_000,
            tier: "v4".into(),
            kernel: "avx2".into(),
            queries: 50_000,
            agreed: 50_000,
        };
        let machine =
            Machine { processor: "a processor".into(), cores: 2, kernels: vec!["avx2".into()], best: "avx2".into() };
        let mut report = SearchReport {
            machine,
            peers: std::collections::BTreeMap::new(),
            seed: 6,
            sources: vec![],
            bands: vec!["0.3 to 0.4".into(); 5],
            agreement: vec![agreement("faces"), agreement("synthetic")],
            galleries: vec![gallery(MILLION), gallery(TEN_MILLION)],
            targets: vec![],
        };
        report.targets = targets(&report);
        report
    }

    fn verdicts(report: &SearchReport) -> Vec<Verdict> {
        targets(report).iter().map(|target| target.verdict).collect()
    }

    #[test]
    fn every_promise_is_kept_by_numbers_that_keep_it() {
        let report = report();
        assert_eq!(verdicts(&report), [Verdict::Met; 9], "{:#?}", report.targets);
        assert!(report.targets[1].measured.contains("2.50 ms (faces)"), "{}", report.targets[1].measured);
    }

    #[test]
    fn one_wrong_answer_is_a_broken_promise_and_few_probes_are_no_kept_one() {
        let mut wrong = report();
        wrong.agreement[1].agreed -= 1;
        assert!(report().agrees() && !wrong.agrees());
        assert_eq!(verdicts(&wrong)[0], Verdict::Missed);
        let mut timed = report();
        timed.galleries[0].systems[0].agreed = Some([59, 60]);
        assert_eq!(verdicts(&timed)[0], Verdict::Missed);
        let mut few = report();
        few.agreement.pop();
        assert_eq!(verdicts(&few)[0], Verdict::NotMeasured);
    }

    #[test]
    fn the_worst_gallery_of_a_size_decides() {
        let mut report = report();
        let mut slow = gallery(MILLION);
        slow.systems[0].call.p50_ms = 4.1;
        slow.systems[3].times_ours = Some(7.9);
        slow.systems[0].bandwidth = Some(0.84);
        slow.systems[2].query_ms = 1.7;
        report.galleries.push(slow);
        assert_eq!(verdicts(&report)[1..5], [Verdict::Missed; 4]);
    }

    #[test]
    fn graphs_count_from_the_recall_on_at_which_they_find_people() {
        let mut faster = report();
        faster.galleries[0].systems[5].times_ours = Some(0.9);
        assert_eq!(verdicts(&faster)[8], Verdict::Missed);
        faster.galleries[0].systems[5].recall = Some(0.98);
        let target = targets(&faster).pop().expect("the last one");
        assert_eq!(target.verdict, Verdict::Met);
        assert!(target.measured.contains("none of 2 settings"), "{}", target.measured);
    }

    #[test]
    fn what_was_not_measured_is_said_to_be_so() {
        let mut report = report();
        report.galleries.clear();
        assert_eq!(verdicts(&report)[1..], [Verdict::NotMeasured; 8]);
    }

    #[test]
    fn numbers_are_shown_with_three_digits() {
        assert_eq!([0.123_45, 3.456, 45.67, 678.9, 12_345.6].map(rounded), ["0.123", "3.46", "45.7", "679", "12346"]);
    }
}
