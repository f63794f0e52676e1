//! The pictures of the report.

use face::{CheckLimits, Measure, Range};

use super::rates::Set;
use super::report::ChecksReport;
use super::sample::Sample;
use super::sweep::{StepReport, Sweep, SweepReport};
use super::words::number;
use crate::plot::{Axis, BLUE, Corner, GREEN, GREY, PURPLE, Scale, Series, Style, VERMILION, chart, even_ticks};

/// Sorted values of a measure on images that are clean, and on those whose defect it is to find.
#[derive(Debug)]
pub(crate) struct Distribution {
    measure: Measure,
    range: Range,
    clean: Vec<f64>,
    defective: Vec<f64>,
}

impl Distribution {
    /// One for each measure that has a limit.
    pub(crate) fn all(sets: &[Set<'_>], limits: &CheckLimits) -> Vec<Self> {
        let limited = Measure::ALL.iter().filter(|measure| limits.range(**measure) != Range::ANY);
        limited.map(|measure| Self::new(*measure, limits.range(*measure), sets)).collect()
    }

    fn new(measure: Measure, range: Range, sets: &[Set<'_>]) -> Self {
        let finds = [true, false].map(|too_low| measure.defect(too_low));
        let values = |wanted: &dyn Fn(&Set<'_>) -> bool| {
            let right = |set: &Set<'_>, sample: &Sample<'_>| sample.image.label_error(set.kind).is_none();
            let of = |set: &Set<'_>| -> Vec<f64> {
                let samples = set.samples.iter().filter(|sample| right(set, sample));
                samples.filter_map(|sample| sample.value(measure)).collect()
            };
            let mut values: Vec<f64> = sets.iter().filter(|set| wanted(set)).flat_map(of).collect();
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        Self {
            measure,
            range,
            clean: values(&|set| set.group().is_some()),
            defective: values(&|set| set.expected().iter().any(|defect| finds.contains(defect))),
        }
    }

    fn draw(&self) -> String {
        let limits: Vec<f64> = [self.range.min, self.range.max].into_iter().flatten().collect();
        let (low, high) = self.span(&limits);
        let x = linear(self.measure.name(), low, high);
        let y = percent_axis("share of the images at or below, percent", 100.0);
        let curve = |name: &str, colour, values: &[f64]| Series {
            name: format!("{name}, {} images", values.len()),
            colour,
            style: Style::Bold,
            points: cumulated(values, low, high),
        };
        let mut series = vec![curve("clean", BLUE, &self.clean)];
        if !self.defective.is_empty() {
            series.push(curve("with the defect", VERMILION, &self.defective));
        }
        series.extend(limits.iter().map(|limit| upright(format!("limit {limit}"), *limit, 100.0)));
        let title = match self.measure.standard_name() {
            "" => self.measure.name(),
            name => name,
        };
        chart(title, &x, &y, &series, Corner::BottomRight)
    }

    /// From where to where values lie, without the few that lie far off, with room beside them.
    fn span(&self, limits: &[f64]) -> (f64, f64) {
        let quantile =
            |values: &[f64], share: f64| values.get((values.len().saturating_sub(1) as f64 * share) as usize).copied();
        let ends = [&self.clean, &self.defective].map(|values| [quantile(values, 0.01), quantile(values, 0.99)]);
        let places: Vec<f64> = ends.into_iter().flatten().flatten().chain(limits.iter().copied()).collect();
        let low = places.iter().copied().fold(f64::INFINITY, f64::min);
        let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let room = 0.08 * (high - low).max(1e-6);
        (low - room, high + 3.0 * room)
    }
}

/// A step at each value, in percent.
fn cumulated(values: &[f64], low: f64, high: f64) -> Vec<(f64, f64)> {
    let mut points = vec![(low, 0.0)];
    let mut share = 0.0;
    for (at, value) in values.iter().enumerate() {
        points.push((*value, share));
        share = 100.0 * (at + 1) as f64 / values.len() as f64;
        points.push((*value, share));
    }
    points.push((high, share));
    points
}

/// File names and pictures.
pub(crate) fn draw(report: &ChecksReport, distributions: &[Distribution]) -> Vec<(String, String)> {
    let measures = distributions.iter().map(|one| (measure_file(one.measure.name()), one.draw()));
    let sweeps =
        report.sweeps.iter().zip(Sweep::ALL).map(|(one, sweep)| (sweep_file(one.sweep), draw_sweep(one, sweep)));
    measures.chain(sweeps).collect()
}

pub(crate) fn measure_file(measure: &str) -> String {
    format!("measure_{measure}.svg")
}

pub(crate) fn sweep_file(sweep: &str) -> String {
    format!("sweep_{sweep}.svg")
}

fn draw_sweep(report: &SweepReport, sweep: Sweep) -> String {
    let (first, last) = (report.steps.first().map_or(0.0, |s| s.at), report.steps.last().map_or(1.0, |s| s.at));
    let logarithmic = match sweep {
        Sweep::Gain | Sweep::Scale => Scale::Log,
        Sweep::Blur | Sweep::Rotation => Scale::Linear,
    };
    let ticks = report.steps.iter().map(|step| (step.at, step.at.to_string()));
    // Of the many angles every second is named.
    let every = if report.steps.len() > 15 { 2 } else { 1 };
    let x =
        Axis { label: sweep.unit(), scale: logarithmic, low: first, high: last, ticks: ticks.step_by(every).collect() };
    let (y, corner) = match sweep {
        Sweep::Rotation => (linear("degrees", -60.0, 60.0), Corner::TopLeft),
        Sweep::Blur => (percent_axis("percent", 240.0), Corner::TopRight),
        Sweep::Gain => (percent_axis("percent", 160.0), Corner::TopRight),
        Sweep::Scale => (percent_axis("percent", 160.0), Corner::TopRight),
    };
    let title = format!("{}: {} portraits", report.sweep, report.portraits);
    chart(&title, &x, &y, &sweep_series(report, sweep, first, last), corner)
}

fn sweep_series(report: &SweepReport, sweep: Sweep, first: f64, last: f64) -> Vec<Series> {
    let line = |name: String, colour, of: &dyn Fn(&StepReport) -> Option<f64>| {
        let points = report.steps.iter().filter_map(|step| Some((step.at, of(step)?))).collect();
        Series { name, colour, style: Style::Marked, points }
    };
    let level = |limit: f64| Series {
        name: format!("limit of {} {limit}", report.measure),
        colour: GREY,
        style: Style::Dashed,
        points: vec![(first, limit), (last, limit)],
    };
    let limits = || [report.min, report.max].into_iter().flatten().map(level);
    let rejected = || line(format!("rejected by {}", report.checks), VERMILION, &|step| Some(step.rejected.percent));
    let others = || line("rejected by another check".into(), PURPLE, &|step| Some(step.rejected_otherwise.percent));
    let median = |name: &str| line(format!("median {name}"), BLUE, &|step| step.median);
    match sweep {
        Sweep::Blur | Sweep::Gain => [vec![median(report.measure), rejected(), others()], limits().collect()].concat(),
        Sweep::Rotation => {
            let itself = line("the angle itself".into(), GREEN, &|step| Some(step.at));
            [vec![Series { style: Style::Line, ..itself }, median(report.measure)], limits().collect()].concat()
        }
        Sweep::Scale => {
            let similarity = |of: fn(&super::sweep::RecognitionReport) -> f64| {
                move |step: &StepReport| step.recognition.as_ref().map(of)
            };
            vec![
                line("median similarity with another portrait".into(), BLUE, &similarity(|one| one.median_percent)),
                line("least similarity".into(), GREEN, &similarity(|one| one.least_percent)),
                rejected(),
                others(),
            ]
            .into_iter()
            .chain(report.min.map(|least| upright(format!("limit {least}"), least, 100.0)))
            .collect()
        }
    }
}

fn upright(name: String, at: f64, top: f64) -> Series {
    Series { name, colour: GREY, style: Style::Dashed, points: vec![(at, 0.0), (at, top)] }
}

fn linear(label: &'static str, low: f64, high: f64) -> Axis {
    let ticks = even_ticks(low, high).into_iter().map(|value| (value, number(value))).collect();
    Axis { label, scale: Scale::Linear, low, high, ticks }
}

fn percent_axis(label: &'static str, high: f64) -> Axis {
    let ticks = even_ticks(0.0, high).into_iter().map(|value| (value, format!("{value:.0}"))).collect();
    Axis { label, scale: Scale::Linear, low: 0.0, high, ticks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cumulated_curve_rises_from_nothing_to_all() {
        let points = cumulated(&[1.0, 2.0, 2.0, 7.0], 0.0, 10.0);
        assert_eq!(points.first(), Some(&(0.0, 0.0)));
        assert_eq!(points.last(), Some(&(10.0, 100.0)));
        assert!(points.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1));
        assert_eq!(cumulated(&[], 0.0, 1.0), [(0.0, 0.0), (1.0, 0.0)]);
    }
}
