//! Work for a core that is done beside the workers: parsing and hashing bodies.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

/// As many pieces of such work at once as there are cores. The threads for what may block are hundreds, because they are for
/// waiting; were they all to compute, they would take the cores from the workers, and everybody would be late.
#[derive(Clone)]
pub(crate) struct Cores(Arc<Semaphore>);

impl Cores {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from))))
    }

    /// Does `work` off the runtime's threads, when there is a core for it.
    ///
    /// # Errors
    /// When it panics; the text is for the log.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        // Never closed.
        let core = Arc::clone(&self.0).acquire_owned().await.map_err(|error| error.to_string())?;
        let work = move || {
            // Also when nobody waits for the work any more: it goes on to its end.
            let _core = core;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    use super::*;

    #[test]
    fn no_more_runs_at_once_than_there_are_cores_and_a_panic_frees_its_core() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
        let (cores, now, most) = (Cores::new(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all = available_parallelism().map_or(1, usize::from);
        let run = |number: usize| {
            let (cores, now, most) = (cores.clone(), Arc::clone(&now), Arc::clone(&most));
            runtime.spawn(async move {
                let work = move || {
                    most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    now.fetch_sub(1, SeqCst);
                    assert!(number.is_multiple_of(2), "every second one");
                };
                cores.compute(work).await.is_ok()
            })
        };
        let runs: Vec<_> = (0..8 * all).map(run).collect();
        let ended: Vec<bool> = runs.into_iter().map(|run| runtime.block_on(run).expect("no panic out here")).collect();
        assert!(ended.iter().enumerate().all(|(number, is_ok)| *is_ok == (number % 2 == 0)), "{ended:?}");
        assert!((1..=all).contains(&most.load(SeqCst)), "{most:?}");
    }
}
