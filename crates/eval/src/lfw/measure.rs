//! From embeddings to the report.

use std::collections::BTreeMap;

use biometric::{Calibration, Knot, Similarity, Template};
use models::CalibrationFile;

use super::cost::Cost;
use super::dataset::{Dataset, Half};
use super::labels::LabelErrors;
use super::plots::Curves;
use super::report::{
    CalibrationReport, DataReport, LfwReport, NamedPair, OperatingPoint, RecipeReport, TransferPoint, TransferReport,
};
use super::scores::{BothLabellings, Scores, compare};
use super::variant::Embeddings;
use super::{Options, Outcome, Variant, accuracy};
use crate::compare::Matrix;
use crate::extract::Extraction;
use crate::stats::{fmr_of_percent, mean_and_std, measure_table};
use crate::{Error, Progress};

/// The false match rates that are reported, as they are written in the summary.
const FMRS: [(&str, f64); 3] = [("1e-3", 1e-3), ("1e-4", 1e-4), ("1e-5", 1e-5)];

/// Points a decade along a DET curve, and where it begins.
const DET_POINTS_A_DECADE: i32 = 10;
const DET_DECADES: i32 = 6;

/// The thresholds at which the transfer of a table is checked, in percent.
const TRANSFER_PERCENTS: [f64; 6] = [50.0, 60.0, 70.0, 80.0, 90.0, 98.0];

/// So many pairs are named at either end.
const NAMED_PAIRS: usize = 60;

/// All that the measurements share.
struct Bench<'a> {
    data: &'a Dataset,
    errors: LabelErrors,
    embeddings: Embeddings<'a>,
    cost: &'a Cost,
}

pub(crate) fn measure(
    data: &Dataset,
    extractions: &[Extraction],
    options: &Options,
    cost: &Cost,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let embeddings = Embeddings::new(data, extractions.iter().map(Extraction::embedding).collect());
    let bench = Bench { data, errors: LabelErrors::known(data)?, embeddings, cost };
    progress.begin("compare", Variant::ALL.len() as u64 + 3);
    let mut recipes = Vec::new();
    for variant in Variant::ALL {
        recipes.push(bench.recipe(variant)?);
        progress.advance();
    }
    let mut transfer = Vec::new();
    for half in Half::BOTH {
        transfer.push(bench.transfer(options.shipped, half)?);
        progress.advance();
    }
    let all = bench.all(options)?;
    progress.advance();
    progress.end();
    let report = assemble(&bench, extractions, options, recipes, transfer, &all)?;
    Ok(Outcome { report, calibration: all.calibration, plots: all.curves })
}

impl Bench<'_> {
    fn recipe(&self, variant: Variant) -> Result<RecipeReport, Error> {
        let accuracies = accuracy::by_fold(self.data, &self.embeddings, variant)?;
        let (accuracy, accuracy_std) = mean_and_std(&accuracies);
        let scores = self.halves(variant)?;
        Ok(RecipeReport {
            recipe: variant,
            accuracy,
            accuracy_std,
            accuracy_standard_error: accuracy_std / (accuracies.len() as f64).sqrt(),
            accuracy_by_fold: accuracies,
            points: FMRS.map(|(_, fmr)| point(&scores.corrected, fmr)).to_vec(),
            points_labels_as_named: FMRS.map(|(_, fmr)| point(&scores.as_named, fmr)).to_vec(),
            det: det(&scores.corrected),
            cost_ms: self.cost.of(variant),
        })
    }

    /// All pairs within each half, with the mean of the other half, pooled.
    fn halves(&self, variant: Variant) -> Result<BothLabellings, Error> {
        let in_half = |half| move |person: usize| self.data.half_of[person] == half;
        let (in_a, in_b) = (in_half(Half::A), in_half(Half::B));
        let (of_a, _) = self.embeddings.templates(variant, in_b)?;
        let (of_b, _) = self.embeddings.templates(variant, in_a)?;
        Ok(compare(self.data, &self.errors, &[(&of_a, &in_a), (&of_b, &in_b)]))
    }

    /// Mean and table of one half, judged on the other.
    fn transfer(&self, variant: Variant, measured_on: Half) -> Result<TransferReport, Error> {
        let within = |person: usize| self.data.half_of[person] == measured_on;
        let beyond = |person: usize| !within(person);
        let (templates, _) = self.embeddings.templates(variant, within)?;
        let measured = compare(self.data, &self.errors, &[(&templates, &within)]).corrected;
        let judged = compare(self.data, &self.errors, &[(&templates, &beyond)]).corrected;
        let (knots, _) = measure_table(&measured.non_mated);
        let calibration = calibration(&knots)?;
        let point = |percent: f64| {
            let threshold = threshold_of(&calibration, percent);
            TransferPoint {
                percent,
                fmr_promised: fmr_of_percent(percent),
                false_matches: judged.fmr(threshold),
                false_non_matches: judged.fnmr(threshold),
            }
        };
        let points = TRANSFER_PERCENTS.map(point).to_vec();
        Ok(TransferReport { measured_on: measured_on.name(), judged_on: measured_on.other().name(), points })
    }

    /// Mean and table of everybody: what ships.
    fn all(&self, options: &Options) -> Result<All, Error> {
        let (templates, mean) = self.embeddings.templates(options.shipped, |_| true)?;
        let scores = compare(self.data, &self.errors, &[(&templates, &|_| true)]).corrected;
        let (knots, tail) = measure_table(&scores.non_mated);
        let calibration = calibration(&knots)?;
        let provenance = format!(
            "auther eval lfw on {} images of {} people, {} non-mated pairs, label errors left out; {}",
            self.data.images.len(),
            self.data.people.len(),
            scores.non_mated.count(),
            options.subject,
        );
        let below = |percent: f64| scores.fnmr(threshold_of(&calibration, percent));
        let report = CalibrationReport {
            non_mated: scores.non_mated.count(),
            tail,
            mean_length: mean.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt(),
            mated_below_verify: below(Similarity::VERIFY.percent()),
            mated_below_identify: below(Similarity::IDENTIFY.percent()),
            knots,
        };
        let dimension = templates.iter().flatten().next().map_or(0, |template| template.values().len());
        let knots = calibration.knots().to_vec();
        let file =
            CalibrationFile::new("calibration.toml", dimension, options.shipped.recipe(), mean, knots, provenance)?;
        let curves = Curves::new(&scores);
        let (highest, lowest) = self.extremes(&templates, &scores);
        Ok(All { report, calibration: file, curves, highest, lowest })
    }

    /// The non-mated pairs that score highest and the mated pairs that score lowest.
    fn extremes(&self, templates: &[Option<Template>], scores: &Scores) -> (Vec<NamedPair>, Vec<NamedPair>) {
        let high = scores.non_mated.top().get(NAMED_PAIRS).copied().unwrap_or(-1.0);
        let low = scores.mated().get(NAMED_PAIRS).copied().unwrap_or(1.0);
        let each = |found: &mut Vec<(f32, usize, usize, bool)>, a: usize, b: usize, score: f32| {
            let mated = self.data.mated(a, b);
            let extreme = if mated { score < low } else { score > high };
            if extreme && !self.errors.concern(self.data, a, b) {
                found.push((score, a, b, mated));
            }
        };
        let mut found = Matrix::new(templates, |_| true).compare_all(each).concat();
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let name = |(score, a, b, _): &(f32, usize, usize, bool)| NamedPair {
            a: self.data.images[*a].clone(),
            b: self.data.images[*b].clone(),
            score: *score,
        };
        let highest = found.iter().rev().filter(|pair| !pair.3).map(name).collect();
        (highest, found.iter().filter(|pair| pair.3).map(name).collect())
    }
}

/// What is measured over everybody.
struct All {
    report: CalibrationReport,
    calibration: CalibrationFile,
    curves: Curves,
    highest: Vec<NamedPair>,
    lowest: Vec<NamedPair>,
}

fn calibration(knots: &[crate::stats::MeasuredKnot]) -> Result<Calibration, Error> {
    Calibration::new(knots.iter().map(Knot::from).collect()).map_err(|error| Error::TooLittle(error.to_string()))
}

/// The lowest score that a similarity's threshold accepts.
fn threshold_of(calibration: &Calibration, percent: f64) -> f32 {
    Similarity::from_percent(percent).map_or(f32::INFINITY, |similarity| calibration.score_at(similarity) as f32)
}

fn point(scores: &Scores, fmr: f64) -> OperatingPoint {
    let threshold = scores.non_mated.threshold_at(fmr);
    let (false_matches, false_non_matches) = (scores.fmr(threshold), scores.fnmr(threshold));
    OperatingPoint { fmr, threshold, false_matches, false_non_matches }
}

fn det(scores: &Scores) -> Vec<(f64, f64)> {
    let exponents = -DET_DECADES * DET_POINTS_A_DECADE..=-DET_POINTS_A_DECADE / 2;
    let at = |exponent: i32| {
        let fmr = 10.0_f64.powf(f64::from(exponent) / f64::from(DET_POINTS_A_DECADE));
        (fmr, scores.fnmr(scores.non_mated.threshold_at(fmr)).percent / 100.0)
    };
    exponents.map(at).filter(|(fmr, _)| fmr * scores.non_mated.count() as f64 >= 1.0).collect()
}

fn assemble(
    bench: &Bench<'_>,
    extractions: &[Extraction],
    options: &Options,
    recipes: Vec<RecipeReport>,
    transfer: Vec<TransferReport>,
    all: &All,
) -> Result<LfwReport, Error> {
    let shipped = recipes.iter().find(|recipe| recipe.recipe == options.shipped);
    let shipped = shipped.ok_or_else(|| Error::TooLittle("the shipped recipe was not measured".into()))?;
    Ok(LfwReport {
        accuracy: shipped.accuracy,
        accuracy_std: shipped.accuracy_std,
        fnmr_at_fmr: by_fmr(&shipped.points),
        fnmr_at_fmr_labels_as_named: by_fmr(&shipped.points_labels_as_named),
        shipped: options.shipped,
        subject: options.subject.clone(),
        data: data_report(bench, extractions),
        recipes,
        transfer,
        calibration: all.report.clone(),
        highest_non_mated: all.highest.clone(),
        lowest_mated: all.lowest.clone(),
    })
}

fn by_fmr(points: &[OperatingPoint]) -> BTreeMap<String, f64> {
    FMRS.iter().zip(points).map(|((name, _), point)| ((*name).to_owned(), point.false_non_matches.percent)).collect()
}

fn data_report(bench: &Bench<'_>, extractions: &[Extraction]) -> DataReport {
    let data = bench.data;
    let several = |extraction: &&Extraction| matches!(extraction, Extraction::Found { faces, .. } if *faces > 1);
    let failed = extractions.iter().zip(&data.images).filter(|(extraction, _)| **extraction == Extraction::Failed);
    let in_half = |half| (0..data.images.len()).filter(|image| data.half_of_image(*image) == half).count();
    DataReport {
        images: data.images.len(),
        people: data.people.len(),
        pairs: data.pairs.len(),
        folds: data.folds,
        folds_disjoint: data.folds_disjoint,
        images_in_halves: Half::BOTH.map(in_half),
        label_errors: bench.errors.count(),
        images_of_several_faces: extractions.iter().filter(several).count(),
        failed_to_extract: failed.map(|(_, name)| name.clone()).collect(),
    }
}
