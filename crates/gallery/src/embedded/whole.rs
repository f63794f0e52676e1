//! The whole table, read and checked.

use biometric::{ModelId, Template, TenantId};
use rusqlite::Connection;

use super::head::Head;
use super::record;
use crate::database::fault::Fault;
use crate::mirror::Key;

/// What the database's own index of persons says that there is: by it persons are found, so it is compared with the rows.
pub(super) struct Listed {
    /// How many rows each tenant has, by ascending tenants.
    pub(super) spaces: Vec<(i64, u64)>,
    tally: Tally,
}

/// A count of rows, and a sum over whose they are.
#[derive(Default, PartialEq)]
struct Tally {
    rows: usize,
    sum: i64,
}

impl Tally {
    fn add(&mut self, tenant: i64, key: Key, id: &str) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(record::identity(tenant, key, id));
    }

    fn check(&self, head: &Head, listed: &Listed) -> Result<(), Fault> {
        check_count(self.rows, head)?;
        match *self == listed.tally {
            true => Ok(()),
            false => Err(Fault::Corrupt("the index of persons does not fit their rows".into())),
        }
    }
}

impl Listed {
    /// Reads it, as of the transaction.
    pub(super) fn read(transaction: &Connection) -> Result<Self, Fault> {
        let mut listed = Self { spaces: Vec::new(), tally: Tally::default() };
        let mut last: Option<(i64, String)> = None;
        let mut statement = transaction.prepare("SELECT tenant, id, key FROM person ORDER BY tenant, id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (tenant, id): (i64, String) = (row.get(0)?, row.get(1)?);
            listed.tally.add(tenant, row.get(2)?, &id);
            match listed.spaces.last_mut().filter(|(last, _)| *last == tenant) {
                Some((_, rows)) => *rows += 1,
                None => listed.spaces.push((tenant, 1)),
            }
            let this = Some((tenant, id));
            if last >= this {
                return Err(Fault::Corrupt("the index of persons is not in order".into()));
            }
            last = this;
        }
        Ok(listed)
    }

    /// Reads and checks the whole table, in order of the keys.
    pub(super) fn each_row<E: From<Fault>>(
        &self,
        transaction: &Connection,
        model: &ModelId,
        head: &Head,
        mut take: impl FnMut(TenantId, Key, Template) -> Result<(), E>,
    ) -> Result<(), E> {
        let fault = |error: rusqlite::Error| Fault::from(error);
        let mut statement = transaction.prepare("SELECT * FROM person ORDER BY key").map_err(fault)?;
        let mut rows = statement.query([]).map_err(fault)?;
        let mut tally = Tally::default();
        while let Some(row) = rows.next().map_err(fault)? {
            let (tenant, key, row) = record::decode(row, 0, model, head)?;
            tally.add(tenant.0, key, row.person.id.as_str());
            take(tenant, key, row.reference)?;
        }
        Ok(tally.check(head, self)?)
    }
}

/// The store knows how many rows it has.
pub(super) fn check_count(found: usize, head: &Head) -> Result<(), Fault> {
    match found as i64 == head.persons {
        true => Ok(()),
        false => Err(Fault::Corrupt(format!("{found} persons found of {}", head.persons))),
    }
}
