//! One setup at a time in one cache.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Event, Progress, SetupError};

/// How long a setup waits for another: longer than a slow line takes for 100 MB.
const WAIT_MAX: Duration = Duration::from_secs(20 * 60);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The lock lasts as long as the file is open: the system lets it go when the process ends, however it ends.
pub(super) fn take(folder: &Path, progress: &mut dyn Progress) -> Result<File, SetupError> {
    let path = folder.join(".lock");
    let failed = |error| SetupError::Storage { path: path.clone(), error };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    let begin = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if begin.elapsed() < WAIT_MAX => {
                if !std::mem::replace(&mut told, true) {
                    progress.event("", Event::Waiting);
                }
                sleep(LOOK_EVERY);
            }
            Err(TryLockError::WouldBlock) => {
                return Err(SetupError::Busy { folder: folder.to_owned(), waited_s: WAIT_MAX.as_secs() });
            }
        }
    }
}
