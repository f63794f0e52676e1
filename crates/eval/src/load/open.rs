//! An open loop: requests come when they come, whether or not those before them have been answered.
//!
//! A closed loop cannot see a server stall: it sends nothing meanwhile, and counts one slow answer where a hundred people
//! would have waited (Tene's "coordinated omission"). Here the times of sending are drawn beforehand, and a latency is
//! counted from the time at which the request was *meant* to be sent, however late the generator itself was.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::arrivals::poisson;
use super::client::{Client, Counts, Outcome};
use super::latency::Latencies;
use super::process::Usage;
use crate::Error;
use crate::search::latency::quantile;

/// Threads that send: so many requests may be under way at once. More than the server admits, and as many again for those
/// that are refused meanwhile.
const SENDERS: usize = 512;

/// A sender needs little: its requests are prepared.
const STACK_BYTES: usize = 128 << 10;

/// A request that is sent this late was kept back by the generator, not by chance.
const LATE: Duration = Duration::from_millis(5);

/// What came of an open loop.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OpenLoop {
    /// Requests a second that were meant to be sent.
    pub per_second: f64,
    /// How long they were sent, in seconds.
    pub seconds: f64,
    /// What came of them.
    pub counts: Counts,
    /// Right answers a second, until the last one.
    pub goodput: f64,
    /// How long the right answers took, from when the request was meant to be sent.
    pub latencies: Latencies,
    /// How late requests were sent, in milliseconds: 99 of 100 were no later.
    pub late_p99_ms: f64,
    /// Share of the requests that were sent more than 5 ms late: the generator, or the machine under it, was the limit.
    pub late_share: f64,
    /// Share of the machine's processor time that the generator took.
    pub generator_cpu: f64,
}

/// One request.
struct Sample {
    late: Duration,
    /// From the intended time of sending to the end of the answer.
    latency: Duration,
    /// From the begin of the loop to the end of the answer.
    ended: Duration,
    outcome: Outcome,
}

/// A load for a while, after which others may have their turn.
pub(super) struct Turn {
    samples: Vec<Sample>,
    /// How long requests were sent.
    length: Duration,
    /// Until the last right answer, or as long as requests were sent.
    end: Duration,
    generator_cpu: f64,
}

/// Sends requests at random times, so many a second in the mean, for this long, and waits for the last answer.
pub(super) fn turn(client: &Client, seed: u64, per_second: f64, length: Duration) -> Result<Turn, Error> {
    let times = poisson(seed, per_second, length);
    let before = Usage::of_this();
    let samples = send_all(client, &times)?;
    let generator_cpu = before.share_since();
    let right = samples.iter().filter(|sample| sample.outcome == Outcome::Right);
    let end = right.map(|sample| sample.ended).max().unwrap_or_default().max(length);
    Ok(Turn { samples, length, end, generator_cpu })
}

impl OpenLoop {
    /// All turns of a load together, each of the same length.
    pub(super) fn of(per_second: f64, turns: Vec<Turn>) -> Self {
        let sum = |of: fn(&Turn) -> Duration| turns.iter().map(of).sum::<Duration>().as_secs_f64();
        let (seconds, until_answered) = (sum(|turn| turn.length), sum(|turn| turn.end));
        let generator_cpu = turns.iter().map(|turn| turn.generator_cpu).sum::<f64>() / turns.len().max(1) as f64;
        let samples: Vec<Sample> = turns.into_iter().flat_map(|turn| turn.samples).collect();
        let late: Vec<f64> = samples.iter().map(|sample| sample.late.as_secs_f64()).collect();
        let late_count = samples.iter().filter(|sample| sample.late > LATE).count();
        let right = samples.iter().filter(|sample| sample.outcome == Outcome::Right);
        let latencies = Latencies::of(right.map(|sample| sample.latency.as_secs_f64()).collect());
        let mut counts = Counts::default();
        samples.into_iter().for_each(|sample| counts.add(sample.outcome));
        Self {
            per_second,
            seconds,
            goodput: counts.right as f64 / until_answered,
            counts,
            latencies,
            late_p99_ms: 1e3 * if late.is_empty() { 0.0 } else { quantile(&late, 0.99) },
            late_share: late_count as f64 / late.len().max(1) as f64,
            generator_cpu,
        }
    }
}

fn send_all(client: &Client, times: &[Duration]) -> Result<Vec<Sample>, Error> {
    let next = AtomicUsize::new(0);
    // Until all threads are there.
    let begun = Instant::now() + Duration::from_millis(100);
    let work = || {
        let mut samples = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(time) = times.get(number) else { return samples };
            let intended = begun + *time;
            thread::sleep(intended.saturating_duration_since(Instant::now()));
            let late = intended.elapsed();
            let outcome = client.send(number);
            samples.push(Sample { late, latency: intended.elapsed(), ended: begun.elapsed(), outcome });
        }
    };
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let senders = (0..SENDERS.min(times.len())).map(start).collect::<Result<Vec<_>, _>>();
        let senders = senders.map_err(|error| Error::TooLittle(format!("threads for the load: {error}")))?;
        let mut samples = Vec::new();
        for sender in senders {
            samples.extend(sender.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        Ok(samples)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::client::tests::{BUSY, RIGHT, client, server};
    use super::*;

    fn run(client: &Client, seed: u64, per_second: f64, length: Duration) -> Result<OpenLoop, Error> {
        Ok(OpenLoop::of(per_second, vec![turn(client, seed, per_second, length)?]))
    }

    #[test]
    fn turns_count_together() {
        let client = client(server(|| RIGHT));
        let turns: Vec<Turn> =
            (0..3).map(|seed| turn(&client, seed, 100.0, Duration::from_millis(200)).expect("run")).collect();
        let (sent, end) =
            (turns.iter().map(|turn| turn.samples.len()).sum::<usize>(), turns[0].end + turns[1].end + turns[2].end);
        let open = OpenLoop::of(100.0, turns);
        assert_eq!((open.counts.right, open.latencies.count), (sent, sent));
        assert!((open.seconds - 0.6).abs() < 1e-9 && (open.goodput - sent as f64 / end.as_secs_f64()).abs() < 1e-9);
    }

    #[test]
    fn a_server_that_keeps_up_answers_all_in_its_own_time() {
        let quick = server(|| {
            thread::sleep(Duration::from_millis(10));
            RIGHT
        });
        let open = run(&client(quick), 1, 100.0, Duration::from_secs(2)).expect("run");
        assert!((140..260).contains(&open.counts.right) && open.counts.wrong == 0, "{:?}", open.counts);
        let half = open.latencies.at(0.5).expect("enough");
        assert!((10.0..500.0).contains(&half), "{half}");
        // In the two seconds, or a little more until the last one.
        assert!((0.25..=0.5).contains(&(open.goodput / open.counts.right as f64)), "{open:?}");
    }

    /// A server that answers nobody from the 500th to the 1500th millisecond after its start.
    fn stalling() -> std::net::SocketAddr {
        let (begun, lock) = (Instant::now(), Mutex::new(()));
        server(move || {
            let _one_at_a_time = lock.lock().expect("whole");
            let since = begun.elapsed();
            if (500..1500).contains(&since.as_millis()) {
                thread::sleep(Duration::from_millis(1500) - since);
            }
            RIGHT
        })
    }

    #[test]
    fn a_stall_is_seen_by_all_who_would_have_waited() {
        let open = run(&client(stalling()), 2, 100.0, Duration::from_secs(3)).expect("run");
        // A third of the people came during the stall: the middle ones of them waited half a second.
        let p75 = open.latencies.at(0.75).expect("enough");
        assert!(p75 > 100.0, "{:?}", open.latencies);
        assert!(open.latencies.at(0.9).is_some_and(|p90| p90 > 500.0), "{:?}", open.latencies);
        assert_eq!(open.counts.wrong, 0);
    }

    #[test]
    fn what_is_refused_has_no_part_in_latencies_and_goodput() {
        let open = run(&client(server(|| BUSY)), 3, 200.0, Duration::from_millis(500)).expect("run");
        assert_eq!((open.counts.right, open.goodput, open.latencies.count), (0, 0.0, 0));
        assert!(open.counts.refused > 50 && open.counts.refused == open.counts.refused_with_retry_after);
    }

    #[test]
    fn a_generator_that_cannot_keep_up_says_so() {
        // As many at once as there are senders, each for longer than the whole schedule.
        let slow = server(|| {
            thread::sleep(Duration::from_millis(300));
            RIGHT
        });
        let open = run(&client(slow), 4, 4_000.0, Duration::from_millis(250)).expect("run");
        assert!(open.counts.right > SENDERS && open.late_share > 0.2, "{}", open.late_share);
        // Late requests took their delay along.
        assert!(open.latencies.at(1.0).is_some_and(|ms| ms > 400.0), "{:?}", open.latencies);
    }
}
