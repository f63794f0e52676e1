//! An organisation's own limits, where it is stricter than the installation. Here they are names and numbers; what they
//! mean, and whether they are stricter, the engine knows.

use biometric::{TenantId, Timestamp};

use crate::audit::{self, Act, Actor};
use crate::organisation;
use crate::{Accounts, Error};

impl Accounts {
    /// The organisation's own limits, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn rules(&self, organisation: TenantId) -> Result<Vec<(String, f64)>, Error> {
        let connection = self.connection();
        let mut select =
            connection.prepare_cached("SELECT name, value FROM rule WHERE organisation = ? ORDER BY name")?;
        Ok(select.query_map((organisation.0,), |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
    }

    /// Replaces the organisation's own limits as a whole, from the next request on.
    ///
    /// # Errors
    /// [`Error::NoSuchOrganisation`], or when the database does not answer.
    pub fn set_rules(
        &self,
        organisation: TenantId,
        rules: &[(String, f64)],
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.write(|transaction| {
            if organisation::find(transaction, organisation)?.erasing.is_some() {
                return Err(Error::NoSuchOrganisation);
            }
            transaction.prepare_cached("DELETE FROM rule WHERE organisation = ?")?.execute((organisation.0,))?;
            let mut insert =
                transaction.prepare_cached("INSERT INTO rule (organisation, name, value) VALUES (?, ?, ?)")?;
            for (name, value) in rules {
                insert.execute((organisation.0, name, value))?;
            }
            let detail: Vec<_> = rules.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            Ok(audit::write(transaction, organisation, by, Act::RulesChanged, "", &detail.join(", "), now)?)
        })
    }
}
