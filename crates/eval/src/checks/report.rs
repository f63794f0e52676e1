//! What an evaluation of the checks found.

use std::collections::BTreeMap;

use serde::Serialize;

use super::baseline::Comparison;
use super::mistakes::Mistake;
use super::pose::PoseReport;
use super::rates::{ApartReport, CheckReport, SetRate, TogetherReport};
use super::sweep::SweepReport;
use super::targets::Target;
use super::timing::TimingReport;

/// The report. Rates leave out the images whose labels are known to be wrong, and give the number with them beside.
#[derive(Clone, Debug, Serialize)]
pub struct ChecksReport {
    /// The folder of the labelled folders.
    pub folder: String,
    /// Program and models, in the caller's words.
    pub subject: String,
    /// What is to be reached, and whether it is.
    pub targets: Vec<Target>,
    /// Against the counts of before, if they were given.
    pub comparison: Option<Comparison>,
    /// The data.
    pub data: DataReport,
    /// The limits that were applied.
    pub limits: Vec<LimitReport>,
    /// By check.
    pub checks: Vec<CheckReport>,
    /// All checks together on clean images.
    pub together: Vec<TogetherReport>,
    /// Images without a person's face that pass all checks but size.
    pub no_person: Vec<SetRate>,
    /// Images of several people of which as many faces are counted as there are.
    pub groups: Vec<SetRate>,
    /// The pose against annotated angles.
    pub pose: Option<PoseReport>,
    /// Images of which nothing is claimed.
    pub apart: Vec<ApartReport>,
    /// Portraits made worse step by step.
    pub sweeps: Vec<SweepReport>,
    /// What the checks cost.
    pub timing: Option<TimingReport>,
    /// Every wrong verdict, by name.
    pub mistakes: Vec<Mistake>,
}

/// What was evaluated on.
#[derive(Clone, Debug, Serialize)]
pub struct DataReport {
    /// Images of which something is claimed.
    pub images: usize,
    /// Images of whose labels nothing follows.
    pub unclaimed: usize,
    /// Sets and their numbers of images.
    pub sets: Vec<SetSize>,
    /// Folders that are usually there and are not.
    pub absent_folders: Vec<&'static str>,
    /// Kinds of which there is no image.
    pub absent_kinds: Vec<&'static str>,
    /// Images that the service does not decode, and why; they are in no rate.
    pub refused: BTreeMap<String, String>,
}

/// A set.
#[derive(Clone, Debug, Serialize)]
pub struct SetSize {
    /// Folder and kind.
    pub set: String,
    /// What is claimed of its images.
    pub claim: String,
    /// Its images.
    pub images: usize,
    /// Those of them whose labels are known to be wrong.
    pub label_errors: usize,
}

/// A measure and its limits.
#[derive(Clone, Debug, Serialize)]
pub struct LimitReport {
    /// The measure.
    pub measure: &'static str,
    /// The least accepted value.
    pub min: Option<f64>,
    /// The greatest accepted value.
    pub max: Option<f64>,
}
