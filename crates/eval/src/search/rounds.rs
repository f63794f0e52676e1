//! The measurement: all systems by turns, round by round.
//!
//! Machines are shared and clocks change. In every round each system answers some of the round's probes, all of them the
//! same ones in the same order, and another system begins; so ratios hold even where the milliseconds do not.

use std::time::Instant;

use search::{How, memory_bandwidth};

use super::Plan;
use super::exact::{Exact, best_of_all};
use super::latency::{Spread, median};
use super::ours::{Ours, threads};
use super::peers::{Peers, With};
use super::queries::{BANDS, Queries, Whose};
use super::report::{Bandwidth, SystemReport};
use super::systems::{System, THREADS, Who};
use crate::{Error, Progress};

/// The systems, filled with one gallery.
pub(super) struct Field<'a> {
    pub(super) ours: &'a Ours,
    /// All originals, row after row, for the scan in memory; none when there are too many.
    pub(super) originals: Option<&'a [f32]>,
    pub(super) peers: Option<&'a mut Peers>,
    pub(super) rows: usize,
}

/// What a search found for a probe.
struct Found {
    rows: Vec<u32>,
    /// Where it is ours to say.
    score: Option<f32>,
}

/// Calls of one system.
struct Calls {
    seconds: Vec<f64>,
    found: Vec<Found>,
}

/// What one system did in all rounds.
#[derive(Default)]
struct Record {
    /// Seconds of each call, by round.
    rounds: Vec<Vec<f64>>,
    /// Right and all, by band.
    bands: [[usize; 2]; BANDS.len()],
    /// Same rows and bits as the full scan, and all that could be.
    agreed: [usize; 2],
}

impl Field<'_> {
    fn run(&mut self, system: System, queries: &Queries, first: usize, calls: usize) -> Result<Calls, Error> {
        let System { who, threads, batch } = system;
        let probes = (0..calls).map(|call| queries.probes(first + call * batch, batch));
        match who {
            Who::Ours { tier, kernel } => {
                let how = How { kernel, threads: super::ours::threads(threads) };
                timed(probes, |probes| {
                    let hits = self.ours.search(tier, probes, how)?;
                    Ok(hits.iter().map(|hits| Found::of_hits(hits)).collect())
                })
            }
            Who::Scan => {
                let originals = self.originals.unwrap_or_default();
                timed(probes, |probes| {
                    let Exact { score, rows } = best_of_all(originals, probes, threads);
                    Ok(vec![Found { rows, score: Some(score) }])
                })
            }
            Who::Peer { peer, effort } => {
                let missing = || Error::Python("there is no Python".into());
                let peers = self.peers.as_mut().ok_or_else(missing)?;
                let calls = peers.run(peer, With { effort, threads, batch }, first, calls)?;
                let found = |row: &i64| Found { rows: u32::try_from(*row).into_iter().collect(), score: None };
                Ok(Calls { found: calls.rows.iter().map(found).collect(), seconds: calls.seconds })
            }
        }
    }
}

impl Found {
    fn of_hits(hits: &[search::Hit]) -> Self {
        let mut rows: Vec<u32> = hits.iter().map(|hit| hit.row as u32).collect();
        rows.sort_unstable();
        Self { rows, score: hits.first().map(|hit| hit.score) }
    }

    /// Whether it is what the full scan found: all rows, and the bits of the score.
    fn agrees(&self, exact: &Exact) -> bool {
        self.rows == exact.rows && self.score.is_some_and(|score| score.to_bits() == exact.score.to_bits())
    }
}

/// Whether what our index found is what the full scan found.
pub(super) fn agrees(hits: &[search::Hit], exact: &Exact) -> bool {
    let same = |hit: &search::Hit| hit.score.to_bits() == exact.score.to_bits();
    hits.iter().all(same) && Found::of_hits(hits).agrees(exact)
}

fn timed<'a>(
    probes: impl Iterator<Item = &'a [f32]>,
    mut search: impl FnMut(&[f32]) -> Result<Vec<Found>, Error>,
) -> Result<Calls, Error> {
    let mut calls = Calls { seconds: Vec::new(), found: Vec::new() };
    for probes in probes {
        let begun = Instant::now();
        let found = search(probes)?;
        calls.seconds.push(begun.elapsed().as_secs_f64());
        calls.found.extend(found);
    }
    Ok(calls)
}

/// Measures all systems; `exact` is what the full scan found for each probe.
pub(super) fn measure(
    field: &mut Field<'_>,
    systems: &[System],
    queries: &Queries,
    exact: &[Exact],
    plan: &Plan,
    progress: &dyn Progress,
) -> Result<(Vec<SystemReport>, Vec<Bandwidth>), Error> {
    let in_round = queries.count() / plan.rounds;
    progress.begin("rounds", ((plan.rounds + 1) * systems.len()) as u64);
    let mut calls = Vec::new();
    for system in systems {
        calls.push(calls_in_round(field, *system, queries, in_round, plan)?);
        progress.advance();
    }
    let mut records: Vec<Record> = systems.iter().map(|_| Record::default()).collect();
    let mut bandwidths = vec![Vec::new(); THREADS.len()];
    for round in 0..plan.rounds {
        for (threads, measured) in THREADS.into_iter().zip(&mut bandwidths) {
            measured.push(memory_bandwidth(self::threads(threads)));
        }
        let begin = round * systems.len() / plan.rounds;
        for at in (begin..systems.len()).chain(0..begin) {
            let first = round * in_round;
            let done = field.run(systems[at], queries, first, calls[at])?;
            records[at].take(done, queries, exact, first);
            progress.advance();
        }
    }
    progress.end();
    let bandwidth = THREADS.into_iter().zip(&bandwidths);
    let bandwidth: Vec<_> =
        bandwidth.map(|(threads, measured)| Bandwidth { threads, bytes_per_second: median(measured) }).collect();
    Ok((summarise(systems, &records, &bandwidth, field.rows, queries.width), bandwidth))
}

/// How many calls fit into the time that a system is given in a round: at least one, at most one for each probe.
fn calls_in_round(
    field: &mut Field<'_>,
    system: System,
    queries: &Queries,
    in_round: usize,
    plan: &Plan,
) -> Result<usize, Error> {
    // The first call warms up; the second shows how long one takes.
    let mut seconds = f64::INFINITY;
    for _ in 0..2 {
        seconds = field.run(system, queries, 0, 1)?.seconds.into_iter().fold(seconds, f64::min);
    }
    let affordable = (plan.system_seconds / plan.rounds as f64 / seconds.max(1e-9)) as usize;
    Ok(affordable.clamp(1, (in_round / system.batch).max(1)))
}

impl Record {
    fn take(&mut self, calls: Calls, queries: &Queries, exact: &[Exact], first: usize) {
        for (at, found) in calls.found.iter().enumerate() {
            let (exact, whose) = (&exact[first + at], queries.whose[first + at]);
            if found.score.is_some() {
                self.agreed[0] += usize::from(found.agrees(exact));
                self.agreed[1] += 1;
            }
            if let Whose::Mated { band, .. } = whose {
                self.bands[band][0] += usize::from(found.rows.first().is_some_and(|row| exact.rows.contains(row)));
                self.bands[band][1] += 1;
            }
        }
        self.rounds.push(calls.seconds);
    }

    fn medians(&self) -> Vec<f64> {
        self.rounds.iter().map(|round| median(round)).collect()
    }
}

fn summarise(
    systems: &[System],
    records: &[Record],
    bandwidth: &[Bandwidth],
    rows: usize,
    width: usize,
) -> Vec<SystemReport> {
    let ours = |system: &System| {
        let same = |other: &System| (other.threads, other.batch) == (system.threads, system.batch);
        let at = systems.iter().position(|other| same(other) && other.who.kind().is_best())?;
        Some(records[at].medians())
    };
    let report = |(system, record): (&System, &Record)| {
        let seconds = record.rounds.concat();
        let call = Spread::of(&seconds);
        let ratios = |ours: Vec<f64>| -> Vec<f64> {
            record.medians().iter().zip(ours).map(|(theirs, ours)| theirs / ours).collect()
        };
        let share = |[right, all]: [usize; 2]| (all > 0).then(|| right as f64 / all as f64);
        let sum = record.bands.iter().fold([0, 0], |sum, band| [sum[0] + band[0], sum[1] + band[1]]);
        SystemReport {
            kind: system.who.kind(),
            threads: system.threads,
            batch: system.batch,
            calls: seconds.len(),
            call,
            query_ms: call.p50_ms / system.batch as f64,
            times_ours: ours(system).map(|ours| median(&ratios(ours))),
            bandwidth: bandwidth_share(*system, call.p50_ms, bandwidth, rows, width),
            recall: share(sum),
            recall_by_band: record.bands.iter().copied().map(share).collect(),
            agreed: (record.agreed[1] > 0).then_some(record.agreed),
        }
    };
    systems.iter().zip(records).map(report).collect()
}

/// Only single probes read as fast as memory allows; many at once compute.
fn bandwidth_share(system: System, ms: f64, measured: &[Bandwidth], rows: usize, width: usize) -> Option<f64> {
    let bytes = match system.who {
        Who::Ours { tier, .. } => tier.bytes_per_template(width),
        Who::Scan => width * size_of::<f32>(),
        Who::Peer { .. } => return None,
    };
    let possible = measured.iter().find(|bandwidth| bandwidth.threads == system.threads)?.bytes_per_second;
    (system.batch == 1).then(|| (rows * bytes) as f64 / (ms / 1e3) / possible)
}

#[cfg(test)]
mod tests {
    use search::{Kernel, Tier};

    use super::*;

    fn system(who: Who) -> System {
        System { who, threads: 1, batch: 1 }
    }

    fn record(rounds: &[&[f64]]) -> Record {
        Record { rounds: rounds.iter().map(|round| round.to_vec()).collect(), ..Record::default() }
    }

    #[test]
    fn ratios_are_taken_within_rounds() {
        let best = Who::Ours { tier: Tier::default(), kernel: Kernel::best() };
        let systems = [system(best), system(Who::Scan)];
        // The machine was ten times slower in the second round, and the scan did little of its work there.
        let records = [record(&[&[1.0, 1.0], &[10.0, 10.0], &[1.0]]), record(&[&[8.0], &[80.0], &[8.0, 8.0]])];
        let bandwidth = [Bandwidth { threads: 1, bytes_per_second: 1e9 }];
        let reports = summarise(&systems, &records, &bandwidth, 1_000_000, 128);
        assert_eq!(reports[1].times_ours, Some(8.0));
        assert_eq!(reports[0].times_ours, Some(1.0));
        assert_eq!((reports[0].call.p50_ms, reports[0].calls), (1000.0, 5));
        let share = reports[0].bandwidth.expect("one probe a call");
        assert!((share - 0.068).abs() < 1e-9, "{share}");
        assert_eq!(reports[0].recall, None);
    }

    #[test]
    fn an_answer_agrees_when_rows_and_bits_are_the_same() {
        let exact = Exact { score: 0.5, rows: vec![3, 9] };
        let hit = |row, score| search::Hit { piece: 0, row, score };
        assert!(agrees(&[hit(9, 0.5), hit(3, 0.5)], &exact));
        assert!(!agrees(&[hit(3, 0.5)], &exact));
        assert!(!agrees(&[hit(3, 0.5), hit(9, 0.500_000_06)], &exact));
        assert!(!agrees(&[], &exact));
    }
}
