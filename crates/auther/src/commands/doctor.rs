//! `auther doctor`: whether what the service stands on is as it should be.

use std::path::Path;
use std::process::ExitCode;

use biometric::TenantId;
use gallery::Gallery as _;
use models::State;
use serde::Serialize;

use super::data_folder;
use crate::assembly::{Assembly, now};
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
    checks.push(check("search", search(assembly)));
    checks.push(check("inference", inference(assembly)));
    checks.push(check("tls", tls(assembly)));
    checks.push(check("accounts", of_data(accounts(assembly))));
    checks.push(check("usage", of_data(usage(assembly))));
    checks.push(check("gallery", of_data(gallery(assembly))));
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
    Check { name: "processor".into(), ok: true, finding: format!("{cores} cores") }
}

/// What the 1:N search runs on, and what it takes in memory.
fn search(assembly: &Assembly) -> Outcome<String> {
    let code = match search::Kernel::best() {
        search::Kernel::Avx2 => "AVX2",
        search::Kernel::Portable => "portable code: correct, but slow",
    };
    let (tier, width) = (assembly.settings.gallery_codes, assembly.embedder()?.dimension);
    let bytes = tier.bytes_per_template(width);
    Ok(format!("{code}; codes {tier}, {bytes} bytes of memory for each template of {width} values"))
}

fn inference(assembly: &Assembly) -> Outcome<String> {
    let loaded = assembly.load()?;
    loaded.pipeline()?;
    Ok(format!("the models load; templates are of {}", loaded.model()))
}

/// Whether what the settings name can be served with.
fn tls(assembly: &Assembly) -> Outcome<String> {
    let Some(files) = assembly.settings.tls() else { return Ok("none: HTTP in clear".into()) };
    files.load()?;
    Ok(format!("certificate {} and its key fit", files.certificate.display()))
}

fn accounts(assembly: &Assembly) -> Outcome<String> {
    let Some(data) = data(assembly)? else {
        let data = assembly.settings.data.display();
        return Ok(format!("{data} is not there yet; the first command that writes makes it"));
    };
    let accounts = accounts::Accounts::open_with(data, &assembly.settings.master_key())?;
    let operator = match accounts.has_operator()? {
        true => "",
        false => "; no operator yet: `auther user operator-link` makes a link",
    };
    Ok(format!("{} keys in {}{operator}", accounts.keys()?.len(), data.display()))
}

fn usage(assembly: &Assembly) -> Outcome<String> {
    if data(assembly)?.is_none() {
        return Ok("none yet".into());
    }
    let month = assembly.usage()?.month(TenantId::OPERATOR, now())?;
    Ok(format!("{} requests of the operator's own organisation this month", month.used))
}

/// The folder of the databases, if it is there.
fn data(assembly: &Assembly) -> Outcome<Option<&Path>> {
    let data = &assembly.settings.data;
    data_folder::check(data)?;
    Ok(Some(data.as_path()).filter(|data| data.exists()))
}

/// Opened without an engine: references can be in order while the models are not.
fn gallery(assembly: &Assembly) -> Outcome<String> {
    let Some(data) = data(assembly)? else { return Ok("none yet".into()) };
    let model = assembly.embedder()?.model_id.clone();
    let gallery = gallery::Embedded::open(data, model, assembly.settings.gallery())?;
    let persons = super::wait(gallery.count(TenantId::OPERATOR))??;
    match gallery.snapshot_trouble() {
        None => Ok(format!("{persons} persons in {}", data.display())),
        Some(trouble) => Err(Failure::new(format!("{persons} persons, but {trouble}"))),
    }
}
