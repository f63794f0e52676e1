//! The embedded store: one SQLite file for all tenants, and every reference in memory.
//!
//! - One thread writes. What waits together is decided in order and committed together; an answer is given when the
//!   disk has it (`writer`, `batch`).
//! - Several processes may use one file: the server and the command line. A transaction that writes first catches up
//!   with what others committed, so that its decisions see everything; a read asks SQLite whether anybody committed,
//!   and catches up if so (`reader`, `follow`).
//! - What is read back is checked: every row has a checksum, the store knows how many rows it has (`record`, `head`).

mod batch;
mod follow;
mod head;
mod pairs;
mod reader;
mod record;
mod schema;
#[cfg(test)]
mod tests;
mod writer;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLockReadGuard};

use biometric::{ModelId, Person, PersonId, Score, Template, TenantId, Timestamp};
use rusqlite::{Connection, TransactionBehavior};

use self::batch::{Action, Command, Reference};
use self::head::Head;
use self::reader::Reader;
use self::writer::Writer;
use crate::database::connection;
use crate::database::fault::{Fault, OpenError};
use crate::mirror::{Mirror, Shared};
use crate::{Answer, Candidate, Error, Gallery, Options, Pair, Query};

/// A gallery in one file, `gallery.db`, of a data directory.
///
/// Reads and searches happen on the thread that polls the answer; writes on a thread of the store's own. An answer that
/// is dropped before it came does not undo its write.
pub struct Embedded {
    // First, so that the last writes are done while everything else is still there.
    writer: Writer,
    reader: Mutex<Reader>,
    mirror: Arc<Shared>,
    model: ModelId,
}

impl Embedded {
    /// Opens the gallery of a data directory, and makes both when there are none.
    ///
    /// # Errors
    /// When the gallery holds references of another model, was written by a later release, is damaged, or cannot be
    /// read or written.
    pub fn open(dir: &Path, model: ModelId, _options: Options) -> Result<Self, OpenError> {
        Self::open_file(dir, model).map_err(|fault| OpenError { path: dir.join(schema::FORMAT.file_name), fault })
    }

    fn open_file(dir: &Path, model: ModelId) -> Result<Self, Fault> {
        let path = schema::FORMAT.ensure(dir)?;
        let mut connection = connection::open_logged(&path)?;
        schema::FORMAT.migrate(&mut connection)?;
        release_if_empty(&mut connection)?;
        let mirror = Arc::new(Shared::new());
        // A transaction that only reads: loading a large gallery must not keep other processes from writing.
        follow::catch_up(&connection.transaction()?, &model, &mirror)?;
        let reader = Mutex::new(Reader::new(connection::open_logged(&path)?)?);
        let writer = Writer::start(connection, model.clone(), Arc::clone(&mirror))?;
        Ok(Self { writer, reader, mirror, model })
    }

    /// All that is committed, by whichever process, at the time of the call.
    fn current(&self) -> Result<RwLockReadGuard<'_, Mirror>, Error> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).refresh(&self.model, &self.mirror)?;
        let mirror = self.mirror.read();
        match mirror.is_loaded() {
            true => Ok(mirror),
            false => Err(Error::Unavailable("the references are being loaded anew".into())),
        }
    }
}

impl Embedded {
    /// A copy of all that a tenant has, in order of the ids, so that no write waits for whoever works with it.
    fn references(&self, tenant: TenantId) -> Result<Vec<(Person, Template)>, Error> {
        let mirror = self.current()?;
        let Some(index) = mirror.tenant(tenant) else { return Ok(Vec::new()) };
        let reference = |person: &Person| {
            let (_, _, values) = index.get(&person.id).ok_or(Error::NotFound)?;
            let reference = Template::from_stored(self.model.clone(), values.to_vec());
            Ok((person.clone(), reference.map_err(|error| Error::Unavailable(error.to_string()))?))
        };
        index.persons_after(None).map(reference).collect()
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
            let mirror = self.current()?;
            let (_, person, _) = mirror.tenant(tenant).and_then(|index| index.get(person)).ok_or(Error::NotFound)?;
            Ok(person.clone())
        })
    }

    fn reference<'a>(&'a self, tenant: TenantId, person: &'a PersonId) -> Answer<'a, (Person, Template)> {
        Box::pin(async move {
            let mirror = self.current()?;
            let (_, person, values) = mirror.tenant(tenant).and_then(|i| i.get(person)).ok_or(Error::NotFound)?;
            let reference = Template::from_stored(self.model.clone(), values.to_vec());
            Ok((person.clone(), reference.map_err(|error| Error::Unavailable(error.to_string()))?))
        })
    }

    fn search<'a>(
        &'a self,
        tenant: TenantId,
        queries: &'a [Query<'a>],
        _threads: NonZeroUsize,
    ) -> Answer<'a, Vec<Vec<Candidate>>> {
        Box::pin(async move {
            if queries.iter().any(|query| *query.probe.model() != self.model) {
                return Err(Error::ModelMismatch);
            }
            let mirror = self.current()?;
            let Some(index) = mirror.tenant(tenant) else { return Ok(vec![Vec::new(); queries.len()]) };
            match queries.iter().all(|query| query.probe.values().len() == index.width()) {
                true => Ok(queries.iter().map(|query| index.nearest(query.probe.values(), query.count)).collect()),
                false => Err(Error::ModelMismatch),
            }
        })
    }

    fn duplicates<'a>(
        &'a self,
        tenant: TenantId,
        at: Score,
        count: usize,
        progress: &'a (dyn Fn(u64, u64) + Sync),
    ) -> Answer<'a, Vec<Pair>> {
        Box::pin(async move {
            let references = self.references(tenant)?;
            pairs::reaching(&references, at, count, progress).map_err(|error| Error::Unavailable(error.to_string()))
        })
    }

    fn list<'a>(&'a self, tenant: TenantId, after: Option<&'a PersonId>, limit: usize) -> Answer<'a, Vec<Person>> {
        Box::pin(async move {
            let mirror = self.current()?;
            let persons = mirror.tenant(tenant).map(|index| index.persons_after(after).take(limit).cloned().collect());
            Ok(persons.unwrap_or_default())
        })
    }

    fn count<'a>(&'a self, tenant: TenantId) -> Answer<'a, u64> {
        Box::pin(async move {
            let mirror = self.current()?;
            Ok(mirror.tenant(tenant).map_or(0, |index| index.len() as u64))
        })
    }

    fn model(&self) -> &ModelId {
        &self.model
    }
}
