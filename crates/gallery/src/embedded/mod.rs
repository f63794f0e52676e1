//! The embedded store: one SQLite file for all tenants, and an index of every reference in memory.
//!
//! - One thread writes. What waits together is decided in order and committed together; an answer is given when the
//!   disk has it (`writer`, `batch`).
//! - Several processes may use one file: the server and the command line. A transaction that writes first catches up
//!   with what others committed, so that its decisions see everything; a search asks SQLite whether anybody committed,
//!   and catches up if so (`reader`, `follow`).
//! - The table says what is so: what is known of a person is read from it, and what a search finds is compared with it once
//!   more (`table`, `nearest`, `pairs`). What is read is checked: every row has a checksum, the store knows how many rows
//!   it has (`record`, `head`).
//! - The index comes from the snapshot, a file beside the database, and what changed since (`load`, `whole`). A thread writes a new
//!   one when much has changed (`compact`, `limits`); what was removed is wiped in it (`wipe`). A snapshot that is missing,
//!   damaged, or of another life of the store is written anew from the table; where it cannot be written, the index lies
//!   in memory as a whole.

mod batch;
mod compact;
mod follow;
mod head;
mod limits;
mod load;
mod nearest;
mod pairs;
mod reader;
mod record;
mod schema;
mod site;
mod table;
#[cfg(test)]
mod tests;
mod whole;
mod wipe;
mod writer;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use biometric::{ModelId, Person, PersonId, Score, Template, TenantId, Timestamp};
use rusqlite::{Connection, TransactionBehavior};

use self::batch::{Action, Command, Reference};
use self::compact::Compactor;
use self::head::Head;
pub use self::limits::Limits;
use self::reader::Reader;
use self::site::Site;
use self::table::Table;
use self::writer::Writer;
use crate::database::connection;
use crate::database::fault::{Fault, OpenError};
use crate::mirror::View;
use crate::{Answer, Candidate, Error, Gallery, Options, Pair, Query};

/// A gallery in one file, `gallery.db`, of a data directory, with a snapshot for the search beside it.
///
/// Reads and searches happen on the thread that polls the answer; writes on a thread of the store's own. An answer that
/// is dropped before it came does not undo its write.
pub struct Embedded {
    // First, so that the last writes are done while everything else is still there; then what may be wiping yet.
    writer: Writer,
    _compactor: Compactor,
    reader: Mutex<Reader>,
    table: Mutex<Table>,
    site: Arc<Site>,
}

impl Embedded {
    /// Opens the gallery of a data directory, and makes both when there are none.
    ///
    /// # Errors
    /// When the gallery holds references of another model, was written by a later release, is damaged, or cannot be
    /// read or written.
    pub fn open(dir: &Path, model: ModelId, options: Options) -> Result<Self, OpenError> {
        Self::open_with(dir, model, options, Limits::default())
    }

    /// The same, with other limits: for tests.
    ///
    /// # Errors
    /// As [`Self::open`].
    #[doc(hidden)]
    pub fn open_with(dir: &Path, model: ModelId, options: Options, limits: Limits) -> Result<Self, OpenError> {
        let opened = Self::open_file(dir, model, options, limits);
        opened.map_err(|fault| OpenError { path: dir.join(schema::FORMAT.file_name), fault })
    }

    fn open_file(dir: &Path, model: ModelId, options: Options, limits: Limits) -> Result<Self, Fault> {
        let path = schema::FORMAT.ensure(dir)?;
        let mut connection = connection::open_logged(&path)?;
        schema::FORMAT.migrate(&mut connection)?;
        release_if_empty(&mut connection)?;
        let site = Arc::new(Site::new(dir, model, options, limits));
        // A transaction that only reads: loading a large gallery must not keep other processes from writing.
        follow::catch_up(&connection.transaction()?, &site)?;
        let reader = Mutex::new(Reader::new(site.connect()?));
        let table = Mutex::new(Table::new(site.connect()?, site.model.clone()));
        let compactor = Compactor::start(Arc::clone(&site))?;
        let writer = Writer::start(connection, Arc::clone(&site))?;
        Ok(Self { writer, _compactor: compactor, reader, table, site })
    }

    /// What is wrong with the snapshot: that it cannot be written, or not be wiped of what was removed; `None` when all is
    /// well. The gallery works all the same, with more memory and a slower start. The text is for the operator and the log.
    #[must_use]
    pub fn snapshot_trouble(&self) -> Option<String> {
        let trouble = self.site.trouble();
        trouble.file.clone().or_else(|| trouble.wiping.clone())
    }

    /// All of a tenant's that is committed, by whichever process, at the time of the call.
    fn current(&self, tenant: TenantId) -> Result<View, Error> {
        self.refresh()?;
        self.site.mirror.view(tenant).ok_or_else(|| Error::Unavailable("the references are being loaded".into()))
    }

    fn refresh(&self) -> Result<(), Error> {
        Ok(self.reader.lock().unwrap_or_else(PoisonError::into_inner).refresh(&self.site)?)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // A panic elsewhere leaves no half-done work: every read here is a transaction.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A gallery without persons is free for any model.
fn release_if_empty(connection: &mut Connection) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let head = Head::read(&transaction)?;
    if head.persons == 0 && head.origin.is_some() {
        Head { origin: None, ..head }.write(&transaction)?;
    }
    Ok(transaction.commit()?)
}

impl Gallery for Embedded {
    fn enrol<'a>(
        &'a self,
        tenant: TenantId,
        person: PersonId,
        reference: Template,
        duplicate_at: Score,
        now: Timestamp,
        persons_max: Option<u64>,
    ) -> Answer<'a, Person> {
        let action = Action::Enrol(Reference { template: reference, duplicate_at, now }, persons_max);
        Box::pin(self.writer.submit(Command { tenant, person, action }))
    }

    fn update<'a>(
        &'a self,
        tenant: TenantId,
        person: PersonId,
        reference: Template,
        duplicate_at: Score,
        now: Timestamp,
    ) -> Answer<'a, Person> {
        let action = Action::Update(Reference { template: reference, duplicate_at, now });
        Box::pin(self.writer.submit(Command { tenant, person, action }))
    }

    fn remove<'a>(&'a self, tenant: TenantId, person: &'a PersonId) -> Answer<'a, ()> {
        let command = Command { tenant, person: person.clone(), action: Action::Remove };
        Box::pin(async { self.writer.submit(command).await.map(drop) })
    }

    fn get<'a>(&'a self, tenant: TenantId, person: &'a PersonId) -> Answer<'a, Person> {
        Box::pin(async move {
            let found = self.table().person(tenant, person)?;
            found.map(|(person, _)| person).ok_or(Error::NotFound)
        })
    }

    fn reference<'a>(&'a self, tenant: TenantId, person: &'a PersonId) -> Answer<'a, (Person, Template)> {
        Box::pin(async move { self.table().person(tenant, person)?.ok_or(Error::NotFound) })
    }

    fn search<'a>(
        &'a self,
        tenant: TenantId,
        queries: &'a [Query<'a>],
        threads: NonZeroUsize,
    ) -> Answer<'a, Vec<Vec<Candidate>>> {
        Box::pin(async move { self.nearest(tenant, queries, threads) })
    }

    fn duplicates<'a>(
        &'a self,
        tenant: TenantId,
        at: Score,
        count: usize,
        progress: &'a (dyn Fn(u64, u64) + Sync),
    ) -> Answer<'a, Vec<Pair>> {
        Box::pin(async move { self.pairs(tenant, at, count, progress) })
    }

    fn list<'a>(&'a self, tenant: TenantId, after: Option<&'a PersonId>, limit: usize) -> Answer<'a, Vec<Person>> {
        Box::pin(async move { Ok(self.table().page(tenant, after, limit)?) })
    }

    fn count<'a>(&'a self, tenant: TenantId) -> Answer<'a, u64> {
        Box::pin(async move { Ok(self.current(tenant)?.index.map_or(0, |(_, index)| index.len() as u64)) })
    }

    fn model(&self) -> &ModelId {
        &self.site.model
    }
}
