//! The file while it is written: under another name, locked by its writer.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::block::offset;
use super::file::Locked;

/// Only the service's own user may read biometric data.
const MODE: u32 = 0o600;

/// How often a file that another has locked is looked at again before it is called busy, and how long between: who only
/// sweeps lets go of it within microseconds.
const BUSY_LOOKS_MAX: usize = 5;
const BUSY_LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The name under which a snapshot is written.
pub(super) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Removes what an interrupted writer left: templates of persons who may be erased before the next one writes.
pub(super) fn sweep(path: &Path) -> io::Result<()> {
    let temporary = temporary(path);
    let file = match OpenOptions::new().write(true).open(&temporary) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    match Locked::try_exclusive(file)? {
        Some(file) if file.is_at(&temporary)? => fs::remove_file(&temporary),
        // Somebody is at work on it, or was and is done.
        Some(_) | None => Ok(()),
    }
}

/// The file under its temporary name, locked, empty but of its final length. What an interrupted writer left is taken over.
pub(super) fn begin(temporary: &Path, bytes: usize) -> io::Result<Locked> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false).mode(MODE);
    let mut looks = 0;
    let file = loop {
        match Locked::try_exclusive(options.open(temporary)?)? {
            Some(file) if file.is_at(temporary)? => break file,
            // It was renamed, or removed, between our two looks.
            Some(_) => {}
            None if looks < BUSY_LOOKS_MAX => {
                looks += 1;
                thread::sleep(BUSY_LOOK_AGAIN);
            }
            None => return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another process is writing a snapshot")),
        }
    };
    let prepare = |file: &File| {
        file.set_permissions(Permissions::from_mode(MODE))?;
        file.set_len(0)?;
        file.set_len(offset(bytes))
    };
    prepare(&file).inspect_err(|_| drop(fs::remove_file(temporary)))?;
    Ok(file)
}
