//! `auther bench load`: whole requests, ours and others'.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use eval::load::{LoadReport, Options, Peer, Plan, Program, Setup};
use models::Preparation;

use crate::assembly::Assembly;
use crate::cli::{BenchLoad, Common};
use crate::failure::{Failure, Outcome};
use crate::output::print;
use crate::progress::EvalProgress;

/// Loads that do not wait last so many turns: the 99th percentile of a minute at 30 requests a second rests on 18 of them.
const LOAD_TURNS: u32 = 6;

pub(super) fn run(assembly: &Assembly, arguments: &BenchLoad, common: &Common) -> Outcome {
    let report = match &arguments.redraw {
        Some(folder) => {
            let report = LoadReport::read(folder)?;
            report.write(folder)?;
            report
        }
        None => measure(assembly, arguments, common)?,
    };
    print(common.json, &report, LoadReport::markdown)?;
    Ok(super::super::answer(report.first_wrong().is_none()))
}

fn measure(assembly: &Assembly, arguments: &BenchLoad, common: &Common) -> Outcome<LoadReport> {
    let folder = super::super::eval::scratch("load")?;
    let measured = measure_in(assembly, &folder, arguments, common);
    // It holds faces and a gallery: gone whatever came of the measurement.
    std::fs::remove_dir_all(&folder).map_err(Failure::context(folder.display()))?;
    let report = measured?;
    if let Some(folder) = &arguments.report {
        report.write(folder)?;
    }
    Ok(report)
}

fn measure_in(assembly: &Assembly, folder: &Path, arguments: &BenchLoad, common: &Common) -> Outcome<LoadReport> {
    let options = Options {
        program: Program { path: std::env::current_exe()?, arguments: repeated(assembly, common) },
        portraits: arguments.portraits.clone(),
        setup: arguments.python.clone().map(|python| setup(assembly, python)).transpose()?,
        peers: Peer::ALL.into_iter().filter(|peer| !arguments.skip.contains(peer)).collect(),
        plan: plan(arguments),
        folder: folder.to_owned(),
    };
    Ok(eval::load::load(&options, &EvalProgress::default())?)
}

fn plan(arguments: &BenchLoad) -> Plan {
    let mut plan = if arguments.quick { Plan::QUICK } else { Plan::FULL };
    if let Some(seconds) = arguments.seconds {
        plan.turn = Duration::from_secs(seconds.into());
        plan.load = LOAD_TURNS * plan.turn;
    }
    if let Some(rounds) = arguments.rounds {
        plan.rounds = rounds.into();
    }
    plan
}

/// What the server needs to be told of where this program looks for models and settings; its data are its own.
fn repeated(assembly: &Assembly, common: &Common) -> Vec<OsString> {
    let mut words = vec!["--cache".into(), assembly.cache.folder().into()];
    if let Some(config) = &common.config {
        words.extend(["--config".into(), config.into()]);
    }
    words
}

fn setup(assembly: &Assembly, python: PathBuf) -> Outcome<Setup> {
    let opencv = super::super::eval::opencv(assembly, python)?;
    let sface = std::fs::read(&opencv.sface).map_err(Failure::context(opencv.sface.display()))?;
    let sface_dequantised =
        models::prepare(&sface, Preparation::Dequantise).map_err(Failure::context(opencv.sface.display()))?;
    Ok(Setup { opencv, sface_dequantised })
}
