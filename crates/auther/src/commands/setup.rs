//! `auther setup`: fetches, checks and prepares third-party files.

use std::io::IsTerminal;
use std::process::ExitCode;

use models::Options;

use crate::assembly::Assembly;
use crate::cli::Setup;
use crate::failure::Outcome;
use crate::progress::SetupProgress;

pub(super) fn run(assembly: &Assembly, arguments: Setup, json: bool) -> Outcome {
    let Setup { offline, from, force } = arguments;
    let options = Options { offline, from, force, interactive: std::io::stderr().is_terminal() };
    models::setup(&assembly.cache, assembly.catalogue.cards(), &mut SetupProgress::default(), &options)?;
    if json {
        super::doctor::print_models(assembly, true)?;
    } else {
        eprintln!("Ready. All files are in {}.", assembly.cache.folder().display());
    }
    Ok(ExitCode::SUCCESS)
}
