//! `auther import`: a folder of images, many at a time, resumable.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use biometric::{PersonId, TenantId};
use engine::Engine;
use indicatif::ProgressBar;
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
    /// For people: a name that is not UTF-8 is shown as nearly as it can be.
    image: String,
    reasons: Vec<String>,
    /// What the summary counts it as.
    #[serde(skip)]
    kinds: Vec<String>,
}

enum Done {
    Enrolled,
    AlreadyEnrolled,
    Refused(Vec<Reason>),
}

/// Why an image is refused, and what reasons of its kind are called when they are counted.
struct Reason {
    kind: String,
    text: String,
}

/// An image that alone has its id.
struct Planned {
    image: PathBuf,
    id: PersonId,
}

pub(super) fn run(assembly: &Assembly, arguments: &Import, json: bool) -> Outcome {
    let images = images(&arguments.folder)?;
    if images.is_empty() {
        return Err(no_images(&arguments.folder));
    }
    // Made first: hours of work must not end with a report that cannot be written.
    let file = arguments.report.as_deref().map(Written::create).transpose()?;
    let engine = assembly.engine()?;
    let in_flight = IN_FLIGHT_PER_WORKER * assembly.workers();
    let report = super::wait(import(engine, images, in_flight))??;
    if let Some(file) = file {
        file.write(&csv(&report))?;
    }
    print(json, &report, summary)?;
    Ok(super::answer(report.refused.is_empty()))
}

fn no_images(folder: &Path) -> Failure {
    let (folder, endings) = (folder.display(), ENDINGS.map(|ending| format!(".{ending}")).join(", "));
    Failure::new(format!(
        "{folder}: no images, that is no files with the endings {endings}; name a folder that holds some, at any depth"
    ))
}

/// The file of the report, open.
struct Written<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> Written<'a> {
    fn create(path: &'a Path) -> Outcome<Self> {
        let file = File::create(path).map_err(Failure::context(format!("--report {}", path.display())))?;
        Ok(Self { path, file })
    }

    fn write(mut self, text: &str) -> Outcome<()> {
        self.file.write_all(text.as_bytes()).map_err(Failure::context(format!("--report {}", self.path.display())))
    }
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
    let mut report = Report { images: images.len(), ..Report::default() };
    let planned = plan(images, &mut report);
    let progress = bar("import", planned.len() as u64);
    let slots = Arc::new(Semaphore::new(in_flight));
    let mut tasks = JoinSet::new();
    for Planned { image, id } in planned {
        // The semaphore is never closed.
        let slot = Arc::clone(&slots).acquire_owned().await?;
        let engine = engine.clone();
        tasks.spawn(async move {
            let done = enrol(&engine, &image, id).await;
            drop(slot);
            (image, done)
        });
        while let Some(finished) = tasks.try_join_next() {
            report.note(finished?, &progress)?;
        }
    }
    while let Some(finished) = tasks.join_next().await {
        report.note(finished?, &progress)?;
    }
    progress.finish_and_clear();
    report.refused.sort_by(|a, b| a.image.cmp(&b.image));
    Ok(report)
}

/// What is to be enrolled; what has no id of its own is refused before the work begins, so that no run depends on which
/// image was the first.
fn plan(images: Vec<PathBuf>, report: &mut Report) -> Vec<Planned> {
    let mut by_id: BTreeMap<PersonId, Vec<PathBuf>> = BTreeMap::new();
    for image in images {
        match id_of(&image) {
            Ok(id) => by_id.entry(id).or_default().push(image),
            Err(text) => report.refuse(&image, vec![Reason { kind: "no valid id".into(), text }]),
        }
    }
    let mut planned = Vec::new();
    for (id, mut images) in by_id {
        match images.as_slice() {
            [_] => planned.extend(images.pop().map(|image| Planned { image, id })),
            several => several.iter().for_each(|image| {
                let text = shared_id(&id, image, several);
                report.refuse(image, vec![Reason { kind: "an id that other files have, too".into(), text }]);
            }),
        }
    }
    planned
}

fn id_of(image: &Path) -> Result<PersonId, String> {
    let stem = image.file_stem().and_then(OsStr::to_str);
    let stem = stem.ok_or("the file's name is not UTF-8, so it gives no id; rename the file")?;
    PersonId::parse(stem).map_err(|error| format!("the file's name gives no id: {error}; rename the file"))
}

/// Names one other file, however many there are: a report of a thousand namesakes must not have a million names.
fn shared_id(id: &PersonId, image: &Path, all: &[PathBuf]) -> String {
    let other = all.iter().find(|other| *other != image).map_or_else(|| image.display(), |other| other.display());
    match all.len() {
        2 => format!("two files would have the id {id}: {other}; rename one"),
        files => format!("{files} files would have the id {id}: {other} is another; rename all but one"),
    }
}

/// The least pause before an image is tried again that the workers had no time for.
const OVERLOAD_PAUSE_MIN: std::time::Duration = std::time::Duration::from_millis(20);

/// Refusals are part of the report; only what would befall every image ends the import.
async fn enrol(engine: &Engine, path: &Path, id: PersonId) -> Outcome<Done> {
    let scope = engine.scope(TenantId::OPERATOR);
    match engine.get(&scope, &id).await {
        Ok(_) => return Ok(Done::AlreadyEnrolled),
        Err(engine::Error::PersonNotFound) => {}
        Err(error) => return Err(super::refused(&error)),
    }
    let image = match super::image(path) {
        Ok(image) => image,
        Err(failure) => {
            return Ok(Done::Refused(vec![Reason { kind: "not readable".into(), text: failure.to_string() }]));
        }
    };
    match engine.enrol(&scope, id.clone(), image).await {
        Ok(_) => Ok(Done::Enrolled),
        // The workers had more to do than they could for a moment: nobody else is there to wait for them.
        Err(engine::Error::Overloaded { retry_after }) => {
            tokio::time::sleep(retry_after.max(OVERLOAD_PAUSE_MIN)).await;
            Box::pin(enrol(engine, path, id)).await
        }
        Err(error @ (engine::Error::Image(_) | engine::Error::Refused(_))) => {
            Ok(Done::Refused(api::describe(&error).into_iter().map(Reason::of_the_engine).collect()))
        }
        Err(error) => Err(super::refused(&error)),
    }
}

impl Reason {
    /// Code and message are its kind; what comes behind them is the image's own.
    fn of_the_engine(text: String) -> Self {
        Self { kind: text.split(':').next().unwrap_or_default().to_owned(), text }
    }
}

impl Report {
    fn note(&mut self, (image, done): (PathBuf, Outcome<Done>), progress: &ProgressBar) -> Outcome<()> {
        progress.inc(1);
        match done? {
            Done::Enrolled => self.enrolled += 1,
            Done::AlreadyEnrolled => self.already_enrolled += 1,
            Done::Refused(reasons) => self.refuse(&image, reasons),
        }
        Ok(())
    }

    fn refuse(&mut self, image: &Path, reasons: Vec<Reason>) {
        let (kinds, reasons) = reasons.into_iter().map(|reason| (reason.kind, reason.text)).unzip();
        self.refused.push(Refused { image: image.to_string_lossy().into_owned(), reasons, kinds });
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
    for kind in report.refused.iter().flat_map(|refused| &refused.kinds) {
        *counts.entry(kind).or_default() += 1;
    }
    for (kind, count) in counts {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{count:>7}  {kind}");
    }
    for refused in &report.refused {
        let _ = write!(text, "\nrefused {}: {}", refused.image, refused.reasons.join("; "));
    }
    text
}

fn csv(report: &Report) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let row = |r: &Refused| format!("{},{}\n", quoted(&r.image), quoted(&r.reasons.join("; ")));
    std::iter::once("image,reasons\n".to_string()).chain(report.refused.iter().map(row)).collect()
}
