//! The pictures of the report.

use super::peers::Peer;
use super::report::{GalleryReport, Kind, SearchReport, SystemReport};
use super::systems::THREADS;
use crate::plot::{
    Axis, BLUE, Corner, GREEN, GREY, ORANGE, PURPLE, SKY, Scale, Series, Style, VERMILION, chart, even_ticks, steps,
};

/// File names and pictures.
pub(super) fn draw(report: &SearchReport) -> Vec<(String, String)> {
    let mut pictures = Vec::new();
    for gallery in &report.galleries {
        let name = |what: &str| format!("{what}_{}_{}.svg", gallery.data, gallery.rows);
        if gallery.systems.iter().any(|system| matches!(system.kind, Kind::Peer { effort: Some(_), .. })) {
            pictures.push((name("recall"), latency_and_recall(gallery)));
            pictures.push((name("bands"), recall_by_band(report, gallery)));
        }
    }
    if let Some(data) = report.galleries.first().map(|gallery| gallery.data.clone()) {
        pictures.push(("latency.svg".into(), by_size(report, &data)));
        pictures.push(("bandwidth.svg".into(), bandwidth(report, &data)));
    }
    pictures
}

/// A kind of index: every setting of it is one series.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    V4,
    U8,
    Scan,
    Peer(Peer),
}

impl Family {
    const ALL: [Self; 8] = [
        Self::V4,
        Self::U8,
        Self::Scan,
        Self::Peer(Peer::Flat),
        Self::Peer(Peer::Ivf),
        Self::Peer(Peer::Hnswlib),
        Self::Peer(Peer::Usearch),
        Self::Peer(Peer::Pgvector),
    ];

    fn name(self) -> &'static str {
        match self {
            Self::V4 => "v4 (ours)",
            Self::U8 => "u8 (ours)",
            Self::Scan => "f32 scan (ours)",
            Self::Peer(peer) => peer.title(),
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Self::V4 => BLUE,
            Self::U8 => SKY,
            Self::Scan => GREY,
            Self::Peer(Peer::Flat) => "#000000",
            Self::Peer(Peer::Ivf) => GREEN,
            Self::Peer(Peer::Hnswlib) => VERMILION,
            Self::Peer(Peer::Usearch) => ORANGE,
            Self::Peer(Peer::Pgvector) => PURPLE,
        }
    }

    /// Ours by the best kernel only.
    fn has(self, kind: &Kind, best: &str) -> bool {
        match (self, kind) {
            (Self::V4, Kind::Ours { tier, kernel, .. }) => tier == "v4" && kernel == best,
            (Self::U8, Kind::Ours { tier, kernel, .. }) => tier == "u8" && kernel == best,
            (Self::Scan, Kind::Scan) => true,
            (Self::Peer(peer), Kind::Peer { peer: other, .. }) => peer == *other,
            (_, Kind::Ours { .. } | Kind::Scan | Kind::Peer { .. }) => false,
        }
    }

    fn series(self, points: Vec<(f64, f64)>) -> Option<Series> {
        let (name, colour) = (self.name().to_owned(), self.colour());
        (!points.is_empty()).then_some(Series { name, colour, style: Style::Marked, points })
    }
}

/// The fastest kernel that a gallery was searched with.
fn best_kernel(gallery: &GalleryReport) -> &str {
    let kernel = |system: &'_ SystemReport| matches!(system.kind, Kind::Ours { best: true, .. });
    let system = gallery.systems.iter().find(|system| kernel(system));
    match system.map(|system| &system.kind) {
        Some(Kind::Ours { kernel, .. }) => kernel,
        Some(Kind::Scan | Kind::Peer { .. }) | None => "",
    }
}

/// What answered one probe at a time on one thread.
fn singles(gallery: &GalleryReport, family: Family) -> impl Iterator<Item = &SystemReport> {
    let best = best_kernel(gallery);
    let single = move |system: &&SystemReport| system.threads == 1 && system.batch == 1;
    gallery.systems.iter().filter(single).filter(move |system| family.has(&system.kind, best))
}

fn latency_and_recall(gallery: &GalleryReport) -> String {
    let point = |system: &SystemReport| Some((system.call.p50_ms, system.recall?));
    let series = |family: Family| family.series(singles(gallery, family).filter_map(point).collect());
    let series: Vec<Series> = Family::ALL.into_iter().filter_map(series).collect();
    let title = format!("One probe on one thread: time and recall@1, {} rows, {}", gallery.rows, gallery.data);
    chart(&title, &milliseconds(&series, |(ms, _)| ms), &recall_axis(&series), &series, Corner::BottomRight)
}

fn recall_by_band(report: &SearchReport, gallery: &GalleryReport) -> String {
    let point = |(band, recall): (usize, &Option<f64>)| Some((band as f64, (*recall)?));
    let setting = |family: Family, style, system: &SystemReport| Series {
        name: if family == Family::V4 { "exact (v4 and others)".into() } else { system.kind.title() },
        colour: family.colour(),
        style,
        points: system.recall_by_band.iter().enumerate().filter_map(point).collect(),
    };
    let mut series = Vec::new();
    // One line stands for all that are exact: they would hide each other.
    let approximate = |family: &Family| match family {
        Family::V4 => true,
        Family::Peer(peer) => peer.efforts(gallery.rows).len() > 1,
        Family::U8 | Family::Scan => false,
    };
    for family in Family::ALL.into_iter().filter(approximate) {
        // The most effort is the thickest line.
        let settings: Vec<&SystemReport> = singles(gallery, family).collect();
        let styles = [Style::Dashed, Style::Line, Style::Bold];
        let skipped = styles.len().saturating_sub(settings.len());
        series.extend(settings.iter().zip(&styles[skipped..]).map(|(system, style)| setting(family, *style, system)));
    }
    let band = |(band, name): (usize, &String)| (band as f64, name.clone());
    let x = Axis {
        label: "cosine between the probe and its reference",
        scale: Scale::Linear,
        low: -0.2,
        // Room for the legend beside the curves.
        high: report.bands.len() as f64 + 0.6,
        ticks: report.bands.iter().enumerate().map(band).collect(),
    };
    let title = format!("Recall@1 by similarity, {} rows, {}", gallery.rows, gallery.data);
    chart(&title, &x, &recall_axis(&series), &series, Corner::BottomRight)
}

fn by_size(report: &SearchReport, data: &str) -> String {
    let galleries = || report.galleries.iter().filter(|gallery| gallery.data == data);
    let mut series = Vec::new();
    for family in Family::ALL {
        // Of several settings the one that is asked to look hardest: the last.
        let point = |gallery: &GalleryReport| {
            singles(gallery, family).last().map(|system| (gallery.rows as f64, system.call.p50_ms))
        };
        series.extend(family.series(galleries().filter_map(point).collect()));
    }
    let title = format!("One probe on one thread, {data}; approximate ones at their greatest effort");
    chart(&title, &rows_axis(report), &milliseconds(&series, |(_, ms)| ms), &series, Corner::TopLeft)
}

fn bandwidth(report: &SearchReport, data: &str) -> String {
    let mut series = Vec::new();
    for (family, styles) in [(Family::V4, [Style::Marked, Style::Dashed]), (Family::U8, [Style::Marked, Style::Dashed])]
    {
        for (threads, style) in THREADS.into_iter().zip(styles) {
            let point = |gallery: &GalleryReport| {
                let best = best_kernel(gallery);
                let system = gallery.system(threads, 1, |kind| family.has(kind, best))?;
                Some((gallery.rows as f64, 100.0 * system.bandwidth?))
            };
            let galleries = report.galleries.iter().filter(|gallery| gallery.data == data);
            let name = format!("{}, {threads} thread{}", family.name(), if threads == 1 { "" } else { "s" });
            series.push(Series { name, colour: family.colour(), style, points: galleries.filter_map(point).collect() });
        }
    }
    let high = series.iter().flat_map(|one| &one.points).map(|(_, share)| *share).fold(100.0, f64::max) * 1.05;
    let y = Axis {
        label: "share of the measured read bandwidth, %",
        scale: Scale::Linear,
        low: 0.0,
        high,
        ticks: even_ticks(0.0, high).into_iter().map(|tick| (tick, format!("{tick:.0}"))).collect(),
    };
    let title = format!("How near a scan of the codes comes to reading memory, {data}");
    chart(&title, &rows_axis(report), &y, &series, Corner::BottomRight)
}

/// From the power of ten below the least value to the one above the greatest.
fn decades(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, 0.0), |(low, high), value| (value.min(low), value.max(high)));
    match low <= high && low > 0.0 {
        true => (10.0_f64.powf(low.log10().floor()), 10.0_f64.powf((high * 1.000_001).log10().ceil())),
        false => (0.1, 10.0),
    }
}

fn powers(low: f64, high: f64) -> Vec<f64> {
    let (first, last) = (low.log10().round() as i32, high.log10().round() as i32);
    (first..=last).map(|exponent| 10.0_f64.powi(exponent)).collect()
}

fn milliseconds(series: &[Series], of: impl Fn((f64, f64)) -> f64) -> Axis {
    let (low, high) = decades(series.iter().flat_map(|one| &one.points).map(|point| of(*point)));
    let ticks = powers(low, high).into_iter().map(|ms| (ms, format!("{ms}"))).collect();
    Axis { label: "p50 of one probe, ms", scale: Scale::Log, low, high, ticks }
}

fn rows_axis(report: &SearchReport) -> Axis {
    let (low, high) = decades(report.galleries.iter().map(|gallery| gallery.rows as f64));
    let ticks = powers(low, high).into_iter().map(|rows| (rows, format!("{rows:.0}"))).collect();
    Axis { label: "rows of the gallery", scale: Scale::Log, low, high, ticks }
}

/// From a tenth below what was measured to a little above 1.
fn recall_axis(series: &[Series]) -> Axis {
    let least = series.iter().flat_map(|one| &one.points).map(|(_, recall)| *recall).fold(0.9, f64::min);
    let low = (least * 10.0).floor() / 10.0;
    let count = ((1.0 - low) * 10.0).round() as u32 + 1;
    Axis { label: "recall@1", scale: Scale::Linear, low, high: 1.02, ticks: steps(low, 0.1, count, 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::targets::tests::report;

    #[test]
    fn every_gallery_with_approximate_indexes_has_its_pictures_and_all_share_two() {
        let pictures = draw(&report());
        let names: Vec<&str> = pictures.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "recall_faces_1000000.svg",
                "bands_faces_1000000.svg",
                "recall_faces_10000000.svg",
                "bands_faces_10000000.svg",
                "latency.svg",
                "bandwidth.svg",
            ]
        );
        assert!(pictures.iter().all(|(_, svg)| svg.starts_with("<svg") && svg.contains("v4")));
    }

    #[test]
    fn axes_hold_what_is_drawn() {
        assert_eq!(decades([0.5, 20.0].into_iter()), (0.1, 100.0));
        assert_eq!(decades([1e5, 1e6].into_iter()), (1e5, 1e7));
        assert_eq!(powers(0.1, 10.0), [0.1, 1.0, 10.0]);
    }
}
