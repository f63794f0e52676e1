//! Work shared out over threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many threads to use: one a core.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Gives every number below `count` to one of the threads, in turn; each thread has a state of its own, and all states
/// come back. The first error stops its thread only; it is returned when the others have come to their end.
pub(crate) fn share_out<S: Send, E: Send>(
    count: usize,
    start: impl Fn() -> Result<S, E> + Sync,
    work: impl Fn(&mut S, usize) -> Result<(), E> + Sync,
) -> Result<Vec<S>, E> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut state = start()?;
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return Ok(state);
            }
            if let Err(error) = work(&mut state, at) {
                next.store(count, Ordering::Relaxed);
                return Err(error);
            }
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads().min(count.max(1))).map(|_| scope.spawn(run)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Result<S, E>>| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        workers.into_iter().map(join).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_worked_on_once() {
        let push = |done: &mut Vec<usize>, at| {
            done.push(at);
            Ok::<(), ()>(())
        };
        let mut done = share_out(1000, || Ok(Vec::new()), push).expect("no errors").concat();
        done.sort_unstable();
        assert_eq!(done, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_ends_the_work() {
        let fail = |_: &mut (), at| if at == 3 { Err("three") } else { Ok(()) };
        assert_eq!(share_out(1_000_000, || Ok(()), fail), Err("three"));
    }
}
