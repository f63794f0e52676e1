//! The CPU pool: as many threads as cores, each with its own models, and a bounded queue before them.
//!
//! How many run at once and how many may wait is one decision, taken here: whatever the number of requests, the cores are
//! never oversubscribed. How long a job may wait is said by `patience`; it is asked three times: before anything is done for a
//! request ([`Pool::admits`]), when its job comes, and when the job's turn has come.
//!
//! What goes on with a request whose job is done (`follow_up`) is not refused, and goes before jobs that have not begun.

mod follow_up;
mod patience;

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
use self::patience::Patience;
pub use self::patience::WaitLimits;

/// How long the first jobs are taken to last, until some have been measured: a probe in an image of one megapixel.
const JOB_TIME_FIRST_GUESS: Duration = Duration::from_millis(30);

/// The weight of the newest job in the running mean of job times: a rare long one must not make the others look long.
const JOB_TIME_WEIGHT: f64 = 0.05;

/// Bounds of the queue before the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Jobs that may wait for a worker; one more is refused.
    pub queue_jobs_max: usize,
    /// How long a job may wait; beyond it is refused, since it would make all others wait as long.
    pub wait: WaitLimits,
}

impl Default for PoolLimits {
    /// 64 jobs: as many as requests may be in flight.
    fn default() -> Self {
        Self { queue_jobs_max: 64, wait: WaitLimits::default() }
    }
}

/// Is given a worker, or the reason why it gets none. Says whether it was run: one whose caller has gone is not.
type Job<W> = Box<dyn FnOnce(Result<&mut W, Error>) -> bool + Send>;

/// A job in the queue, and since when.
struct Waiting<W> {
    job: Job<W>,
    since: Instant,
}

/// Threads that own a worker each (a face pipeline with its models) and take jobs from one queue.
pub struct Pool<W = Pipeline> {
    queue: Arc<Queue<W>>,
    workers: Vec<JoinHandle<()>>,
}

struct Queue<W> {
    state: Mutex<State<W>>,
    changed: Condvar,
}

struct State<W> {
    jobs: VecDeque<Waiting<W>>,
    queue_jobs_max: usize,
    patience: Patience,
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
    /// It has waited too long.
    Refuse(Job<W>, Error),
    FollowUp(Work),
}

impl<W: Send + 'static> Pool<W> {
    /// Starts a thread for each worker.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn start(workers: Vec<W>, limits: PoolLimits) -> Result<Self, std::io::Error> {
        let state = State::new(workers.len(), limits, Instant::now());
        let queue = Arc::new(Queue { state: Mutex::new(state), changed: Condvar::new() });
        let mut pool = Self { queue, workers: Vec::new() };
        for (number, worker) in workers.into_iter().enumerate() {
            let queue = Arc::clone(&pool.queue);
            // By this name `auther bench load` finds the threads whose time is no overhead.
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

    /// Whether a job that came now would be taken: to be asked before anything is done for a request. It reserves nothing. A
    /// reservation would have to count as a job that waits, for as long as its client takes to send an image: whoever sends
    /// slowly would keep out whoever is there. So more requests may pass here than jobs are taken then, at most as many as
    /// are in flight, and each is asked again when its job comes.
    ///
    /// # Errors
    /// [`Error::Overloaded`], [`Error::Unavailable`] when there is no worker.
    pub fn admits(&self) -> Result<(), Error> {
        self.queue.lock().admits(Instant::now())
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
    /// [`Error::Overloaded`] when the queue is full, would take too long or did, [`Error::Internal`] when the job panics.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut W) -> T + Send + 'static) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        self.queue.push(Box::new(move |worker| {
            if answer.is_closed() {
                return false;
            }
            let is_run = worker.is_ok();
            let panicked = |_panic| Error::Internal("a job panicked".into());
            let run = |worker| catch_unwind(AssertUnwindSafe(|| job(worker))).map_err(panicked);
            // Nobody waits any more: the result is of no use to anyone.
            let _ = answer.send(worker.and_then(run));
            is_run
        }))?;
        answered.await.unwrap_or_else(|_closed| Err(stopped()))
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
        let (mut state, now) = (self.lock(), Instant::now());
        state.admits(now)?;
        state.jobs.push_back(Waiting { job, since: now });
        self.changed.notify_one();
        Ok(())
    }

    fn work(&self, mut worker: W) {
        let _gone = AliveGuard(self);
        while let Some(task) = self.next() {
            let begun = Instant::now();
            match task {
                Task::Job(job) => {
                    let has_run = job(Ok(&mut worker));
                    self.ended(|state| {
                        if has_run {
                            state.note(begun.elapsed());
                        }
                    });
                }
                Task::Refuse(job, why) => {
                    job(Err(why));
                    self.ended(|_| {});
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
    fn new(workers: usize, limits: PoolLimits, now: Instant) -> Self {
        Self {
            jobs: VecDeque::new(),
            queue_jobs_max: limits.queue_jobs_max,
            patience: Patience::new(limits.wait, now),
            follow_ups: VecDeque::new(),
            busy: 0,
            alive: workers,
            job_time: JOB_TIME_FIRST_GUESS,
            follow_up_time: Duration::ZERO,
            closed: false,
        }
    }

    /// Whether one more job may wait.
    fn admits(&mut self, now: Instant) -> Result<(), Error> {
        if self.closed || self.alive == 0 {
            return Err(stopped());
        }
        if self.jobs.is_empty() {
            self.patience.nobody_waits(now);
        }
        let is_full = self.jobs.len() >= self.queue_jobs_max;
        let is_long = self.keeps_busy() && self.expected_wait() > self.patience.wait_max(now);
        match is_full || is_long {
            true => Err(self.overloaded(now)),
            false => Ok(()),
        }
    }

    /// Whether those who wait are enough for the workers. A job for each may wait however long jobs last, as long as few such
    /// jobs come: to refuse one would leave a worker without work.
    fn keeps_busy(&self) -> bool {
        self.jobs.len() >= self.alive
    }

    /// What a job is told that is refused: when its turn would come in time, if nobody else came meanwhile.
    fn overloaded(&self, now: Instant) -> Error {
        let too_many = (self.jobs.len() + 1).saturating_sub(self.queue_jobs_max);
        let place = self.turn().saturating_mul(u32::try_from(too_many).unwrap_or(u32::MAX));
        let wait = self.expected_wait().saturating_sub(self.patience.wait_max(now));
        Error::Overloaded { retry_after: wait.max(place) }
    }

    /// The job whose turn it is, or that it came too late.
    fn take_job(&mut self, now: Instant) -> Option<Task<W>> {
        let Waiting { job, since } = self.jobs.pop_front()?;
        let is_late = self.keeps_busy() && self.patience.is_late(since, now);
        if self.jobs.is_empty() {
            self.patience.nobody_waits(now);
        }
        Some(match is_late {
            true => Task::Refuse(job, self.overloaded(now)),
            false => Task::Job(job),
        })
    }

    /// What is to be done next: a follow-up that is due, else a job, else a follow-up that would have waited for company.
    fn take(&mut self, now: Instant) -> Option<Task<W>> {
        let turn = self.turn();
        let due = self.follow_ups.iter().position(|follow_up| follow_up.is_due(now, turn));
        let place = due.or_else(|| self.jobs.is_empty().then_some(0));
        let follow_up = place.and_then(|place| self.follow_ups.remove(place));
        follow_up.map(|follow_up| Task::FollowUp(follow_up.work)).or_else(|| self.take_job(now))
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

fn stopped() -> Error {
    Error::Unavailable("the CPU pool has stopped".into())
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
