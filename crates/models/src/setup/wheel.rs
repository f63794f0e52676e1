//! One file out of a wheel, which is a zip archive from the network: cut short, altered or a bomb, it gives an error.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::{FileFacts, Sha256};

/// The largest wheel in bytes; the largest of ours has 85 MB. It also bounds the archive's table of contents, which is
/// read into memory: 2.8 million empty members of 46 bytes.
const WHEEL_BYTES_MAX: u64 = 128 << 20;
/// The most entries of a folder that are looked at for wheels.
const ENTRIES_MAX: usize = 10_000;

/// The wheels in a folder, in order of name.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(failed)?.take(ENTRIES_MAX);
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let mut wheels: Vec<_> = paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "whl")).collect();
    wheels.sort();
    Ok(wheels)
}

/// The member of this name, if it is the file that the card names. Nothing is written, so no name in it can do harm.
pub(super) fn member(wheel: &Path, name: &str, file: &FileFacts) -> Result<Vec<u8>, String> {
    let shown = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let wrong = |why: String| format!("{shown}: {why}");
    let broken = |error: zip::result::ZipError| wrong(format!("the wheel cannot be read: {error}"));
    let archive = File::open(wheel).map_err(|error| wrong(error.to_string()))?;
    let bytes = archive.metadata().map_err(|error| wrong(error.to_string()))?.len();
    if bytes > WHEEL_BYTES_MAX {
        return Err(wrong(format!("the wheel has {bytes} bytes; at most {WHEEL_BYTES_MAX} are read")));
    }
    let mut archive = ZipArchive::new(archive).map_err(broken)?;
    let member = archive.by_name(name).map_err(broken)?;
    let mut content = Vec::new();
    // One byte more than there should be tells a bomb without unpacking it.
    let read = member.take(file.bytes + 1).read_to_end(&mut content);
    read.map_err(|error| wrong(format!("{name} cannot be unpacked: {error}")))?;
    if content.len() as u64 != file.bytes {
        return Err(wrong(format!("{name} does not have {} bytes", file.bytes)));
    }
    let found = Sha256::of(&content);
    match found == file.sha256 {
        true => Ok(content),
        false => Err(wrong(format!("{name} has SHA-256 {found}, not {}", file.sha256))),
    }
}

#[cfg(test)]
mod tests;
