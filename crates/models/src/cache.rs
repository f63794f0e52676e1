//! Where third-party files lie, and reading them only when they are what their card says.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::{Card, FileFacts, Sha256};

/// The places a cache folder may be named in, the strongest first. The caller reads the environment.
#[derive(Clone, Debug, Default)]
pub struct CachePlaces {
    /// A setting or an option of the command line.
    pub explicit: Option<PathBuf>,
    /// `AUTHER_CACHE`.
    pub auther_cache: Option<PathBuf>,
    /// `XDG_CACHE_HOME`; `auther` is added to it.
    pub xdg_cache_home: Option<PathBuf>,
    /// `HOME`; `.cache/auther` is added to it.
    pub home: Option<PathBuf>,
}

/// A folder of third-party files, one sub-folder a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// A cache in this folder, which need not exist yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The cache in the first place that is named. An empty value counts as none, as in a shell.
    ///
    /// # Errors
    /// When none is named.
    pub fn resolve(places: CachePlaces) -> Result<Self, CacheError> {
        let named = |place: Option<PathBuf>| place.filter(|path| !path.as_os_str().is_empty());
        // The XDG specification: a relative path is to be ignored.
        let xdg = named(places.xdg_cache_home).filter(|path| path.is_absolute()).map(|path| path.join("auther"));
        let home = named(places.home).map(|path| path.join(".cache").join("auther"));
        let found = named(places.explicit).or_else(|| named(places.auther_cache)).or(xdg).or(home);
        found.map(Self::new).ok_or(CacheError::NoPlace)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file that a card's user reads lies, if it is there.
    #[must_use]
    pub fn path(&self, card: &Card) -> PathBuf {
        self.path_of(card, card.used())
    }

    /// Reads the file that the card's user needs, after checking its SHA-256.
    ///
    /// # Errors
    /// When it is missing, unreadable, or not what the card says.
    pub fn verified_bytes(&self, card: &Card) -> Result<Vec<u8>, CacheError> {
        read_checked(&self.path(card), card.used())
    }

    /// Reads the file as its makers publish it, after checking its SHA-256: for comparisons with what is made of it.
    ///
    /// # Errors
    /// When it is missing, unreadable, or not what the card says.
    pub fn verified_published(&self, card: &Card) -> Result<Vec<u8>, CacheError> {
        read_checked(&self.path_of(card, &card.file), &card.file)
    }

    /// The path of the file, after checking its SHA-256: for libraries, which the system loads by path.
    ///
    /// # Errors
    /// When it is missing, unreadable, or not what the card says.
    pub fn verified_path(&self, card: &Card) -> Result<PathBuf, CacheError> {
        let path = self.path(card);
        // The bytes are hashed and dropped; whoever can write the folder could still swap the file afterwards.
        read_checked(&path, card.used())?;
        Ok(path)
    }

    pub(crate) fn path_of(&self, card: &Card, file: &FileFacts) -> PathBuf {
        self.folder.join(&card.name).join(&file.name)
    }
}

/// Reads a file that must have exactly this size and hash. Never more than one byte beyond the size is read.
pub(crate) fn read_checked(path: &Path, facts: &FileFacts) -> Result<Vec<u8>, CacheError> {
    let failed = |error: io::Error| match error.kind() == io::ErrorKind::NotFound {
        true => CacheError::Missing { path: path.to_owned() },
        false => CacheError::Unreadable { path: path.to_owned(), error: error.to_string() },
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(facts.bytes + 1).read_to_end(&mut bytes).map_err(failed)?;
    let found = Sha256::of(&bytes);
    if found == facts.sha256 {
        return Ok(bytes);
    }
    let (expected, expected_bytes, found_bytes) = (facts.sha256, facts.bytes, bytes.len() as u64);
    Err(match found_bytes == expected_bytes {
        true => CacheError::Altered { path: path.to_owned(), expected, found },
        false => CacheError::WrongSize { path: path.to_owned(), expected, expected_bytes, found_bytes },
    })
}

/// Why a file cannot be had from the cache.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// Nothing says where the cache is.
    #[error("there is no place for the cache: set AUTHER_CACHE (or HOME), or name a folder")]
    NoPlace,
    /// The file is not there.
    #[error("{path} is missing: run `auther setup`")]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        error: String,
    },
    /// The file has another content.
    #[error(
        "{path} is not the file that its card names: SHA-256 {expected} was expected, {found} found; \
             run `auther setup` to replace it"
    )]
    Altered {
        /// Where it is.
        path: PathBuf,
        /// Hash on the card.
        expected: Sha256,
        /// Hash of the file.
        found: Sha256,
    },
    /// The file has another size, thus another content; a larger one is not read to its end.
    #[error(
        "{path} is not the file that its card names (SHA-256 {expected}, {expected_bytes} bytes): it has \
             {}{found_bytes} bytes; run `auther setup` to replace it",
        at_least(expected_bytes, found_bytes)
    )]
    WrongSize {
        /// Where it is.
        path: PathBuf,
        /// Hash on the card.
        expected: Sha256,
        /// Size on the card in bytes.
        expected_bytes: u64,
        /// Bytes that were read.
        found_bytes: u64,
    },
}

fn at_least(expected: &u64, found: &u64) -> &'static str {
    if found > expected { "at least " } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Option<PathBuf> {
        Some(PathBuf::from(text))
    }

    #[test]
    fn takes_the_strongest_place_that_is_named() {
        let mut places = CachePlaces {
            explicit: path("/a"),
            auther_cache: path("/b"),
            xdg_cache_home: path("/c"),
            home: path("/d"),
        };
        let at = |places: &CachePlaces| Cache::resolve(places.clone()).expect("a place").folder().to_owned();
        assert_eq!(at(&places), Path::new("/a"));
        places.explicit = path("");
        assert_eq!(at(&places), Path::new("/b"));
        places.auther_cache = None;
        assert_eq!(at(&places), Path::new("/c/auther"));
        places.xdg_cache_home = path("relative");
        assert_eq!(at(&places), Path::new("/d/.cache/auther"));
        places.home = None;
        assert_eq!(Cache::resolve(places), Err(CacheError::NoPlace));
    }

    #[test]
    fn says_what_is_wrong_with_a_file_and_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let facts = FileFacts { name: "file".into(), sha256: Sha256::of(b"right"), bytes: 5 };
        let error = |content: &[u8]| {
            std::fs::write(&path, content).expect("written");
            read_checked(&path, &facts).expect_err("not the file").to_string()
        };
        let altered = error(b"wrong");
        for part in ["file", &Sha256::of(b"right").to_string(), &Sha256::of(b"wrong").to_string(), "auther setup"] {
            assert!(altered.contains(part), "{altered}");
        }
        assert!(error(b"rig").contains("has 3 bytes"));
        assert!(error(b"right and more").contains("at least 6 bytes"));
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(read_checked(&path, &facts), Err(CacheError::Missing { path }));
    }
}
