//! The checks of a reference image on labelled images: what they reject wrongly, what they miss, how they follow an image
//! that is made worse step by step, what they cost. Against the counts of before if they are given.
//!
//! Terms follow ISO/IEC 29794-5 (quality of face images). Which labels mean what is said in one table, `sets`.

mod baseline;
mod dataset;
mod mistakes;
mod plots;
mod pose;
mod rates;
mod report;
mod sample;
mod scale;
mod sets;
mod sheet;
mod summary;
mod sweep;
mod targets;
mod timing;
pub(crate) mod words;

use std::path::{Path, PathBuf};

use biometric::Calibration;
use face::{Measure, Policy, Range};

pub use baseline::{Baseline, Comparison, Count};
pub use mistakes::{Mistake, MistakeKind};
pub use pose::{AxisReport, PoseReport};
pub use rates::{ApartReport, CheckReport, Counted, SetRate, TogetherReport};
pub use report::{ChecksReport, DataReport, LimitReport, SetSize};
pub use summary::markdown;
pub use sweep::{RecognitionReport, StepReport, SweepReport};
pub use targets::{Bound, Target};
pub use timing::TimingReport;
pub use words::Value;

use crate::{Error, PipelineFactory, Progress};
use dataset::Dataset;
use rates::Set;
use sample::{Sample, Samples};
use sets::{Claim, KINDS};
use sweep::Sweep;

/// What is evaluated, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder that holds the labelled folders, each with `manifest.csv`.
    pub input: PathBuf,
    /// Program and models in words, for the report.
    pub subject: String,
    /// What the service accepts.
    pub policy: Policy,
    /// Makes similarities of scores.
    pub calibration: Calibration,
    /// The counts of before.
    pub baseline: Option<Baseline>,
}

/// The report, and what its pictures are made of.
#[derive(Debug)]
pub struct Outcome {
    /// For people and for the JSON summary.
    pub report: ChecksReport,
    input: PathBuf,
    distributions: Vec<plots::Distribution>,
}

/// Evaluates the checks of the factory's pipelines, whose recipe must be that of the calibration.
///
/// # Errors
/// When the data cannot be read, a network fails, or there is too little data.
pub fn checks(options: &Options, factory: &PipelineFactory<'_>, progress: &dyn Progress) -> Result<Outcome, Error> {
    let data = Dataset::read(&options.input)?;
    let limits = &options.policy.reference;
    let samples = sample::examine(&data, &options.policy, factory, progress)?;
    let portraits = sweep::portraits(&samples.samples);
    let courses = sweep::run(&data, &portraits, limits, &options.calibration, factory, progress)?;
    let sweeps = Sweep::ALL.iter().zip(&courses);
    let sets = Set::all(&samples.samples);
    let mut report = ChecksReport {
        folder: options.input.display().to_string(),
        subject: options.subject.clone(),
        targets: Vec::new(),
        comparison: None,
        data: data_report(&data, &samples, &sets),
        limits: Measure::ALL.iter().map(|measure| limit(*measure, limits.range(*measure))).collect(),
        checks: CheckReport::all(&sets),
        together: TogetherReport::all(&sets),
        no_person: with_claim(&sets, Claim::NoPerson, |sample| !sample.rejected_size_aside()),
        groups: with_claim(&sets, Claim::FaceCount, mistakes::counts_right),
        pose: PoseReport::of(&sets),
        apart: ApartReport::all(&sets),
        sweeps: sweeps.map(|(sweep, courses)| SweepReport::new(*sweep, limits, &portraits, courses)).collect(),
        timing: timing::measure(&data, &portraits, &options.policy, factory, progress)?,
        mistakes: Mistake::all(&sets),
    };
    report.targets = targets::all(&report);
    report.comparison = options.baseline.as_ref().map(|before| before.compare(&Baseline::of(&report)));
    let distributions = plots::Distribution::all(&sets, limits);
    Ok(Outcome { report, input: options.input.clone(), distributions })
}

fn limit(measure: Measure, range: Range) -> LimitReport {
    LimitReport { measure: measure.name(), min: range.min, max: range.max }
}

fn with_claim(sets: &[Set<'_>], claim: Claim, counts: impl Fn(&Sample<'_>) -> bool) -> Vec<SetRate> {
    sets.iter().filter(|set| set.kind.claim == claim).map(|set| set.rate(&counts)).collect()
}

fn data_report(data: &Dataset, samples: &Samples<'_>, sets: &[Set<'_>]) -> DataReport {
    let size = |set: &Set<'_>| SetSize {
        set: set.name(),
        claim: claim(set.kind.claim),
        images: set.samples.len(),
        label_errors: set.samples.iter().filter(|sample| sample.image.label_error(set.kind).is_some()).count(),
    };
    let absent = KINDS.iter().filter(|kind| !sets.iter().any(|set| set.kind.name == kind.name));
    DataReport {
        images: data.images.len(),
        unclaimed: data.unclaimed,
        sets: sets.iter().map(size).collect(),
        absent_folders: data.absent.clone(),
        absent_kinds: absent.map(|kind| kind.name).collect(),
        refused: samples.refused.clone(),
    }
}

fn claim(claim: Claim) -> String {
    match claim {
        Claim::Clean(_) => "clean".to_owned(),
        Claim::Defective(defects) => format!("to be rejected for {}", words::words(defects)),
        Claim::Free(defects) => format!("free of {}", words::words(defects)),
        Claim::NoPerson => "not to be accepted".to_owned(),
        Claim::FaceCount => "number of faces".to_owned(),
        Claim::Pose => "angles".to_owned(),
        Claim::Apart(_) => "nothing".to_owned(),
    }
}

impl Outcome {
    /// Writes `report.md`, `summary.json`, the plots and `mistakes.png` into a folder, which is made if need be. The last
    /// shows people's faces.
    ///
    /// # Errors
    /// When a file cannot be written, or an image is no longer there.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map_err(Error::file(&path))
        };
        let json =
            serde_json::to_string_pretty(&self.report).map_err(|error| Error::data(folder, error.to_string()))?;
        write("summary.json", (json + "\n").as_bytes())?;
        write("report.md", summary::markdown_with_pictures(&self.report).as_bytes())?;
        for (name, svg) in plots::draw(&self.report, &self.distributions) {
            write(&name, svg.as_bytes())?;
        }
        write("mistakes.png", &sheet::sheet(&self.input, &self.report.mistakes)?)
    }
}
