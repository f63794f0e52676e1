//! Our server under load that does not wait: below its capacity, at it, and far above it.

use std::time::Duration;

use super::client::Client;
use super::closed;
use super::open::{self, OpenLoop};
use super::process::Usage;
use super::report::{ServiceReport, Step};
use crate::{Error, Progress};

/// Connections that find the capacity: enough that work always waits for a core.
const CONNECTIONS: usize = 8;

/// The loads, in capacities.
pub(super) const LOADS: [f64; 4] = [0.5, 0.8, 1.0, 2.0];

/// How often each has its turn: what is compared takes turns, so that a minute in which the machine is slow falls on all.
const TURNS: u32 = 3;

/// The seed of all arrivals.
const SEED: u64 = 7;

/// How long the server is left alone before a load: what the one before left in its queue is done by then.
const CALM: Duration = Duration::from_secs(1);

/// Finds the capacity, then sends that many requests a second, and parts and multiples of it, at random times, by turns; each
/// for `open_length` in all.
pub(super) fn service(
    client: &Client,
    closed_length: Duration,
    open_length: Duration,
    progress: &dyn Progress,
) -> Result<ServiceReport, Error> {
    progress.begin("loads", 1 + u64::from(TURNS) * LOADS.len() as u64);
    let usage = Usage::of_this();
    let closed = closed::run(client, CONNECTIONS, closed_length);
    let generator_cpu = usage.share_since();
    if closed.rate <= 0.0 {
        let why = closed.counts.first_wrong.unwrap_or_else(|| "all are refused".into());
        return Err(Error::Server(format!("no request is answered: {why}")));
    }
    progress.advance();
    let per_second = LOADS.map(|times_capacity| times_capacity * closed.rate);
    let mut turns = LOADS.map(|_| Vec::new());
    let mut seeds = SEED..;
    for _ in 0..TURNS {
        for ((turns, per_second), seed) in turns.iter_mut().zip(per_second).zip(&mut seeds) {
            std::thread::sleep(CALM);
            turns.push(open::turn(client, seed, per_second, open_length / TURNS)?);
            progress.advance();
        }
    }
    let open = turns.into_iter().zip(per_second).map(|(turns, per_second)| OpenLoop::of(per_second, turns));
    let steps = LOADS.into_iter().zip(open).map(|(times_capacity, open)| Step { times_capacity, open }).collect();
    progress.end();
    let closed::Closed { rate: capacity, counts } = closed;
    Ok(ServiceReport { connections: CONNECTIONS, capacity, generator_cpu, counts, steps })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::super::client::tests::{BUSY, RIGHT, client, server};
    use super::*;
    use crate::Quiet;

    #[test]
    fn a_server_that_refuses_what_is_too_much_keeps_its_goodput() {
        // Does one thing at a time, 5 ms each, and lets no more than eight wait.
        let (work, waiting) = (Mutex::new(()), AtomicUsize::new(0));
        let address = server(move || {
            let answer = match waiting.fetch_add(1, Ordering::SeqCst) {
                0..=8 => {
                    let _one_at_a_time = work.lock().expect("whole");
                    thread::sleep(Duration::from_millis(5));
                    RIGHT
                }
                _ => BUSY,
            };
            waiting.fetch_sub(1, Ordering::SeqCst);
            answer
        });
        let second = Duration::from_secs(1);
        let report = service(&client(address), second, second, &Quiet).expect("measured");
        assert!((10.0..=200.0).contains(&report.capacity), "{report:?}");
        let twice = &report.steps.last().expect("the greatest").open;
        assert!(twice.counts.refused > 0 && twice.counts.wrong == 0, "{twice:?}");
        // On a machine that does much else at the time, much may change between two seconds.
        assert!(twice.goodput > 0.3 * report.capacity, "{twice:?}");
    }

    #[test]
    fn a_server_that_answers_nothing_has_no_capacity() {
        let client = client(server(|| BUSY));
        let length = Duration::from_millis(50);
        assert!(service(&client, length, length, &Quiet).is_err());
    }
}
