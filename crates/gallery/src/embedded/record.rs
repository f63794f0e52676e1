//! A person's row in the table: written with a checksum, refused when it does not fit.

use biometric::{ModelId, Person, PersonId, Template, TenantId, Timestamp};
use rusqlite::{Connection, Row as SqlRow, types::ValueRef};
use zeroize::Zeroizing;

use super::head::Head;
use crate::database::fault::Fault;
use crate::mirror::Key;

/// A person and their reference.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) person: Person,
    pub(super) reference: Template,
}

/// A row's checksum.
#[derive(Clone, Copy)]
pub(super) struct Checksum(pub(super) i64);

/// Writes a new row.
pub(super) fn insert(connection: &Connection, tenant: TenantId, key: Key, row: &Row) -> Result<Checksum, Fault> {
    let reference = bytes(&row.reference);
    let sum = checksum(tenant, key, &row.person, &reference);
    let mut statement = connection.prepare_cached("INSERT INTO person VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let Person { id, created, updated } = &row.person;
    statement.execute((
        key,
        tenant.0,
        id.as_str(),
        created.as_millis(),
        updated.as_millis(),
        reference.as_slice(),
        sum.0,
    ))?;
    Ok(sum)
}

/// Replaces reference and time of a row.
pub(super) fn update(connection: &Connection, tenant: TenantId, key: Key, row: &Row) -> Result<Checksum, Fault> {
    let reference = bytes(&row.reference);
    let sum = checksum(tenant, key, &row.person, &reference);
    let mut statement =
        connection.prepare_cached("UPDATE person SET updated = ?2, reference = ?3, checksum = ?4 WHERE key = ?1")?;
    expect_one(statement.execute((key, row.person.updated.as_millis(), reference.as_slice(), sum.0))?)?;
    Ok(sum)
}

/// Deletes a row.
pub(super) fn delete(connection: &Connection, key: Key) -> Result<(), Fault> {
    expect_one(connection.prepare_cached("DELETE FROM person WHERE key = ?1")?.execute([key])?)
}

fn expect_one(rows: usize) -> Result<(), Fault> {
    match rows {
        1 => Ok(()),
        _ => Err(Fault::Corrupt("a person's row is missing".into())),
    }
}

/// A person's row by their id.
pub(super) fn find(
    connection: &Connection,
    model: &ModelId,
    head: &Head,
    tenant: TenantId,
    id: &PersonId,
) -> Result<Option<(Key, Row)>, Fault> {
    let mut statement = connection.prepare_cached("SELECT * FROM person WHERE tenant = ?1 AND id = ?2")?;
    let mut rows = statement.query((tenant.0, id.as_str()))?;
    match rows.next()? {
        Some(row) => decode(row, 0, model, head).map(|(_, key, row)| Some((key, row))),
        None => Ok(None),
    }
}

/// Takes a row back: all columns of `person`, from column `first` on.
pub(super) fn decode(
    row: &SqlRow<'_>,
    first: usize,
    model: &ModelId,
    head: &Head,
) -> Result<(TenantId, Key, Row), Fault> {
    let damaged = |what: &str| Fault::Corrupt(format!("a person's row: {what}"));
    let key: Key = row.get(first)?;
    let tenant = TenantId(row.get(first + 1)?);
    let id = match row.get_ref(first + 2)? {
        ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(|text| PersonId::parse(text).ok()),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => None,
    };
    let person = Person {
        id: id.ok_or_else(|| damaged("the id is none"))?,
        created: Timestamp::from_millis(row.get(first + 3)?),
        updated: Timestamp::from_millis(row.get(first + 4)?),
    };
    let ValueRef::Blob(reference) = row.get_ref(first + 5)? else {
        return Err(damaged("the reference is none"));
    };
    if checksum(tenant, key, &person, reference).0 != row.get::<_, i64>(first + 6)? {
        return Err(damaged("the checksum does not fit"));
    }
    let values = reference.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let reference = Template::from_stored(model.clone(), values).map_err(|error| damaged(&error.to_string()))?;
    match Some(reference.values().len()) == head.width() {
        true => Ok((tenant, key, Row { person, reference })),
        false => Err(damaged("the reference has another length")),
    }
}

fn bytes(reference: &Template) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(reference.values().iter().flat_map(|value| value.to_le_bytes()).collect())
}

/// FNV-1a, 64 bits, over everything the row says. Each byte's step can be undone, so one changed byte always shows.
fn checksum(tenant: TenantId, key: Key, person: &Person, reference: &[u8]) -> Checksum {
    let id = person.id.as_str();
    let numbers = [tenant.0, key, person.created.as_millis(), person.updated.as_millis(), id.len() as i64];
    let bytes = numbers.iter().flat_map(|n| n.to_le_bytes()).chain(id.bytes()).chain(reference.iter().copied());
    Checksum(fnv(bytes))
}

/// The same over whose a row is.
pub(super) fn identity(tenant: i64, key: Key, id: &str) -> i64 {
    fnv([tenant, key].iter().flat_map(|n| n.to_le_bytes()).chain(id.bytes()))
}

/// The same over numbers.
pub(super) fn hash(numbers: [i64; 6]) -> i64 {
    fnv(numbers.iter().flat_map(|n| n.to_le_bytes()))
}

fn fnv(bytes: impl Iterator<Item = u8>) -> i64 {
    bytes.fold(FNV_OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)).cast_signed()
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
