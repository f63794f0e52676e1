//! Whole requests, measured: our server beside OpenCV, deepface's server and dlib on the same photographs, and our server
//! alone under loads that do not wait.
//!
//! - what is sent: `photographs`, `http` (bytes of a request, parts of an answer), `client` (who asks, and whether the
//!   answer is right);
//! - how it is sent: `closed` (as fast as answers come), `open` (at times drawn beforehand by `arrivals`);
//! - who answers: `server` (ours), `peers` (in a Python process); `process` reads what a process takes;
//! - what is measured: `capacity` (all by turns), `service`, `overhead`, `footprint`;
//! - what came of it: `report`, `latency`, `targets`, `text`, `plots`.
//!
//! Threads and blocking sockets of the standard library: what measures servers is built on none of their parts.

mod arrivals;
mod capacity;
mod client;
mod closed;
mod footprint;
mod http;
mod latency;
mod open;
mod overhead;
mod peers;
mod photographs;
mod plots;
mod process;
mod report;
mod server;
mod service;
pub(crate) mod targets;
mod text;

use std::path::{Path, PathBuf};
use std::time::Duration;

use self::capacity::Field;
use self::peers::Peers;
use self::photographs::Person;
use self::server::Server;
use crate::{Error, Machine, Progress};

pub use self::client::Counts;
pub use self::latency::{Latencies, Percentile};
pub use self::open::OpenLoop;
pub use self::peers::{Peer, Setup};
pub use self::process::Memory;
pub use self::report::{
    CapacityReport, LoadReport, MemoryReport, OverheadReport, PhotographReport, Range, ServiceReport, StartReport,
    Step, System, SystemReport, Target, Verdict,
};
pub use self::server::Program;
pub use crate::photograph::Size;

/// The file of a report folder that holds all that was measured.
const SUMMARY: &str = "load.json";

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Our program.
    pub program: Program,
    /// Portraits: `NAME_a.jpg` and `NAME_b.jpg` of one person each.
    pub portraits: PathBuf,
    /// What the others run on, if they are to be measured.
    pub setup: Option<Setup>,
    /// The others.
    pub peers: Vec<Peer>,
    /// How much of everything.
    pub plan: Plan,
    /// A folder of this run alone.
    pub folder: PathBuf,
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rounds in which the systems take turns.
    pub rounds: usize,
    /// How long a turn is.
    pub turn: Duration,
    /// How long requests come that do not wait, for each load.
    pub load: Duration,
    /// Requests that are sent one at a time, of each size.
    pub alone: usize,
    /// How long 64 connections send while memory is watched.
    pub memory: Duration,
    /// Starts.
    pub starts: usize,
}

impl Plan {
    /// As the published report is made.
    pub const FULL: Self = Self {
        rounds: 5,
        turn: Duration::from_secs(10),
        load: Duration::from_secs(60),
        alone: 500,
        memory: Duration::from_secs(20),
        starts: 5,
    };

    /// For a look: two minutes, most of them for the others' start.
    pub const QUICK: Self = Self {
        rounds: 1,
        turn: Duration::from_secs(2),
        load: Duration::from_secs(5),
        alone: 10,
        memory: Duration::from_secs(4),
        starts: 1,
    };
}

/// Measures everything.
///
/// # Errors
/// When the portraits or the folder cannot be used, our server does not start or answers wrongly where nothing else is
/// going on, or the Python side fails. Wrong answers under load are counted.
pub fn load(options: &Options, progress: &dyn Progress) -> Result<LoadReport, Error> {
    let Options { program, portraits, setup, peers: chosen, plan, folder } = options;
    let persons = photographs::persons(portraits)?;
    // First what needs a machine on which nothing else runs.
    let start = footprint::start(program, folder, plan.starts, progress)?;
    let memory = footprint::memory(program, folder, &persons, plan.memory)?;
    let server = Server::start(program, &folder.join("data"))?;
    server.enrol(&persons)?;
    let overhead = overhead::overhead(&server, &persons, plan.alone, progress)?;
    let requests = persons.iter().map(|person| server.verify(person, person.probe(Size::Megapixel))).collect();
    let service = service::service(&server.client(requests), plan.turn, plan.load, progress)?;
    let mut beside = Beside::start(setup.as_ref(), chosen, &persons, folder, progress)?;
    let mut field = Field {
        server: &server,
        peers: beside.peers.as_mut(),
        chosen,
        deepface: beside.deepface.map(|(_, port)| port),
        persons: &persons,
    };
    let capacity = Size::ALL.map(|size| field.measure(size, plan, progress));
    let mut report = LoadReport {
        machine: Machine::here(),
        peers: beside.peers.as_mut().map(Peers::versions).transpose()?.unwrap_or_default(),
        deepface_workers: beside.deepface.map(|(workers, _)| workers),
        photographs: Size::ALL.map(|size| describe(size, &persons)).into(),
        capacity: capacity.into_iter().collect::<Result<_, _>>()?,
        load: Some(service),
        overhead,
        memory,
        start,
        targets: Vec::new(),
    };
    report.targets = targets::targets(&report);
    Ok(report)
}

/// Those beside ours.
struct Beside<'a> {
    peers: Option<Peers<'a>>,
    /// How many processes deepface's server has, and where it listens.
    deepface: Option<(usize, u16)>,
}

impl<'a> Beside<'a> {
    fn start(
        setup: Option<&'a Setup>,
        chosen: &[Peer],
        persons: &[Person],
        folder: &Path,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let Some(setup) = setup else { return Ok(Self { peers: None, deepface: None }) };
        progress.begin("others", chosen.len() as u64);
        let (mut peers, mut deepface) = (Peers::start(setup, folder)?, None);
        for peer in chosen {
            match peer {
                Peer::OpenCv | Peer::FaceRecognition => peers.start_processes(*peer, persons)?,
                Peer::Deepface => deepface = Some(peers.serve(persons)?),
            }
            progress.advance();
        }
        progress.end();
        Ok(Self { peers: Some(peers), deepface })
    }
}

fn describe(size: Size, persons: &[Person]) -> PhotographReport {
    let [width, height] = size.pixels();
    PhotographReport { size, width, height, bytes: persons.iter().map(|person| person.probe(size).len()).collect() }
}

impl LoadReport {
    /// Writes `load.json`, `load.md` and the pictures into a folder, which is made if need be.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(Error::file(&path))
        };
        let json = serde_json::to_string_pretty(self).map_err(|error| Error::data(folder, error.to_string()))?;
        write(SUMMARY, &(json + "\n"))?;
        let pictures = self.pictures();
        let mut text = format!("# Whole requests, measured\n\n{}", self.markdown());
        pictures.iter().for_each(|(name, _)| text.push_str(&format!("![{name}]({name})\n\n")));
        write("load.md", &text)?;
        pictures.iter().try_for_each(|(name, svg)| write(name, svg))
    }

    /// The pictures as SVG, by file name.
    #[must_use]
    pub fn pictures(&self) -> Vec<(String, String)> {
        plots::draw(self)
    }

    /// Reads the `load.json` of a report's folder; what was promised is judged anew.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(SUMMARY);
        let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
        let mut report: Self = serde_json::from_str(&text).map_err(|error| Error::data(&path, error.to_string()))?;
        report.targets = targets::targets(&report);
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::targets::tests::report;
    use super::*;

    #[test]
    fn a_report_is_drawn_again_from_what_was_written_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        report().write(&first).expect("written");
        let again = LoadReport::read(&first).expect("read");
        again.write(&second).expect("written");
        // The numbers of load.json itself may differ in the last of seventeen digits.
        for name in ["load.md", "load_throughput.svg", "load_latency.svg"] {
            let text = |folder: &Path| std::fs::read_to_string(folder.join(name)).expect("there");
            assert!(text(&first) == text(&second), "{name} differs");
        }
        assert_eq!(again.markdown(), report().markdown());
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(LoadReport::read(folder.path()).is_err());
        std::fs::write(folder.path().join(SUMMARY), "{}").expect("written");
        assert!(LoadReport::read(folder.path()).is_err());
    }
}
