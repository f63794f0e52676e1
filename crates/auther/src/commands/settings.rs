//! `auther settings`: the table of settings.

use std::process::ExitCode;

use crate::failure::Outcome;
use crate::output::print;
use crate::settings::Settings;

pub(super) fn run(json: bool) -> Outcome {
    print(json, &Settings::TABLE, |table| {
        let head = "| setting | default | meaning |\n| --- | --- | --- |".to_string();
        let rows = table.iter().map(|row| format!("| `{}` | `{}` |{} |", row.name, row.default, row.meaning));
        std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
    })?;
    Ok(ExitCode::SUCCESS)
}
