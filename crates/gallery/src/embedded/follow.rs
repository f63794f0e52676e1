//! How a mirror follows the file by the log of changes.

use biometric::{ModelId, TenantId};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::head::Head;
use super::site::Site;
use super::{load, record};
use crate::database::fault::Fault;
use crate::mirror::{Delta, Entry, Key, Position};

/// How many changes are remembered, in rows: some 10 MB, and half a minute at the highest rate of writing; twice as many as
/// there are at most between two snapshots, so that whoever opens the store finds the last one of use. Who lags further
/// behind reads everything again.
pub(super) const CHANGES_KEPT_MAX: i64 = 262_144;

/// Brings the mirror at least to where the store stands in this transaction, and says where that is.
pub(super) fn catch_up(transaction: &Transaction<'_>, site: &Site) -> Result<Head, Fault> {
    let head = Head::read(transaction)?;
    head.check(&site.model)?;
    if let Some(here) = site.mirror.position() {
        if here == head.position || here.version > head.position.version {
            return Ok(head);
        }
        if knows(transaction, here)? {
            let changed = changes(transaction, &site.model, &head, here.version)?;
            if site.mirror.advance(here.version, head.position, &changed) {
                site.consider_compaction();
                return Ok(head);
            }
        }
    }
    load::load(site, head.position)?;
    Ok(head)
}

/// Notes that a row changed; the head has counted it.
pub(super) fn note(connection: &Connection, head: &Head, tenant: TenantId, key: Key) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached("INSERT INTO change VALUES (?1, ?2, ?3, ?4)")?;
    statement.execute((head.position.version, tenant.0, key, head.position.mark))?;
    Ok(())
}

/// Forgets the oldest changes.
pub(super) fn trim(connection: &Connection, version: i64) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached("DELETE FROM change WHERE version <= ?1")?;
    statement.execute([version - CHANGES_KEPT_MAX])?;
    Ok(())
}

/// Whether the store stood at this position, and every change since is noted.
pub(super) fn knows(connection: &Connection, position: Position) -> Result<bool, Fault> {
    let mut statement = connection.prepare_cached("SELECT mark FROM change WHERE version = ?1")?;
    let mark: Option<Option<i64>> = statement.query_row([position.version], |row| row.get(0)).optional()?;
    Ok(mark == Some(Some(position.mark)))
}

/// The rows that changed after `from`, as they are now.
pub(super) fn changes(connection: &Connection, model: &ModelId, head: &Head, from: i64) -> Result<Delta, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT changed.person, changed.tenant, person.*
         FROM (SELECT DISTINCT person, tenant FROM change WHERE version > ?1) AS changed
         LEFT JOIN person ON person.key = changed.person",
    )?;
    let mut rows = statement.query([from])?;
    let mut delta = Delta::new();
    while let Some(row) = rows.next()? {
        let (key, tenant) = (row.get(0)?, TenantId(row.get(1)?));
        let gone = row.get::<_, Option<Key>>(2)?.is_none();
        let reference = if gone { None } else { Some(record::decode(row, 2, model, head)?.2.reference) };
        delta.insert(key, Entry { tenant, reference });
    }
    Ok(delta)
}

/// Tenant and key of the rows that changed after `from` and were there at `enrolled_until`: a key is the version at which a
/// person was enrolled.
pub(super) fn changed_keys(connection: &Connection, from: i64, enrolled_until: i64) -> Result<Vec<(i64, Key)>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT tenant, person FROM change WHERE version > ?1 AND person <= ?2")?;
    let keys = statement.query_map([from, enrolled_until], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(keys.collect::<Result<_, _>>()?)
}
