//! What setup tells while it works.

use std::path::Path;

/// One thing that happened, for one card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Another setup works in the same cache; this one waits for it. Not about any card.
    Waiting,
    /// The file is there and right; nothing is done.
    Present,
    /// The file is there and not right; it will be fetched again.
    Replacing {
        /// What is wrong with it.
        why: &'a str,
    },
    /// A place is asked for the file.
    Trying {
        /// The place.
        source: &'a str,
    },
    /// So much of the file has come.
    Downloaded {
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all.
        bytes_total: u64,
    },
    /// A place did not have the file; the next is asked. A note, not yet an error.
    Skipped {
        /// The place.
        source: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// The published file is made fit for inference.
    Preparing,
    /// A file was put in place.
    Stored {
        /// Where.
        path: &'a Path,
        /// Its size in bytes.
        bytes: u64,
    },
}

/// Whoever shows what setup does.
pub trait Progress {
    /// Called for everything that happens; `card` is the card's name, empty for [`Event::Waiting`].
    fn event(&mut self, card: &str, event: Event<'_>);
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&mut self, _card: &str, _event: Event<'_>) {}
}
