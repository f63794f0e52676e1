//! The templates that codes were made of.

use std::fmt;

/// Vectors by row, for the recomputation of what survives.
pub trait Originals: Send + Sync {
    /// Copies a row's vector; `false` when the row was wiped, and so does not count.
    ///
    /// # Errors
    /// When what is read is not what was written.
    fn copy(&self, row: usize, into: &mut [f32]) -> Result<bool, Damaged>;

    /// Says that a row is about to be copied, so that its memory is fetched meanwhile.
    fn prefetch(&self, row: usize);
}

/// What was read is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged(pub String);

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the index is damaged: {}", self.0)
    }
}

impl std::error::Error for Damaged {}

/// Vectors in memory, which is wiped when they leave.
#[derive(Clone)]
pub struct Memory {
    width: usize,
    values: Vec<f32>,
}

impl Memory {
    /// Vectors of `width` values, one after the other.
    ///
    /// # Panics
    /// When `values` is no whole number of rows: a defect of the caller.
    #[must_use]
    pub fn new(width: usize, values: Vec<f32>) -> Self {
        assert!(width > 0 && values.len().is_multiple_of(width), "vectors of one model have one length");
        Self { width, values }
    }

    /// A row's vector.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..][..self.width]
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    /// All values, row after row.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

impl Originals for Memory {
    fn copy(&self, row: usize, into: &mut [f32]) -> Result<bool, Damaged> {
        into.copy_from_slice(self.row(row));
        Ok(true)
    }

    fn prefetch(&self, row: usize) {
        crate::kernel::prefetch(self.row(row).as_ptr().cast(), self.width * size_of::<f32>());
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.values.fill(0.0);
        // Keeps the optimiser from seeing that nobody reads the zeros.
        std::hint::black_box(&mut self.values);
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("rows", &self.rows()).finish_non_exhaustive()
    }
}
