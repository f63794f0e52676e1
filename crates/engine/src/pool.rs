//! The CPU pool: as many threads as cores, each with its own models, and a bounded queue before them.
//!
//! How many run at once and how many may wait is one decision, taken here: whatever the number of requests, the cores are
//! never oversubscribed.
//!
//! What goes on with a request whose job is done (`follow_up`) is not refused, and goes before jobs that have not begun.

mod follow_up;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use face::Pipeline;
use tokio::sync::oneshot;

use crate::Error;

use self::follow_up::FollowUp;
pub(crate) use self::follow_up::{FollowUps, Work};

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
    follow_ups: VecDeque<FollowUp>,
    busy: usize,
    alive: usize,
    /// The running mean of what one job costs a worker, what follows it included.
    job_time: Duration,
    /// What follow-ups took since a job ended: part of what jobs cost.
    follow_up_time: Duration,
    closed: bool,
}

/// What a worker does next.
enum Task<W> {
    Job(Job<W>),
    FollowUp(Work),
}

impl<W: Send + 'static> Pool<W> {
    /// Starts a thread for each worker.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn start(workers: Vec<W>, limits: PoolLimits) -> Result<Self, std::io::Error> {
        let state = State {
            jobs: VecDeque::new(),
            follow_ups: VecDeque::new(),
            busy: 0,
            alive: workers.len(),
            job_time: JOB_TIME_FIRST_GUESS,
            follow_up_time: Duration::ZERO,
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

    /// The way to the workers for what follows jobs.
    pub(crate) fn follow_ups(&self) -> Arc<dyn FollowUps> {
        // The queue and not the pool: whoever holds this keeps no worker from being joined.
        Arc::clone(&self.queue) as Arc<dyn FollowUps>
    }

    /// How many jobs wait for a worker.
    #[cfg(test)]
    pub(crate) fn waiting_jobs(&self) -> usize {
        self.queue.lock().jobs.len()
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
        while let Some(task) = self.next() {
            let begun = Instant::now();
            match task {
                Task::Job(job) => {
                    let has_run = job(&mut worker);
                    self.ended(|state| {
                        if has_run {
                            state.note(begun.elapsed());
                        }
                    });
                }
                Task::FollowUp(work) => {
                    // Whoever waits for it learns of a panic from what is dropped with it.
                    let _ = catch_unwind(AssertUnwindSafe(work));
                    self.ended(|state| state.follow_up_time += begun.elapsed());
                }
            }
        }
    }

    fn ended(&self, note: impl FnOnce(&mut State<W>)) {
        let mut state = self.lock();
        state.busy -= 1;
        note(&mut state);
    }

    fn next(&self) -> Option<Task<W>> {
        let mut state = self.lock();
        loop {
            if let Some(task) = state.take(Instant::now()) {
                state.busy += 1;
                return Some(task);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<W> State<W> {
    /// What is to be done next: a follow-up that is due, else a job, else a follow-up that would have waited for company.
    fn take(&mut self, now: Instant) -> Option<Task<W>> {
        let turn = self.turn();
        let due = self.follow_ups.iter().position(|follow_up| follow_up.is_due(now, turn));
        let place = due.or_else(|| self.jobs.is_empty().then_some(0));
        let follow_up = place.and_then(|place| self.follow_ups.remove(place));
        follow_up.map(|follow_up| Task::FollowUp(follow_up.work)).or_else(|| self.jobs.pop_front().map(Task::Job))
    }

    /// How long it takes in the mean until another worker is free, while all are busy.
    fn turn(&self) -> Duration {
        self.job_time / u32::try_from(self.alive.max(1)).unwrap_or(u32::MAX)
    }

    /// How long a job that comes now would wait, if the jobs before it last as long as those of late.
    fn expected_wait(&self) -> Duration {
        match self.jobs.len() {
            0 if self.busy < self.alive => Duration::ZERO,
            waiting => self.job_time.mul_f64((waiting + 1) as f64 / self.alive as f64),
        }
    }

    fn note(&mut self, took: Duration) {
        let took = took + std::mem::take(&mut self.follow_up_time);
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
            let (jobs, follow_ups) = (std::mem::take(&mut state.jobs), std::mem::take(&mut state.follow_ups));
            // What is dropped may tell its waiters, who may ask the pool: not under its lock.
            drop(state);
            drop((jobs, follow_ups));
        }
    }
}

#[cfg(test)]
mod tests;
