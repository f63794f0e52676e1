//! When a snapshot is written anew.

/// After how many changes a new snapshot is written in the background. Until then what changed lies in memory beside the
/// old one, and whoever opens the store reads it from the log.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Fewer changes are never worth it: rows.
    pub changes_min: usize,
    /// More are never waited for: rows.
    pub changes_max: usize,
}

impl Default for Limits {
    /// At least 16,384: some 10 MB of vectors and codes in memory, a quarter of a second's reading at the start. At most
    /// 131,072: half of what the log remembers, 80 MB, two seconds' reading.
    fn default() -> Self {
        Self { changes_min: 16_384, changes_max: 131_072 }
    }
}

impl Limits {
    /// A quarter of the rows, within the limits: writing all then costs a few times what writing the changes did.
    pub(super) fn changes_before_compaction(self, rows: usize) -> usize {
        (rows / 4).clamp(self.changes_min, self.changes_max)
    }
}
