//! The one thread that writes: commands that wait together share one commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use biometric::Person;
use futures_channel::oneshot;
use rusqlite::{Connection, TransactionBehavior};

use super::batch::{BATCH_COMMANDS_MAX, Batch, Command, Verdict};
use super::follow::catch_up;
use super::load;
use super::site::Site;
use super::wipe::wipe_snapshot;
use crate::Error;
use crate::database::connection::{self, BUSY_MS_MAX};
use crate::database::fault::Fault;

/// How many commands may wait: eight full batches, a fraction of a second's work. Beyond that, waiting only hides that
/// the disk does not keep up.
pub(super) const QUEUE_COMMANDS_MAX: usize = 8 * BATCH_COMMANDS_MAX;

/// How long nothing is written before the write-ahead log is emptied and the snapshot wiped, in milliseconds: until then
/// they still hold what was removed.
const IDLE_BEFORE_CHECKPOINT_MS: u64 = 1_000;

/// A command, and where its answer goes.
type Waiting = (Command, oneshot::Sender<Verdict>);

/// The way to the thread that writes. Dropping it writes what waits, empties the log and ends the thread.
pub(super) struct Writer {
    queue: Option<SyncSender<Waiting>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, site: Arc<Site>) -> Result<Self, Fault> {
        let (queue, commands) = sync_channel(QUEUE_COMMANDS_MAX);
        let work = move || Work { connection, site }.run(&commands);
        let thread = thread::Builder::new().name("gallery-writer".into()).spawn(work)?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Has a command decided and written; answers when the disk has it.
    pub(super) async fn submit(&self, command: Command) -> Result<Person, Error> {
        let (reply, answer) = oneshot::channel();
        let sent = self.queue.as_ref().map(|queue| queue.try_send((command, reply)));
        match sent {
            Some(Ok(())) => answer.await.unwrap_or_else(|oneshot::Canceled| Err(unavailable("the writer has ended"))),
            Some(Err(TrySendError::Full(_))) => Err(unavailable("too many writes are waiting")),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(unavailable("the writer has ended")),
        }
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

fn unavailable(why: &str) -> Error {
    Error::Unavailable(why.into())
}

/// What the thread works with.
struct Work {
    connection: Connection,
    site: Arc<Site>,
}

impl Work {
    fn run(mut self, commands: &Receiver<Waiting>) {
        let idle = Duration::from_millis(IDLE_BEFORE_CHECKPOINT_MS);
        let mut log_is_empty = false;
        loop {
            let first = match log_is_empty {
                true => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => commands.recv_timeout(idle),
            };
            match first {
                Ok(first) => {
                    let rest = commands.try_iter().take(BATCH_COMMANDS_MAX - 1);
                    self.answer([first].into_iter().chain(rest).unzip());
                    log_is_empty = false;
                }
                Err(RecvTimeoutError::Timeout) => log_is_empty = self.clean(Duration::ZERO),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.clean(Duration::from_millis(BUSY_MS_MAX));
    }

    /// Leaves nothing of what was removed, neither in the snapshot nor in the log; `false` when it is to be tried again.
    fn clean(&self, patience: Duration) -> bool {
        let is_wiped = wipe_snapshot(&self.site);
        self.checkpoint(patience) && is_wiped
    }

    /// Empties the log. A failure loses nothing: the log stays, and is tried again.
    fn checkpoint(&self, patience: Duration) -> bool {
        let emptied = self.connection.busy_timeout(patience).map_err(Fault::from).and_then(|()| {
            let emptied = connection::checkpoint(&self.connection);
            self.connection.busy_timeout(Duration::from_millis(BUSY_MS_MAX))?;
            emptied
        });
        emptied.unwrap_or(false)
    }

    /// Commits a batch and only then answers; a batch that fails is answered as a whole.
    fn answer(&mut self, (commands, replies): (Vec<Command>, Vec<oneshot::Sender<Verdict>>)) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.commit(&commands)));
        let failure = match outcome {
            Ok(Ok(verdicts)) => {
                // Whoever stopped waiting gets no answer; what was written stays.
                replies.into_iter().zip(verdicts).for_each(|(reply, verdict)| drop(reply.send(verdict)));
                return;
            }
            Ok(Err(fault)) => fault.to_string(),
            Err(_panic) => "a defect in the writer; see the panic in the log".into(),
        };
        replies.into_iter().for_each(|reply| drop(reply.send(Err(unavailable(&failure)))));
    }

    fn commit(&mut self, commands: &[Command]) -> Result<Vec<Verdict>, Fault> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = catch_up(&transaction, &self.site)?;
        if self.site.mirror.position() != Some(before.position) {
            return Err(Fault::Corrupt("the store is older than what was read from it".into()));
        }
        let mut batch = Batch::new(&transaction, &self.site, before.clone());
        let verdicts = batch.run(commands)?;
        let (after, changed) = batch.finish()?;
        if after.position != before.position {
            transaction.commit()?;
            match self.site.mirror.advance(before.position.version, after.position, &changed) {
                true => self.site.consider_compaction(),
                // What is written is written; whoever reads next loads it, if it cannot be loaded now.
                false => drop(load::load(&self.site, after.position)),
            }
        }
        Ok(verdicts)
    }
}
