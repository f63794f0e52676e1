//! Collections: named sets of faces of an organisation. Each is a gallery of its own; here is kept which there are and
//! what is known of each face beside its template.
//!
//! Names and faces are in a file of their own, `collections.db`, and templates in the gallery: no transaction spans both.
//! So a face goes through states, and is to be seen in the middle one only:
//!
//! ```text
//! reserve -> ARRIVING -> (template enrolled) -> publish -> THERE -> withdraw -> LEAVING -> (template removed) -> forget
//! ```
//!
//! Whoever is interrupted leaves a face arriving or leaving behind, which nobody sees; [`CollectionStore::leftovers`] names
//! it, so that its template and then its row are removed. A collection that is deleted is marked, and goes with its last
//! face. A template without a row there is never: the row comes first and goes last.

mod names;
mod schema;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use biometric::{PersonId, TenantId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

pub use names::{CollectionId, ExternalImageId, NameError};

use crate::OpenError;
use crate::database::connection;
use crate::database::fault::Fault;
use schema::FORMAT;

/// Galleries of collections are numbered from here on, those of organisations from 1: the two never meet.
const FIRST_SPACE: i64 = 1 << 40;

/// States of a face.
const ARRIVING: i64 = 0;
const THERE: i64 = 1;
const LEAVING: i64 = 2;

const FACE_COLUMNS: &str = "id, image_id, external_image_id, box_left, box_top, box_width, box_height, confidence";

/// A collection that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collection {
    number: i64,
}

impl Collection {
    /// Where its templates are: a gallery that no organisation and no other collection has, or ever had.
    #[must_use]
    pub const fn space(self) -> TenantId {
        TenantId(FIRST_SPACE + self.number)
    }
}

/// A box as shares of the width and the height of the upright image; it may reach beyond the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceBox {
    /// Left edge, by the width of the image.
    pub left: f64,
    /// Top edge, by the height of the image.
    pub top: f64,
    /// Width, by the width of the image.
    pub width: f64,
    /// Height, by the height of the image.
    pub height: f64,
}

/// What is known of a face beside its template.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceRecord {
    /// The face's own id, by which the gallery has its template.
    pub id: PersonId,
    /// The id of the image that it was found in.
    pub image_id: PersonId,
    /// What the client calls the image.
    pub external_image_id: Option<ExternalImageId>,
    /// Where it was in the image.
    pub bounds: FaceBox,
    /// How sure the detector was that it is a face, in percent.
    pub confidence: f64,
}

/// Why something cannot be done with a collection.
#[derive(Debug)]
pub enum CollectionError {
    /// The organisation has a collection of this name.
    Exists,
    /// The organisation has no collection of this name.
    NotFound,
    /// The organisation has as many collections as it may.
    TooManyCollections {
        /// So many.
        collections_max: u64,
    },
    /// The organisation has as many faces as it may.
    TooManyFaces {
        /// So many.
        faces_max: u64,
    },
    /// The store cannot answer now; the text is for the log, never for a client.
    Unavailable(String),
}

impl From<Fault> for CollectionError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(fault.to_string())
    }
}

impl From<rusqlite::Error> for CollectionError {
    fn from(error: rusqlite::Error) -> Self {
        Fault::from(error).into()
    }
}

type Result<T> = std::result::Result<T, CollectionError>;

/// A template and its row that are to be removed: what an interruption left.
#[derive(Clone, Debug, PartialEq)]
pub struct Leftover {
    /// Whose face it is.
    pub collection: Collection,
    /// Which face.
    pub face: PersonId,
}

/// The collections of all organisations, in one file of a data directory that several processes may have open.
///
/// Every method blocks for as long as the disk takes: keep it off an asynchronous runtime's own threads.
pub struct CollectionStore {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl CollectionStore {
    /// Opens the collections of a data directory, and makes the file when there is none.
    ///
    /// # Errors
    /// When the file was written by a later release, is damaged, or cannot be read or written.
    pub fn open(dir: &Path) -> std::result::Result<Self, OpenError> {
        Self::open_file(dir).map_err(|fault| OpenError { path: dir.join(FORMAT.file_name), fault })
    }

    fn open_file(dir: &Path) -> std::result::Result<Self, Fault> {
        let path = FORMAT.ensure(dir)?;
        let mut writer = connection::open_logged(&path)?;
        FORMAT.migrate(&mut writer)?;
        let reader = connection::open_logged(&path)?;
        reader.pragma_update(None, "query_only", "ON")?;
        Ok(Self { writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    /// Makes a collection. Durable when it returns `Ok`.
    ///
    /// # Errors
    /// [`CollectionError::Exists`] or [`CollectionError::TooManyCollections`].
    pub fn create(
        &self,
        organisation: TenantId,
        id: &CollectionId,
        collections_max: u64,
        now: Timestamp,
    ) -> Result<Collection> {
        self.write(|transaction| {
            if find(transaction, organisation, id)?.is_some() {
                return Err(CollectionError::Exists);
            }
            let count = "SELECT count(*) FROM collection WHERE organisation = ? AND removing IS NULL";
            let count: i64 = transaction.prepare_cached(count)?.query_row((organisation.0,), |row| row.get(0))?;
            if count.cast_unsigned() >= collections_max {
                return Err(CollectionError::TooManyCollections { collections_max });
            }
            let insert = "INSERT INTO collection (organisation, id, created) VALUES (?, ?, ?)";
            let number = transaction.prepare_cached(insert)?.insert((organisation.0, id.as_str(), now.as_millis()))?;
            Ok(Collection { number })
        })
    }

    /// The organisation's collection of this name.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`].
    pub fn find(&self, organisation: TenantId, id: &CollectionId) -> Result<Collection> {
        find(&self.reader(), organisation, id)?.ok_or(CollectionError::NotFound)
    }

    /// Names of an organisation's collections in their order, from the first after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`CollectionError::Unavailable`].
    pub fn list(
        &self,
        organisation: TenantId,
        after: Option<&CollectionId>,
        limit: usize,
    ) -> Result<Vec<CollectionId>> {
        let reader = self.reader();
        let mut select = reader.prepare_cached(
            "SELECT id FROM collection WHERE organisation = ?1 AND removing IS NULL AND id > ?2 ORDER BY id LIMIT ?3",
        )?;
        let values = params![organisation.0, after.map_or("", CollectionId::as_str), rows(limit)];
        Ok(select.query_map(values, |row| stored_name(row, 0))?.collect::<std::result::Result<_, _>>()?)
    }

    /// Deletes a collection: from now on it is not there. Its faces are [leftovers](Self::leftovers).
    ///
    /// # Errors
    /// [`CollectionError::NotFound`].
    pub fn delete(&self, organisation: TenantId, id: &CollectionId, now: Timestamp) -> Result<Collection> {
        self.write(|transaction| {
            let collection = find(transaction, organisation, id)?.ok_or(CollectionError::NotFound)?;
            mark_removing(transaction, collection, now)?;
            Ok(collection)
        })
    }

    /// Deletes every collection of an organisation.
    ///
    /// # Errors
    /// [`CollectionError::Unavailable`].
    pub fn delete_all(&self, organisation: TenantId, now: Timestamp) -> Result<()> {
        self.write(|transaction| {
            let mut select = transaction
                .prepare_cached("SELECT number FROM collection WHERE organisation = ? AND removing IS NULL")?;
            let numbers: Vec<i64> =
                select.query_map((organisation.0,), |row| row.get(0))?.collect::<std::result::Result<_, _>>()?;
            numbers.into_iter().try_for_each(|number| mark_removing(transaction, Collection { number }, now))
        })
    }

    /// Announces faces whose templates are about to be enrolled: nobody sees them yet, and they count already.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`] when the collection was deleted meanwhile; [`CollectionError::TooManyFaces`] when all
    /// collections of its organisation would hold more than `faces_max`. Nothing is written then.
    pub fn reserve(
        &self,
        collection: Collection,
        faces: &[FaceRecord],
        faces_max: Option<u64>,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|transaction| {
            let organisation = organisation_of(transaction, collection)?.ok_or(CollectionError::NotFound)?;
            let wanted = count(transaction, organisation)?.saturating_add(faces.len() as u64);
            if let Some(faces_max) = faces_max.filter(|faces_max| wanted > *faces_max) {
                return Err(CollectionError::TooManyFaces { faces_max });
            }
            let mut insert = transaction.prepare_cached(&format!(
                "INSERT INTO face (collection, state, since, {FACE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            ))?;
            for FaceRecord { id, image_id, external_image_id, bounds, confidence } in faces {
                insert.execute(params![
                    collection.number,
                    ARRIVING,
                    now.as_millis(),
                    id.as_str(),
                    image_id.as_str(),
                    external_image_id.as_ref().map(ExternalImageId::as_str),
                    bounds.left,
                    bounds.top,
                    bounds.width,
                    bounds.height,
                    confidence,
                ])?;
            }
            Ok(())
        })
    }

    /// Shows faces that were reserved, all or none.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`] when the collection was deleted meanwhile, or a face was taken for a leftover.
    pub fn publish(&self, collection: Collection, faces: &[FaceRecord]) -> Result<()> {
        self.write(|transaction| {
            organisation_of(transaction, collection)?.ok_or(CollectionError::NotFound)?;
            let mut update = transaction
                .prepare_cached("UPDATE face SET state = ?1 WHERE collection = ?2 AND id = ?3 AND state = ?4")?;
            for face in faces {
                if update.execute(params![THERE, collection.number, face.id.as_str(), ARRIVING])? != 1 {
                    return Err(CollectionError::NotFound);
                }
            }
            Ok(())
        })
    }

    /// Faces in order of their ids, from the first after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`CollectionError::Unavailable`].
    pub fn faces(&self, collection: Collection, after: Option<&PersonId>, limit: usize) -> Result<Vec<FaceRecord>> {
        let reader = self.reader();
        let mut select = reader.prepare_cached(&format!(
            "SELECT {FACE_COLUMNS} FROM face WHERE collection = ?1 AND state = ?2 AND id > ?3 ORDER BY id LIMIT ?4"
        ))?;
        let values = params![collection.number, THERE, after.map_or("", PersonId::as_str), rows(limit)];
        Ok(select.query_map(values, read_face)?.collect::<std::result::Result<_, _>>()?)
    }

    /// Those of these faces that are there, in the order in which they are asked for.
    ///
    /// # Errors
    /// [`CollectionError::Unavailable`].
    pub fn faces_of<'a>(
        &self,
        collection: Collection,
        ids: impl IntoIterator<Item = &'a PersonId>,
    ) -> Result<Vec<FaceRecord>> {
        let reader = self.reader();
        let mut select = reader.prepare_cached(&format!(
            "SELECT {FACE_COLUMNS} FROM face WHERE collection = ? AND state = ? AND id = ?"
        ))?;
        let mut read = |id: &PersonId| {
            Ok(select.query_row(params![collection.number, THERE, id.as_str()], read_face).optional()?)
        };
        ids.into_iter().filter_map(|id| read(id).transpose()).collect()
    }

    /// Hides faces, whose templates are to be removed then; tells which of them were there.
    ///
    /// # Errors
    /// [`CollectionError::Unavailable`].
    pub fn withdraw(&self, collection: Collection, faces: &[PersonId], now: Timestamp) -> Result<Vec<PersonId>> {
        self.write(|transaction| {
            let mut update = transaction.prepare_cached(
                "UPDATE face SET state = ?1, since = ?2 WHERE collection = ?3 AND id = ?4 AND state = ?5",
            )?;
            let mut withdrawn = Vec::new();
            for id in faces {
                let values = params![LEAVING, now.as_millis(), collection.number, id.as_str(), THERE];
                if update.execute(values)? == 1 {
                    withdrawn.push(id.clone());
                }
            }
            Ok(withdrawn)
        })
    }

    /// Forgets faces whose templates are gone, and the collection with its last face when it was deleted.
    ///
    /// # Errors
    /// [`CollectionError::Unavailable`].
    pub fn forget(&self, leftovers: &[Leftover]) -> Result<()> {
        self.write(|transaction| {
            let mut delete = transaction.prepare_cached("DELETE FROM face WHERE collection = ? AND id = ?")?;
            for Leftover { collection, face } in leftovers {
                delete.execute((collection.number, face.as_str()))?;
            }
            let empty = "DELETE FROM collection WHERE removing IS NOT NULL
                         AND NOT EXISTS (SELECT 1 FROM face WHERE collection = number)";
            transaction.execute(empty, ())?;
            Ok(())
        })?;
        // Until then the log still holds what was removed. A failure loses nothing: the next one empties it, too.
        if !leftovers.is_empty() {
            connection::checkpoint(&self.writer.lock().unwrap_or_else(PoisonError::into_inner))?;
        }
        Ok(())
    }

    /// How many faces an organisation has in all its collections.
    ///
    /// # Errors
    /// [`CollectionError::Unavailable`].
    pub fn count(&self, organisation: TenantId) -> Result<u64> {
        count(&self.reader(), organisation)
    }

    /// At most `limit` faces whose templates and rows are to be removed: that are leaving, or that have been arriving since
    /// before `interrupted_before`, so that nobody can be at it any more. Of one collection, or of all.
    ///
    /// # Errors
    /// [`CollectionError::Unavailable`].
    pub fn leftovers(
        &self,
        of: Option<Collection>,
        interrupted_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Leftover>> {
        let reader = self.reader();
        let mut select = reader.prepare_cached(
            "SELECT collection, id FROM face
             WHERE (?1 IS NULL OR collection = ?1) AND (state = ?2 OR state = ?3 AND since < ?4) LIMIT ?5",
        )?;
        let number = of.map(|collection| collection.number);
        let values = params![number, LEAVING, ARRIVING, interrupted_before.as_millis(), rows(limit)];
        let read =
            |row: &Row<'_>| Ok(Leftover { collection: Collection { number: row.get(0)? }, face: stored_name(row, 1)? });
        Ok(select.query_map(values, read)?.collect::<std::result::Result<_, _>>()?)
    }

    /// One transaction, which holds the write lock from its beginning: what it decides on stands still.
    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no half-done work: every read here is a single statement.
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(connection: &Connection, organisation: TenantId, id: &CollectionId) -> Result<Option<Collection>> {
    let select = "SELECT number FROM collection WHERE organisation = ? AND id = ? AND removing IS NULL";
    let mut select = connection.prepare_cached(select)?;
    let found = select.query_row((organisation.0, id.as_str()), |row| Ok(Collection { number: row.get(0)? }));
    Ok(found.optional()?)
}

/// Whose a collection is that was not deleted.
fn organisation_of(connection: &Connection, collection: Collection) -> Result<Option<TenantId>> {
    let select = "SELECT organisation FROM collection WHERE number = ? AND removing IS NULL";
    let mut select = connection.prepare_cached(select)?;
    Ok(select.query_row((collection.number,), |row| row.get(0).map(TenantId)).optional()?)
}

/// Those that are leaving are as good as gone.
fn count(connection: &Connection, organisation: TenantId) -> Result<u64> {
    let mut select = connection.prepare_cached(
        "SELECT count(*) FROM face JOIN collection ON collection = number
         WHERE organisation = ? AND removing IS NULL AND state != ?",
    )?;
    Ok(select.query_row((organisation.0, LEAVING), |row| row.get::<_, i64>(0))?.cast_unsigned())
}

/// Faces that are arriving stay so: whoever brings them will find the collection gone.
fn mark_removing(connection: &Connection, collection: Collection, now: Timestamp) -> Result<()> {
    let (number, now) = (collection.number, now.as_millis());
    connection.execute("UPDATE collection SET removing = ? WHERE number = ?", (now, number))?;
    let faces = "UPDATE face SET state = ?, since = ? WHERE collection = ? AND state = ?";
    connection.execute(faces, (LEAVING, now, number, THERE))?;
    Ok(())
}

fn read_face(row: &Row<'_>) -> std::result::Result<FaceRecord, rusqlite::Error> {
    let has_external = row.get_ref(2)? != rusqlite::types::ValueRef::Null;
    Ok(FaceRecord {
        id: stored_name(row, 0)?,
        image_id: stored_name(row, 1)?,
        external_image_id: has_external.then(|| stored_name(row, 2)).transpose()?,
        bounds: FaceBox { left: row.get(3)?, top: row.get(4)?, width: row.get(5)?, height: row.get(6)? },
        confidence: row.get(7)?,
    })
}

/// A name as it was checked before it was stored.
fn stored_name<T>(row: &Row<'_>, column: usize) -> std::result::Result<T, rusqlite::Error>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    row.get_ref(column)?.as_str()?.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
