//! The limits as Markdown.

use super::{LimitsReport, NetworkReport, PictureLimits, StageLimit};
use crate::markdown::table;

/// The report as Markdown.
#[must_use]
pub fn markdown(report: &LimitsReport) -> String {
    format!(
        "# Physical limits of a verify request, one thread\n\n{}\n{}",
        embedder_section(report),
        limits_section(report)
    )
}

/// The embedder beside the published one, for a page that has a heading for it.
pub(crate) fn embedder_section(report: &LimitsReport) -> String {
    let stock = &report.stock;
    let row = |name: &str, times: crate::stages::Times| {
        vec![name.to_owned(), format!("{:.2}", times.median_ms), format!("{:.2}", times.min_ms)]
    };
    let rows = [row("published, dequantised", stock.published), row("prepared", stock.prepared)];
    format!(
        "The embedder as published (weights dequantised, without which it does not load; `PRelu` and batch normalisation as \
         they are) and as `auther setup` prepares it, both by {} on one thread with all of its own optimisations, {} runs by \
         turns: **{:.2} times the time**, embeddings apart by {:.0e} of their length. The detector's operations are run as \
         published.\n\n{}",
        report.runtime,
        stock.repetitions,
        stock.ratio,
        stock.apart,
        table(&["embedder", "median ms", "min"], &rows),
    )
}

/// The stages' limits, for a page that has a heading for them.
pub(crate) fn limits_section(report: &LimitsReport) -> String {
    let peaks = &report.peaks;
    let pictures: String = report.pictures.iter().map(picture).collect();
    format!(
        "One core of this machine reaches {:.1} GFLOP/s in single precision ({}), and reads {:.1} GB/s of memory; both were \
         measured in this run, and the higher of two measurements counts. The limit of a stage is the time of its operations at \
         that peak and then of its bytes at that bandwidth. Bytes are those that cannot be avoided: what goes in, what comes \
         out, weights; values in between may stay in caches. No operation is counted for base64 and for the decoding of a \
         JPEG: neither is arithmetic, and that a code's length is known only when the one before it is read, which is what \
         decoding waits for, is no limit of this kind. Their shares are small for that reason.\n\n{pictures}{}",
        peaks.flops_per_second / 1e9,
        peaks.instructions,
        peaks.bytes_per_second / 1e9,
        networks(&report.networks),
    )
}

fn picture(picture: &PictureLimits) -> String {
    let row = |stage: &StageLimit| {
        vec![
            stage.stage.clone(),
            format!("{:.3}", stage.flops as f64 / 1e9),
            format!("{:.3}", stage.bytes as f64 / 1e6),
            format!("{:.3}", stage.compute_ms),
            format!("{:.3}", stage.memory_ms),
            format!("{:.3}", stage.compute_ms + stage.memory_ms),
            format!("{:.3}", stage.measured_ms),
            format!("{:.0} %", 100.0 * stage.share),
        ]
    };
    let rows: Vec<Vec<String>> = picture.stages.iter().map(row).collect();
    let header = [
        "stage",
        "GFLOP",
        "MB",
        "operations, ms",
        "bytes, ms",
        "limit, ms",
        "measured, median ms",
        "share of the limit",
    ];
    format!("{}:\n\n{}", picture.title, table(&header, &rows))
}

fn networks(networks: &[NetworkReport]) -> String {
    let row = |network: &NetworkReport| {
        vec![
            network.name.clone(),
            format!("{} x {}", network.width, network.height),
            format!("{:.3}", network.flops as f64 / 1e9),
            format!("{:.2}", network.weight_bytes as f64 / 1e6),
            format!("{:.2}", network.port_bytes as f64 / 1e6),
            format!("{:.2}", network.activation_bytes as f64 / 1e6),
        ]
    };
    let rows: Vec<Vec<String>> = networks.iter().map(row).collect();
    let header = ["network", "input", "GFLOP", "weights, MB", "input and output, MB", "values in between, MB"];
    format!(
        "What the networks take, counted from their files; a multiplication with its addition is two operations:\n\n{}",
        table(&header, &rows)
    )
}
