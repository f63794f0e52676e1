//! The one thread that writes: commands that wait together share one commit, and so does what there is to log.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use biometric::{TenantId, Timestamp};
use rusqlite::{Connection, TransactionBehavior};

use super::charge::{self, Charge, ChargeError, ToCharge};
use super::chore::{Chore, Pruning, Retention};
use super::done::Done;
use super::log::{Added, Log};

/// How many commands may wait: a second's work or so. Beyond that, waiting only hides that the disk does not keep up.
const QUEUE_COMMANDS_MAX: usize = 8_192;

/// How many commands share one commit: they wait for each other, so not for too many.
const BATCH_COMMANDS_MAX: usize = 512;

/// How long a request that is done waits for others to be logged with: nobody looks at the log more often, and what a killed
/// process loses of it is no more than this.
const LOG_WAIT: Duration = Duration::from_millis(100);

/// Why nothing is written any more.
pub(super) const ENDED: &str = "the writer has ended";

/// The answer to who waits for a charge.
pub(super) type Verdict = Result<Charge, ChargeError>;

/// Who waits for a charge: is told, on the thread that writes, and gives back the charge that nobody has a use for any more.
pub(super) type Told = Box<dyn FnOnce(Verdict) -> Option<Charge> + Send>;

/// Something to be written.
pub(super) enum Command {
    /// Answered when it is committed.
    Charge(ToCharge, Told),
    Refund(Charge),
    /// There is something to log.
    Log,
    /// Answered when everything of the organisation is deleted.
    Forget(TenantId, SyncSender<Result<(), String>>),
    /// Answered when everything is done that came before.
    Flush(SyncSender<Result<(), String>>),
}

/// The way to the thread that writes. Dropping it writes what waits and ends the thread.
pub(super) struct Writer {
    queue: Option<SyncSender<Command>>,
    log: Arc<Log>,
    thread: Option<JoinHandle<()>>,
    dropped: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(connection: Connection, retention: Retention) -> Result<Self, std::io::Error> {
        let (queue, commands) = sync_channel(QUEUE_COMMANDS_MAX);
        let (log, dropped) = (Arc::new(Log::default()), Arc::new(AtomicU64::new(0)));
        let work = Work {
            connection,
            durability: None,
            pruning: Pruning::new(retention),
            chores: VecDeque::new(),
            log: Arc::clone(&log),
            log_due: None,
            dropped: Arc::clone(&dropped),
        };
        let thread = thread::Builder::new().name("usage-writer".into()).spawn(move || work.run(&commands))?;
        Ok(Self { queue: Some(queue), log, thread: Some(thread), dropped })
    }

    /// Hands over a charge; who waits is told when it is decided and committed, or not told at all when the thread ends.
    ///
    /// # Errors
    /// [`ChargeError::Unavailable`] when it is not taken: who waits is not told then.
    pub(super) fn charge(&self, to_charge: ToCharge, told: Told) -> Result<(), ChargeError> {
        let unavailable = |why: &str| Err(ChargeError::Unavailable(why.to_owned()));
        match self.queue.as_ref().map(|queue| queue.try_send(Command::Charge(to_charge, told))) {
            Some(Ok(())) => Ok(()),
            Some(Err(TrySendError::Full(_))) => unavailable("too many writes are waiting"),
            Some(Err(TrySendError::Disconnected(_))) | None => unavailable(ENDED),
        }
    }

    /// Hands over what nobody waits for; drops and counts it when too much is waiting already.
    pub(super) fn submit(&self, command: Command) {
        if self.queue.as_ref().is_none_or(|queue| queue.try_send(command).is_err()) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Hands over a request that is done; drops and counts it when too many are waiting already.
    pub(super) fn record(&self, done: Done) {
        match self.log.add(done) {
            // A queue that is full wakes the thread by itself.
            Added::First => drop(self.queue.as_ref().map(|queue| queue.try_send(Command::Log))),
            Added::Another => {}
            Added::Dropped => drop(self.dropped.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Hands over what is worth waiting for, however long the queue is.
    pub(super) fn wait_for(
        &self,
        command: impl FnOnce(SyncSender<Result<(), String>>) -> Command,
    ) -> Result<(), String> {
        let (reply, answer) = sync_channel(1);
        let ended = || ENDED.to_owned();
        self.queue.as_ref().ok_or_else(ended)?.send(command(reply)).map_err(|_| ended())?;
        answer.recv().map_err(|_| ended())?
    }

    /// How many refunds and records were not written, for want of room or because the database did not answer.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // The thread catches panics of its own; one that escaped was printed, and there is nobody to tell.
            let _ = thread.join();
        }
    }
}

/// What is done between batches, a step at a time.
enum Task {
    Chore(Chore, Option<SyncSender<Result<(), String>>>),
    Answer(SyncSender<Result<(), String>>),
}

/// What the thread works with.
struct Work {
    connection: Connection,
    /// How the connection is set.
    durability: Option<Durability>,
    pruning: Pruning,
    chores: VecDeque<Task>,
    log: Arc<Log>,
    /// When what waits is to be logged, if anything does.
    log_due: Option<Instant>,
    dropped: Arc<AtomicU64>,
}

impl Work {
    fn run(mut self, commands: &Receiver<Command>) {
        loop {
            match self.receive(commands) {
                Ok(first) => {
                    let rest = commands.try_iter().take(BATCH_COMMANDS_MAX - 1);
                    self.handle([first].into_iter().chain(rest).collect());
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => break,
            }
            self.log_when_due();
            self.step();
        }
        self.write_log();
        // Chores that are left have nobody who waits for them: what is old is deleted when the file is open again.
    }

    /// The next command; without a chore to do meanwhile it is waited for, or until something is to be logged.
    fn receive(&self, commands: &Receiver<Command>) -> Result<Command, TryRecvError> {
        match (self.chores.is_empty(), self.log_due) {
            (false, _) => commands.try_recv(),
            (true, None) => commands.recv().map_err(|_| TryRecvError::Disconnected),
            (true, Some(due)) => {
                let command = commands.recv_timeout(due.saturating_duration_since(Instant::now()));
                command.map_err(|error| match error {
                    RecvTimeoutError::Timeout => TryRecvError::Empty,
                    RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
                })
            }
        }
    }

    fn log_when_due(&mut self) {
        let now = Instant::now();
        match self.log_due {
            Some(due) if due <= now => self.write_log(),
            Some(_) => {}
            None => self.log_due = (!self.log.is_empty()).then(|| now + LOG_WAIT),
        }
    }

    /// Writes down all that waits for it; what fails is dropped and counted.
    fn write_log(&mut self) {
        self.log_due = None;
        let done = self.log.take();
        for done in done.chunks(BATCH_COMMANDS_MAX) {
            let outcome = guarded(|| {
                self.set(Durability::InOrder)?;
                let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                done.iter().try_for_each(|done| done.write(&transaction))?;
                transaction.commit()
            });
            let lost = if outcome.is_err() { done.len() as u64 } else { 0 };
            self.dropped.fetch_add(lost, Ordering::Relaxed);
        }
        self.prune(done.iter().map(|done| done.at).max());
    }

    /// Has what is old deleted, if it is time.
    fn prune(&mut self, now: Option<Timestamp>) {
        if let Some(chore) = now.and_then(|now| self.pruning.due(now)) {
            self.chores.push_back(Task::Chore(chore, None));
        }
    }

    /// Commits a batch and only then answers; a batch that fails is answered as a whole.
    fn handle(&mut self, commands: Vec<Command>) {
        let outcome = guarded(|| self.commit(&commands));
        self.prune(commands.iter().filter_map(Command::at).max());
        let (mut verdicts, failure) = match outcome {
            Ok(verdicts) => (verdicts.into_iter(), None),
            Err(failure) => (Vec::new().into_iter(), Some(failure)),
        };
        let mut refunds = Vec::new();
        for command in commands {
            match command {
                Command::Charge(_, told) => {
                    let failed = || Err(ChargeError::Unavailable(failure.clone().unwrap_or_default()));
                    let verdict = verdicts.next().unwrap_or_else(failed);
                    // A defect of whoever is told is not ours.
                    let unused = catch_unwind(AssertUnwindSafe(|| told(verdict)));
                    refunds.extend(unused.ok().flatten().map(Command::Refund));
                }
                Command::Refund(_) => drop(self.dropped.fetch_add(u64::from(failure.is_some()), Ordering::Relaxed)),
                Command::Log => {}
                // Both are about all that came before.
                Command::Forget(organisation, reply) => {
                    self.write_log();
                    self.chores.push_back(Task::Chore(Chore::Forget(organisation), Some(reply)));
                }
                Command::Flush(reply) => {
                    self.write_log();
                    self.chores.push_back(Task::Answer(reply));
                }
            }
        }
        if !refunds.is_empty() {
            // Nobody is told of these: it ends here.
            self.handle(refunds);
        }
    }

    /// Runs and commits the commands; the verdicts are those of the charges, in their order.
    fn commit(&mut self, commands: &[Command]) -> Result<Vec<Verdict>, rusqlite::Error> {
        if commands.iter().all(|command| matches!(command, Command::Log)) {
            return Ok(Vec::new());
        }
        self.set(Durability::of(commands))?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut verdicts = Vec::new();
        for command in commands {
            match command {
                Command::Charge(to_charge, _) => {
                    verdicts.push(to_charge.run(&transaction)?);
                }
                Command::Refund(charge) => charge::refund(&transaction, charge)?,
                Command::Log | Command::Forget(..) | Command::Flush(_) => {}
            }
        }
        transaction.commit()?;
        Ok(verdicts)
    }

    fn set(&mut self, durability: Durability) -> Result<(), rusqlite::Error> {
        if self.durability != Some(durability) {
            self.connection.execute_batch(durability.pragma())?;
            self.durability = Some(durability);
        }
        Ok(())
    }

    /// Does a little of the chore that has waited longest.
    fn step(&mut self) {
        let Some(task) = self.chores.pop_front() else { return };
        match task {
            Task::Chore(chore, reply) => {
                let outcome = match guarded(|| chore.step(&mut self.connection)) {
                    Ok(true) => Ok(()),
                    Ok(false) => return self.chores.push_front(Task::Chore(chore, reply)),
                    Err(failure) => Err(failure),
                };
                // Pruning that failed has nobody to tell; it is tried again when it is due again.
                if let Some(reply) = reply {
                    drop(reply.send(outcome));
                }
            }
            Task::Answer(reply) => drop(reply.send(Ok(()))),
        }
    }
}

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// It does: for signatures, which no power cut may forget.
    OnDisk,
    /// It does not.
    InOrder,
}

impl Durability {
    fn of(commands: &[Command]) -> Self {
        let is_signed = |command: &Command| matches!(command, Command::Charge(ToCharge { signed: Some(_), .. }, _));
        match commands.iter().any(is_signed) {
            true => Self::OnDisk,
            false => Self::InOrder,
        }
    }

    const fn pragma(self) -> &'static str {
        match self {
            Self::OnDisk => "PRAGMA synchronous = FULL",
            Self::InOrder => "PRAGMA synchronous = NORMAL",
        }
    }
}

/// Neither an error nor a panic ends the thread: the transaction in which it happened is rolled back, and whoever waits
/// is told.
fn guarded<T>(work: impl FnOnce() -> Result<T, rusqlite::Error>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_panic) => Err("a defect in the writer; see the panic in the log".to_owned()),
    }
}

impl Command {
    /// When it happened, by the clock of whoever sent it.
    fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Charge(to_charge, _) => Some(to_charge.now),
            Self::Refund(_) | Self::Log | Self::Forget(..) | Self::Flush(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_and_an_error_are_answers_and_their_transaction_is_rolled_back() {
        let mut connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch("CREATE TABLE number (n)").expect("made");
        let mut attempt = |end: fn() -> Result<(), rusqlite::Error>| {
            guarded(|| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                transaction.execute("INSERT INTO number VALUES (1)", ())?;
                end()?;
                transaction.commit()
            })
        };
        assert!(attempt(|| panic!("a defect")).is_err_and(|failure| failure.contains("defect")));
        assert!(attempt(|| Err(rusqlite::Error::InvalidQuery)).is_err());
        assert!(attempt(|| Ok(())).is_ok());
        let count = connection.query_row("SELECT count(*) FROM number", (), |row| row.get::<_, i64>(0));
        assert_eq!(count.expect("counted"), 1);
    }
}
