//! The pictures of the report.

use super::Variant;
use super::report::{LfwReport, RecipeReport};
use super::scores::Scores;
use crate::plot::{
    Axis, BLUE, Corner, GREEN, GREY, PURPLE, Scale, Series, Style, VERMILION, chart, percent_decades, steps,
};

/// Bins of the histograms over the scores from -1 to 1: 0.01 of cosine each.
const BINS: usize = 200;

/// Scores of the shipped recipe as histograms; small, unlike the scores.
#[derive(Debug)]
pub(crate) struct Curves {
    mated: Vec<(f64, f64)>,
    non_mated: Vec<(f64, f64)>,
}

impl Curves {
    pub(crate) fn new(scores: &Scores) -> Self {
        let mut counts = vec![0_u32; BINS];
        for score in scores.mated() {
            counts[(((score + 1.0) * BINS as f32 / 2.0) as usize).min(BINS - 1)] += 1;
        }
        let total = scores.mated().len().max(1) as f64;
        let point =
            |(bin, count): (usize, &u32)| ((bin as f64 + 0.5) * 2.0 / BINS as f64 - 1.0, f64::from(*count) / total);
        Self { mated: counts.iter().enumerate().map(point).collect(), non_mated: scores.non_mated.histogram(BINS) }
    }

    /// File names and pictures.
    pub(crate) fn draw(&self, report: &LfwReport) -> [(&'static str, String); 3] {
        [("det.svg", det(report)), ("scores.svg", self.scores(report)), ("calibration.svg", calibration(report))]
    }

    fn scores(&self, report: &LfwReport) -> String {
        let highest = self.mated.iter().chain(&self.non_mated).map(|(_, share)| *share).fold(0.0, f64::max) * 1.1;
        let score = score_axis(-0.4);
        let share = Axis {
            label: "share of the comparisons in 0.01 of cosine",
            scale: Scale::Linear,
            low: 0.0,
            high: highest,
            ticks: (0..).map(|i| f64::from(i) * 0.01).take_while(|v| *v <= highest).map(percent_tick).collect(),
        };
        let visible = |points: &[(f64, f64)]| points.iter().filter(|(at, _)| *at >= score.low).copied().collect();
        let area = |name: &str, colour, points| Series { name: name.into(), colour, style: Style::Area, points };
        let mut series = vec![
            area("different people", VERMILION, visible(&self.non_mated)),
            area("the same person", BLUE, visible(&self.mated)),
        ];
        series.extend(thresholds(report, highest));
        chart("Comparison scores, shipped recipe", &score, &share, &series, Corner::TopRight)
    }
}

fn percent_tick(value: f64) -> (f64, String) {
    (value, format!("{:.0} %", value * 100.0))
}

fn score_axis(low: f64) -> Axis {
    let count = ((1.0 - low) / 0.2).round() as u32 + 1;
    Axis { label: "comparison score (cosine)", scale: Scale::Linear, low, high: 1.0, ticks: steps(low, 0.2, count, 1) }
}

/// The thresholds of verify and identify as upright lines.
fn thresholds(report: &LfwReport, top: f64) -> Vec<Series> {
    let knot = |percent: f64| report.calibration.knots.iter().find(|knot| knot.percent == percent);
    let line = |(percent, name, colour): (f64, &str, &'static str)| {
        knot(percent).map(|knot| Series {
            name: format!("{name}: {percent} %, score {:.3}", knot.score),
            colour,
            style: Style::Dashed,
            points: vec![(knot.score, 0.0), (knot.score, top)],
        })
    };
    [(80.0, "verify", GREY), (98.0, "identify", "#000000")].into_iter().filter_map(line).collect()
}

fn det(report: &LfwReport) -> String {
    let fmr = Axis {
        label: "false match rate (FMR)",
        scale: Scale::Log,
        low: 1e-6,
        high: 1e-1,
        ticks: percent_decades(-6, -1),
    };
    let fnmr = Axis {
        label: "false non-match rate (FNMR)",
        scale: Scale::Log,
        low: 1e-3,
        high: 1.0,
        ticks: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
            .map(|v| (v, format!("{} %", (v * 1000.0_f64).round() / 10.0)))
            .to_vec(),
    };
    let series = |recipe: &RecipeReport| {
        let shipped = recipe.recipe == report.shipped;
        Series {
            name: format!(
                "{}{}: {:.1} ms",
                recipe.recipe.name(),
                if shipped { " (shipped)" } else { "" },
                recipe.cost_ms
            ),
            colour: colour(recipe.recipe),
            style: if shipped { Style::Bold } else { Style::Line },
            points: recipe.det.iter().filter(|(fmr, _)| *fmr <= 0.1 + 1e-9).copied().collect(),
        }
    };
    let series: Vec<Series> = report.recipes.iter().map(series).collect();
    chart("Detection error trade-off, all pairs within two halves", &fmr, &fnmr, &series, Corner::TopRight)
}

fn colour(variant: Variant) -> &'static str {
    match variant {
        Variant::Plain => VERMILION,
        Variant::Mirror => PURPLE,
        Variant::Centred => BLUE,
        Variant::Both => GREEN,
    }
}

fn calibration(report: &LfwReport) -> String {
    let similarity = Axis {
        label: "similarity in percent",
        scale: Scale::Linear,
        low: 0.0,
        high: 100.0,
        ticks: steps(0.0, 10.0, 11, 0),
    };
    let points = report.calibration.knots.iter().map(|knot| (knot.score, knot.percent)).collect();
    let table = Series { name: "calibration".into(), colour: BLUE, style: Style::Marked, points };
    let mut series = thresholds(report, 100.0);
    series.insert(0, table);
    chart("From score to similarity", &score_axis(-1.0), &similarity, &series, Corner::TopLeft)
}
