//! The one row that says what a store is and where it stands.

use crate::database::fault::Fault;
use biometric::ModelId;
use rusqlite::Connection;

/// What a store is and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The latest change.
    pub(super) version: i64,
    /// How many persons are enrolled, all tenants together.
    pub(super) persons: i64,
    /// Who made the references, and how many values each has: known once there is one.
    pub(super) origin: Option<(String, usize)>,
}

impl Head {
    pub(super) fn read(connection: &Connection) -> Result<Self, Fault> {
        let mut statement = connection.prepare_cached("SELECT version, persons, model, width FROM store")?;
        let (version, persons, model, width) = statement.query_row([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?, row.get::<_, Option<u32>>(3)?))
        })?;
        Ok(Self { version, persons, origin: model.zip(width.map(|width| width as usize)) })
    }

    pub(super) fn write(&self, connection: &Connection) -> Result<(), Fault> {
        let (model, width) = self.origin.as_ref().map(|(model, width)| (model, *width as i64)).unzip();
        let mut statement =
            connection.prepare_cached("UPDATE store SET version = ?1, persons = ?2, model = ?3, width = ?4")?;
        statement.execute((self.version, self.persons, model, width))?;
        Ok(())
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
