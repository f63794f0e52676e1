//! One space of an open snapshot.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::mapping::Mapping;
use super::sections::{Sections, Space};
use super::sums;
use crate::{Codes, Damaged, Gone, Originals};

/// How often a row whose checksum does not fit is looked at again before it is called damaged: it may be that another
/// process is wiping it at this moment, and this processor sees the zeros in another order than they were written.
const LOOKS_MAX: usize = 4;

/// What lies between two looks: longer than it takes to write eight bytes, whatever the scheduler does.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// The rows of one space: codes in memory, originals in the mapped file, which stays mapped as long as this lives.
pub struct Base {
    file: Arc<Opened>,
    space: Space,
    codes: Codes,
    wiped: Gone,
}

/// What all spaces of an open snapshot share.
pub(super) struct Opened {
    pub(super) mapping: Mapping,
    pub(super) sections: Sections,
    pub(super) seal: u64,
}

impl Base {
    pub(super) fn new(file: Arc<Opened>, space: Space, codes: Codes, wiped: Gone) -> Self {
        Self { file, space, codes, wiped }
    }

    /// How many rows there are, wiped ones included.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.space.rows
    }

    /// The key of a row.
    ///
    /// # Panics
    /// When there is no such row: a defect of the caller.
    #[must_use]
    pub fn key(&self, row: usize) -> i64 {
        let at = self.file.sections.key_at(self.row(row));
        self.file.mapping.word(at).cast_signed()
    }

    /// The row of a key, wiped or not.
    #[must_use]
    pub fn row_of(&self, key: i64) -> Option<usize> {
        let (mut from, mut to) = (0, self.rows());
        while from < to {
            let middle = from + (to - from) / 2;
            match self.key(middle) < key {
                true => from = middle + 1,
                false => to = middle,
            }
        }
        (from < self.rows() && self.key(from) == key).then_some(from)
    }

    /// The codes.
    #[must_use]
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The rows that were wiped when the snapshot was opened.
    #[must_use]
    pub fn wiped(&self) -> Gone {
        self.wiped.clone()
    }

    /// A row's number through all spaces.
    fn row(&self, row: usize) -> usize {
        assert!(row < self.rows(), "row {row} of {}", self.rows());
        self.space.row(row)
    }
}

impl Originals for Base {
    /// Copies a row's vector, and checks that it is what was written.
    ///
    /// # Panics
    /// When there is no such row, or `into` has another width: a defect of the caller.
    fn copy(&self, row: usize, into: &mut [f32]) -> Result<bool, Damaged> {
        let Opened { mapping, sections, seal } = &*self.file;
        let row = self.row(row);
        assert_eq!(into.len(), sections.width, "vectors of one model have one length");
        for look in 0..LOOKS_MAX {
            if look > 0 {
                thread::sleep(LOOK_AGAIN);
            }
            let sum = mapping.word(sections.sum_at(row));
            if sum == sums::WIPED {
                return Ok(false);
            }
            mapping.copy(sections.original_at(row), into);
            if sums::row(*seal, row, into) == sum {
                return Ok(true);
            }
        }
        Err(Damaged(format!("the vector of row {row} of the snapshot is not what was written")))
    }

    fn prefetch(&self, row: usize) {
        let Opened { mapping, sections, .. } = &*self.file;
        let row = self.row(row);
        mapping.prefetch(sections.sum_at(row), size_of::<u64>());
        mapping.prefetch(sections.original_at(row), sections.row_bytes());
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Base").field("rows", &self.rows()).field("wiped", &self.wiped.len()).finish_non_exhaustive()
    }
}
