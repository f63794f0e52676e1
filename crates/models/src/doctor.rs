//! What of the third-party files is there, for a listing.

use std::path::PathBuf;

use crate::cache::read_checked;
use crate::{Cache, CacheError, Card, Sha256};

/// What was found for one card.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Name of the card.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// SPDX expression of its licence.
    pub licence: String,
    /// Where the file that is used lies, or should.
    pub path: PathBuf,
    /// Its size on the card in bytes.
    pub bytes: u64,
    /// Its hash on the card.
    pub sha256: Sha256,
    /// How it is.
    pub state: State,
}

/// How a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// There, and what the card says.
    Present,
    /// Not there. `auther setup` fetches it.
    Missing,
    /// There, and not what the card says; why.
    Altered(CacheError),
    /// There, and cannot be read; why.
    Unreadable(CacheError),
}

/// Looks at the file of every card, hashing each.
#[must_use]
pub fn survey(cache: &Cache, cards: &[Card]) -> Vec<Finding> {
    cards.iter().map(|card| finding(cache, card)).collect()
}

fn finding(cache: &Cache, card: &Card) -> Finding {
    let path = cache.path(card);
    let state = match read_checked(&path, card.used()) {
        Ok(_) => State::Present,
        Err(CacheError::Missing { .. }) => State::Missing,
        Err(error @ (CacheError::Altered { .. } | CacheError::WrongSize { .. })) => State::Altered(error),
        Err(error @ (CacheError::Unreadable { .. } | CacheError::NoPlace)) => State::Unreadable(error),
    };
    Finding {
        name: card.name.clone(),
        title: card.title.clone(),
        licence: card.licence.spdx.clone(),
        path,
        bytes: card.used().bytes,
        sha256: card.used().sha256,
        state,
    }
}
