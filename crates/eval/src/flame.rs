//! Where a request's time goes, from the samples of a profiler: a flame graph (Gregg 2016).
//!
//! The samples are what `perf script` prints. Reading and drawing them is ours: the library that is usual for it is under a
//! licence that may not be linked, and two files are all it takes.

mod draw;
mod samples;

use std::path::Path;

use crate::Error;

/// The function whose calls are drawn: one measured request.
const ROOT: &str = "stages::Request::run";

/// Draws what `perf script` printed about `auther bench stages`.
///
/// # Errors
/// When the file cannot be read, or no sample was taken within a request.
pub fn flame(perf_script: &Path) -> Result<String, Error> {
    let text = std::fs::read(perf_script).map_err(Error::file(perf_script))?;
    let stacks = samples::stacks(&String::from_utf8_lossy(&text), ROOT);
    match stacks.is_empty() {
        true => Err(Error::data(perf_script, format!("no sample was taken within {ROOT}"))),
        false => Ok(draw::svg(&stacks)),
    }
}
