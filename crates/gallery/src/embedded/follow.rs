//! How a mirror follows the file: loads all of it, then only what changed.

use biometric::{ModelId, TenantId};
use rusqlite::{Connection, Row as SqlRow, Transaction};

use super::head::Head;
use super::record;
use crate::database::fault::Fault;
use crate::mirror::{Delta, Entry, Key, Mirror, Shared};

/// How many changes are remembered, in rows: some 2 MB, and seven seconds at the highest rate of writing. Who lags
/// further behind reads everything again.
pub(super) const CHANGES_KEPT_MAX: i64 = 65_536;

/// Brings the mirror to where the store stands in this snapshot, and says where that is.
pub(super) fn catch_up(snapshot: &Transaction<'_>, model: &ModelId, mirror: &Shared) -> Result<Head, Fault> {
    let head = Head::read(snapshot)?;
    head.check(model)?;
    let from = mirror.read().version();
    if from >= head.version {
        return Ok(head);
    }
    if remembers(snapshot, from)? {
        let changed = changes(snapshot, model, &head, from)?;
        mirror.write().advance(from, head.version, changed);
    } else {
        let loaded = load(snapshot, model, &head)?;
        let mut mirror = mirror.write();
        if mirror.version() < loaded.version() {
            *mirror = loaded;
        }
    }
    Ok(head)
}

/// Notes that a row changed.
pub(super) fn note(connection: &Connection, version: i64, tenant: TenantId, key: Key) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached("INSERT INTO change VALUES (?1, ?2, ?3)")?;
    statement.execute((version, tenant.0, key))?;
    Ok(())
}

/// Forgets the oldest changes.
pub(super) fn trim(connection: &Connection, version: i64) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached("DELETE FROM change WHERE version <= ?1")?;
    statement.execute([version - CHANGES_KEPT_MAX])?;
    Ok(())
}

/// Whether every change after `from` is still noted.
fn remembers(snapshot: &Connection, from: i64) -> Result<bool, Fault> {
    let mut statement = snapshot.prepare_cached("SELECT min(version) FROM change")?;
    let oldest: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(oldest.is_some_and(|oldest| oldest <= from + 1))
}

/// The rows that changed after `from`, as they are now.
fn changes(snapshot: &Connection, model: &ModelId, head: &Head, from: i64) -> Result<Delta, Fault> {
    let mut statement = snapshot.prepare_cached(
        "SELECT changed.person, changed.tenant, person.*
         FROM (SELECT DISTINCT person, tenant FROM change WHERE version > ?1) AS changed
         LEFT JOIN person ON person.key = changed.person",
    )?;
    let mut rows = statement.query([from])?;
    let mut delta = Delta::new();
    while let Some(row) = rows.next()? {
        let (key, tenant) = (row.get(0)?, TenantId(row.get(1)?));
        let gone = row.get::<_, Option<Key>>(2)?.is_none();
        let row = if gone { None } else { Some(decode(row, 2, model, head)?.2) };
        delta.insert(key, Entry { tenant, row });
    }
    Ok(delta)
}

/// Everything the store holds.
fn load(snapshot: &Connection, model: &ModelId, head: &Head) -> Result<Mirror, Fault> {
    let latest: Option<i64> = snapshot.query_row("SELECT max(version) FROM change", [], |row| row.get(0))?;
    if latest.unwrap_or(0) != head.version {
        return Err(Fault::Corrupt("the change log does not fit".into()));
    }
    let mut statement = snapshot.prepare("SELECT * FROM person ORDER BY key")?;
    let mut rows = statement.query([])?;
    let (mut mirror, mut persons) = (Mirror::at(head.version), 0);
    while let Some(row) = rows.next()? {
        let (tenant, key, row) = decode(row, 0, model, head)?;
        mirror.put(tenant, key, row);
        persons += 1;
    }
    match persons == head.persons {
        true => Ok(mirror),
        false => Err(Fault::Corrupt(format!("{persons} persons found of {}", head.persons))),
    }
}

fn decode(
    row: &SqlRow<'_>,
    first: usize,
    model: &ModelId,
    head: &Head,
) -> Result<(TenantId, Key, crate::mirror::Row), Fault> {
    let decoded = record::decode(row, first, model)?;
    match Some(decoded.2.reference.values().len()) == head.width() {
        true => Ok(decoded),
        false => Err(Fault::Corrupt("a reference has another length".into())),
    }
}
