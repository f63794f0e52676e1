//! What an evaluation on LFW found, as it goes into the JSON summary.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Variant;
use crate::stats::{MeasuredKnot, ParetoTail, Rate};

/// The summary. The fields at the top are those of the shipped recipe.
#[derive(Clone, Debug, Serialize)]
pub struct LfwReport {
    /// Mean over the folds of the share of rightly decided pairs, in percent; labels as the protocol names them.
    pub accuracy: f64,
    /// Standard deviation over the folds, in percent.
    pub accuracy_std: f64,
    /// FNMR in percent at the FMR of the key; known label errors are left out.
    pub fnmr_at_fmr: BTreeMap<String, f64>,
    /// The same with labels as they are named.
    pub fnmr_at_fmr_labels_as_named: BTreeMap<String, f64>,
    /// The recipe that ships.
    pub shipped: Variant,
    /// Model and extraction, in the caller's words.
    pub subject: String,
    /// The data.
    pub data: DataReport,
    /// Every recipe.
    pub recipes: Vec<RecipeReport>,
    /// Whether a table measured on one half of the people holds on the other, for the shipped recipe.
    pub transfer: Vec<TransferReport>,
    /// The table over all people, for the shipped recipe.
    pub calibration: CalibrationReport,
    /// The non-mated pairs that score highest, to be looked at: a label error, twins, or a failure of the model.
    pub highest_non_mated: Vec<NamedPair>,
    /// The mated pairs that score lowest.
    pub lowest_mated: Vec<NamedPair>,
}

/// What was evaluated on.
#[derive(Clone, Debug, Serialize)]
pub struct DataReport {
    /// Images.
    pub images: usize,
    /// People.
    pub people: usize,
    /// Pairs of the protocol.
    pub pairs: usize,
    /// Folds of the protocol.
    pub folds: usize,
    /// Whether nobody is in two folds. If not, halves are made by name and accuracies may be flattered.
    pub folds_disjoint: bool,
    /// Images in each half.
    pub images_in_halves: [usize; 2],
    /// Entries of the list of label errors that concern these images.
    pub label_errors: usize,
    /// Images with more than one face: the one nearest the centre was taken.
    pub images_of_several_faces: usize,
    /// Images without a face that could be found: non-matches in every FNMR and in the accuracy; in no FMR.
    pub failed_to_extract: Vec<String>,
}

/// One recipe.
#[derive(Clone, Debug, Serialize)]
pub struct RecipeReport {
    /// Which.
    pub recipe: Variant,
    /// Mean accuracy over the folds in percent.
    pub accuracy: f64,
    /// Its standard deviation over the folds.
    pub accuracy_std: f64,
    /// `accuracy_std / sqrt(folds)`: the error that LFW's own result lists give.
    pub accuracy_standard_error: f64,
    /// Accuracy of each fold in percent.
    pub accuracy_by_fold: Vec<f64>,
    /// Operating points without known label errors.
    pub points: Vec<OperatingPoint>,
    /// Operating points with labels as named.
    pub points_labels_as_named: Vec<OperatingPoint>,
    /// `(FMR, FNMR)` along the curve, as shares.
    pub det: Vec<(f64, f64)>,
    /// Milliseconds from crop to template on one thread: median.
    pub cost_ms: f64,
}

/// FNMR where the FMR is fixed.
#[derive(Clone, Debug, Serialize)]
pub struct OperatingPoint {
    /// The fixed FMR.
    pub fmr: f64,
    /// The lowest score that is a match.
    pub threshold: f32,
    /// False matches at it.
    pub false_matches: Rate,
    /// False non-matches at it.
    pub false_non_matches: Rate,
}

/// The rates that a table measured on one half keeps on the other half.
#[derive(Clone, Debug, Serialize)]
pub struct TransferReport {
    /// The half that mean and table were measured on.
    pub measured_on: &'static str,
    /// The half that was judged.
    pub judged_on: &'static str,
    /// By similarity.
    pub points: Vec<TransferPoint>,
}

/// One similarity as threshold.
#[derive(Clone, Debug, Serialize)]
pub struct TransferPoint {
    /// The threshold in percent.
    pub percent: f64,
    /// The FMR that it promises.
    pub fmr_promised: f64,
    /// The FMR that it kept.
    pub false_matches: Rate,
    /// The FNMR there.
    pub false_non_matches: Rate,
}

/// The calibration of the shipped recipe over all people.
#[derive(Clone, Debug, Serialize)]
pub struct CalibrationReport {
    /// Non-mated pairs that it rests on.
    pub non_mated: u64,
    /// The table.
    pub knots: Vec<MeasuredKnot>,
    /// The tail that its last knots lean on.
    pub tail: Option<ParetoTail>,
    /// Length of the population mean; 0 when the recipe is not centred.
    pub mean_length: f64,
    /// Mated pairs and how many of them fall below 80 % and 98 %.
    pub mated_below_verify: Rate,
    /// The same at 98 %.
    pub mated_below_identify: Rate,
}

/// Two images and their score.
#[derive(Clone, Debug, Serialize)]
pub struct NamedPair {
    /// One image.
    pub a: String,
    /// The other.
    pub b: String,
    /// Their score.
    pub score: f32,
}
