//! One file a subcommand.

mod bench;
mod check;
mod compare;
mod data_folder;
mod doctor;
mod duplicates;
mod eval;
mod faces;
mod identify;
mod import;
mod key;
mod missing;
mod no;
mod organisation;
mod person;
mod plan;
mod remote;
mod serve;
mod settings;
mod setup;
mod signing;
mod usage;
mod user;

use std::future::Future;
use std::path::Path;
use std::process::ExitCode;

use biometric::PersonId;
use engine::ImageBytes;

use crate::assembly::Assembly;
use crate::cli::{Cli, Command, Common};
use crate::failure::{Failure, Outcome};

use faces::Faces;
use remote::Remote;

/// Exit status of a question that was answered with no: not matched, not found, an image refused.
const EXIT_NO: u8 = 2;

pub(crate) fn run(cli: Cli) -> Outcome {
    let Cli { common, command } = cli;
    if let Some(remote) = Remote::named(&common, &command)? {
        return dispatch(Faces::There(Box::new(remote)), command, &common);
    }
    if matches!(command, Command::Settings) {
        return settings::run(common.json);
    }
    let assembly = Box::new(Assembly::new(&common)?);
    let data = assembly.settings.data.clone();
    let outcome = match command {
        command if !command.needs_data() => dispatch(Faces::Here(assembly), command, &common),
        command => data_folder::check(&data)
            .and_then(|()| dispatch(Faces::Here(assembly), command, &common))
            .map_err(|failure| data_folder::explain(&data, failure)),
    };
    outcome.map_err(|failure| failure.reworded(|text| common.repeated_in(text)))
}

fn dispatch(faces: Faces, command: Command, common: &Common) -> Outcome {
    let json = common.json;
    match command {
        Command::Serve(arguments) => serve::run(faces.into_here()?, &arguments),
        Command::Setup(arguments) => setup::run(faces.here()?, arguments, common),
        Command::Key(command) => key::run(faces.here()?, command, json),
        Command::Signing(command) => signing::run(faces.here()?, command, json),
        Command::User(command) => user::run(faces.here()?, command, json),
        Command::Organisation(command) => organisation::run(faces.into_here()?, command, json),
        Command::Plan(command) => plan::run(faces.here()?, command, json),
        Command::Usage(arguments) => usage::run(faces.here()?, &arguments, json),
        Command::Person(command) => person::run(&faces, command, json),
        Command::Enrol(arguments) => person::enrol(&faces, &arguments, json),
        Command::Verify(arguments) => person::verify(&faces, &arguments, json),
        Command::Identify(arguments) => identify::run(&faces, &arguments, json),
        Command::Duplicates(arguments) => duplicates::run(faces.here()?, &arguments, json),
        Command::Check(arguments) => check::run(&faces, &arguments, json),
        Command::Compare(arguments) => compare::run(&faces, &arguments, json),
        Command::Import(arguments) => import::run(faces.here()?, &arguments, json),
        Command::Eval(command) => eval::run(faces.here()?, command, json),
        Command::Bench(command) => bench::run(faces.here()?, command, common),
        Command::Doctor => doctor::run(faces.here()?, common),
        Command::Settings => faces.here().and_then(|_| settings::run(json)),
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
