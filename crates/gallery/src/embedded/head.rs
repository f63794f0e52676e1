//! The one row that says what a store is and where it stands.

use biometric::{ModelId, TenantId};
use rusqlite::Connection;

use super::record::{self, Checksum};
use crate::database::fault::Fault;
use crate::mirror::{Key, Position};

/// What a store is and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The latest change.
    pub(super) position: Position,
    /// How many persons are enrolled, all tenants together.
    pub(super) persons: i64,
    /// Who made the references, and how many values each has: known once there is one.
    pub(super) origin: Option<(String, usize)>,
}

impl Head {
    pub(super) fn read(connection: &Connection) -> Result<Self, Fault> {
        let mut statement = connection.prepare_cached("SELECT version, mark, persons, model, width FROM store")?;
        let (position, persons, model, width) = statement.query_row([], |row| {
            let position = Position { version: row.get(0)?, mark: row.get(1)? };
            Ok((position, row.get(2)?, row.get::<_, Option<String>>(3)?, row.get::<_, Option<u32>>(4)?))
        })?;
        Ok(Self { position, persons, origin: model.zip(width.map(|width| width as usize)) })
    }

    pub(super) fn write(&self, connection: &Connection) -> Result<(), Fault> {
        let (model, width) = self.origin.as_ref().map(|(model, width)| (model, *width as i64)).unzip();
        let mut statement = connection
            .prepare_cached("UPDATE store SET version = ?1, mark = ?2, persons = ?3, model = ?4, width = ?5")?;
        statement.execute((self.position.version, self.position.mark, self.persons, model, width))?;
        Ok(())
    }

    /// Counts a change: a row of this key is there now with this checksum, or was removed.
    pub(super) fn step(&mut self, tenant: TenantId, key: Key, row: Option<Checksum>) {
        let Position { version, mark } = self.position;
        let present = i64::from(row.is_some());
        let mark = record::hash([mark, version, tenant.0, key, present, row.map_or(0, |sum| sum.0)]);
        self.position = Position { version: version + 1, mark };
    }

    /// Whether references of `model` belong here.
    pub(super) fn check(&self, model: &ModelId) -> Result<(), Fault> {
        match &self.origin {
            Some((stored, _)) if stored != model.as_str() => {
                Err(Fault::OtherModel { stored: stored.clone(), configured: model.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// How many values a reference has; `None` before the first.
    pub(super) fn width(&self) -> Option<usize> {
        self.origin.as_ref().map(|(_, width)| *width)
    }
}
