//! `auther import`: a folder of images, many at a time, resumable.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use biometric::TenantId;
use engine::Engine;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::assembly::Assembly;
use crate::cli::Import;
use crate::failure::{Failure, Outcome};
use crate::output::print;
use crate::progress::bar;

/// File name endings of the formats that are accepted.
const ENDINGS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// Images under way at once for each worker: one in the models' hands, one being read or written.
const IN_FLIGHT_PER_WORKER: usize = 2;

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    images: usize,
    enrolled: usize,
    already_enrolled: usize,
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct Refused {
    image: PathBuf,
    reasons: Vec<String>,
}

enum Done {
    Enrolled,
    AlreadyEnrolled,
    Refused(Vec<String>),
}

pub(super) fn run(assembly: &Assembly, arguments: &Import, json: bool) -> Outcome {
    let images = images(&arguments.folder)?;
    let engine = assembly.engine()?;
    let in_flight = IN_FLIGHT_PER_WORKER * assembly.workers();
    let report = super::wait(import(engine, images, in_flight))??;
    if let Some(path) = &arguments.report {
        std::fs::write(path, csv(&report)).map_err(Failure::context(path.display()))?;
    }
    print(json, &report, summary)?;
    Ok(if report.refused.is_empty() { ExitCode::SUCCESS } else { super::answer(false) })
}

/// Every image below the folder, in a stable order.
pub(super) fn images(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Failure::context(folder.display()))? {
            let entry = entry.map_err(Failure::context(folder.display()))?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(Failure::context(folder.display()))?);
            let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
            if kind.is_dir() {
                folders.push(path);
            } else if ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

async fn import(engine: Engine, images: Vec<PathBuf>, in_flight: usize) -> Outcome<Report> {
    let progress = bar("import", images.len() as u64);
    let mut report = Report { images: images.len(), ..Report::default() };
    let slots = Arc::new(Semaphore::new(in_flight));
    let mut tasks = JoinSet::new();
    for image in images {
        // The semaphore is never closed.
        let slot = Arc::clone(&slots).acquire_owned().await?;
        let engine = engine.clone();
        tasks.spawn(async move {
            let done = enrol(&engine, &image).await;
            drop(slot);
            (image, done)
        });
        while let Some(finished) = tasks.try_join_next() {
            progress.inc(1);
            report.note(finished?)?;
        }
    }
    while let Some(finished) = tasks.join_next().await {
        progress.inc(1);
        report.note(finished?)?;
    }
    progress.finish_and_clear();
    report.refused.sort_by(|a, b| a.image.cmp(&b.image));
    Ok(report)
}

/// Refusals are part of the report; only what would befall every image ends the import.
async fn enrol(engine: &Engine, path: &Path) -> Outcome<Done> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let id = match biometric::PersonId::parse(stem) {
        Ok(id) => id,
        Err(error) => return Ok(Done::Refused(vec![error.to_string()])),
    };
    match engine.get(TenantId::OPERATOR, &id).await {
        Ok(_) => return Ok(Done::AlreadyEnrolled),
        Err(engine::Error::PersonNotFound) => {}
        Err(error) => return Err(super::refused(&error)),
    }
    let image = match super::image(path) {
        Ok(image) => image,
        Err(failure) => return Ok(Done::Refused(vec![failure.to_string()])),
    };
    match engine.enrol(TenantId::OPERATOR, id, image).await {
        Ok(_) => Ok(Done::Enrolled),
        Err(error @ (engine::Error::Image(_) | engine::Error::Refused(_))) => Ok(Done::Refused(api::describe(&error))),
        Err(error) => Err(super::refused(&error)),
    }
}

impl Report {
    fn note(&mut self, (image, done): (PathBuf, Outcome<Done>)) -> Outcome<()> {
        match done? {
            Done::Enrolled => self.enrolled += 1,
            Done::AlreadyEnrolled => self.already_enrolled += 1,
            Done::Refused(reasons) => self.refused.push(Refused { image, reasons }),
        }
        Ok(())
    }
}

fn summary(report: &Report) -> String {
    let mut text = format!(
        "{} images: {} enrolled, {} already enrolled, {} refused",
        report.images,
        report.enrolled,
        report.already_enrolled,
        report.refused.len()
    );
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in report.refused.iter().flat_map(|refused| &refused.reasons) {
        *counts.entry(reason.split(':').next().unwrap_or_default()).or_default() += 1;
    }
    for (reason, count) in counts {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{count:>7}  {reason}");
    }
    for refused in &report.refused {
        let _ = write!(text, "\nrefused {}: {}", refused.image.display(), refused.reasons.join("; "));
    }
    text
}

fn csv(report: &Report) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let row = |r: &Refused| format!("{},{}\n", quoted(&r.image.display().to_string()), quoted(&r.reasons.join("; ")));
    std::iter::once("image,reasons\n".to_string()).chain(report.refused.iter().map(row)).collect()
}
