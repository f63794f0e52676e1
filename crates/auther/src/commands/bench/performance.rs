//! `auther bench stages`, `limits`, `flame` and `report`: what docs/performance.md is made of, and the page itself.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use eval::Size;
use eval::limits::{self, LimitsReport, Networks, Peaks};
use eval::performance::Page;
use eval::stages::{self, StagesReport};

use crate::assembly::{Assembly, Loaded};
use crate::cli::bench::{BenchFlame, BenchLimits, BenchReport, BenchStages};
use crate::failure::{Failure, Outcome};
use crate::output::print;
use crate::progress::EvalProgress;

pub(super) fn stages(assembly: &Assembly, arguments: BenchStages, json: bool) -> Outcome {
    let BenchStages { image, repetitions, python } = arguments;
    let loaded = assembly.load()?;
    let opencv = python.map(|python| super::super::eval::opencv(assembly, python)).transpose()?;
    let measured = measure_stages(&loaded, &image, repetitions, opencv)?;
    print(json, &measured, StagesReport::markdown)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn limits(assembly: &Assembly, arguments: &BenchLimits, json: bool) -> Outcome {
    let loaded = assembly.load()?;
    let published = assembly.dequantised_embedder()?;
    let options = limits::Options {
        networks: Networks {
            detector: assembly.published(&assembly.settings.detector)?,
            embedder: published.clone(),
            detector_spec: loaded.detector_spec(),
        },
        runtime: assembly.card("onnxruntime")?.title.clone(),
        recipe: &loaded.recipe,
        published: loaded.embedder_of(&published)?,
        prepared: loaded.embedder()?,
        repetitions: arguments.repetitions,
    };
    let before = Peaks::measure();
    let stages = measure_stages(&loaded, &arguments.image, arguments.repetitions, None)?;
    let measured: LimitsReport = limits::limits(options, &stages, before)?;
    print(json, &measured, limits::markdown)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn flame(arguments: &BenchFlame) -> Outcome {
    let svg = eval::flame::flame(&arguments.samples)?;
    std::fs::write(&arguments.out, svg).map_err(Failure::context(arguments.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn report(arguments: &BenchReport) -> Outcome {
    let BenchReport { folder, out } = arguments;
    // The pictures' folder is named as the page, and lies beside it.
    let pictures = out.with_extension("");
    let name = pictures.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let page = Page::read(folder, &name)?;
    std::fs::create_dir_all(&pictures).map_err(Failure::context(pictures.display()))?;
    page.pictures().iter().try_for_each(|(name, svg)| {
        let path = pictures.join(name);
        std::fs::write(&path, svg).map_err(Failure::context(path.display()))
    })?;
    std::fs::write(out, page.markdown()).map_err(Failure::context(out.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn measure_stages(
    loaded: &Loaded,
    image: &Path,
    repetitions: usize,
    opencv: Option<eval::reference::Reference>,
) -> Outcome<StagesReport> {
    let folder = super::super::eval::scratch("bench")?;
    let measured = Size::ALL
        .into_iter()
        .map(|size| {
            let path = folder.join(format!("{size:?}.jpg"));
            std::fs::write(&path, eval::photograph(image, size)?).map_err(Failure::context(path.display()))?;
            Ok((size, path))
        })
        .collect::<Outcome<Vec<(Size, PathBuf)>>>()
        .and_then(|pictures| {
            let (recipe, calibration) = (loaded.recipe.clone(), loaded.calibration.clone());
            let options = stages::Options { pictures, repetitions, recipe, calibration, opencv };
            Ok(stages::stages(&options, &|| super::super::eval::factory(loaded), &EvalProgress::default())?)
        });
    // It holds a face: gone whatever came of the measurement.
    std::fs::remove_dir_all(&folder).map_err(Failure::context(folder.display()))?;
    measured
}
