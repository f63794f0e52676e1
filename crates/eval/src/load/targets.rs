//! What was promised of whole requests, and whether a run kept it.

use super::open::OpenLoop;
use super::report::{LoadReport, System, Target, Verdict};
use crate::photograph::Size;

/// Ours by theirs, in verifications a second.
const DEEPFACE_TIMES_MIN: f64 = 4.0;
const OPENCV_TIMES_MIN: f64 = 1.5;
const OPENCV_LARGE_TIMES_MIN: f64 = 2.0;

/// At twice the capacity: latency of those who are admitted, and goodput, by those at the capacity.
const LATENCY_TIMES_MAX: f64 = 2.0;
const GOODPUT_PERCENT_MIN: f64 = 95.0;

/// What a request of a megapixel may take beside its work, in percent.
const OVERHEAD_PERCENT_MAX: f64 = 5.0;

/// Memory of the serving process in megabytes.
const IDLE_MB_MAX: f64 = 250.0;
const LOADED_MB_MAX: f64 = 500.0;

/// From the start to ready, in milliseconds.
const READY_MS_MAX: f64 = 1_000.0;

/// All promises and what came of them.
pub(super) fn targets(report: &LoadReport) -> Vec<Target> {
    let times = |size, system| report.system(size, system)?.ours_by_it.map(|range| range.median);
    let [small, large] = Size::ALL;
    let (deepface, opencv) = (times(small, System::DeepfaceRepresent), times(small, System::OpenCv));
    let opencv_large = times(large, System::OpenCv);
    // At twice the capacity, by that at the capacity.
    let twice = |of: fn(&OpenLoop) -> Option<f64>| Some(of(report.step(2.0)?)? / of(report.step(1.0)?)?);
    let latency = twice(|open| open.latencies.at(0.99));
    let goodput = twice(|open| Some(open.goodput)).map(|times| 100.0 * times);
    let overhead = report.overhead.iter().find(|one| one.size == small).map(|one| 100.0 * one.share);
    let megabytes = |bytes: u64| (bytes > 0).then_some(bytes as f64 / 1e6);
    let [idle, loaded] = [report.memory.idle, report.memory.loaded].map(|memory| megabytes(memory.resident));
    let ready = (report.start.starts > 0).then_some(report.start.ready_ms.median);
    vec![
        least("1 megapixel: at least 4 times the deepface API", DEEPFACE_TIMES_MIN, "times", deepface),
        least("1 megapixel: at least 1.5 times OpenCV in two processes", OPENCV_TIMES_MIN, "times", opencv),
        least("12 megapixels: at least 2 times OpenCV in two processes", OPENCV_LARGE_TIMES_MIN, "times", opencv_large),
        most(
            "p99 of the admitted at twice the capacity: at most 2 times that at it",
            LATENCY_TIMES_MAX,
            "times",
            latency,
        ),
        least("goodput at twice the capacity: at least 95 % of that at it", GOODPUT_PERCENT_MIN, "%", goodput),
        most("neither decoding nor inference: at most 5 % of a request", OVERHEAD_PERCENT_MAX, "%", overhead),
        most("memory, idle with models: at most 250 MB", IDLE_MB_MAX, "MB", idle),
        most("memory under 64 connections: at most 500 MB", LOADED_MB_MAX, "MB", loaded),
        most("start to ready, empty gallery, warm: at most 1 s", READY_MS_MAX, "ms", ready),
    ]
}

fn least(target: &str, least: f64, unit: &str, measured: Option<f64>) -> Target {
    made(target, unit, measured, |value| value >= least)
}

fn most(target: &str, most: f64, unit: &str, measured: Option<f64>) -> Target {
    made(target, unit, measured, |value| value <= most)
}

fn made(target: &str, unit: &str, measured: Option<f64>, kept: impl Fn(f64) -> bool) -> Target {
    let verdict = match measured {
        None => Verdict::NotMeasured,
        Some(value) if kept(value) => Verdict::Met,
        Some(_) => Verdict::Missed,
    };
    let measured = measured.map_or(String::new(), |value| format!("{} {unit}", rounded(value)));
    Target { target: target.into(), measured, verdict }
}

/// Three digits, or all before the point.
pub(super) fn rounded(value: f64) -> String {
    let decimals = (2 - value.abs().max(1e-3).log10().floor() as i32).max(0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::client::Counts;
    use super::super::latency::Latencies;
    use super::super::process::Memory;
    use super::super::report::{
        CapacityReport, MemoryReport, OverheadReport, PhotographReport, Range, ServiceReport, StartReport, Step,
        SystemReport,
    };
    use super::*;
    use crate::Machine;

    fn capacity(size: Size, theirs: [f64; 4]) -> CapacityReport {
        let ours = 40.0;
        let report = |(system, rate): (System, f64)| SystemReport {
            rates: vec![rate; 3],
            per_second: Range { median: rate, low: 0.9 * rate, high: 1.1 * rate },
            ours_by_it: (system != System::Ours).then_some(Range { median: ours / rate, low: 0.5, high: 9.0 }),
            ..SystemReport::of(system)
        };
        let rates = std::iter::once(ours).chain(theirs);
        CapacityReport { size, systems: System::ALL.into_iter().zip(rates).map(report).collect() }
    }

    fn step(times_capacity: f64, ms: f64) -> Step {
        let latencies = Latencies::of((1..=1000).map(|n| f64::from(n) * 1e-6 * ms).collect());
        let goodput = 40.0 * times_capacity.min(1.0);
        let counts = Counts { right: 1000, refused: 7, refused_with_retry_after: 7, ..Counts::default() };
        Step {
            times_capacity,
            open: OpenLoop {
                per_second: 40.0 * times_capacity,
                seconds: 25.0,
                counts,
                goodput,
                latencies,
                late_p99_ms: 1.0,
                late_share: 0.001,
                generator_cpu: 0.03,
            },
        }
    }

    pub(crate) fn report() -> LoadReport {
        let mut report = LoadReport {
            machine: Machine { processor: "a processor".into(), cores: 2, memory_bytes: 0 },
            peers: [("deepface".to_owned(), "0.0.103".to_owned())].into(),
            deepface_workers: Some(2),
            photographs: vec![PhotographReport {
                size: Size::Megapixel,
                width: 866,
                height: 1155,
                bytes: vec![300_000],
            }],
            capacity: vec![
                capacity(Size::Megapixel, [20.0, 8.0, 4.0, 2.0]),
                capacity(Size::Telephone, [10.0, 2.0, 1.0, 0.5]),
            ],
            load: Some(ServiceReport {
                connections: 8,
                capacity: 40.0,
                generator_cpu: 0.02,
                counts: Counts { right: 400, ..Counts::default() },
                steps: [(0.5, 60.0), (0.8, 90.0), (1.0, 200.0), (2.0, 300.0)].map(|(load, ms)| step(load, ms)).into(),
            }),
            overhead: vec![OverheadReport {
                size: Size::Megapixel,
                requests: 100,
                request_ms: Range { median: 50.0, low: 48.0, high: 70.0 },
                work_ms: Range { median: 48.0, low: 47.0, high: 60.0 },
                share: 0.04,
                share_of_means: 0.045,
                server_cpu_ms: 49.0,
            }],
            memory: MemoryReport {
                idle: Memory { resident: 200_000_000, anonymous: 150_000_000, file: 50_000_000 },
                connections: 64,
                loaded: Memory { resident: 450_000_000, anonymous: 400_000_000, file: 50_000_000 },
                counts: Counts { right: 300, ..Counts::default() },
            },
            start: StartReport { starts: 5, ready_ms: Range { median: 700.0, low: 650.0, high: 900.0 } },
            targets: vec![],
        };
        report.targets = targets(&report);
        report
    }

    fn verdicts(report: &LoadReport) -> Vec<Verdict> {
        targets(report).iter().map(|target| target.verdict).collect()
    }

    #[test]
    fn every_promise_is_kept_by_numbers_that_keep_it() {
        let report = report();
        assert_eq!(verdicts(&report), [Verdict::Met; 9], "{:#?}", report.targets);
        assert_eq!(report.targets[0].measured, "5.00 times");
    }

    #[test]
    fn every_promise_is_broken_by_numbers_that_break_it() {
        let mut report = report();
        for capacity in &mut report.capacity {
            capacity.systems.iter_mut().filter_map(|system| system.ours_by_it.as_mut()).for_each(|it| it.median = 1.4);
        }
        if let Some(load) = &mut report.load {
            load.steps[3] = step(2.0, 401.0);
            load.steps[3].open.goodput = 37.9;
        }
        report.overhead[0].share = 0.051;
        report.memory.idle.resident = 250_000_001;
        report.memory.loaded.resident = 500_000_001;
        report.start.ready_ms.median = 1_000.1;
        assert_eq!(verdicts(&report), [Verdict::Missed; 9], "{:#?}", targets(&report));
    }

    #[test]
    fn what_was_not_measured_is_said_to_be_so() {
        let mut report = report();
        report.capacity.clear();
        report.load = None;
        report.overhead.clear();
        report.memory = MemoryReport::default();
        report.start = StartReport::default();
        assert_eq!(verdicts(&report), [Verdict::NotMeasured; 9]);
    }

    #[test]
    fn a_wrong_answer_is_found_wherever_it_is() {
        assert_eq!(report().first_wrong(), None);
        let mut wrong = report();
        if let Some(load) = &mut wrong.load {
            load.steps[1].open.counts.first_wrong = Some("status 500".into());
        }
        assert_eq!(wrong.first_wrong(), Some("status 500"));
        let mut theirs = report();
        theirs.capacity[0].systems[2].counts.first_wrong = Some("theirs".into());
        assert_eq!(theirs.first_wrong(), None);
    }
}
