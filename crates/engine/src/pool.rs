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

type Job = Box<dyn FnOnce(&mut Pipeline) + Send>;

/// Threads that own a pipeline each and take jobs from one queue.
pub struct Pool {
    queue: Arc<Queue>,
    workers: Vec<JoinHandle<()>>,
}

struct Queue {
    limits: PoolLimits,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    jobs: VecDeque<Job>,
    busy: usize,
    alive: usize,
    job_time: Duration,
    closed: bool,
}

impl Pool {
    /// Starts a thread for each pipeline.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn start(pipelines: Vec<Pipeline>, limits: PoolLimits) -> Result<Self, std::io::Error> {
        let state = State {
            jobs: VecDeque::new(),
            busy: 0,
            alive: pipelines.len(),
            job_time: JOB_TIME_FIRST_GUESS,
            closed: false,
        };
        let queue = Arc::new(Queue { limits, state: Mutex::new(state), changed: Condvar::new() });
        let mut pool = Self { queue, workers: Vec::new() };
        for (number, pipeline) in pipelines.into_iter().enumerate() {
            let queue = Arc::clone(&pool.queue);
            let thread = std::thread::Builder::new().name(format!("face-{number}"));
            pool.workers.push(thread.spawn(move || queue.work(pipeline))?);
        }
        Ok(pool)
    }

    /// Runs `job` on a worker and returns what it returns. A job whose caller has gone before it began is skipped.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full, [`Error::Internal`] when the job panics.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Pipeline) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        self.queue.push(Box::new(move |pipeline| {
            if answer.is_closed() {
                return;
            }
            let result = catch_unwind(AssertUnwindSafe(|| job(pipeline)));
            // Nobody waits any more: the result is of no use to anyone.
            let _ = answer.send(result);
        }))?;
        match answered.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_panic)) => Err(Error::Internal("a job panicked".into())),
            Err(_closed) => Err(Error::Unavailable("the CPU pool has stopped".into())),
        }
    }
}

impl Drop for Pool {
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

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Jobs run outside the lock and are caught: a poisoned state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<(), Error> {
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

    fn work(&self, mut pipeline: Pipeline) {
        let _gone = AliveGuard(self);
        while let Some(job) = self.next() {
            let begun = Instant::now();
            job(&mut pipeline);
            let mut state = self.lock();
            state.busy -= 1;
            state.note(begun.elapsed());
        }
    }

    fn next(&self) -> Option<Job> {
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

impl State {
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
struct AliveGuard<'a>(&'a Queue);

impl Drop for AliveGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.alive -= 1;
        if state.alive == 0 {
            state.jobs.clear();
        }
    }
}
