//! The words of `auther bench` that docs/performance.md is made with.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
pub(crate) struct BenchStages {
    /// A photograph; brought to one and to twelve megapixels first, with the noise of a sensor
    pub(crate) image: PathBuf,
    /// How often each stage is run
    #[arg(long, default_value_t = 50)]
    pub(crate) repetitions: usize,
    /// Python that has OpenCV; `make bench-stages` prepares one
    #[arg(long, value_name = "FILE")]
    pub(crate) python: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct BenchLimits {
    /// A photograph, as for `stages`
    pub(crate) image: PathBuf,
    /// How often each stage, and each of the two embedders, is run
    #[arg(long, default_value_t = 50)]
    pub(crate) repetitions: usize,
}

#[derive(Args)]
pub(crate) struct BenchFlame {
    /// What `perf script` printed about `auther bench stages`; scripts/bench-flame.sh does both
    pub(crate) samples: PathBuf,
    /// The picture
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct BenchReport {
    /// Folder with what the benchmarks printed with --json: stages.json, limits.json, load.json; and flame.svg
    pub(crate) folder: PathBuf,
    /// The page
    #[arg(long, value_name = "FILE.md")]
    pub(crate) out: PathBuf,
}
