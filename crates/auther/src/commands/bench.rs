//! `auther bench`: speed on this machine.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use eval::stages::{self, Options, StagesReport};

use crate::assembly::Assembly;
use crate::cli::Bench;
use crate::failure::{Failure, Outcome};
use crate::output::print;
use crate::progress::EvalProgress;

pub(super) fn run(assembly: &Assembly, command: Bench, json: bool) -> Outcome {
    let Bench::Stages { image, repetitions, python } = command;
    let folder = super::eval::scratch("bench")?;
    let measured = stages(assembly, &folder, &image, repetitions, python);
    // It holds a face: gone whatever came of the measurement.
    std::fs::remove_dir_all(&folder).map_err(Failure::context(folder.display()))?;
    print(json, &measured?, StagesReport::markdown)?;
    Ok(ExitCode::SUCCESS)
}

fn stages(
    assembly: &Assembly,
    folder: &Path,
    image: &Path,
    repetitions: usize,
    python: Option<PathBuf>,
) -> Outcome<StagesReport> {
    let loaded = assembly.load()?;
    let picture = folder.join("megapixel.jpg");
    stages::prepare(image, &picture)?;
    let options = Options {
        picture,
        repetitions,
        recipe: loaded.recipe.clone(),
        calibration: loaded.calibration.clone(),
        opencv: python.map(|python| super::eval::opencv(assembly, python)).transpose()?,
    };
    Ok(stages::stages(&options, &|| super::eval::factory(&loaded), &EvalProgress::default())?)
}
