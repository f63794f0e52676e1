//! `auther doctor`: whether what the service stands on is as it should be.

use std::process::ExitCode;

use models::State;
use serde::Serialize;

use crate::assembly::Assembly;
use crate::failure::{Failure, Outcome};
use crate::output::print;

#[derive(Serialize)]
struct Check {
    name: String,
    ok: bool,
    finding: String,
}

pub(super) fn run(assembly: &Assembly, json: bool) -> Outcome {
    let mut checks = model_checks(assembly);
    checks.push(processor());
    checks.push(check(
        "inference",
        assembly.load().and_then(|loaded| {
            loaded.pipeline()?;
            Ok(format!("the models load; templates are of {}", loaded.model()))
        }),
    ));
    checks.push(check("accounts", accounts(assembly)));
    checks.push(check("gallery", gallery(assembly)));
    show(&checks, json)?;
    let healthy = checks.iter().all(|check| check.ok);
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The third-party files alone.
pub(super) fn print_models(assembly: &Assembly, json: bool) -> Outcome<()> {
    show(&model_checks(assembly), json)
}

fn show(checks: &[Check], json: bool) -> Outcome<()> {
    print(json, &checks, |checks| {
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

fn accounts(assembly: &Assembly) -> Outcome<String> {
    let data = &assembly.settings.data;
    if !data.exists() {
        return Ok(format!("{} is not there yet; the first command that writes makes it", data.display()));
    }
    let keys = accounts::Accounts::open(data)?.keys()?;
    Ok(format!("{} keys in {}", keys.len(), data.display()))
}

fn gallery(assembly: &Assembly) -> Outcome<String> {
    let data = &assembly.settings.data;
    if !data.exists() {
        return Ok("none yet".into());
    }
    let engine = assembly.engine()?;
    let persons =
        super::wait(engine.count(biometric::TenantId::OPERATOR))?.map_err(|error| Failure::new(error.to_string()))?;
    Ok(format!("{persons} persons in {}", data.display()))
}
