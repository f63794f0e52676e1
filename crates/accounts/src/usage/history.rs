//! What was: requests one by one, counts per day, when keys were last used.

use std::collections::HashMap;

use biometric::{TenantId, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

use super::done::{read_key, stored_key};
use crate::{KeyId, Operation};

/// How many requests of one day did the same with the same outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// The day, in days since 1970-01-01 UTC.
    pub day: i64,
    /// What was asked for.
    pub operation: Operation,
    /// The code of the error; empty for success.
    pub code: String,
    /// The key that was presented; `None`: the console.
    pub key: Option<KeyId>,
    /// How many requests there were.
    pub count: u64,
}

/// Which requests are asked for; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Those that asked for this.
    pub operation: Option<Operation>,
    /// Those that ended with this code; empty for success.
    pub code: Option<String>,
    /// Those that presented this key.
    pub key: Option<KeyId>,
}

/// One request of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLine {
    /// Its number in the log; later requests have greater ones.
    pub id: i64,
    /// When it came.
    pub at: Timestamp,
    /// What was asked for.
    pub operation: Operation,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The code of the error; empty when there was none.
    pub code: String,
    /// How long it took, in microseconds.
    pub latency_us: u64,
    /// The request's own id, as the client got it.
    pub request_id: String,
    /// The key that was presented; `None`: the console.
    pub key: Option<KeyId>,
}

pub(super) fn days(
    connection: &Connection,
    organisation: TenantId,
    (from_day, to_day): (i64, i64),
) -> Result<Vec<DayCount>, rusqlite::Error> {
    let mut select = connection.prepare_cached(
        "SELECT day, operation, code, key, count FROM daily
         WHERE organisation = ? AND day BETWEEN ? AND ? ORDER BY day, operation, code, key",
    )?;
    let read = |row: &Row<'_>| {
        Ok(DayCount {
            day: row.get("day")?,
            operation: read_operation(row)?,
            code: row.get("code")?,
            key: read_key(row.get("key")?),
            count: row.get::<_, i64>("count")?.cast_unsigned(),
        })
    };
    select.query_map((organisation.0, from_day, to_day), read)?.collect()
}

pub(super) fn requests(
    connection: &Connection,
    organisation: TenantId,
    filter: &RequestFilter,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<RequestLine>, rusqlite::Error> {
    let mut select = connection.prepare_cached(
        "SELECT id, at, operation, status, code, latency_us, request_id, key FROM request
         WHERE organisation = ?1 AND id < ?2 AND (?3 IS NULL OR operation = ?3) AND (?4 IS NULL OR code = ?4)
         AND (?5 IS NULL OR key = ?5) ORDER BY id DESC LIMIT ?6",
    )?;
    let values = params![
        organisation.0,
        before.unwrap_or(i64::MAX),
        filter.operation.map(Operation::word),
        filter.code,
        filter.key.map(|key| stored_key(Some(key))),
        i64::try_from(limit).unwrap_or(i64::MAX),
    ];
    let read = |row: &Row<'_>| {
        Ok(RequestLine {
            id: row.get("id")?,
            at: Timestamp::from_millis(row.get("at")?),
            operation: read_operation(row)?,
            status: row.get("status")?,
            code: row.get("code")?,
            latency_us: row.get::<_, i64>("latency_us")?.cast_unsigned(),
            request_id: row.get("request_id")?,
            key: read_key(row.get("key")?),
        })
    };
    select.query_map(values, read)?.collect()
}

pub(super) fn last_used(
    connection: &Connection,
    organisation: TenantId,
) -> Result<HashMap<KeyId, Timestamp>, rusqlite::Error> {
    let mut select = connection.prepare_cached("SELECT key, last FROM key_use WHERE organisation = ?")?;
    let read = |row: &Row<'_>| Ok((KeyId(row.get("key")?), Timestamp::from_millis(row.get("last")?)));
    select.query_map((organisation.0,), read)?.collect()
}

fn read_operation(row: &Row<'_>) -> Result<Operation, rusqlite::Error> {
    let index = row.as_ref().column_index("operation")?;
    let word: String = row.get(index)?;
    let unknown = || format!("no operation is called {word:?}").into();
    Operation::of_word(&word).ok_or_else(|| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, unknown()))
}
