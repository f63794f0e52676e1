//! What the operator sees of the installation in the back-office.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use biometric::TenantId;
use console::{HealthRow, ModelRow, Status};
use models::{Card, Finding, Kind, State};
use tokio::runtime::Handle;

use crate::assembly::now;
use crate::back_office::Rooms;

/// How long what was found of the models' files is believed: hashing them all takes a part of a second.
const FILES_BELIEVED: Duration = Duration::from_secs(10 * 60);

/// Below so much free space the operator is warned: the databases cannot grow without.
const FREE_BYTES_MIN: u64 = 1 << 30;

/// The databases in the data folder.
const DATABASES: [&str; 4] = ["gallery.db", "collections.db", "accounts.db", "usage.db"];

/// The rooms, and what they run on.
pub(crate) struct Installation {
    rooms: Rooms,
    runtime: Handle,
    files: Mutex<Option<(Instant, Vec<Finding>)>>,
}

impl Installation {
    pub(crate) fn new(rooms: Rooms, runtime: Handle) -> Self {
        Self { rooms, runtime, files: Mutex::new(None) }
    }

    fn files(&self) -> Vec<Finding> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        match &*files {
            Some((at, found)) if at.elapsed() < FILES_BELIEVED => found.clone(),
            Some(_) | None => {
                let found = models::survey(&self.rooms.assembly.cache, self.rooms.assembly.catalogue.cards());
                *files = Some((Instant::now(), found.clone()));
                found
            }
        }
    }

    fn faces(&self) -> HealthRow {
        let workers = self.rooms.assembly.workers();
        match self.runtime.block_on(self.rooms.operations.ready()) {
            Ok(()) => row("Faces and gallery", true, format!("{workers} workers; the gallery answers")),
            Err(error) => row("Faces and gallery", false, error.to_string()),
        }
    }

    fn accounts(&self) -> HealthRow {
        match self.rooms.accounts.has_operator() {
            Ok(true) => row("Operator", true, "there is one".into()),
            Ok(false) => row("Operator", false, "there is none; `auther user operator-link` makes a link".into()),
            Err(error) => row("Operator", false, error.to_string()),
        }
    }

    fn usage(&self) -> HealthRow {
        match self.rooms.usage.month(TenantId::OPERATOR, now()) {
            Ok(_) => match self.rooms.usage.dropped() {
                0 => row("Counters", true, "every request is counted and logged".into()),
                lost => {
                    row("Counters", false, format!("{lost} lines of the request log were lost: the disk is too slow"))
                }
            },
            Err(error) => row("Counters", false, error.to_string()),
        }
    }

    fn disk(&self) -> HealthRow {
        let data = &self.rooms.assembly.settings.data;
        let name = "Free disk space";
        match rustix::fs::statvfs(data) {
            Ok(found) => {
                let free = found.f_bavail.saturating_mul(found.f_frsize);
                row(name, free >= FREE_BYTES_MIN, format!("{} in the data folder", bytes(free)))
            }
            Err(error) => row(name, false, error.to_string()),
        }
    }

    fn databases(&self) -> HealthRow {
        let data = &self.rooms.assembly.settings.data;
        let sizes = DATABASES.map(|name| format!("{name} {}", bytes(size(data, name))));
        row("Databases", true, sizes.join(", "))
    }

    fn mail(&self) -> HealthRow {
        match self.rooms.assembly.settings.mail() {
            Ok(Some(mail)) => row("Mail", true, format!("sent by {}", mail.host())),
            Ok(None) => {
                row("Mail", true, "not set up: links are shown to whoever makes them (setting smtp_url)".into())
            }
            Err(error) => row("Mail", false, error.to_string()),
        }
    }

    fn models_row(&self) -> HealthRow {
        let files = self.files();
        let bad: Vec<_> = files.iter().filter(|file| file.state != State::Present).map(|file| &*file.name).collect();
        match bad.is_empty() {
            true => row("Model files", true, format!("{} files are what their cards say (SHA-256)", files.len())),
            false => row("Model files", false, format!("missing or altered: {}; run `auther setup`", bad.join(", "))),
        }
    }
}

impl Status for Installation {
    fn health(&self) -> Vec<HealthRow> {
        vec![self.faces(), self.models_row(), self.databases(), self.disk(), self.usage(), self.accounts(), self.mail()]
    }

    fn models(&self) -> Vec<ModelRow> {
        self.rooms.assembly.catalogue.cards().iter().map(model).collect()
    }
}

fn model(card: &Card) -> ModelRow {
    let purpose = match &card.kind {
        Kind::Detector(_) => "finds faces",
        Kind::Landmarker(_) => "finds points of a face",
        Kind::Embedder(_) => "describes a face: templates",
        Kind::Runtime(_) => "runs the models",
    };
    let used = card.used();
    ModelRow {
        name: card.title.clone(),
        purpose: purpose.into(),
        licence: card.licence.spdx.clone(),
        source: card.licence.origin.clone(),
        sha256: used.sha256.to_string(),
        bytes: used.bytes,
    }
}

fn row(name: &str, ok: bool, says: String) -> HealthRow {
    HealthRow { name: name.into(), ok, says }
}

/// A database with its write-ahead log.
fn size(data: &Path, name: &str) -> u64 {
    let of = |name: &str| fs::metadata(data.join(name)).map_or(0, |file| file.len());
    of(name) + of(&format!("{name}-wal"))
}

/// For people: three digits at least, rounded down.
fn bytes(count: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let steps = (0..units.len() - 1).take_while(|step| count >> (10 * step) >= 10 << 10).count();
    format!("{} {}", count >> (10 * steps), units[steps])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        assert_eq!((bytes(0), bytes(10_239), bytes(10_240)), ("0 bytes".into(), "10239 bytes".into(), "10 KiB".into()));
        assert_eq!(bytes(50 << 30), "50 GiB");
        assert_eq!(bytes(u64::MAX), "16777215 TiB");
    }
}
