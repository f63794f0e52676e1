//! Plans: how much an organisation may use.

use std::fmt;

use biometric::{TenantId, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use crate::audit::{self, Act, Actor};
use crate::{Accounts, Error, name};

/// The number of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanId(pub i64);

impl PlanId {
    /// The operator's own: without limits, and never edited.
    pub const OPERATOR: Self = Self(1);
    /// What an organisation gets that signs up; its limits come from the settings.
    pub const FREE: Self = Self(2);
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How much is allowed; `None`: as much as they like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Requests in a calendar month, UTC.
    pub requests_month_max: Option<u64>,
    /// Persons enrolled at a time.
    pub persons_max: Option<u64>,
    /// How fast.
    pub rate: Option<Rate>,
}

impl Limits {
    /// The columns that limits are read from, of a plan.
    pub(crate) const COLUMNS: &str = "requests_month_max, persons_max, rate_per_second, rate_burst";

    pub(crate) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        let number = |column: &str| row.get::<_, Option<i64>>(column).map(|number| number.map(i64::cast_unsigned));
        let rate = |per_second: Option<f64>, burst: Option<u32>| Some(Rate { per_second: per_second?, burst: burst? });
        Ok(Self {
            requests_month_max: number("requests_month_max")?,
            persons_max: number("persons_max")?,
            rate: rate(row.get("rate_per_second")?, row.get("rate_burst")?),
        })
    }

    fn check(&self) -> Result<(), Error> {
        let is_count = |count: Option<u64>| count.is_none_or(|count| (1..=i64::MAX as u64).contains(&count));
        let is_rate =
            self.rate.is_none_or(|rate| rate.per_second.is_finite() && rate.per_second > 0.0 && rate.burst > 0);
        match is_count(self.requests_month_max) && is_count(self.persons_max) && is_rate {
            true => Ok(()),
            false => Err(Error::PlanLimits),
        }
    }

    /// For the audit log.
    fn in_words(&self) -> String {
        let count = |count: Option<u64>| count.map_or("any number of".to_owned(), |count| count.to_string());
        let rate =
            self.rate.map_or("at any rate".to_owned(), |rate| format!("{}/s, {} at once", rate.per_second, rate.burst));
        format!("{} requests a month, {} persons, {rate}", count(self.requests_month_max), count(self.persons_max))
    }
}

/// How fast requests may come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// In the long run.
    pub per_second: f64,
    /// At once.
    pub burst: u32,
}

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Its number.
    pub id: PlanId,
    /// What people call it.
    pub name: String,
    /// What it allows.
    pub limits: Limits,
}

impl Accounts {
    /// All plans, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn plans(&self) -> Result<Vec<Plan>, Error> {
        let connection = self.connection();
        let mut select =
            connection.prepare_cached(&format!("SELECT id, name, {} FROM plan ORDER BY id", Limits::COLUMNS))?;
        Ok(select.query_map((), read)?.collect::<Result<_, _>>()?)
    }

    /// One plan.
    ///
    /// # Errors
    /// [`Error::NoSuchPlan`], or when the database does not answer.
    pub fn plan(&self, id: PlanId) -> Result<Plan, Error> {
        let connection = self.connection();
        let mut select =
            connection.prepare_cached(&format!("SELECT id, name, {} FROM plan WHERE id = ?", Limits::COLUMNS))?;
        select.query_row((id.0,), read).optional()?.ok_or(Error::NoSuchPlan)
    }

    /// Makes a plan.
    ///
    /// # Errors
    /// [`Error::Name`], [`Error::PlanTaken`], [`Error::PlanLimits`], or when the database does not answer.
    pub fn create_plan(&self, name: &str, limits: Limits, by: &Actor, now: Timestamp) -> Result<Plan, Error> {
        let name = name::checked(name)?;
        limits.check()?;
        self.write(|transaction| {
            check_free(transaction, name, None)?;
            let mut insert = transaction
                .prepare_cached(&format!("INSERT INTO plan (name, {}) VALUES (?, ?, ?, ?, ?)", Limits::COLUMNS))?;
            let (requests, persons, per_second, burst) = stored(&limits);
            let id = insert.insert(params![name, requests, persons, per_second, burst])?;
            audit::write(transaction, TenantId::OPERATOR, by, Act::PlanCreated, name, &limits.in_words(), now)?;
            Ok(Plan { id: PlanId(id), name: name.to_owned(), limits })
        })
    }

    /// Changes a plan, for every organisation that has it, from the next request on.
    ///
    /// # Errors
    /// [`Error::NoSuchPlan`], [`Error::PlanFixed`], the errors of [`Accounts::create_plan`].
    pub fn edit_plan(&self, id: PlanId, name: &str, limits: Limits, by: &Actor, now: Timestamp) -> Result<Plan, Error> {
        let name = name::checked(name)?;
        limits.check()?;
        if [PlanId::OPERATOR, PlanId::FREE].contains(&id) {
            return Err(Error::PlanFixed);
        }
        self.write(|transaction| {
            check_free(transaction, name, Some(id))?;
            update(transaction, id, name, &limits)?;
            audit::write(transaction, TenantId::OPERATOR, by, Act::PlanEdited, name, &limits.in_words(), now)?;
            Ok(Plan { id, name: name.to_owned(), limits })
        })
    }

    /// Gives the free plan the limits that the deployment's settings name.
    ///
    /// # Errors
    /// [`Error::PlanLimits`], or when the database does not answer.
    pub fn set_free_limits(&self, limits: Limits) -> Result<(), Error> {
        limits.check()?;
        let is_so = self.plan(PlanId::FREE)?.limits == limits;
        // Nothing is written when nothing changes: two servers may start at once.
        match is_so {
            true => Ok(()),
            false => self.write(|transaction| {
                let name: String =
                    transaction.query_row("SELECT name FROM plan WHERE id = ?", (PlanId::FREE.0,), |row| row.get(0))?;
                update(transaction, PlanId::FREE, &name, &limits)
            }),
        }
    }
}

/// What a row holds of limits.
type Stored = (Option<i64>, Option<i64>, Option<f64>, Option<u32>);

fn stored(limits: &Limits) -> Stored {
    let number = |count: Option<u64>| count.map(u64::cast_signed);
    let (per_second, burst) = (limits.rate.map(|rate| rate.per_second), limits.rate.map(|rate| rate.burst));
    (number(limits.requests_month_max), number(limits.persons_max), per_second, burst)
}

fn update(transaction: &Transaction<'_>, id: PlanId, name: &str, limits: &Limits) -> Result<(), Error> {
    let mut update = transaction.prepare_cached(
        "UPDATE plan SET name = ?, requests_month_max = ?, persons_max = ?, rate_per_second = ?, rate_burst = ?
         WHERE id = ?",
    )?;
    let (requests, persons, per_second, burst) = stored(limits);
    match update.execute(params![name, requests, persons, per_second, burst, id.0])? {
        0 => Err(Error::NoSuchPlan),
        _ => Ok(()),
    }
}

fn check_free(transaction: &Transaction<'_>, name: &str, but: Option<PlanId>) -> Result<(), Error> {
    let mut select = transaction.prepare_cached("SELECT id FROM plan WHERE name = ?")?;
    let other: Option<i64> = select.query_row((name,), |row| row.get(0)).optional()?;
    match other.is_some_and(|other| but != Some(PlanId(other))) {
        true => Err(Error::PlanTaken),
        false => Ok(()),
    }
}

fn read(row: &Row<'_>) -> Result<Plan, rusqlite::Error> {
    Ok(Plan { id: PlanId(row.get("id")?), name: row.get("name")?, limits: Limits::read(row)? })
}
