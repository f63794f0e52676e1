//! The report for people.

use std::fmt::Write as _;

use super::report::{Build, GalleryReport, Quantile, SearchReport, SystemReport};
use crate::markdown::table;

/// The report as Markdown.
#[must_use]
pub fn markdown(report: &SearchReport) -> String {
    let mut text = String::from("# The exact 1:N search, measured\n\n");
    let machine = &report.machine;
    let _ = write!(
        text,
        "{}, {} cores. Kernels: {}; the best one is {}. ",
        machine.processor,
        machine.cores,
        machine.kernels.join(", "),
        machine.best
    );
    if !report.peers.is_empty() {
        let versions: Vec<String> = report.peers.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let _ = write!(text, "Beside ours: {}. ", versions.join(", "));
    }
    let _ = write!(text, "Seed of all that was drawn: {}.\n\n", report.seed);
    targets(&mut text, report);
    data(&mut text, report);
    agreement(&mut text, report);
    for gallery in &report.galleries {
        self::gallery(&mut text, report, gallery);
    }
    text
}

fn targets(text: &mut String, report: &SearchReport) {
    let row =
        |target: &super::Target| vec![target.target.clone(), target.measured.clone(), target.verdict.word().into()];
    let rows: Vec<Vec<String>> = report.targets.iter().map(row).collect();
    let _ = write!(text, "## Targets\n\n{}", table(&["target", "measured", "verdict"], &rows));
}

fn data(text: &mut String, report: &SearchReport) {
    let _ = write!(text, "## Data\n\n");
    for source in &report.sources {
        let _ = write!(text, "**{}**: {}\n\n", source.name, source.description);
    }
    text.push_str(
        "A mated probe is `c * x + sqrt(1 - c^2) * u`: `x` its reference, `c` a cosine drawn from the band, `u` the \
         direction above without its part along `x`. Bands and people who are not enrolled take turns. Scores of different \
         people, which decide how hard a gallery is; the share of all comparisons that reach:\n\n",
    );
    let seeds =
        report.sources.iter().filter_map(|source| Some((format!("{}, seeds", source.name), source.seeds.as_ref()?)));
    let galleries = report.galleries.iter().map(|one| (format!("{}, {} rows", one.data, one.rows), &one.non_mated));
    let lines: Vec<(String, &Vec<Quantile>)> = seeds.chain(galleries).collect();
    let Some((_, first)) = lines.first() else { return };
    let shares: Vec<String> = first.iter().map(|quantile| format!("{:e}", quantile.share)).collect();
    let header: Vec<&str> = std::iter::once("data").chain(shares.iter().map(String::as_str)).collect();
    let row = |(name, quantiles): &(String, &Vec<Quantile>)| {
        std::iter::once(name.clone()).chain(quantiles.iter().map(|q| format!("{:.3}", q.score))).collect()
    };
    text.push_str(&table(&header, &lines.iter().map(row).collect::<Vec<_>>()));
}

fn agreement(text: &mut String, report: &SearchReport) {
    if report.agreement.is_empty() {
        return;
    }
    let row = |one: &super::Agreement| {
        vec![
            one.data.clone(),
            one.rows.to_string(),
            one.tier.clone(),
            one.kernel.clone(),
            one.queries.to_string(),
            one.agreed.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = report.agreement.iter().map(row).collect();
    let header = ["data", "rows", "codes", "kernel", "probes", "agreed"];
    let _ = write!(
        text,
        "## Agreement with a full scan\n\nAn answer agrees when it is the same rows, ties included, with the very bits of \
         the score that a scan of all originals in single precision gives.\n\n{}",
        table(&header, &rows)
    );
}

fn gallery(text: &mut String, report: &SearchReport, gallery: &GalleryReport) {
    let _ = write!(text, "## {}, {} rows of {} values\n\n", gallery.data, gallery.rows, gallery.width);
    let bandwidth = |one: &super::Bandwidth| {
        format!(
            "{:.1} GB/s on {} thread{}",
            one.bytes_per_second / 1e9,
            one.threads,
            if one.threads == 1 { "" } else { "s" }
        )
    };
    let bandwidths: Vec<String> = gallery.bandwidth.iter().map(bandwidth).collect();
    let _ = write!(text, "Measured read bandwidth: {}.\n\n", bandwidths.join(", "));
    let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
    let build = |build: &Build| {
        vec![
            build.index.clone(),
            format!("{:.1}", build.seconds),
            megabytes(build.bytes),
            format!("{:.0}", build.bytes as f64 / gallery.rows as f64),
            build.resident.map_or("-".into(), megabytes),
        ]
    };
    let rows: Vec<Vec<String>> = gallery.builds.iter().map(build).collect();
    text.push_str(&table(&["index", "built in s", "MB", "bytes a template", "process grew by MB"], &rows));
    text.push_str(
        "v4 is built by writing a snapshot and the originals by opening it: they stay in the mapped file.\n\n",
    );
    text.push_str(
        "Bandwidth: the bytes of all codes by the median time, as a share of what was measured; above 100 % the codes of a small \
         gallery lie in a cache. Times ours: the median over the rounds of the ratio to v4 with the best kernel and as many \
         threads and probes a call.\n\n",
    );
    let rows: Vec<Vec<String>> = gallery.systems.iter().map(system).collect();
    let header = [
        "index",
        "threads",
        "probes a call",
        "calls",
        "p50 ms",
        "p99 ms",
        "ms a probe",
        "times ours",
        "bandwidth",
        "recall@1",
    ];
    text.push_str(&table(&header, &rows));
    recall(text, report, gallery);
}

fn system(system: &SystemReport) -> Vec<String> {
    vec![
        system.kind.title(),
        system.threads.to_string(),
        system.batch.to_string(),
        system.calls.to_string(),
        format!("{:.3}", system.call.p50_ms),
        format!("{:.3}", system.call.p99_ms),
        format!("{:.3}", system.query_ms),
        system.times_ours.map_or("-".into(), |times| format!("{times:.2}")),
        system.bandwidth.map_or("-".into(), |share| format!("{:.0} %", 100.0 * share)),
        share(system.recall),
    ]
}

fn share(share: Option<f64>) -> String {
    share.map_or("-".into(), |share| format!("{share:.3}"))
}

/// One line for each setting, whatever its threads and probes a call: they change nothing in what is found.
fn recall(text: &mut String, report: &SearchReport, gallery: &GalleryReport) {
    let header: Vec<&str> =
        std::iter::once("recall@1 by cosine").chain(report.bands.iter().map(String::as_str)).collect();
    let row = |name: String, bands: &[Option<f64>]| -> Vec<String> {
        std::iter::once(name).chain(bands.iter().copied().map(share)).collect()
    };
    let single = gallery.systems.iter().filter(|system| system.threads == 1 && system.batch == 1);
    let mut rows: Vec<Vec<String>> = single.map(|one| row(one.kind.title(), &one.recall_by_band)).collect();
    rows.push(row("the mate is the nearest of all".into(), &gallery.mate_is_nearest));
    let _ = write!(
        text,
        "Recall@1: the share of mated probes for which the nearest row of all was found, whoever that is. The last line says \
         how often it is the mate.\n\n{}",
        table(&header, &rows)
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::targets::tests::report;

    #[test]
    fn all_that_was_measured_is_in_the_text() {
        let text = markdown(&report());
        for expected in [
            "a processor, 2 cores",
            "| 1 million, one probe, one thread: at most 4 ms | 2.50 ms (faces) | met |",
            "| faces | 100000 | v4 | avx2 | 50000 | 50000 |",
            "| hnswlib, ef 4096 | 1 | 1 | 60 | 12.500 | 25.000 | 12.500 | 5.00 |",
            "| v4, avx2 | 1 | 1 | 60 | 2.500 | 5.000 | 2.500 | 1.00 | 90 % | 1.000 |",
            "| v4 | 1.0 | 68.0 | 68 | 68.0 |",
        ] {
            assert!(text.contains(expected), "{expected:?} is not in {text}");
        }
    }
}
