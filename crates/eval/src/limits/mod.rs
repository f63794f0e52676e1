//! What the machine could do at best, stage by stage, and what share of that a request reaches.
//!
//! The limit of a stage is the time of its operations at the peak of one core and of its bytes at the bandwidth of memory,
//! both measured in the same run. Operations are counted from the networks' files as they are published; bytes are those
//! that nobody gets around: what goes in, what comes out, and weights.

mod demand;
mod peak;
mod stock;
mod text;

use face::{Embedder, Recipe};
use serde::{Deserialize, Serialize};

pub use demand::{Demand, Networks};
pub use peak::Peaks;
pub use stock::StockReport;
pub use text::markdown;
pub(crate) use text::{embedder_section, limits_section};

use crate::search::{Target, Verdict};
use crate::stages::{PictureReport, STAGES, StagesReport};
use crate::{Error, Machine};
use demand::Coded;

/// The embedder takes at most this share of the time of the published one in the same runtime.
const STOCK_RATIO_MAX: f64 = 0.8;

/// What is measured besides the stages.
pub struct Options<'a> {
    /// The files that operations are counted from.
    pub networks: Networks,
    /// The inference runtime's name and version.
    pub runtime: String,
    /// How embeddings become templates: how many values are compared.
    pub recipe: &'a Recipe,
    /// The embedder with plain weights, otherwise as published.
    pub published: Embedder,
    /// The embedder that ships.
    pub prepared: Embedder,
    /// Measured runs of each.
    pub repetitions: usize,
}

/// Limits and shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitsReport {
    /// What it ran on.
    pub machine: Machine,
    /// The inference runtime's name and version.
    pub runtime: String,
    /// What one core can do at best.
    pub peaks: Peaks,
    /// The networks' work.
    pub networks: Vec<NetworkReport>,
    /// A picture each.
    pub pictures: Vec<PictureLimits>,
    /// The embedder beside the published one.
    pub stock: StockReport,
}

/// What one run of a network takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkReport {
    /// Which.
    pub name: String,
    /// Width of its input in pixels.
    pub width: u32,
    /// Height of its input in pixels.
    pub height: u32,
    /// Floating-point operations.
    pub flops: u64,
    /// Bytes of the weights.
    pub weight_bytes: u64,
    /// Bytes of input and output.
    pub port_bytes: u64,
    /// Bytes of all values in between.
    pub activation_bytes: u64,
}

/// The stages of the requests with one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureLimits {
    /// Its name.
    pub title: String,
    /// In the order of a request, the sum at the end.
    pub stages: Vec<StageLimit>,
}

/// Limit and time of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageLimit {
    /// Its name.
    pub stage: String,
    /// Floating-point operations.
    pub flops: u64,
    /// Bytes that are read or written at least once.
    pub bytes: u64,
    /// Milliseconds of the operations at the peak.
    pub compute_ms: f64,
    /// Milliseconds of the bytes at the bandwidth.
    pub memory_ms: f64,
    /// The median in this run, in milliseconds.
    pub measured_ms: f64,
    /// The limit by what was measured: 1 cannot be surpassed.
    pub share: f64,
}

/// Measures the limits of stages that were measured just now.
///
/// # Errors
/// When the work of a network cannot be counted, or a network fails.
pub fn limits(mut options: Options<'_>, stages: &StagesReport, before: Peaks) -> Result<LimitsReport, Error> {
    let stock = stock::stock(&mut options.published, &mut options.prepared, options.repetitions)?;
    let peaks = before.highest(&Peaks::measure());
    let mut networks = Vec::new();
    let mut pictures = Vec::new();
    for picture in &stages.pictures {
        let coded = Coded { width: picture.width, height: picture.height, bytes: picture.bytes as u64 };
        let input = options.networks.detector_input(coded);
        let work = options.networks.detector_work(input)?;
        networks.push(NetworkReport::of("detector", input, work));
        // A template has as many values as the population's mean.
        let demands = options.networks.demands(coded, options.recipe.population_mean.len() as u64)?;
        pictures.push(PictureLimits::of(picture, &demands, &peaks));
    }
    networks.dedup();
    let side = face::CROP_SIDE_PX as u32;
    networks.push(NetworkReport::of("embedder", (side, side), options.networks.embedder_work()?));
    Ok(LimitsReport { machine: stages.machine.clone(), runtime: options.runtime, peaks, networks, pictures, stock })
}

impl NetworkReport {
    fn of(name: &str, (width, height): (u32, u32), work: models::Work) -> Self {
        let port_bytes = work.input_bytes + work.output_bytes;
        let models::Work { flops, weight_bytes, activation_bytes, .. } = work;
        Self { name: name.to_owned(), width, height, flops, weight_bytes, port_bytes, activation_bytes }
    }
}

impl PictureLimits {
    fn of(picture: &PictureReport, demands: &[Demand], peaks: &Peaks) -> Self {
        let measured = |stage: &str| {
            let found = picture.stages.iter().find(|measured| measured.stage == stage);
            found.map_or(f64::NAN, |found| found.ours.median_ms)
        };
        let limit = |(stage, demand): (&&str, &Demand)| StageLimit::of(stage, *demand, measured(stage), peaks);
        let mut stages: Vec<StageLimit> = STAGES.iter().zip(demands).map(limit).collect();
        let all = demands.iter().fold(Demand::default(), |all, demand| all + *demand);
        stages.push(StageLimit::of("total", all, measured("total"), peaks));
        Self { title: picture.photograph.name().to_owned(), stages }
    }
}

impl StageLimit {
    fn of(stage: &str, demand: Demand, measured_ms: f64, peaks: &Peaks) -> Self {
        Self {
            stage: stage.to_owned(),
            flops: demand.flops,
            bytes: demand.bytes,
            compute_ms: peaks.compute_ms(demand),
            memory_ms: peaks.memory_ms(demand),
            measured_ms,
            share: peaks.limit_ms(demand) / measured_ms,
        }
    }
}

impl LimitsReport {
    /// What was promised of the inference, and whether it was kept.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let verdict = if self.stock.ratio <= STOCK_RATIO_MAX { Verdict::Met } else { Verdict::Missed };
        vec![Target {
            target: format!(
                "embedder: at most {STOCK_RATIO_MAX} times the time of the published one in the same runtime"
            ),
            measured: format!("{:.2}", self.stock.ratio),
            verdict,
        }]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::photograph::Size;
    use crate::stages::{StageReport, Times};

    /// A report with round numbers.
    pub(crate) fn report() -> LimitsReport {
        let times = |ms: f64| Times { median_ms: ms, min_ms: ms / 2.0 };
        let peaks = Peaks { flops_per_second: 100e9, instructions: "AVX2 and FMA".into(), bytes_per_second: 20e9 };
        let demands: Vec<Demand> =
            (1..=6).map(|at| Demand { flops: at * 100_000_000, bytes: at * 10_000_000 }).collect();
        LimitsReport {
            machine: Machine { processor: "AMD EPYC".into(), cores: 2, memory_bytes: 0 },
            runtime: "ONNX Runtime 1.32.0".into(),
            pictures: vec![PictureLimits::of(&picture(), &demands, &peaks)],
            peaks,
            networks: vec![NetworkReport::of("detector", (640, 480), models::Work::default())],
            stock: StockReport {
                repetitions: 9,
                published: times(26.0),
                prepared: times(19.0),
                ratio: 19.0 / 26.0,
                apart: 1e-7,
            },
        }
    }

    pub(crate) fn picture() -> PictureReport {
        let stage = |(at, stage): (usize, &&str)| StageReport {
            stage: (*stage).to_owned(),
            ours: Times { median_ms: 3.0 * (at + 1) as f64, min_ms: 1.0 },
            opencv: None,
            ratio: None,
        };
        let names = [STAGES.as_slice(), &["total"]].concat();
        let stages = names.iter().enumerate().map(stage).collect();
        PictureReport { photograph: Size::Megapixel, width: 1155, height: 866, bytes: 300_000, repetitions: 9, stages }
    }

    #[test]
    fn a_share_is_the_limit_by_the_time_and_the_total_that_of_the_sums() {
        let report = report();
        let stages = &report.pictures[0].stages;
        assert_eq!(stages.len(), STAGES.len() + 1);
        // 100 MFLOP at 100 GFLOP/s and 10 MB at 20 GB/s, in 3 ms.
        let first = &stages[0];
        assert!((first.compute_ms - 1.0).abs() < 1e-9 && (first.memory_ms - 0.5).abs() < 1e-9);
        assert!((first.share - 0.5).abs() < 1e-9, "{first:?}");
        let total = &stages[6];
        assert_eq!((total.stage.as_str(), total.flops, total.bytes), ("total", 2_100_000_000, 210_000_000));
        assert!((total.share - (21.0 + 10.5) / 21.0).abs() < 1e-9);
    }

    #[test]
    fn the_promise_is_kept_below_four_fifths() {
        let mut report = report();
        assert_eq!(report.targets()[0].verdict, Verdict::Met);
        report.stock.ratio = 0.81;
        assert_eq!(report.targets()[0].verdict, Verdict::Missed);
    }

    #[test]
    fn what_is_written_as_json_is_read_again() {
        let report = report();
        let text = serde_json::to_string(&report).expect("writes");
        let read: LimitsReport = serde_json::from_str(&text).expect("reads");
        // A number may come back in its last bit another one.
        assert_eq!(markdown(&read), markdown(&report));
    }
}
