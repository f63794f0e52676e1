//! `auther setup`: fetches, checks and prepares third-party files.

use std::io::IsTerminal;
use std::process::ExitCode;

use models::Options;

use crate::assembly::Assembly;
use crate::cli::{Common, Setup};
use crate::failure::Outcome;
use crate::output::note;
use crate::progress::SetupProgress;

pub(super) fn run(assembly: &Assembly, arguments: Setup, common: &Common) -> Outcome {
    let Setup { offline, from, force } = arguments;
    let options = Options { offline, from, force, interactive: std::io::stderr().is_terminal() };
    models::setup(&assembly.cache, assembly.catalogue.cards(), &mut SetupProgress::default(), &options)?;
    if common.json {
        super::doctor::print_models(assembly, common)?;
    } else {
        note(format_args!("Ready. All files are in {}.", assembly.cache.folder().display()));
    }
    Ok(ExitCode::SUCCESS)
}
