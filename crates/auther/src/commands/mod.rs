//! One file a subcommand.

mod bench;
mod check;
mod compare;
mod doctor;
mod eval;
mod identify;
mod import;
mod key;
mod person;
mod serve;
mod settings;
mod setup;

use std::future::Future;
use std::path::Path;
use std::process::ExitCode;

use biometric::PersonId;
use engine::ImageBytes;

use crate::assembly::Assembly;
use crate::cli::{Cli, Command};
use crate::failure::{Failure, Outcome};

/// Exit status of a question that was answered with no: not matched, not found.
const EXIT_NO: u8 = 2;

pub(crate) fn run(cli: Cli) -> Outcome {
    let json = cli.common.json;
    if matches!(cli.command, Command::Settings) {
        return settings::run(json);
    }
    let assembly = Assembly::new(&cli.common)?;
    match cli.command {
        Command::Serve(arguments) => serve::run(assembly, &arguments),
        Command::Setup(arguments) => setup::run(&assembly, arguments, json),
        Command::Key(command) => key::run(&assembly, command, json),
        Command::Person(command) => person::run(&assembly, command, json),
        Command::Enrol(arguments) => person::enrol(&assembly, &arguments, json),
        Command::Verify(arguments) => person::verify(&assembly, &arguments, json),
        Command::Identify(arguments) => identify::run(&assembly, &arguments, json),
        Command::Check(arguments) => check::run(&assembly, &arguments, json),
        Command::Compare(arguments) => compare::run(&assembly, &arguments, json),
        Command::Import(arguments) => import::run(&assembly, &arguments, json),
        Command::Eval(command) => eval::run(&assembly, command, json),
        Command::Bench(command) => bench::run(&assembly, command, json),
        Command::Doctor => doctor::run(&assembly, json),
        Command::Settings => settings::run(json),
    }
}

/// Waits for a use case on this thread; the engine brings threads of its own.
fn wait<T>(work: impl Future<Output = T>) -> Outcome<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work))
}

fn image(path: &Path) -> Outcome<ImageBytes> {
    std::fs::read(path).map(ImageBytes::new).map_err(Failure::context(path.display()))
}

fn person_id(text: &str) -> Outcome<PersonId> {
    PersonId::parse(text).map_err(Failure::context(format!("{text:?}")))
}

/// The exit status of a question's answer.
fn answer(yes: bool) -> ExitCode {
    if yes { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) }
}

/// What the engine refused, in the words of the API's error table.
fn refused(error: &engine::Error) -> Failure {
    let words = api::describe(error);
    Failure::new(words.join("; "))
}
