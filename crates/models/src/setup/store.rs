//! Writing into the cache. Only the holder of the lock comes here, so fixed names for what is half done are safe.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::SetupError;
use crate::{Cache, Card, Index, Package};

/// Where packages are downloaded to. Cleared at every start and end.
const SCRATCH: &str = ".scratch";

pub(super) fn create_folder(folder: &Path) -> Result<(), SetupError> {
    fs::create_dir_all(folder).map_err(|error| SetupError::Storage { path: folder.to_owned(), error })
}

/// Puts a file in place whole: it is either there with this content, safe on disk, or what was there before still is.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), SetupError> {
    replace(path, bytes).map_err(|error| SetupError::Storage { path: path.to_owned(), error })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let half = with_ending(path, ".tmp");
    let mut file = File::create(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&half, path)?;
    // The new name is on disk only once the folder is.
    File::open(folder)?.sync_all()
}

/// Where a download of the card's file is collected, and resumed after a kill.
pub(super) fn part(cache: &Cache, card: &Card) -> Result<PathBuf, SetupError> {
    let path = with_ending(&cache.path_of(card, &card.file), ".part");
    path.parent().map_or(Ok(()), create_folder)?;
    Ok(path)
}

/// Removes what a download collected, when the file is there.
pub(super) fn drop_part(cache: &Cache, card: &Card) -> Result<(), SetupError> {
    let path = part(cache, card)?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(SetupError::Storage { path, error }),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A folder for one package: the same, whichever of its files is wanted.
pub(super) fn scratch(cache: &Cache, package: &Package) -> Result<PathBuf, SetupError> {
    let Package { index: Index::Pypi, name, version, member: _, python, platform } = package;
    // Words of a card hold no `/`, so that no two packages share a folder and none lies elsewhere.
    let folder = cache.folder().join(SCRATCH).join(name).join(version);
    let host = || "host".to_owned();
    let folder = folder.join(python.clone().unwrap_or_else(host)).join(platform.clone().unwrap_or_else(host));
    create_folder(&folder)?;
    Ok(folder)
}

/// Removes the packages, also what an earlier setup left when it was killed.
pub(super) fn clear_scratch(cache: &Cache) -> Result<(), SetupError> {
    let folder = cache.folder().join(SCRATCH);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(SetupError::Storage { path: folder, error }),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
