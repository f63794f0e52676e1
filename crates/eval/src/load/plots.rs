//! The pictures of the report.

use super::report::{LoadReport, Range, System, SystemReport};
use super::service::LOADS;
use super::targets::rounded;
use crate::photograph::Size;
use crate::plot::{Axis, BLUE, Corner, GREEN, GREY, ORANGE, PURPLE, SKY, Scale, Series, Style, VERMILION, chart};
use crate::svg::{Anchor, Svg};

/// File names and pictures.
pub(super) fn draw(report: &LoadReport) -> Vec<(String, String)> {
    let mut pictures = Vec::new();
    if !report.capacity.is_empty() {
        pictures.push(("load_throughput.svg".into(), throughput(report)));
    }
    if report.load.is_some() {
        pictures.push(("load_latency.svg".into(), latency(report)));
    }
    pictures
}

/// Width of the bars' picture in pixels, where bars begin, and the length of the longest.
const WIDTH: f64 = 760.0;
const BARS_LEFT: f64 = 330.0;
const BAR_LENGTH: f64 = 250.0;

/// Height of a bar with the space below it, of a bar alone, and of a heading.
const LINE: f64 = 26.0;
const BAR: f64 = 18.0;
const HEADING: f64 = 36.0;

/// Verifications a second, as bars that begin at zero; each size of photographs has a scale of its own.
fn throughput(report: &LoadReport) -> String {
    let lines: usize = report.capacity.iter().map(|capacity| capacity.systems.len()).sum();
    let height = HEADING * (report.capacity.len() as f64 + 1.0) + LINE * lines as f64;
    let mut svg = Svg::new(WIDTH, height);
    let mut top = HEADING;
    svg.text(16.0, 24.0, 16.0, Anchor::Start, "Verifications a second, both cores busy; how many times that is ours");
    for capacity in &report.capacity {
        let most = capacity.systems.iter().map(|one| one.per_second.high).fold(f64::MIN_POSITIVE, f64::max);
        svg.text(16.0, top + 22.0, 14.0, Anchor::Start, capacity.size.name());
        top += HEADING;
        for system in &capacity.systems {
            bar(&mut svg, top, system, most);
            top += LINE;
        }
    }
    svg.finish()
}

fn bar(svg: &mut Svg, top: f64, report: &SystemReport, most: f64) {
    let SystemReport { system, per_second: Range { median, low, high }, ours_by_it, .. } = report;
    let at = |rate: f64| BARS_LEFT + BAR_LENGTH * rate / most;
    let middle = top + BAR / 2.0;
    svg.text(BARS_LEFT - 8.0, middle + 4.0, 12.0, Anchor::End, system.name());
    svg.area(&[(BARS_LEFT, top), (at(*median), top)], top + BAR, colour(*system));
    // From the least to the greatest.
    svg.line((at(*low), middle), (at(*high), middle), "#222222", 1.5);
    let times = ours_by_it.map_or(String::new(), |it| format!("  (ours: {} x)", rounded(it.median)));
    svg.text(at(*high) + 8.0, middle + 4.0, 12.0, Anchor::Start, &format!("{}{times}", rounded(*median)));
}

fn colour(system: System) -> &'static str {
    match system {
        System::Ours => BLUE,
        System::OpenCv => GREEN,
        System::DeepfaceRepresent => VERMILION,
        System::DeepfaceVerify => ORANGE,
        System::FaceRecognition => PURPLE,
    }
}

/// Latency by percentile. The axis gives every further nine as much room, as is usual for latencies: its value is one in how
/// many requests took longer.
fn latency(report: &LoadReport) -> String {
    let styles = [(GREY, Style::Line), (SKY, Style::Line), (BLUE, Style::Bold), (VERMILION, Style::Bold)];
    let mut series = Vec::new();
    for (load, (colour, style)) in LOADS.into_iter().zip(styles) {
        let Some(open) = report.step(load) else { continue };
        let kept = open.latencies.percentiles.iter().filter(|one| one.share < 1.0);
        let points: Vec<(f64, f64)> = kept.map(|one| (1.0 / (1.0 - one.share), one.ms)).collect();
        let name = format!("{load} x capacity ({}/s)", rounded(open.per_second));
        series.push(Series { name, colour, style, points });
    }
    let most = series.iter().flat_map(|one| &one.points).map(|(_, ms)| *ms).fold(10.0, f64::max);
    let x = Axis {
        label: "percentile of the admitted requests",
        scale: Scale::Log,
        low: 1.0,
        high: 1000.0,
        ticks: [(1.0, "0"), (2.0, "50"), (10.0, "90"), (100.0, "99"), (1000.0, "99.9")]
            .map(|(at, text)| (at, text.into()))
            .into(),
    };
    let powers = (0..6).map(|exponent| 10.0_f64.powi(exponent)).flat_map(|ten| [ten, 2.0 * ten, 5.0 * ten]);
    let high = powers.clone().find(|value| *value >= most).unwrap_or(most);
    let low = 5.0;
    let y = Axis {
        label: "latency from when the request was meant to be sent, ms",
        scale: Scale::Log,
        low,
        high,
        ticks: powers.filter(|value| (low..=high).contains(value)).map(|value| (value, format!("{value}"))).collect(),
    };
    let title = format!("Latency under load that does not wait, {}", Size::Megapixel.name());
    chart(&title, &x, &y, &series, Corner::TopLeft)
}

#[cfg(test)]
mod tests {
    use super::super::targets::tests::report;
    use super::*;

    #[test]
    fn every_system_has_a_bar_and_every_load_a_curve() {
        let pictures = draw(&report());
        let [(_, bars), (_, curves)] = pictures.as_slice() else { panic!("two: {}", pictures.len()) };
        assert_eq!(bars.matches("<polygon").count(), 2 * System::ALL.len());
        assert!(bars.contains("8.00  (ours: 5.00 x)"), "{bars}");
        assert_eq!(curves.matches(" x capacity (").count(), LOADS.len());
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_of_the_longest() {
        let bars = draw(&report()).remove(0).1;
        // Ours reaches at most 44 a second, its median is 40.
        let end = BARS_LEFT + BAR_LENGTH * 40.0 / 44.0;
        assert!(bars.contains(&format!("{end:.1},72.0")), "{bars}");
    }

    #[test]
    fn nothing_is_drawn_of_what_was_not_measured() {
        let mut report = report();
        report.capacity.clear();
        report.load = None;
        assert!(draw(&report).is_empty());
    }
}
