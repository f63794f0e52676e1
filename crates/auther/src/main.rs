//! `auther`: the open, self-hosted face-authentication service.
//!
//! One file a subcommand under `commands/`; settings in `settings.rs`; how the rooms are put together in `assembly.rs`.

// These macros panic when nobody reads what they print; `output.rs` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod assembly;
mod back_office;
mod cli;
mod commands;
mod failure;
mod help;
mod links;
mod memory;
mod output;
mod progress;
mod settings;
mod status;
mod tls;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    match commands::run(cli) {
        Ok(code) => code,
        Err(failure) => {
            output::note(format_args!("auther: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// Help that was asked for, or what is wrong with the words. The status is not clap's 2: that is the answer no.
fn explain(error: &clap::Error) -> ExitCode {
    // That nobody reads it is no error.
    let _ = error.print();
    if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
