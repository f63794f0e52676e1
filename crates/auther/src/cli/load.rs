//! The words of `auther bench load`.

use std::path::PathBuf;

use clap::{Args, value_parser};

#[derive(Args)]
pub(crate) struct BenchLoad {
    /// Folder of portraits: two photographs of each person, `NAME_a.jpg` to enrol and `NAME_b.jpg` to verify
    #[arg(long, value_name = "DIR", default_value = "tests/photos")]
    pub(crate) portraits: PathBuf,
    /// Python that has the others; `make bench-load` prepares one
    #[arg(long, value_name = "FILE")]
    pub(crate) python: Option<PathBuf>,
    /// How long a turn of a system is; loads that do not wait last six times as long [default: 10]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=600))]
    pub(crate) seconds: Option<u16>,
    /// How often each system has its turn [default: 5]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=100))]
    pub(crate) rounds: Option<u16>,
    /// Leave these out
    #[arg(long, value_name = "opencv|deepface|face_recognition,...", value_delimiter = ',')]
    pub(crate) skip: Vec<eval::load::Peer>,
    /// Less of everything: for a look, not for a report
    #[arg(long)]
    pub(crate) quick: bool,
    /// Write load.md, load.json and plots (SVG) into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Measure nothing; make load.md and the plots of this folder again from its load.json
    #[arg(long, value_name = "DIR", conflicts_with_all = ["python", "seconds", "rounds", "skip", "quick", "report", "portraits"])]
    pub(crate) redraw: Option<PathBuf>,
}
