//! An address that serves the file itself, through curl.
//!
//! curl writes to our pipe and we to the `.part` file: no more than the card's size is ever written, and when we are
//! killed curl ends too instead of writing on beside the next setup.

use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::client;
use crate::FileFacts;
use crate::cache::read_checked;

/// How long to try to reach a server, in seconds: on a closed network this is what it costs to find out.
const CONNECT_S_MAX: &str = "5";
/// A line slower than this many bytes a second ...
const SPEED_BYTES_MIN: &str = "1024";
/// ... for this many seconds has stalled.
const STALL_S_MAX: &str = "20";
/// How long curl may take to end after its output has.
const END_MAX: Duration = Duration::from_secs(10);
/// Bytes moved at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes between two tellings of progress.
const TELL_EVERY_BYTES: u64 = 256 * 1024;

/// Fetches the file, going on where an earlier attempt was cut off; a bad remainder is dropped and tried afresh.
pub(super) fn fetch(url: &str, file: &FileFacts, part: &Path, tell: &mut dyn FnMut(u64)) -> Result<Vec<u8>, String> {
    let begun = fs::metadata(part).map_or(0, |facts| facts.len());
    let first = attempt(url, file, part, begun, tell);
    match first {
        // What an earlier run left may be stale, or the server may not be able to go on in the middle.
        Err(Failure::Broken(_)) if begun > 0 => {
            remove(part);
            attempt(url, file, part, 0, tell).map_err(Failure::words)
        }
        other => other.map_err(Failure::words),
    }
}

/// Why an attempt failed.
enum Failure {
    /// The server was not reached, or the line broke: what came so far is kept.
    Line(String),
    /// What came, or the server's answer, is not what is wanted.
    Broken(String),
}

impl Failure {
    fn words(self) -> String {
        match self {
            Self::Line(words) | Self::Broken(words) => words,
        }
    }
}

fn attempt(
    url: &str,
    file: &FileFacts,
    part: &Path,
    begun: u64,
    tell: &mut dyn FnMut(u64),
) -> Result<Vec<u8>, Failure> {
    if begun < file.bytes {
        let mut child = start(url, begun).map_err(Failure::Line)?;
        let collected = collect(&mut child, file, part, begun, tell);
        finish(child, collected)?;
    }
    let bytes = read_checked(part, file).map_err(|_| {
        remove(part);
        Failure::Broken(format!("it serves another file: not SHA-256 {}", file.sha256))
    })?;
    remove(part);
    Ok(bytes)
}

fn start(url: &str, begun: u64) -> Result<Child, String> {
    Command::new("curl")
        .args(["--fail", "--location", "--max-redirs", "5", "--proto", "=https,http", "--silent", "--show-error"])
        .args(["--connect-timeout", CONNECT_S_MAX, "--speed-limit", SPEED_BYTES_MIN, "--speed-time", STALL_S_MAX])
        .args(["--continue-at", &begun.to_string(), "--output", "-", "--url", url])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| client::not_started("curl", &error))
}

/// Appends what curl delivers; an error when it delivers more than the file has.
fn collect(
    child: &mut Child,
    file: &FileFacts,
    part: &Path,
    begun: u64,
    tell: &mut dyn FnMut(u64),
) -> Result<(), String> {
    let Some(mut output) = child.stdout.take() else { return Ok(()) };
    let failed = |error: std::io::Error| format!("{}: {error}", part.display());
    let mut target = File::options().create(true).append(true).open(part).map_err(failed)?;
    let (mut bytes, mut told, mut chunk) = (begun, begun, vec![0; CHUNK_BYTES]);
    loop {
        let read = output.read(&mut chunk).map_err(failed)?;
        if read == 0 {
            if bytes > told {
                tell(bytes);
            }
            return Ok(());
        }
        bytes += read as u64;
        if bytes > file.bytes {
            return Err(format!("it serves another file: more than {} bytes", file.bytes));
        }
        target.write_all(&chunk[..read]).map_err(failed)?;
        if bytes - told >= TELL_EVERY_BYTES {
            told = bytes;
            tell(bytes);
        }
    }
}

fn finish(mut child: Child, collected: Result<(), String>) -> Result<(), Failure> {
    /// Exit statuses of curl that say that the server was reached and does not serve the file as asked: an HTTP error
    /// (22), no ranges (33, 36).
    const REFUSED: [i32; 3] = [22, 33, 36];
    let words = child.stderr.take().map(client::listen);
    if let Err(reason) = collected {
        client::end(&mut child);
        return Err(Failure::Broken(reason));
    }
    let ended = client::wait(&mut child, END_MAX);
    let code = child.try_wait().ok().flatten().and_then(|status| status.code());
    let words = words.and_then(|words| words.join().ok()).unwrap_or_default();
    ended.map_err(|status| {
        let reason = client::reason(&words);
        let reason = if reason.is_empty() { format!("curl: {status}") } else { reason };
        match code.is_some_and(|code| REFUSED.contains(&code)) {
            true => Failure::Broken(reason),
            false => Failure::Line(reason),
        }
    })
}

fn remove(part: &Path) {
    // If it cannot be removed, opening it will say why.
    let _ = fs::remove_file(part);
}
