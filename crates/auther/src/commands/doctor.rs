//! `auther doctor`: whether what the service stands on is as it should be.

use std::path::Path;
use std::process::ExitCode;

use biometric::TenantId;
use gallery::Gallery as _;
use models::State;
use serde::Serialize;

use super::data_folder;
use crate::assembly::Assembly;
use crate::cli::Common;
use crate::failure::{Failure, Outcome};
use crate::output::print;

#[derive(Serialize)]
struct Check {
    name: String,
    ok: bool,
    finding: String,
}

pub(super) fn run(assembly: &Assembly, common: &Common) -> Outcome {
    let data = &assembly.settings.data;
    let of_data = |found: Outcome<String>| found.map_err(|failure| data_folder::explain(data, failure));
    let mut checks = model_checks(assembly);
    checks.push(processor());
    checks.push(check("inference", inference(assembly)));
    checks.push(check("accounts", of_data(accounts(data))));
    checks.push(check("gallery", of_data(gallery(assembly, data))));
    show(&checks, common)?;
    let healthy = checks.iter().all(|check| check.ok);
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The third-party files alone.
pub(super) fn print_models(assembly: &Assembly, common: &Common) -> Outcome<()> {
    show(&model_checks(assembly), common)
}

fn show(checks: &[Check], common: &Common) -> Outcome<()> {
    let told = |c: &Check| Check { finding: common.repeated_in(&c.finding), name: c.name.clone(), ok: c.ok };
    let checks: Vec<_> = checks.iter().map(told).collect();
    print(common.json, &checks, |checks| {
        let line = |c: &Check| format!("{} {}: {}", if c.ok { "ok  " } else { "FAIL" }, c.name, c.finding);
        checks.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

fn check(name: &str, outcome: Outcome<String>) -> Check {
    match outcome {
        Ok(finding) => Check { name: name.into(), ok: true, finding },
        Err(failure) => Check { name: name.into(), ok: false, finding: failure.to_string() },
    }
}

fn model_checks(assembly: &Assembly) -> Vec<Check> {
    let one = |finding: models::Finding| {
        let (ok, state) = match &finding.state {
            State::Present => (true, "present, as its card says".to_string()),
            State::Missing => (false, "missing; run `auther setup`".into()),
            State::Altered(error) | State::Unreadable(error) => (false, error.to_string()),
        };
        let place = finding.path.display();
        Check { name: finding.name, ok, finding: format!("{}, {}, {place}: {state}", finding.title, finding.licence) }
    };
    models::survey(&assembly.cache, assembly.catalogue.cards()).into_iter().map(one).collect()
}

fn processor() -> Check {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    #[cfg(target_arch = "x86_64")]
    let fast = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    let fast = false;
    let search = if fast { "search uses AVX2 and FMA" } else { "search uses portable code: correct, but slow" };
    Check { name: "processor".into(), ok: true, finding: format!("{cores} cores; {search}") }
}

fn inference(assembly: &Assembly) -> Outcome<String> {
    let loaded = assembly.load()?;
    loaded.pipeline()?;
    Ok(format!("the models load; templates are of {}", loaded.model()))
}

fn accounts(data: &Path) -> Outcome<String> {
    data_folder::check(data)?;
    if !data.exists() {
        return Ok(format!("{} is not there yet; the first command that writes makes it", data.display()));
    }
    let keys = accounts::Accounts::open(data)?.keys()?;
    Ok(format!("{} keys in {}", keys.len(), data.display()))
}

/// Opened without an engine: references can be in order while the models are not.
fn gallery(assembly: &Assembly, data: &Path) -> Outcome<String> {
    data_folder::check(data)?;
    if !data.exists() {
        return Ok("none yet".into());
    }
    let card = assembly.card(&assembly.settings.embedder)?;
    let none = || Failure::new(format!("setting embedder: {} is no recognition model", card.name));
    let model = card.embedder().ok_or_else(none)?.model_id.clone();
    let gallery = gallery::Embedded::open(data, model)?;
    let persons = super::wait(gallery.count(TenantId::OPERATOR))??;
    Ok(format!("{persons} persons in {}", data.display()))
}
