//! What is known of persons: the table says it, one transaction at a time.

use biometric::{ModelId, Person, PersonId, Template, TenantId};
use rusqlite::{Connection, Transaction};

use super::head::Head;
use super::record::{self, Row};
use crate::database::fault::Fault;
use crate::mirror::{Key, Position};

/// A connection for reading rows.
pub(super) struct Table {
    connection: Connection,
    model: ModelId,
}

impl Table {
    pub(super) fn new(connection: Connection, model: ModelId) -> Self {
        Self { connection, model }
    }

    /// A person and their reference.
    pub(super) fn person(&mut self, tenant: TenantId, id: &PersonId) -> Result<Option<(Person, Template)>, Fault> {
        let model = self.model.clone();
        let (transaction, head) = self.look()?;
        let found = record::find(&transaction, &model, &head, tenant, id)?;
        Ok(found.map(|(_, Row { person, reference })| (person, reference)))
    }

    /// Persons in order of their ids, from the first after `after`, at most `limit`.
    pub(super) fn page(
        &mut self,
        tenant: TenantId,
        after: Option<&PersonId>,
        limit: usize,
    ) -> Result<Vec<Person>, Fault> {
        let model = self.model.clone();
        let (transaction, head) = self.look()?;
        // No id is empty.
        let mut statement =
            transaction.prepare_cached("SELECT * FROM person WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3")?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query((tenant.0, after.map_or("", PersonId::as_str), limit))?;
        let mut persons = Vec::new();
        while let Some(row) = rows.next()? {
            persons.push(record::decode(row, 0, &model, &head)?.2.person);
        }
        Ok(persons)
    }

    /// The rows of these keys, each as `row` takes it: `None` when there is none, or another tenant's. Where the store stood,
    /// and what `row` answered.
    pub(super) fn rows<T>(
        &mut self,
        tenant: TenantId,
        keys: impl Iterator<Item = Key>,
        mut take: impl FnMut(Key, Option<Row>) -> T,
    ) -> Result<(Position, Vec<T>), Fault> {
        let model = self.model.clone();
        let (transaction, head) = self.look()?;
        let mut statement = transaction.prepare_cached("SELECT * FROM person WHERE key = ?1")?;
        let mut taken = Vec::new();
        for key in keys {
            let mut rows = statement.query([key])?;
            let row = rows.next()?.map(|row| record::decode(row, 0, &model, &head)).transpose()?;
            taken.push(take(key, row.filter(|(whose, _, _)| *whose == tenant).map(|(_, _, row)| row)));
        }
        Ok((head.position, taken))
    }

    /// The store at one moment, if it is of this model.
    fn look(&mut self) -> Result<(Transaction<'_>, Head), Fault> {
        let transaction = self.connection.transaction()?;
        let head = Head::read(&transaction)?;
        head.check(&self.model)?;
        Ok((transaction, head))
    }
}
