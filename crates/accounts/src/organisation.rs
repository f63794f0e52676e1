//! Organisations: whose galleries, users and keys there are.

use biometric::{TenantId, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction};

use crate::audit::{self, Act, Actor};
use crate::{Accounts, Error, Limits, Plan, PlanId, name};

/// An organisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Organisation {
    /// Its number, never given twice: that of its gallery too.
    pub id: TenantId,
    /// What people call it; two may have one name.
    pub name: String,
    /// How much it may use.
    pub plan: Plan,
    /// When it was made.
    pub created: Timestamp,
    /// Since when its keys are refused, if they are.
    pub suspended: Option<Timestamp>,
    /// Since when it is being erased, if it is.
    pub erasing: Option<Timestamp>,
}

impl Organisation {
    /// The columns that an organisation is read from, with its plan joined as `plan`.
    pub(crate) fn columns() -> String {
        let limits = Limits::COLUMNS;
        format!(
            "organisation.id AS organisation, organisation.name AS organisation_name, plan.id AS plan_id,
             plan.name AS plan_name, {limits}, organisation.created AS organisation_created, suspended, erasing"
        )
    }

    pub(crate) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        let time = |column: &str| row.get::<_, Option<i64>>(column).map(|millis| millis.map(Timestamp::from_millis));
        let plan = Plan { id: PlanId(row.get("plan_id")?), name: row.get("plan_name")?, limits: Limits::read(row)? };
        Ok(Self {
            id: TenantId(row.get("organisation")?),
            name: row.get("organisation_name")?,
            plan,
            created: Timestamp::from_millis(row.get("organisation_created")?),
            suspended: time("suspended")?,
            erasing: time("erasing")?,
        })
    }
}

impl Accounts {
    /// One organisation.
    ///
    /// # Errors
    /// [`Error::NoSuchOrganisation`], or when the database does not answer.
    pub fn organisation(&self, id: TenantId) -> Result<Organisation, Error> {
        find(&self.connection(), id)
    }

    /// Organisations, the oldest first: at most `limit` that were made later than `after`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn organisations(&self, after: Option<TenantId>, limit: usize) -> Result<Vec<Organisation>, Error> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {} FROM organisation JOIN plan ON plan.id = plan WHERE organisation.id > ?
             ORDER BY organisation.id LIMIT ?",
            Organisation::columns()
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = select.query_map((after.map_or(0, |after| after.0), limit), Organisation::read)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Makes an organisation without users.
    ///
    /// # Errors
    /// [`Error::Name`], [`Error::NoSuchPlan`], or when the database does not answer.
    pub fn create_organisation(
        &self,
        name: &str,
        plan: PlanId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Organisation, Error> {
        self.write(|transaction| create(transaction, name, plan, by, now))
    }

    /// Gives an organisation another plan, from the next request on.
    ///
    /// # Errors
    /// [`Error::NoSuchOrganisation`], [`Error::NoSuchPlan`], [`Error::OperatorsOwn`], or when the database does not answer.
    pub fn set_plan(&self, id: TenantId, plan: PlanId, by: &Actor, now: Timestamp) -> Result<Organisation, Error> {
        self.write(|transaction| {
            let known = check_not_the_operators(transaction, id)?;
            check_plan(transaction, plan)?;
            if known.plan.id == plan {
                return Ok(known);
            }
            let sql = "UPDATE organisation SET plan = ? WHERE id = ?";
            transaction.prepare_cached(sql)?.execute((plan.0, id.0))?;
            let changed = find(transaction, id)?;
            audit::write(transaction, id, by, Act::PlanChanged, &changed.plan.name, "", now)?;
            Ok(changed)
        })
    }

    /// Has the organisation's keys refused from now on; its users can still sign in.
    ///
    /// # Errors
    /// [`Error::NoSuchOrganisation`], [`Error::OperatorsOwn`], or when the database does not answer.
    pub fn suspend(&self, id: TenantId, by: &Actor, now: Timestamp) -> Result<Organisation, Error> {
        self.write(|transaction| {
            let known = check_not_the_operators(transaction, id)?;
            if known.suspended.is_some() {
                return Ok(known);
            }
            let sql = "UPDATE organisation SET suspended = ? WHERE id = ?";
            transaction.prepare_cached(sql)?.execute((now.as_millis(), id.0))?;
            audit::write(transaction, id, by, Act::OrganisationSuspended, "", "", now)?;
            find(transaction, id)
        })
    }

    /// Ends a suspension.
    ///
    /// # Errors
    /// [`Error::NoSuchOrganisation`], or when the database does not answer.
    pub fn resume(&self, id: TenantId, by: &Actor, now: Timestamp) -> Result<Organisation, Error> {
        self.write(|transaction| {
            let known = find(transaction, id)?;
            if known.suspended.is_none() {
                return Ok(known);
            }
            transaction.prepare_cached("UPDATE organisation SET suspended = NULL WHERE id = ?")?.execute((id.0,))?;
            audit::write(transaction, id, by, Act::OrganisationResumed, "", "", now)?;
            find(transaction, id)
        })
    }

    /// Begins to erase an organisation: from now on nobody is signed in, no key and no link works. What remains is for
    /// whoever holds the gallery and the usage to erase, and then for [`Accounts::finish_erasure`].
    ///
    /// # Errors
    /// [`Error::NoSuchOrganisation`], [`Error::OperatorsOwn`], or when the database does not answer.
    pub fn begin_erasure(&self, id: TenantId, by: &Actor, now: Timestamp) -> Result<(), Error> {
        self.write(|transaction| {
            check_not_the_operators(transaction, id)?;
            let sql = "UPDATE organisation SET erasing = coalesce(erasing, ?) WHERE id = ?";
            transaction.prepare_cached(sql)?.execute((now.as_millis(), id.0))?;
            delete_sessions_and_links(transaction, id)?;
            Ok(audit::write(transaction, id, by, Act::ErasureBegun, "", "", now)?)
        })
    }

    /// Erases what the accounts know of an organisation whose erasure was begun. The operator's log keeps that there was
    /// one of this number.
    ///
    /// # Errors
    /// [`Error::NoSuchOrganisation`] when no such erasure was begun; or when the database does not answer, or another
    /// process has it open so long that what was erased cannot be overwritten. It is still to be finished then.
    pub fn finish_erasure(&self, id: TenantId, now: Timestamp) -> Result<(), Error> {
        self.write(|transaction| {
            if find(transaction, id)?.erasing.is_none() {
                return Err(Error::NoSuchOrganisation);
            }
            delete_sessions_and_links(transaction, id)?;
            // A key may point to the one that replaced it.
            transaction.execute("UPDATE api_key SET rotated = NULL WHERE tenant = ?", (id.0,))?;
            for (table, column) in
                [("api_key", "tenant"), ("rule", "organisation"), ("audit", "organisation"), ("user", "organisation")]
            {
                transaction.execute(&format!("DELETE FROM {table} WHERE {column} = ?"), (id.0,))?;
            }
            // The row stays until nothing is left anywhere: after a crash it says that there is still something to do.
            Ok(transaction.execute("UPDATE organisation SET name = '' WHERE id = ?", (id.0,)).map(drop)?)
        })?;
        self.overwrite_erased()?;
        self.write(|transaction| {
            // Whoever else was finishing it, too, has written it down.
            if transaction.execute("DELETE FROM organisation WHERE id = ?", (id.0,))? == 0 {
                return Err(Error::NoSuchOrganisation);
            }
            let subject = format!("organisation {id}", id = id.0);
            let by = Actor::system();
            Ok(audit::write(transaction, TenantId::OPERATOR, &by, Act::OrganisationErased, &subject, "", now)?)
        })
    }

    /// Sees to it that what was erased stands in no file any more.
    ///
    /// Deleting alone does not: SQLite overwrites rows that are deleted, but not the places that they were moved away from
    /// before, within their pages; and the write-ahead log holds what the pages were.
    fn overwrite_erased(&self) -> Result<(), Error> {
        let connection = self.connection();
        connection.execute_batch("VACUUM")?;
        let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
        match is_busy {
            true => {
                let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                Err(rusqlite::Error::SqliteFailure(busy, Some("the write-ahead log is in use".to_owned())).into())
            }
            false => Ok(()),
        }
    }

    /// Organisations whose erasure was begun and not finished: after a crash it goes on with them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn erasing(&self) -> Result<Vec<TenantId>, Error> {
        let connection = self.connection();
        let mut select =
            connection.prepare_cached("SELECT id FROM organisation WHERE erasing IS NOT NULL ORDER BY id")?;
        Ok(select.query_map((), |row| row.get(0).map(TenantId))?.collect::<Result<_, _>>()?)
    }
}

/// Makes an organisation, in the transaction that may make its first user too.
pub(crate) fn create(
    transaction: &Transaction<'_>,
    name: &str,
    plan: PlanId,
    by: &Actor,
    now: Timestamp,
) -> Result<Organisation, Error> {
    let name = name::checked(name)?;
    check_plan(transaction, plan)?;
    let mut insert = transaction.prepare_cached("INSERT INTO organisation (name, plan, created) VALUES (?, ?, ?)")?;
    let id = TenantId(insert.insert((name, plan.0, now.as_millis()))?);
    audit::write(transaction, id, by, Act::OrganisationCreated, name, "", now)?;
    find(transaction, id)
}

pub(crate) fn find(connection: &rusqlite::Connection, id: TenantId) -> Result<Organisation, Error> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT {} FROM organisation JOIN plan ON plan.id = plan WHERE organisation.id = ?",
        Organisation::columns()
    ))?;
    select.query_row((id.0,), Organisation::read).optional()?.ok_or(Error::NoSuchOrganisation)
}

fn check_plan(transaction: &Transaction<'_>, plan: PlanId) -> Result<(), Error> {
    let mut select = transaction.prepare_cached("SELECT 1 FROM plan WHERE id = ?")?;
    match select.exists((plan.0,))? {
        true => Ok(()),
        false => Err(Error::NoSuchPlan),
    }
}

fn check_not_the_operators(transaction: &Transaction<'_>, id: TenantId) -> Result<Organisation, Error> {
    let known = find(transaction, id)?;
    match known.id {
        TenantId::OPERATOR => Err(Error::OperatorsOwn),
        TenantId(_) => Ok(known),
    }
}

fn delete_sessions_and_links(transaction: &Transaction<'_>, id: TenantId) -> Result<(), rusqlite::Error> {
    transaction.execute("DELETE FROM session WHERE user IN (SELECT id FROM user WHERE organisation = ?)", (id.0,))?;
    transaction.execute("DELETE FROM link WHERE organisation = ?", (id.0,)).map(drop)
}
