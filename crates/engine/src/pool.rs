//! The CPU pool: as many threads as cores, each with its own models, and a bounded queue before them.
//!
//! How many run at once and how many may wait is one decision, taken here: whatever the number of requests, the cores are
//! never oversubscribed.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use face::Pipeline;
use tokio::sync::oneshot;

use crate::Error;

/// How long the first jobs are taken to last, until some have been measured.
const JOB_TIME_FIRST_GUESS: Duration = Duration::from_millis(60);

/// The weight of the newest job in the running mean of job times.
const JOB_TIME_WEIGHT: f64 = 0.1;

/// The least time that a refused client is asked to wait: `Retry-After` has whole seconds.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

/// Bounds of the queue before the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Jobs that may wait for a worker; one more is refused.
    pub queue_jobs_max: usize,
    /// The longest that a job may be expected to wait; beyond it is refused, since its client will have gone.
    pub queue_wait_max: Duration,
}

impl Default for PoolLimits {
    /// 64 jobs, 5 seconds: on two cores the queue is full at about two seconds of work.
    fn default() -> Self {
        Self { queue_jobs_max: 64, queue_wait_max: Duration::from_secs(5) }
    }
}

/// Says whether it was run: one whose caller has gone is not.
type Job<W> = Box<dyn FnOnce(&mut W) -> bool + Send>;

/// Threads that own a worker each (a face pipeline with its models) and take jobs from one queue.
pub struct Pool<W = Pipeline> {
    queue: Arc<Queue<W>>,
    workers: Vec<JoinHandle<()>>,
}

struct Queue<W> {
    limits: PoolLimits,
    state: Mutex<State<W>>,
    changed: Condvar,
}

struct State<W> {
    jobs: VecDeque<Job<W>>,
    busy: usize,
    alive: usize,
    job_time: Duration,
    closed: bool,
}

impl<W: Send + 'static> Pool<W> {
    /// Starts a thread for each worker.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn start(workers: Vec<W>, limits: PoolLimits) -> Result<Self, std::io::Error> {
        let state = State {
            jobs: VecDeque::new(),
            busy: 0,
            alive: workers.len(),
            job_time: JOB_TIME_FIRST_GUESS,
            closed: false,
        };
        let queue = Arc::new(Queue { limits, state: Mutex::new(state), changed: Condvar::new() });
        let mut pool = Self { queue, workers: Vec::new() };
        for (number, worker) in workers.into_iter().enumerate() {
            let queue = Arc::clone(&pool.queue);
            let thread = std::thread::Builder::new().name(format!("face-{number}"));
            pool.workers.push(thread.spawn(move || queue.work(worker))?);
        }
        Ok(pool)
    }

    /// Whether there is anybody to take a job.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let state = self.queue.lock();
        state.alive > 0 && !state.closed
    }

    /// Runs `job` on a worker and returns what it returns. A job whose caller has gone before it began is skipped.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full, [`Error::Internal`] when the job panics.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut W) -> T + Send + 'static) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        self.queue.push(Box::new(move |worker| {
            if answer.is_closed() {
                return false;
            }
            let result = catch_unwind(AssertUnwindSafe(|| job(worker)));
            // Nobody waits any more: the result is of no use to anyone.
            let _ = answer.send(result);
            true
        }))?;
        match answered.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_panic)) => Err(Error::Internal("a job panicked".into())),
            Err(_closed) => Err(Error::Unavailable("the CPU pool has stopped".into())),
        }
    }
}

impl<W> Drop for Pool<W> {
    /// Lets the workers finish what waits, then joins them.
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.changed.notify_all();
        for worker in self.workers.drain(..) {
            // A worker that panicked outside a job has nothing left to clean up.
            let _ = worker.join();
        }
    }
}

impl<W> Queue<W> {
    fn lock(&self) -> std::sync::MutexGuard<'_, State<W>> {
        // Jobs run outside the lock and are caught: a poisoned state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job<W>) -> Result<(), Error> {
        let mut state = self.lock();
        if state.closed || state.alive == 0 {
            return Err(Error::Unavailable("the CPU pool has stopped".into()));
        }
        let wait = state.expected_wait();
        if state.jobs.len() >= self.limits.queue_jobs_max || wait > self.limits.queue_wait_max {
            return Err(Error::Overloaded { retry_after: wait.max(RETRY_AFTER_MIN) });
        }
        state.jobs.push_back(job);
        self.changed.notify_one();
        Ok(())
    }

    fn work(&self, mut worker: W) {
        let _gone = AliveGuard(self);
        while let Some(job) = self.next() {
            let begun = Instant::now();
            let has_run = job(&mut worker);
            let mut state = self.lock();
            state.busy -= 1;
            if has_run {
                state.note(begun.elapsed());
            }
        }
    }

    fn next(&self) -> Option<Job<W>> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.busy += 1;
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<W> State<W> {
    /// How long a job that comes now would wait, if the jobs before it last as long as those of late.
    fn expected_wait(&self) -> Duration {
        match self.jobs.len() {
            0 if self.busy < self.alive => Duration::ZERO,
            waiting => self.job_time.mul_f64((waiting + 1) as f64 / self.alive as f64),
        }
    }

    fn note(&mut self, took: Duration) {
        self.job_time = self.job_time.mul_f64(1.0 - JOB_TIME_WEIGHT) + took.mul_f64(JOB_TIME_WEIGHT);
    }
}

/// Counts a worker out however it ends, so that a pool without workers refuses instead of letting callers wait.
struct AliveGuard<'a, W>(&'a Queue<W>);

impl<W> Drop for AliveGuard<'_, W> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.alive -= 1;
        if state.alive == 0 {
            state.jobs.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn pool(workers: usize, queue_jobs_max: usize) -> Arc<Pool<()>> {
        let limits = PoolLimits { queue_jobs_max, queue_wait_max: Duration::from_secs(60) };
        Arc::new(Pool::start(vec![(); workers], limits).expect("threads"))
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime")
    }

    /// Keeps a worker busy until told to let go.
    fn hold(
        runtime: &tokio::runtime::Runtime,
        pool: &Arc<Pool<()>>,
    ) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), Error>>) {
        let (begin, begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let pool = Arc::clone(pool);
        let held = runtime.spawn(async move {
            pool.run(move |()| {
                begin.send(()).expect("waited for");
                // It cannot hang longer than the test.
                let _ = released.recv();
            })
            .await
        });
        begun.recv().expect("the job runs");
        (release, held)
    }

    #[test]
    fn a_panic_becomes_an_error_and_the_worker_goes_on() {
        let (pool, runtime) = (pool(1, 4), runtime());
        let panicked: Result<(), Error> = runtime.block_on(pool.run(|()| panic!("in a job")));
        assert!(matches!(panicked, Err(Error::Internal(_))));
        assert_eq!(runtime.block_on(pool.run(|()| 7)).expect("works"), 7);
    }

    #[test]
    fn one_job_more_than_fits_is_refused_with_a_time_and_the_others_are_done() {
        let (pool, runtime) = (pool(1, 2), runtime());
        let (release, held) = hold(&runtime, &pool);
        let waiting: Vec<_> = (0..2)
            .map(|number| {
                let pool = Arc::clone(&pool);
                runtime.spawn(async move { pool.run(move |()| number).await })
            })
            .collect();
        while pool.queue.lock().jobs.len() < 2 {
            std::thread::yield_now();
        }
        let refused = runtime.block_on(pool.run(|()| 9));
        assert!(matches!(refused, Err(Error::Overloaded { retry_after }) if retry_after >= RETRY_AFTER_MIN));
        release.send(()).expect("held");
        runtime.block_on(held).expect("joined").expect("done");
        let answers: Vec<i32> =
            waiting.into_iter().map(|job| runtime.block_on(job).expect("joined").expect("done")).collect();
        assert_eq!(answers, [0, 1]);
    }

    #[test]
    fn a_wait_that_would_be_too_long_is_refused_before_the_queue_is_full() {
        let limits = PoolLimits { queue_jobs_max: 1_000, queue_wait_max: Duration::from_millis(250) };
        let pool = Pool::<()>::start(vec![(); 1], limits).expect("threads");
        let mut state = pool.queue.lock();
        state.job_time = Duration::from_millis(100);
        state.busy = 1;
        let waits: Vec<u128> = (0..3)
            .map(|_| {
                state.jobs.push_back(Box::new(|()| true));
                state.expected_wait().as_millis()
            })
            .collect();
        assert_eq!(waits, [200, 300, 400], "with so many before it");
        state.jobs.clear();
    }

    #[test]
    fn a_job_whose_caller_has_gone_is_skipped() {
        let (pool, runtime) = (pool(1, 4), runtime());
        let (release, held) = hold(&runtime, &pool);
        let (ran, seen) = mpsc::channel();
        let gone = runtime.spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(move |()| ran.send(())).await }
        });
        while pool.queue.lock().jobs.is_empty() {
            std::thread::yield_now();
        }
        gone.abort();
        assert!(runtime.block_on(gone).is_err());
        release.send(()).expect("held");
        runtime.block_on(held).expect("joined").expect("done");
        assert_eq!(runtime.block_on(pool.run(|()| 1)).expect("works"), 1);
        assert!(seen.recv().is_err(), "the job was dropped without being run");
    }

    #[test]
    fn a_pool_without_workers_refuses_instead_of_waiting() {
        assert!(pool(1, 4).is_alive() && !pool(0, 4).is_alive());
        let answer = runtime().block_on(pool(0, 4).run(|()| 1));
        assert!(matches!(answer, Err(Error::Unavailable(_))));
    }
}
