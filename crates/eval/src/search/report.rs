//! What was measured, as it goes into the JSON summary. Times are in milliseconds, sizes in bytes, shares from 0 to 1.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::latency::Spread;
use super::peers::Peer;

/// The summary.
#[derive(Clone, Debug, Serialize)]
pub struct SearchReport {
    /// What it ran on.
    pub machine: Machine,
    /// What the indexes beside ours are, by name; empty when none ran.
    pub peers: BTreeMap<String, String>,
    /// The seed of all that was drawn.
    pub seed: u64,
    /// Where templates came from.
    pub sources: Vec<SourceReport>,
    /// Bands of the cosine between a mated probe and its reference.
    pub bands: Vec<String>,
    /// Answers compared with a full scan, apart from those of the galleries' own probes.
    pub agreement: Vec<Agreement>,
    /// Galleries, in the order in which they were measured.
    pub galleries: Vec<GalleryReport>,
    /// What was promised, and whether it was kept.
    pub targets: Vec<Target>,
}

/// What it ran on.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Cores.
    pub cores: usize,
    /// Kernels that it can run, the fastest last.
    pub kernels: Vec<String>,
    /// The fastest.
    pub best: String,
}

/// Where templates came from.
#[derive(Clone, Debug, Serialize)]
pub struct SourceReport {
    /// In a word.
    pub name: String,
    /// How they were made.
    pub description: String,
    /// Scores of different people among the seeds: the score that this share of them reaches.
    pub seeds: Option<Vec<Quantile>>,
}

/// The score that a share of the comparisons of different people reaches.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quantile {
    /// The share.
    pub share: f64,
    /// The score.
    pub score: f32,
}

/// Answers of one tier and kernel beside a full scan's.
#[derive(Clone, Debug, Serialize)]
pub struct Agreement {
    /// Where the templates came from.
    pub data: String,
    /// Rows of the gallery.
    pub rows: usize,
    /// The tier.
    pub tier: String,
    /// The kernel.
    pub kernel: String,
    /// Probes.
    pub queries: usize,
    /// Those for which the same rows were found, with the very bits of the score.
    pub agreed: usize,
}

/// One gallery.
#[derive(Clone, Debug, Serialize)]
pub struct GalleryReport {
    /// Where the templates came from.
    pub data: String,
    /// How many there are.
    pub rows: usize,
    /// Values of each.
    pub width: usize,
    /// Scores of different people in it, in a sample.
    pub non_mated: Vec<Quantile>,
    /// The measured read bandwidth.
    pub bandwidth: Vec<Bandwidth>,
    /// How the indexes were filled.
    pub builds: Vec<Build>,
    /// How they answered.
    pub systems: Vec<SystemReport>,
    /// Share of the mated probes of each band whose person is the nearest of all: what an exact search finds.
    pub mate_is_nearest: Vec<Option<f64>>,
}

/// What memory can do.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bandwidth {
    /// Threads that read.
    pub threads: usize,
    /// The median over the rounds, in bytes a second.
    pub bytes_per_second: f64,
}

/// An index that was filled.
#[derive(Clone, Debug, Serialize)]
pub struct Build {
    /// Which.
    pub index: String,
    /// How long it took.
    pub seconds: f64,
    /// Its size by its own account.
    pub bytes: u64,
    /// By how much the process grew, mapped files apart; none when it is another process's memory.
    pub resident: Option<u64>,
}

/// Which kind of index answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "index", rename_all = "snake_case")]
pub enum Kind {
    /// Ours.
    Ours {
        /// The tier.
        tier: String,
        /// The kernel.
        kernel: String,
        /// Whether it is the tier that ships and the fastest kernel: what others are compared with.
        best: bool,
    },
    /// Every original in single precision, by the house's inner product.
    Scan,
    /// One beside ours.
    Peer {
        /// Which.
        peer: Peer,
        /// Candidates or cells, where there is a choice.
        effort: Option<usize>,
    },
}

/// How an index answered.
#[derive(Clone, Debug, Serialize)]
pub struct SystemReport {
    /// Which.
    #[serde(flatten)]
    pub kind: Kind,
    /// Threads.
    pub threads: usize,
    /// Probes in a call.
    pub batch: usize,
    /// Calls.
    pub calls: usize,
    /// How long a call took.
    pub call: Spread,
    /// The median of a call, by its probes.
    pub query_ms: f64,
    /// How many times the time of ours (shipped tier, best kernel, as many threads and probes a call): the median over the
    /// rounds of the ratio within a round.
    pub times_ours: Option<f64>,
    /// Share of the measured read bandwidth of as many threads at which codes were read.
    pub bandwidth: Option<f64>,
    /// Share of the mated probes for which the nearest row of all was found.
    pub recall: Option<f64>,
    /// The same by band.
    pub recall_by_band: Vec<Option<f64>>,
    /// Probes, mated or not, for which rows and score were those of the full scan; of ours and of the scan.
    pub agreed: Option<[usize; 2]>,
}

/// A promise.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Target {
    /// What was promised.
    pub target: String,
    /// What was measured.
    pub measured: String,
    /// Whether it was kept.
    pub verdict: Verdict,
}

/// Whether a promise was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was.
    Met,
    /// It was not.
    Missed,
    /// This run has no number for it.
    NotMeasured,
}

impl Verdict {
    /// In a table of targets.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "**missed**",
            Self::NotMeasured => "not measured",
        }
    }
}

impl Kind {
    /// The name in tables.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Ours { tier, kernel, .. } => format!("{tier}, {kernel}"),
            Self::Scan => "f32 scan".into(),
            Self::Peer { peer, effort: None } => peer.title().into(),
            Self::Peer { peer, effort: Some(effort) } => format!("{}, {} {effort}", peer.title(), peer.effort_name()),
        }
    }

    pub(super) fn is_best(&self) -> bool {
        matches!(self, Self::Ours { best: true, .. })
    }
}

impl SearchReport {
    /// Whether every answer of ours was that of the full scan.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let timed = self.galleries.iter().flat_map(|gallery| &gallery.systems).filter_map(|system| system.agreed);
        let compared = self.agreement.iter().map(|one| [one.agreed, one.queries]);
        compared.chain(timed).all(|[agreed, all]| agreed == all)
    }
}

impl GalleryReport {
    /// The system of this kind, threads and probes a call.
    pub(super) fn system(&self, threads: usize, batch: usize, of: impl Fn(&Kind) -> bool) -> Option<&SystemReport> {
        self.systems.iter().find(|system| system.threads == threads && system.batch == batch && of(&system.kind))
    }
}
