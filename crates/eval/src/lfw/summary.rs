//! The report for people.

use std::fmt::Write as _;

use super::report::{DataReport, LfwReport, NamedPair, OperatingPoint};
use crate::markdown::{rate, table};
use crate::stats::{KnotSource, ParetoTail};

/// Pairs of either kind that the report shows.
const PAIRS_SHOWN: usize = 25;

/// The report as Markdown; its pictures are those that [`Outcome::write`](super::Outcome::write) puts beside it.
#[must_use]
pub fn markdown(report: &LfwReport) -> String {
    let mut text = format!(
        "# Recognition accuracy\n\n{}; shipped recipe: {}.\n\n\
         **Ten-fold accuracy {:.2} +- {:.2} %.** ",
        report.subject,
        report.shipped.name(),
        report.accuracy,
        report.accuracy_std,
    );
    for (fmr, fnmr) in &report.fnmr_at_fmr {
        let _ = write!(text, "FNMR {fnmr:.2} % at FMR {fmr}. ");
    }
    text.push_str("\n\n");
    text.push_str(&data(&report.data));
    text.push_str(&recipes(report));
    text.push_str(&points(report));
    text.push_str(&transfer(report));
    text.push_str(&calibration(report));
    text.push_str("## Pairs to look at\n\nThe pairs of different names that score highest: unknown label errors, twins, or failures of the model.\n\n");
    text.push_str(&pairs(&report.highest_non_mated));
    text.push_str("The pairs of one name that score lowest:\n\n");
    text.push_str(&pairs(&report.lowest_mated));
    text
}

fn data(data: &DataReport) -> String {
    let failed = match data.failed_to_extract.as_slice() {
        [] => "A face was found in every image.".to_owned(),
        names => format!("No face was found in {} images: {}.", names.len(), names.join(", ")),
    };
    let overlap = if data.folds_disjoint { "nobody is in two of them" } else { "some people are in several of them" };
    format!(
        "## Data and rules\n\n\
         - {} images of {} people; {} pairs in {} folds, {overlap}. Two halves, disjoint in people, of {} and {} images.\n\
         - Of several faces in an image ({} images) the one nearest the centre is taken, as the data set's makers cut the \
         images around the labelled person. {failed} Such an image is a non-match: it counts in FNMR and in the accuracy, \
         and is in no FMR.\n\
         - Accuracy: threshold and, for centred recipes, population mean come from the other folds; labels as they are.\n\
         - FNMR at fixed FMR: all mated and all non-mated pairs within each half, the population mean from the other half. \
         The {} known label errors that concern these images are left out where it says so. A score at the threshold is a \
         match; the FMR is never exceeded, ties are kept out.\n\
         - Intervals: Wilson, 95 %. Pairs share people and images, so the true uncertainty is larger.\n\n",
        data.images,
        data.people,
        data.pairs,
        data.folds,
        data.images_in_halves[0],
        data.images_in_halves[1],
        data.images_of_several_faces,
        data.label_errors,
    )
}

fn recipes(report: &LfwReport) -> String {
    let row = |recipe: &super::RecipeReport| {
        let shipped = if recipe.recipe == report.shipped { " (shipped)" } else { "" };
        let mut row = vec![
            format!("{}{shipped}", recipe.recipe.name()),
            format!("{:.2} +- {:.2} %", recipe.accuracy, recipe.accuracy_std),
        ];
        row.extend(recipe.points.iter().map(|point| format!("{:.2} %", point.false_non_matches.percent)));
        row.push(format!("{:.1}", recipe.cost_ms));
        row
    };
    let rows: Vec<Vec<String>> = report.recipes.iter().map(row).collect();
    let header = ["recipe", "accuracy", "FNMR at FMR 1e-3", "1e-4", "1e-5", "ms from crop to template"];
    format!("## Recipes\n\n{}![DET](det.svg)\n\n", table(&header, &rows))
}

fn points(report: &LfwReport) -> String {
    let mut rows = Vec::new();
    for recipe in &report.recipes {
        for (labels, points) in [("corrected", &recipe.points), ("as named", &recipe.points_labels_as_named)] {
            rows.extend(points.iter().map(|point| point_row(recipe.recipe.name(), labels, point)));
        }
    }
    let header = ["recipe", "labels", "FMR", "threshold", "FNMR", "false matches"];
    format!("## Operating points\n\n{}", table(&header, &rows))
}

fn point_row(recipe: &str, labels: &str, point: &OperatingPoint) -> Vec<String> {
    let matches = &point.false_matches;
    vec![
        recipe.to_owned(),
        labels.to_owned(),
        format!("{:e}", point.fmr),
        format!("{:.4}", point.threshold),
        rate(&point.false_non_matches),
        format!("{} of {}", matches.count, matches.total),
    ]
}

fn transfer(report: &LfwReport) -> String {
    let mut rows = Vec::new();
    for transfer in &report.transfer {
        for point in &transfer.points {
            rows.push(vec![
                format!("{} -> {}", transfer.measured_on, transfer.judged_on),
                format!("{} %", point.percent),
                format!("{:.0e}", point.fmr_promised),
                rate(&point.false_matches),
                rate(&point.false_non_matches),
            ]);
        }
    }
    let header = ["measured on -> judged on", "similarity", "FMR promised", "FMR kept", "FNMR"];
    format!(
        "## Does the calibration hold on other people?\n\nMean and table from one half of the people, judged on the other.\n\n{}",
        table(&header, &rows)
    )
}

fn calibration(report: &LfwReport) -> String {
    let calibration = &report.calibration;
    let score = |score: Option<f64>| score.map_or("-".to_owned(), |score| format!("{score:.4}"));
    let row = |knot: &crate::stats::MeasuredKnot| {
        vec![
            format!("{} %", knot.percent),
            knot.fmr.map_or("-".to_owned(), |fmr| format!("{fmr:.1e}")),
            format!("{:.4}", knot.score),
            source(knot.source).to_owned(),
            score(knot.empirical_score),
            score(knot.fitted_score),
            knot.scores_above.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = calibration.knots.iter().map(row).collect();
    let header = ["similarity", "FMR", "score", "source", "order statistic", "fitted tail", "scores above"];
    format!(
        "## Calibration\n\n{} non-mated pairs of all people; length of the population mean {:.3}. {}\n\n{}\
         Mated pairs below 80 %: {}. Below 98 %: {}. (The same people gave the table; for other people see above.)\n\n\
         ![scores](scores.svg)\n\n![calibration](calibration.svg)\n\n",
        calibration.non_mated,
        calibration.mean_length,
        tail(calibration.tail.as_ref()),
        table(&header, &rows),
        rate(&calibration.mated_below_verify),
        rate(&calibration.mated_below_identify),
    )
}

fn source(source: KnotSource) -> &'static str {
    match source {
        KnotSource::Definition => "definition",
        KnotSource::Empirical => "order statistic",
        KnotSource::FittedTail => "fitted tail",
    }
}

fn tail(tail: Option<&ParetoTail>) -> String {
    match tail {
        None => "Too few scores to fit the tail.".to_owned(),
        Some(ParetoTail { level, level_fmr, exceedances, scale, shape }) => format!(
            "Where fewer than 100 scores remain, the knot comes from a generalised Pareto distribution fitted by L-moments \
             to the {exceedances} scores above {level:.4} (FMR {level_fmr:.1e}): scale {scale:.4}, shape {shape:.3}. The \
             excess over a high level follows that family whatever the scores' distribution, so three thousand scores speak \
             for the last thirty, which hang on a few look-alikes and on label errors not yet found.",
        ),
    }
}

fn pairs(pairs: &[NamedPair]) -> String {
    let row = |pair: &NamedPair| vec![format!("{:.4}", pair.score), pair.a.clone(), pair.b.clone()];
    let rows: Vec<Vec<String>> = pairs.iter().take(PAIRS_SHOWN).map(row).collect();
    table(&["score", "a", "b"], &rows)
}

/// The comment on top of the calibration file.
pub(crate) fn calibration_comment(report: &LfwReport, command: &str) -> String {
    format!(
        "Generated; do not edit. Made by: {command}\n\n\
         percent = 40 - 10 * log10(FMR) up to 90 %, then 8 points a decade: 98 % is an FMR of 1e-6. Measured on {} non-mated\n\
         pairs of {} people ({} images), known label errors left out. Knots that fewer than 100 scores exceed come from a\n\
         generalised Pareto distribution fitted to all scores above an FMR of 1e-4. The mean is over people, of unit embeddings.",
        report.calibration.non_mated, report.data.people, report.data.images,
    )
}
