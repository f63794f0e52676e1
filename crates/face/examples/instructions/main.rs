//! Counts of instructions, by which a test tells that a stage has become slower: scripts/bench-instructions.sh runs this
//! under callgrind.
//!
//! - `instructions list` names the stages;
//! - `instructions run STAGE TIMES` runs one so often, on input that is always the same;
//! - `instructions compare TABLE COUNTS` holds counts (`stage instructions`, a line each) to the committed table;
//! - `instructions format COUNTS` makes the table of counts.
//!
//! Counts are those of one compiler and one kind of processor; the table says which.

mod stages;
mod table;

use std::process::ExitCode;

use stages::Stage;
use table::Table;

const USAGE: &str = "usage: instructions list | run STAGE TIMES | compare TABLE COUNTS | format COUNTS";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["list"] => {
            Stage::ALL.iter().for_each(|stage| println!("{}", stage.name()));
            Ok(true)
        }
        ["run", stage, times] => run(stage, times),
        ["compare", table, counts] => compare(table, counts),
        ["format", counts] => format(counts),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(stage: &str, times: &str) -> Result<bool, String> {
    let stage =
        Stage::ALL.into_iter().find(|known| known.name() == stage).ok_or_else(|| format!("no stage {stage}"))?;
    let times: usize = times.parse().map_err(|_| USAGE.to_owned())?;
    stage.run(times);
    Ok(true)
}

fn compare(table: &str, counts: &str) -> Result<bool, String> {
    let (table, counts) = (Table::parse(&read(table)?)?, counted(counts)?);
    let outcome = table.compare(&counts);
    println!("{}", outcome.words());
    Ok(outcome.holds())
}

fn format(counts: &str) -> Result<bool, String> {
    print!("{}", counted(counts)?.format());
    Ok(true)
}

/// The counts of this program, under the compiler that made it.
fn counted(path: &str) -> Result<Table, String> {
    let counted = Table::parse(&read(path)?)?;
    Ok(Table { circumstances: circumstances()?, ..counted })
}

/// What counts depend on besides the code.
fn circumstances() -> Result<String, String> {
    let rustc = std::process::Command::new("rustc").arg("--version").output().map_err(|error| error.to_string())?;
    let rustc = String::from_utf8_lossy(&rustc.stdout);
    let version: Vec<&str> = rustc.split_whitespace().take(2).collect();
    Ok(format!("{}, {}, kernel {}", version.join(" "), std::env::consts::ARCH, search::Kernel::best()))
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}
