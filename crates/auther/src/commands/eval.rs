//! `auther eval`: accuracy on labelled images.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use eval::checks;
use eval::lfw::{self, CacheFile, Variant};
use eval::reference::Reference;

use crate::assembly::{Assembly, Loaded};
use crate::cli::Eval;
use crate::failure::{Failure, Outcome};
use crate::output::print;
use crate::progress::EvalProgress;

pub(super) fn run(assembly: &Assembly, command: Eval, json: bool) -> Outcome {
    match command {
        Eval::Lfw { folder, report, calibrate, recipe, embeddings } => {
            let shipped = recipe.map_or_else(|| assembly.recipe().map(Variant::of), Ok)?;
            let key = assembly.subject()?;
            let cache = embeddings.map(|path| CacheFile { path, key: key.clone() });
            let options = lfw::Options { input: folder, shipped, subject: key, cache };
            lfw(assembly, &options, report.as_deref(), calibrate.as_deref(), json)
        }
        Eval::Portraits { folder } => portraits(assembly, &folder, json),
        Eval::Pairs { folder } => pairs(assembly, &folder, json),
        Eval::Checks { folder, report, baseline, write_baseline } => {
            let loaded = assembly.load()?;
            let options = checks::Options {
                input: folder,
                subject: assembly.subject()?,
                policy: assembly.policy(),
                calibration: loaded.calibration.clone(),
                baseline: baseline.as_deref().map(checks::Baseline::read).transpose()?,
            };
            checks(&loaded, &options, report.as_deref(), write_baseline.as_deref(), json)
        }
        Eval::Detection { folder, report } => detection(assembly, &folder, report.as_deref(), json),
        Eval::Reference { folder, limit, python } => reference(assembly, &folder, limit, python, json),
    }
}

fn lfw(
    assembly: &Assembly,
    options: &lfw::Options,
    report: Option<&Path>,
    calibrate: Option<&Path>,
    json: bool,
) -> Outcome {
    let loaded = assembly.load()?;
    let outcome = lfw::lfw(options, &|| factory(&loaded), &EvalProgress::default())?;
    if let Some(folder) = report {
        outcome.write(folder)?;
    }
    if let Some(file) = calibrate {
        let text = outcome
            .calibration_toml(&format!("auther eval lfw DIR --recipe {} --calibrate FILE", options.shipped.word()));
        std::fs::write(file, text).map_err(Failure::context(file.display()))?;
    }
    print(json, &outcome.report, lfw::markdown)?;
    Ok(ExitCode::SUCCESS)
}

fn pairs(assembly: &Assembly, folder: &Path, json: bool) -> Outcome {
    let loaded = assembly.load()?;
    let report = eval::pairs::pairs(
        folder,
        &loaded.calibration,
        &assembly.policy(),
        &|| factory(&loaded),
        &EvalProgress::default(),
    )?;
    print(json, &report, eval::pairs::PairsReport::markdown)?;
    Ok(ExitCode::SUCCESS)
}

fn checks(
    loaded: &Loaded,
    options: &checks::Options,
    report: Option<&Path>,
    write_baseline: Option<&Path>,
    json: bool,
) -> Outcome {
    let outcome = checks::checks(options, &|| factory(loaded), &EvalProgress::default())?;
    if let Some(folder) = report {
        outcome.write(folder)?;
    }
    if let Some(file) = write_baseline {
        checks::Baseline::of(&outcome.report).write(file)?;
    }
    print(json, &outcome.report, checks::markdown)?;
    Ok(super::answer(outcome.report.comparison.as_ref().is_none_or(checks::Comparison::holds)))
}

fn detection(assembly: &Assembly, folder: &Path, report: Option<&Path>, json: bool) -> Outcome {
    let loaded = assembly.load()?;
    let measured = eval::detection::detection(folder, &|| factory(&loaded), &EvalProgress::default())?;
    if let Some(folder) = report {
        measured.write(folder)?;
    }
    print(json, &measured, eval::detection::markdown)?;
    Ok(ExitCode::SUCCESS)
}

fn portraits(assembly: &Assembly, folder: &Path, json: bool) -> Outcome {
    let loaded = assembly.load()?;
    let policy = assembly.policy();
    let report = eval::portraits::portraits(folder, &policy, &|| factory(&loaded), &EvalProgress::default())?;
    print(json, &report, eval::portraits::PortraitsReport::markdown)?;
    Ok(ExitCode::SUCCESS)
}

fn reference(assembly: &Assembly, folder: &Path, limit: usize, python: PathBuf, json: bool) -> Outcome {
    let loaded = assembly.load()?;
    let all = super::import::images(folder)?;
    let step = all.len().div_ceil(limit.max(1)).max(1);
    let pictures: Vec<_> = all.into_iter().step_by(step).collect();
    let scratch = scratch("reference")?;
    let opencv = opencv(assembly, python)?;
    let compared =
        eval::reference::reference(&pictures, &scratch, &opencv, &|| factory(&loaded), &EvalProgress::default());
    // It holds faces: gone whatever came of the comparison.
    std::fs::remove_dir_all(&scratch).map_err(Failure::context(scratch.display()))?;
    let agreement = compared?;
    print(json, &agreement, eval::reference::Agreement::markdown)?;
    Ok(super::answer(agreement.agrees))
}

/// A folder of this process alone.
pub(super) fn scratch(what: &str) -> Outcome<PathBuf> {
    let folder = std::env::temp_dir().join(format!("auther-{what}-{}", std::process::id()));
    let mut builder = std::fs::DirBuilder::new();
    // Faces and templates are nobody else's business.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(Failure::context(folder.display()))?;
    Ok(folder)
}

/// OpenCV with the models as they are published.
pub(super) fn opencv(assembly: &Assembly, python: PathBuf) -> Outcome<Reference> {
    let published = |name: &str| -> Outcome<PathBuf> {
        let card = assembly.card(name)?;
        Ok(assembly.cache.path(card).with_file_name(&card.file.name))
    };
    Ok(Reference { python, yunet: published("yunet_2023mar")?, sface: published("sface_2021dec")? })
}

pub(super) fn factory(loaded: &Loaded) -> Result<face::Pipeline, Box<dyn std::error::Error + Send + Sync>> {
    Ok(loaded.pipeline()?)
}
