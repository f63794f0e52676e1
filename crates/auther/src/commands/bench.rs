//! `auther bench`: speed on this machine.

mod load;
mod performance;

use std::path::Path;

use eval::lfw::CacheFile;
use eval::search::{Faces, Peer, Plan, SearchReport};

use crate::assembly::Assembly;
use crate::cli::{Bench, BenchSearch, Common};
use crate::failure::{Failure, Outcome};
use crate::output::print;
use crate::progress::EvalProgress;

pub(super) fn run(assembly: &Assembly, command: Bench, common: &Common) -> Outcome {
    let json = common.json;
    match command {
        Bench::Stages(arguments) => performance::stages(assembly, arguments, json),
        Bench::Limits(arguments) => performance::limits(assembly, &arguments, json),
        Bench::Flame(arguments) => performance::flame(&arguments),
        Bench::Report(arguments) => performance::report(&arguments),
        Bench::Search(arguments) => search(assembly, arguments, json),
        Bench::Load(arguments) => load::run(assembly, &arguments, common),
    }
}

fn search(assembly: &Assembly, arguments: BenchSearch, json: bool) -> Outcome {
    let folder = super::eval::scratch("search")?;
    let report = arguments.report.clone();
    let measured = measure_search(assembly, &folder, arguments);
    // It may hold templates of real people: gone whatever came of the measurement.
    std::fs::remove_dir_all(&folder).map_err(Failure::context(folder.display()))?;
    let measured = measured?;
    if let Some(folder) = report {
        measured.write(&folder)?;
    }
    print(json, &measured, eval::search::markdown)?;
    Ok(super::answer(measured.agrees()))
}

fn measure_search(assembly: &Assembly, folder: &Path, arguments: BenchSearch) -> Outcome<SearchReport> {
    let BenchSearch { rows, lfw, embeddings, python, skip, quick, report: _ } = arguments;
    let loaded = lfw.as_ref().map(|_| assembly.load()).transpose()?;
    let faces = match (lfw, &loaded) {
        (Some(input), Some(loaded)) => {
            let key = assembly.subject()?;
            let cache = embeddings.map(|path| CacheFile { path, key });
            Some(Faces { input, recipe: loaded.recipe.clone(), cache })
        }
        (None, _) | (_, None) => None,
    };
    let options = eval::search::Options {
        rows: rows.into_iter().map(|rows| rows as usize).collect(),
        faces,
        python,
        peers: Peer::ALL.into_iter().filter(|peer| !skip.contains(peer)).collect(),
        plan: if quick { Plan::QUICK } else { Plan::FULL },
        folder: folder.to_owned(),
    };
    let factory = || match &loaded {
        Some(loaded) => super::eval::factory(loaded),
        None => Err("no face pipeline is needed".into()),
    };
    Ok(eval::search::search(&options, &factory, &EvalProgress::default())?)
}
