//! How a gallery is held in memory; it decides speed and memory, never what is found.

/// What whoever opens a gallery may choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How references are coded for the search.
    pub tier: search::Tier,
}
