//! Running the ordinary clients (curl, pip) as child processes.

use std::io::{self, Read};
use std::process::Child;
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

/// How much of what a client says is kept for an error message, in bytes.
const WORDS_BYTES_MAX: usize = 4096;
/// The longest reason that is shown, in characters.
const REASON_CHARS_MAX: usize = 400;
/// How often a running client is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Reads all that a client says, so that it never blocks, and keeps the end of it.
pub(super) fn listen(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    spawn(move || {
        let (mut kept, mut chunk) = (Vec::new(), [0; WORDS_BYTES_MAX]);
        while let Ok(read @ 1..) = stream.read(&mut chunk) {
            kept.extend_from_slice(&chunk[..read]);
            kept.drain(..kept.len().saturating_sub(WORDS_BYTES_MAX));
        }
        String::from_utf8_lossy(&kept).into_owned()
    })
}

/// Waits for a client, and ends it when it takes longer than this.
pub(super) fn wait(child: &mut Child, time_max: Duration) -> Result<(), String> {
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(status.to_string()),
            Ok(None) if begin.elapsed() < time_max => sleep(LOOK_EVERY),
            Ok(None) => {
                end(child);
                return Err(format!("it took longer than {} s", time_max.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Ends a client and takes its leave, so that none is left behind.
pub(super) fn end(child: &mut Child) {
    // Either may fail only because the client has ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Why a client could not be started.
pub(super) fn not_started(program: &str, error: &io::Error) -> String {
    match error.kind() == io::ErrorKind::NotFound {
        true => format!("{program} is not installed"),
        false => format!("{program} cannot be started: {error}"),
    }
}

/// The last line or lines of what a client said, in one line: that is where the reason stands.
pub(super) fn reason(words: &str) -> String {
    let lines: Vec<&str> = words.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    let errors: Vec<&str> = lines.iter().copied().filter(|line| line.to_lowercase().contains("error")).collect();
    let telling = if errors.is_empty() { lines.last().copied().into_iter().collect() } else { errors };
    let text = telling.join("; ");
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(REASON_CHARS_MAX).collect()
}
