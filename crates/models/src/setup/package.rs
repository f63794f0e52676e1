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

/// Fetches the package into the folder, unless it is there already, and takes the file out of its wheel.
pub(super) fn fetch(package: &Package, file: &FileFacts, folder: &Path, interactive: bool) -> Result<Vec<u8>, String> {
    if wheel::list(folder)?.is_empty() {
        // What a client leaves behind that was ended is no wheel to look into again.
        fill(package, folder, interactive).inspect_err(|_| drop(fs::remove_dir_all(folder)))?;
    }
    take(package, file, folder)
}

fn fill(package: &Package, folder: &Path, interactive: bool) -> Result<(), String> {
    let client = CLIENTS.iter().find(|client| answers(client)).ok_or(
        "no package client is installed: none of python3 -m pip, pip3, pip, python -m pip, uv answers on PATH",
    )?;
    download(client, package, folder, interactive)
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::{Index, Sha256};

    #[test]
    fn a_package_that_is_there_is_not_fetched_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut writer = zip::ZipWriter::new(fs::File::create(folder.path().join("p-1.whl")).expect("made"));
        for name in ["p/a", "p/b"] {
            writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("started");
            writer.write_all(name.as_bytes()).expect("written");
        }
        writer.finish().expect("finished");
        for member in ["p/a", "p/b"] {
            let package = Package {
                index: Index::Pypi,
                // No client would find it.
                name: "no.such.package".into(),
                version: "0".into(),
                member: member.into(),
                python: None,
                platform: None,
            };
            let bytes = member.len() as u64;
            let file = FileFacts { name: "a".into(), sha256: Sha256::of(member.as_bytes()), bytes };
            assert_eq!(fetch(&package, &file, folder.path(), false), Ok(member.as_bytes().to_vec()));
        }
    }
}
