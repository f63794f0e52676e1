//! The files: who may read them, and that a power cut leaves either none or a whole one.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::format::{Format, HEADER_BYTES};

impl Format {
    /// The path of the file in a data directory, which is made first when there is none.
    pub(crate) fn ensure(&self, dir: &Path) -> Result<PathBuf, Fault> {
        ensure(self, dir)
    }
}

fn ensure(format: &Format, dir: &Path) -> Result<PathBuf, Fault> {
    let made_dir = !dir.try_exists()?;
    private_dir().create(dir)?;
    // Of two processes that find no file, one makes it.
    let lock = File::open(dir)?;
    lock.lock()?;
    let path = dir.join(format.file_name);
    if !path.try_exists()? {
        create(format, dir, &path)?;
        lock.sync_all()?;
    }
    identify(format, &path)?;
    if made_dir && let Some(parent) = dir.canonicalize()?.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(path)
}

/// Refuses what is no such file before SQLite sees it, which takes an empty or very short file for a new database: what got
/// lost must not look like a fresh one.
fn identify(format: &Format, path: &Path) -> Result<(), Fault> {
    let mut header = [0; HEADER_BYTES];
    match File::open(path)?.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Fault::Corrupt("cut off".into())),
        Err(error) => Err(error.into()),
        Ok(()) => format.identify(&header),
    }
}

/// Makes a whole file beside the place where it belongs, then moves it there in one step.
fn create(format: &Format, dir: &Path, path: &Path) -> Result<(), Fault> {
    let log = dir.join(format!("{}-wal", format.file_name));
    if log.try_exists()? {
        return Err(Fault::Corrupt(format!("{} is there, but the file itself is missing", log.display())));
    }
    let unfinished = dir.join(format!("{}.new", format.file_name));
    for suffix in ["", "-journal", "-wal", "-shm"] {
        remove_if_there(&dir.join(format!("{}.new{suffix}", format.file_name)))?;
    }
    let file = private_file().open(&unfinished)?;
    format.create(&unfinished)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    Ok(())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Only the service's own user may read references; SQLite gives its log the mode of the database.
#[cfg(unix)]
fn private_file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

#[cfg(unix)]
fn private_dir() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options
}

#[cfg(not(unix))]
fn private_dir() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    builder
}
