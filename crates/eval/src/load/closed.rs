//! A closed loop: each connection sends its next request when it has the answer to the last. What a system can do at most.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::client::{Client, Counts, Outcome};

/// How long a connection waits that was refused: who asks again at once keeps a server busy with refusing.
const PAUSE: Duration = Duration::from_millis(20);

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Closed {
    /// Right answers a second, all connections together.
    pub(super) rate: f64,
    pub(super) counts: Counts,
}

/// Keeps `connections` requests under way for this long.
pub(super) fn run(client: &Client, connections: usize, length: Duration) -> Closed {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut counts, begun) = (Counts::default(), Instant::now());
        while begun.elapsed() < length {
            let outcome = client.send(next.fetch_add(1, Ordering::Relaxed));
            let is_right = outcome == Outcome::Right;
            counts.add(outcome);
            if !is_right {
                thread::sleep(PAUSE);
            }
        }
        // Each connection by its own time: the last request of one may end long after those of the others.
        let rate = counts.right as f64 / begun.elapsed().as_secs_f64();
        Closed { rate, counts }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..connections).map(|_| scope.spawn(work)).collect();
        let mut sum = Closed::default();
        for worker in workers {
            let one = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            sum.rate += one.rate;
            sum.counts.merge(one.counts);
        }
        sum
    })
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::{BUSY, RIGHT, client, server};
    use super::*;

    #[test]
    fn the_rate_is_that_of_all_connections_together() {
        let slow = server(|| {
            thread::sleep(Duration::from_millis(20));
            RIGHT
        });
        let closed = run(&client(slow), 4, Duration::from_millis(600));
        // Four at once, each at least 20 ms: never above 200 a second; on a machine with much else to do, below.
        assert!((10.0..=200.0).contains(&closed.rate), "{closed:?}");
        assert_eq!((closed.counts.wrong, closed.counts.refused), (0, 0));
    }

    #[test]
    fn what_is_refused_is_not_in_the_rate() {
        let closed = run(&client(server(|| BUSY)), 2, Duration::from_millis(100));
        assert_eq!(closed.rate, 0.0);
        assert!(closed.counts.refused > 0 && closed.counts.refused == closed.counts.refused_with_retry_after);
    }
}
