//! `auther`: the open, self-hosted face-authentication service.
//!
//! One file a subcommand under `commands/`; settings in `settings.rs`; how the rooms are put together in `assembly.rs`.

mod assembly;
mod cli;
mod commands;
mod failure;
mod output;
mod progress;
mod settings;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("auther: {failure}");
            ExitCode::FAILURE
        }
    }
}
