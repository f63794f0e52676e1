//! What the serving process takes to start and to hold.

use std::path::Path;
use std::time::Duration;

use super::client::Counts;
use super::closed;
use super::photographs::Person;
use super::process::{Memory, Watch};
use super::report::{MemoryReport, Range, StartReport};
use super::server::{Program, Server};
use crate::photograph::Size;
use crate::{Error, Progress};

/// Connections that all send at once.
const CONNECTIONS: usize = 64;

/// How long after the start the idle server is looked at: what it needs for starting only is given back by then.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// From the start of the process to the answer that it is ready, with an empty gallery, again and again.
pub(super) fn start(
    program: &Program,
    folder: &Path,
    starts: usize,
    progress: &dyn Progress,
) -> Result<StartReport, Error> {
    let mut ms = Vec::new();
    progress.begin("starts", starts as u64);
    for number in 0..=starts {
        let data = folder.join(format!("start-{number}"));
        let server = Server::start(program, &data)?;
        // The first one finds the files of models and libraries in memory, or brings them there.
        if number > 0 {
            ms.push(1e3 * server.ready_after.as_secs_f64());
            progress.advance();
        }
    }
    progress.end();
    Ok(StartReport { starts, ready_ms: Range::of(&ms) })
}

/// Memory of a server of its own: idle, and the most while 64 connections verify photographs of both sizes.
pub(super) fn memory(
    program: &Program,
    folder: &Path,
    persons: &[Person],
    length: Duration,
) -> Result<MemoryReport, Error> {
    let server = Server::start(program, &folder.join("memory"))?;
    std::thread::sleep(SETTLED_AFTER);
    let idle = Memory::of(server.process())?;
    server.enrol(persons)?;
    let requests = persons.iter().flat_map(|person| Size::ALL.map(|size| server.verify(person, person.probe(size))));
    let client = server.client(requests.collect());
    let watch = Watch::begin(server.process());
    let counts: Counts = closed::run(&client, CONNECTIONS, length).counts;
    Ok(MemoryReport { idle, connections: CONNECTIONS, loaded: watch.greatest(), counts })
}
