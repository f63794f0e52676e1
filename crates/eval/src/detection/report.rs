//! The measurements for people.

use face::{EXACT_PX, FOUND_PX, LOOKS_PX, REFINED_FACE_PX, REFINED_SIDE_PX};

use super::DetectionReport;
use crate::markdown::table;
use crate::plot::{Axis, BLUE, Corner, GREEN, Scale, Series, Style, VERMILION, chart};

/// The report as Markdown.
#[must_use]
pub fn markdown(report: &DetectionReport) -> String {
    let [first, second, third] = LOOKS_PX;
    format!(
        "# Detection: size and what is found\n\nMade by `make eval-detection`. {} portraits of one person each, {} of them \
         without a reference. In use: looks at {first}, {second} and {third} pixels; found from {FOUND_PX} pixels on, exact \
         from {EXACT_PX} on; the look at a face alone has {REFINED_SIDE_PX} pixels, the face {REFINED_FACE_PX} of them.\n\n\
         ## One look, by the size of the face in it\n\nThe score is that of two templates of the same pixels, by these \
         landmarks and by the reference: what inexact landmarks cost.\n\n{}![Sizes](sizes.svg)\n\n\
         ## The cascade on a picture of 3 megapixels\n\n{}## Groups, and pictures without a face\n\nBefore the checks, which \
         look at a face with other networks.\n\n{}## What a look costs\n\nOne thread.\n\n{}",
        report.portraits,
        report.without_reference,
        sizes(report),
        shares(report),
        crowds(report),
        times(report),
    )
}

fn sizes(report: &DetectionReport) -> String {
    let header =
        ["face, px", "portraits", "found, %", "confidence, 5th percentile, %", "landmark error, % of eyes", "score"];
    let row = |size: &super::SizeReport| {
        vec![
            size.face_px.to_string(),
            size.portraits.to_string(),
            format!("{:.1}", size.found_percent),
            number(size.confidence_percent, 1),
            number(size.landmark_error_percent, 1),
            number(size.score, 3),
        ]
    };
    table(&header, &report.sizes.iter().map(row).collect::<Vec<_>>())
}

fn shares(report: &DetectionReport) -> String {
    let header =
        ["face by picture", "portraits", "cascade finds, %", "one look at 640, %", "score, cascade", "score, one look"];
    let row = |share: &super::ShareReport| {
        vec![
            format!("1 / {}", share.times),
            share.portraits.to_string(),
            format!("{:.1}", share.cascade_percent),
            format!("{:.1}", share.single_percent),
            number(share.cascade_score, 3),
            number(share.single_score, 3),
        ]
    };
    table(&header, &report.shares.iter().map(row).collect::<Vec<_>>())
}

fn crowds(report: &DetectionReport) -> String {
    let header = ["looks", "people", "found", "more than there are", "pictures without a face", "a face seen in"];
    let row = |crowd: &super::CrowdReport| {
        let counts = [crowd.people, crowd.found, crowd.surplus, crowd.empty, crowd.seen_in_empty];
        std::iter::once(crowd.way.clone()).chain(counts.map(|count| count.to_string())).collect()
    };
    table(&header, &report.crowds.iter().map(row).collect::<Vec<_>>())
}

fn times(report: &DetectionReport) -> String {
    let row = |time: &super::LookTime| {
        vec![format!("{} x {}", time.look_px, time.shorter_px), format!("{:.2}", time.median_ms)]
    };
    table(&["look, px", "median, ms"], &report.times.iter().map(row).collect::<Vec<_>>())
}

fn number(value: f64, decimals: usize) -> String {
    if value.is_nan() { "-".into() } else { format!("{value:.decimals$}") }
}

/// What is found and how exactly, by the size of the face.
pub(super) fn plot(report: &DetectionReport) -> String {
    let points = |of: fn(&super::SizeReport) -> f64| -> Vec<(f64, f64)> {
        let point = |size: &super::SizeReport| (f64::from(size.face_px), of(size));
        report.sizes.iter().map(point).filter(|(_, value)| !value.is_nan()).collect()
    };
    let line = |name: &str, colour, points| Series { name: name.into(), colour, style: Style::Marked, points };
    let ticks = [12, 20, 32, 48, 80, 128, 224, 448].map(|px: u32| (f64::from(px), px.to_string()));
    let x = Axis {
        label: "longer side of the face in the look, pixels",
        scale: Scale::Log,
        low: 10.0,
        high: 500.0,
        ticks: ticks.into(),
    };
    let percent = (0..=5).map(|at| (20.0 * f64::from(at), (20 * at).to_string())).collect();
    let y = Axis { label: "percent", scale: Scale::Linear, low: 0.0, high: 100.0, ticks: percent };
    let series = [
        line("found", BLUE, points(|size| size.found_percent)),
        line("score of the templates, in percent", GREEN, points(|size| 100.0 * size.score)),
        line("landmark error, percent of the eyes' distance", VERMILION, points(|size| size.landmark_error_percent)),
    ];
    chart("What one look finds, and how exactly", &x, &y, &series, Corner::BottomRight)
}
