//! The folder of the databases, when it is not what it has to be: a database can only say that it does not open.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::failure::{Failure, Outcome};

/// Refuses a file in the folder's place.
pub(super) fn check(data: &Path) -> Outcome<()> {
    if data.exists() && !data.is_dir() {
        let data = data.display();
        return Err(Failure::new(format!("{data} is a file; the databases need a folder: name one with --data")));
    }
    Ok(())
}

/// Adds to a failure that the folder cannot be written, where that is so, and what to do. Even who only reads writes
/// there: the databases keep a log.
pub(super) fn explain(data: &Path, failure: Failure) -> Failure {
    if check(data).is_err() {
        return failure;
    }
    match writable(data) {
        Ok(()) => failure,
        Err(error) => failure.reworded(|what| {
            let data = data.display();
            format!(
                "{what}\nThe data folder {data} cannot be written ({error}): run this as its owner, let it be written, \
                 or name another with --data"
            )
        }),
    }
}

/// Tries it: who may write is for file modes, the mount and the system's policy to say, together. What is not there yet
/// is to be made in the nearest folder above that is.
fn writable(data: &Path) -> io::Result<()> {
    let folder = std::path::absolute(data)?;
    let Some(folder) = folder.ancestors().find(|above| above.is_dir()) else { return Ok(()) };
    let probe = folder.join(format!(".auther-{}", std::process::id()));
    File::create_new(&probe)?;
    fs::remove_file(&probe)
}
