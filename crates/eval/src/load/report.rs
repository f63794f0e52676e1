//! What was measured, as it goes into `load.json`. Shares are from 0 to 1.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::client::Counts;
use super::open::OpenLoop;
use super::peers::Peer;
use super::process::Memory;
use crate::Machine;
use crate::photograph::Size;
use crate::search::latency::{median, quantile};

pub use crate::search::{Target, Verdict};

/// The summary.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LoadReport {
    /// What it ran on.
    pub machine: Machine,
    /// What is beside ours, by name; empty when nothing ran.
    pub peers: BTreeMap<String, String>,
    /// Processes of deepface's server: as many as served it best.
    pub deepface_workers: Option<usize>,
    /// The photographs.
    pub photographs: Vec<PhotographReport>,
    /// How many verifications a second each system does, by photograph.
    pub capacity: Vec<CapacityReport>,
    /// Our server under load that does not wait, on photographs of a megapixel.
    pub load: Option<ServiceReport>,
    /// What a request costs beside its work.
    pub overhead: Vec<OverheadReport>,
    /// What the serving process holds.
    pub memory: MemoryReport,
    /// How long it takes to start.
    pub start: StartReport,
    /// What was promised, and whether it was kept.
    pub targets: Vec<Target>,
}

/// Photographs of a size.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PhotographReport {
    /// The size.
    pub size: Size,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Bytes of each.
    pub bytes: Vec<usize>,
}

/// A system under measurement, and what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// Our server: a photograph against an enrolled reference.
    Ours,
    /// `OpenCV` without a server: the same against features in memory.
    OpenCv,
    /// deepface's server: the embedding of one photograph.
    DeepfaceRepresent,
    /// deepface's server: two photographs with each other.
    DeepfaceVerify,
    /// `face_recognition` without a server: a photograph against features in memory.
    FaceRecognition,
}

/// How many verifications a second.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CapacityReport {
    /// The photographs.
    pub size: Size,
    /// The systems.
    pub systems: Vec<SystemReport>,
}

/// How a system did.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SystemReport {
    /// Which.
    pub system: System,
    /// Right answers a second, in each round.
    pub rates: Vec<f64>,
    /// The same over the rounds.
    pub per_second: Range,
    /// Ours by its, within a round: above 1 ours is faster. None of ours.
    pub ours_by_it: Option<Range>,
    /// What came of its requests, where it is a server.
    pub counts: Counts,
}

/// What a few measurements of one thing say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Range {
    /// The middle one.
    pub median: f64,
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

/// Our server under load that does not wait.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ServiceReport {
    /// Connections of the closed loop that found the capacity.
    pub connections: usize,
    /// The capacity: right answers a second.
    pub capacity: f64,
    /// Share of the machine's processor time that the generator took meanwhile.
    pub generator_cpu: f64,
    /// What came of the closed loop's requests.
    pub counts: Counts,
    /// Loads that do not wait.
    pub steps: Vec<Step>,
}

/// One load.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Step {
    /// The load in capacities.
    pub times_capacity: f64,
    /// What came of it.
    pub open: OpenLoop,
}

/// What a request costs beside its work.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OverheadReport {
    /// The photograph.
    pub size: Size,
    /// Requests, each alone.
    pub requests: usize,
    /// A whole request over HTTP, in milliseconds.
    pub request_ms: Range,
    /// Processor time that the server's workers took for it: decode, detect, align, embed, in milliseconds.
    pub work_ms: Range,
    /// What is left beside the work, as a share of the same request: the median.
    pub share: f64,
    /// The same of the means.
    pub share_of_means: f64,
    /// Processor time of the server for a request, in milliseconds.
    pub server_cpu_ms: f64,
}

/// Memory of the serving process.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct MemoryReport {
    /// With models loaded and nothing to do.
    pub idle: Memory,
    /// Connections that sent at once.
    pub connections: usize,
    /// The most while they did.
    pub loaded: Memory,
    /// What came of their requests.
    pub counts: Counts,
}

/// Starts with an empty gallery and files in memory.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct StartReport {
    /// How many.
    pub starts: usize,
    /// From the start of the process to the answer that it is ready, in milliseconds.
    pub ready_ms: Range,
}

impl System {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Ours, Self::OpenCv, Self::DeepfaceRepresent, Self::DeepfaceVerify, Self::FaceRecognition];

    /// Whose it is; none for ours.
    #[must_use]
    pub fn peer(self) -> Option<Peer> {
        match self {
            Self::Ours => None,
            Self::OpenCv => Some(Peer::OpenCv),
            Self::DeepfaceRepresent | Self::DeepfaceVerify => Some(Peer::Deepface),
            Self::FaceRecognition => Some(Peer::FaceRecognition),
        }
    }

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "Auther, verify over HTTP",
            Self::OpenCv => "OpenCV, a Python process a core, no HTTP",
            Self::DeepfaceRepresent => "deepface API, /represent",
            Self::DeepfaceVerify => "deepface API, /verify of two images",
            Self::FaceRecognition => "face_recognition (dlib), a process a core, no HTTP",
        }
    }
}

impl SystemReport {
    /// Before its first round.
    pub(super) fn of(system: System) -> Self {
        Self { system, rates: vec![], per_second: Range::default(), ours_by_it: None, counts: Counts::default() }
    }
}

impl Range {
    /// Of some values; nothing but zeros where there are none.
    pub(super) fn of(values: &[f64]) -> Self {
        match values.is_empty() {
            true => Self::default(),
            false => Self { median: median(values), low: quantile(values, 0.0), high: quantile(values, 1.0) },
        }
    }
}

impl LoadReport {
    /// What a system did with photographs of a size.
    #[must_use]
    pub fn system(&self, size: Size, system: System) -> Option<&SystemReport> {
        let capacity = self.capacity.iter().find(|capacity| capacity.size == size)?;
        capacity.systems.iter().find(|report| report.system == system)
    }

    /// The load of so many capacities.
    #[must_use]
    pub fn step(&self, times_capacity: f64) -> Option<&OpenLoop> {
        let load = self.load.as_ref()?;
        load.steps.iter().find(|step| step.times_capacity == times_capacity).map(|step| &step.open)
    }

    /// What was wrong with the first answer of ours that was neither right nor refused; none when there was none.
    #[must_use]
    pub fn first_wrong(&self) -> Option<&str> {
        let ours = Size::ALL.into_iter().filter_map(|size| Some(&self.system(size, System::Ours)?.counts));
        let load = self
            .load
            .iter()
            .flat_map(|load| std::iter::once(&load.counts).chain(load.steps.iter().map(|step| &step.open.counts)));
        ours.chain(load).chain([&self.memory.counts]).find_map(|counts| counts.first_wrong.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_all_its_values() {
        assert_eq!(Range::of(&[3.0, 1.0, 2.0]), Range { median: 2.0, low: 1.0, high: 3.0 });
        assert_eq!(Range::of(&[]), Range::default());
    }

    #[test]
    fn every_peer_is_measured() {
        let peers: Vec<Peer> = System::ALL.into_iter().filter_map(System::peer).collect();
        assert!(Peer::ALL.iter().all(|peer| peers.contains(peer)));
    }
}
