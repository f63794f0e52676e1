//! The one thread that writes: commands that wait together share one commit.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use biometric::{TenantId, Timestamp};
use rusqlite::{Connection, TransactionBehavior};

use super::charge::{self, Charge, ChargeError, ToCharge};
use super::chore::{Chore, Pruning, Retention};
use super::done::Done;

/// How many commands may wait: a second's work or so. Beyond that, waiting only hides that the disk does not keep up.
const QUEUE_COMMANDS_MAX: usize = 8_192;

/// How many commands share one commit: they wait for each other, so not for too many.
const BATCH_COMMANDS_MAX: usize = 512;

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
    Record(Done),
    /// Answered when everything of the organisation is deleted.
    Forget(TenantId, SyncSender<Result<(), String>>),
    /// Answered when everything is done that came before.
    Flush(SyncSender<Result<(), String>>),
}

/// The way to the thread that writes. Dropping it writes what waits and ends the thread.
pub(super) struct Writer {
    queue: Option<SyncSender<Command>>,
    thread: Option<JoinHandle<()>>,
    dropped: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(connection: Connection, retention: Retention) -> Result<Self, std::io::Error> {
        let (queue, commands) = sync_channel(QUEUE_COMMANDS_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let work = Work {
            connection,
            pruning: Pruning::new(retention),
            chores: VecDeque::new(),
            dropped: Arc::clone(&dropped),
        };
        let thread = thread::Builder::new().name("usage-writer".into()).spawn(move || work.run(&commands))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), dropped })
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
    pruning: Pruning,
    chores: VecDeque<Task>,
    dropped: Arc<AtomicU64>,
}

impl Work {
    fn run(mut self, commands: &Receiver<Command>) {
        loop {
            let first = match self.chores.is_empty() {
                true => commands.recv().map_err(|_| TryRecvError::Disconnected),
                false => commands.try_recv(),
            };
            match first {
                Ok(first) => {
                    let rest = commands.try_iter().take(BATCH_COMMANDS_MAX - 1);
                    self.handle([first].into_iter().chain(rest).collect());
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => break,
            }
            self.step();
        }
        // Chores that are left have nobody who waits for them: what is old is deleted when the file is open again.
    }

    /// Commits a batch and only then answers; a batch that fails is answered as a whole.
    fn handle(&mut self, commands: Vec<Command>) {
        let outcome = guarded(|| self.commit(&commands));
        if let Some(chore) = commands.iter().filter_map(Command::at).max().and_then(|now| self.pruning.due(now)) {
            self.chores.push_back(Task::Chore(chore, None));
        }
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
                Command::Refund(_) | Command::Record(_) => {
                    self.dropped.fetch_add(u64::from(failure.is_some()), Ordering::Relaxed);
                }
                Command::Forget(organisation, reply) => {
                    self.chores.push_back(Task::Chore(Chore::Forget(organisation), Some(reply)));
                }
                Command::Flush(reply) => self.chores.push_back(Task::Answer(reply)),
            }
        }
        if !refunds.is_empty() {
            // Nobody is told of these: it ends here.
            self.handle(refunds);
        }
    }

    /// Runs and commits the commands; the verdicts are those of the charges, in their order.
    fn commit(&mut self, commands: &[Command]) -> Result<Vec<Verdict>, rusqlite::Error> {
        self.connection.execute_batch(durability(commands))?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut verdicts = Vec::new();
        for command in commands {
            match command {
                Command::Charge(to_charge, _) => {
                    verdicts.push(to_charge.run(&transaction)?);
                }
                Command::Refund(charge) => charge::refund(&transaction, charge)?,
                Command::Record(done) => done.write(&transaction)?,
                Command::Forget(..) | Command::Flush(_) => {}
            }
        }
        transaction.commit()?;
        Ok(verdicts)
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

/// Whether the commit waits for the disk: only for signatures, which no power cut may forget.
fn durability(commands: &[Command]) -> &'static str {
    let is_signed = |command: &Command| matches!(command, Command::Charge(ToCharge { signed: Some(_), .. }, _));
    match commands.iter().any(is_signed) {
        true => "PRAGMA synchronous = FULL",
        false => "PRAGMA synchronous = NORMAL",
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
            Self::Record(done) => Some(done.at),
            Self::Refund(_) | Self::Forget(..) | Self::Flush(_) => None,
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
