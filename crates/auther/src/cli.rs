//! The command line's words.

mod back_office;
pub(crate) mod bench;
mod load;
mod remote;
mod signing;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, value_parser};

pub(crate) use back_office::{Key, Organisation, Plan, PlanLimits, Usage, User};
pub(crate) use load::BenchLoad;
pub(crate) use remote::Remote;
pub(crate) use signing::{Algorithm, Signing};
pub(crate) use value::Count;

use crate::help;

/// How many candidates an identification shows at most: more than anybody looks at.
const CANDIDATES_MAX: i64 = 100;

/// Face authentication on your own machine: enrol, verify, identify and compare faces.
///
/// Start with `auther setup`, which fetches the models once, then `auther key create --name me`, then `auther serve`.
/// Every setting may also come from a file (--config) or the environment (AUTHER_...); `auther settings` lists them.
#[derive(Parser)]
#[command(version, max_term_width = 120, after_help = help::TOP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Args, Default)]
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
    #[command(flatten)]
    pub(crate) remote: Remote,
}

impl Common {
    /// The text with the commands that it tells to run made to reach this installation: the places that were named for
    /// this one are named in them.
    pub(crate) fn repeated_in(&self, text: &str) -> String {
        let named = |option: &str, place: &Option<PathBuf>| match place {
            Some(place) => format!(" {option} {}", quoted(&place.to_string_lossy())),
            None => String::new(),
        };
        let places = named("--config", &self.config) + &named("--cache", &self.cache);
        text.replace("`auther setup", &format!("`auther setup{places}"))
    }
}

/// As a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the HTTP API and the back-office until SIGTERM or Ctrl-C
    #[command(after_help = help::SERVE)]
    Serve(Serve),
    /// Fetch, check and prepare the models and the inference library; once, then all works offline
    #[command(after_help = help::SETUP)]
    Setup(Setup),
    /// Create, list, rotate and disable API keys, also while the server runs
    #[command(subcommand, after_help = help::KEY)]
    Key(Key),
    /// Sign requests and answers: choose how for each key, make and hand in client keys, rotate the server's
    #[command(subcommand, after_help = help::SIGNING)]
    Signing(Signing),
    /// Let people into the back-office: list, invite, give a new password
    #[command(subcommand, after_help = help::USER)]
    User(User),
    /// Make, list, suspend and erase organisations: each has a gallery, keys, users and a plan of its own
    #[command(subcommand, after_help = help::ORGANISATION)]
    Organisation(Organisation),
    /// Make, list and edit plans: how much an organisation may ask
    #[command(subcommand, after_help = help::PLAN)]
    Plan(Plan),
    /// Show what an organisation asked, a day at a time, and what its plan leaves of this month
    #[command(after_help = help::USAGE)]
    Usage(Usage),
    /// Look at and remove enrolled persons
    #[command(subcommand, after_help = help::PERSON)]
    Person(Person),
    /// Enrol the face on an image under an id
    #[command(after_help = help::ENROL)]
    Enrol(IdAndImage),
    /// Verify that the face on an image is that of an enrolled person (1:1)
    #[command(after_help = help::VERIFY)]
    Verify(IdAndImage),
    /// Find the enrolled person on an image (1:N)
    #[command(after_help = help::IDENTIFY)]
    Identify(Identify),
    /// Find pairs of persons whose faces may be one: who is enrolled twice, under different ids
    #[command(after_help = help::DUPLICATES)]
    Duplicates(Duplicates),
    /// Run the checks of an enrolment on images, without enrolling: every measure, its limits, the verdict
    #[command(after_help = help::CHECK)]
    Check(Check),
    /// Compare the largest faces of two images
    #[command(after_help = help::COMPARE)]
    Compare(Compare),
    /// Enrol every image below a folder; the file name without its ending is the id
    #[command(after_help = help::IMPORT)]
    Import(Import),
    /// Measure accuracy on labelled images
    #[command(subcommand, after_help = help::EVAL)]
    Eval(Eval),
    /// Measure speed on this machine
    #[command(subcommand, after_help = help::BENCH)]
    Bench(Bench),
    /// Check that models, databases and processor are as they should be
    #[command(after_help = help::DOCTOR)]
    Doctor,
    /// List every setting with its default and meaning
    #[command(after_help = help::SETTINGS)]
    Settings,
}

impl Command {
    /// Whether it cannot begin without the databases. The doctor looks at them, too, but must report on them itself.
    pub(crate) fn needs_data(&self) -> bool {
        match self {
            Self::Serve(_) | Self::Key(_) | Self::Signing(_) | Self::Person(_) | Self::Import(_) => true,
            Self::User(_) | Self::Organisation(_) | Self::Plan(_) | Self::Usage(_) => true,
            Self::Enrol(_) | Self::Verify(_) | Self::Identify(_) | Self::Duplicates(_) => true,
            Self::Check(_) | Self::Compare(_) | Self::Eval(_) | Self::Bench(_) => false,
            Self::Setup(_) | Self::Doctor | Self::Settings => false,
        }
    }

    /// Whether it asks about faces and persons: what `AUTHER_SERVER` redirects, also where a server has no answer. Nobody who
    /// works with a server should change this installation unawares.
    pub(crate) fn asks_about_faces(&self) -> bool {
        match self {
            Self::Enrol(_) | Self::Verify(_) | Self::Identify(_) | Self::Check(_) | Self::Compare(_) => true,
            Self::Person(_) | Self::Import(_) | Self::Duplicates(_) => true,
            Self::Serve(_) | Self::Setup(_) | Self::Key(_) | Self::Signing(_) | Self::User(_) => false,
            Self::Organisation(_) | Self::Plan(_) | Self::Usage(_) => false,
            Self::Eval(_) | Self::Bench(_) | Self::Doctor | Self::Settings => false,
        }
    }
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Address to listen on, or a host's name [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT", value_parser = crate::settings::address)]
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
    #[arg(long, conflicts_with = "offline")]
    pub(crate) force: bool,
}

#[derive(Subcommand)]
pub(crate) enum Person {
    /// Show when a person was enrolled and updated
    #[command(after_help = help::PERSON_GET)]
    Get {
        /// The person's id
        id: String,
    },
    /// List persons by id
    #[command(after_help = help::PERSON_LIST)]
    List {
        /// Begin after this id
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Replace a person's reference by the face on an image
    #[command(after_help = help::PERSON_UPDATE)]
    Update(IdAndImage),
    /// Forget a person: id and reference
    #[command(after_help = help::PERSON_REMOVE)]
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
    /// How many candidates to show, 1 to 100 [default: 5]
    #[arg(long, value_parser = value_parser!(u8).range(1..=CANDIDATES_MAX))]
    pub(crate) top: Option<u8>,
}

#[derive(Args)]
pub(crate) struct Duplicates {
    /// Similarity from which on two persons may be one, 0 to 100 percent
    #[arg(long, default_value_t = 98.0, value_name = "PERCENT")]
    pub(crate) at: f64,
    /// How many pairs to show at most, the most similar first
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
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
    /// The detector's cascade: how large a face must be in a look, what looks cost, whom the cascade finds
    Detection {
        /// Folder that holds the labelled folders
        folder: PathBuf,
        /// Write report.md and its plot (SVG) into this folder
        #[arg(long, value_name = "DIR")]
        report: Option<PathBuf>,
    },
    /// Measures and the mean shape of the head on studio portraits: what the unified quality and the pose rest on
    Portraits {
        /// Folder with `manifest.csv`; its images labelled `neutral` are taken
        folder: PathBuf,
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
    #[command(after_help = help::BENCH_STAGES)]
    Stages(bench::BenchStages),
    /// What this machine could do at best, stage by stage, and what share of it is reached; the embedder beside the
    /// published one
    #[command(after_help = help::BENCH_LIMITS)]
    Limits(bench::BenchLimits),
    /// Draw a flame graph of the samples that `perf` took of `auther bench stages`
    #[command(after_help = help::BENCH_FLAME)]
    Flame(bench::BenchFlame),
    /// Write the page of what the benchmarks measured
    #[command(after_help = help::BENCH_REPORT)]
    Report(bench::BenchReport),
    /// The 1:N search: agreement with a full scan, time, memory; beside faiss, hnswlib, usearch and pgvector if a Python with
    /// them is given
    #[command(after_help = help::BENCH_SEARCH)]
    Search(BenchSearch),
    /// Whole requests: throughput beside OpenCV, deepface and dlib if a Python with them is given; latency under load that
    /// does not wait, overhead, memory, start
    #[command(after_help = help::BENCH_LOAD)]
    Load(BenchLoad),
}

#[derive(Args)]
pub(crate) struct BenchSearch {
    /// Sizes of the galleries; up to a million everything is measured, above it ours and a scan in faiss
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "100000,1000000",
          value_parser = clap::value_parser!(u32).range(1_000..=100_000_000))]
    pub(crate) rows: Vec<u32>,
    /// Folder with `pairs.csv` and `lfw/`, to spread galleries from real templates; else all are synthetic
    #[arg(long, value_name = "DIR")]
    pub(crate) lfw: Option<PathBuf>,
    /// Keep embeddings in this file, so that a second run is fast; it holds biometric data
    #[arg(long, value_name = "FILE", requires = "lfw")]
    pub(crate) embeddings: Option<PathBuf>,
    /// Python that has the other indexes; `make bench-search` prepares one
    #[arg(long, value_name = "FILE")]
    pub(crate) python: Option<PathBuf>,
    /// Leave these out
    #[arg(long, value_name = "flat|ivf|hnswlib|usearch|pgvector,...", value_delimiter = ',')]
    pub(crate) skip: Vec<eval::search::Peer>,
    /// Fewer probes and less time for each: for a look, not for a report
    #[arg(long)]
    pub(crate) quick: bool,
    /// Write report.md, summary.json and plots (SVG) into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// The command and all below it, but for clap's own `help`.
    fn all(command: &clap::Command) -> Vec<&clap::Command> {
        let below = command.get_subcommands().filter(|below| below.get_name() != "help");
        std::iter::once(command).chain(below.flat_map(all)).collect()
    }

    #[test]
    fn every_command_teaches_by_examples_that_are_understood() {
        Cli::command().debug_assert();
        let root = Cli::command();
        for command in all(&root).into_iter().filter(|command| !is_eval(command)) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<_> = help.lines().filter_map(|line| line.strip_prefix("  auther ")).collect();
            assert!(!examples.is_empty(), "{}", command.get_name());
            for example in examples {
                let words = example.split(" | ").next().unwrap_or_default().split(' ');
                if let Err(error) = Cli::try_parse_from(std::iter::once("auther").chain(words)) {
                    panic!("{example}: {error}");
                }
            }
        }
    }

    /// What `auther eval` has below it speaks to the project's own developers.
    fn is_eval(command: &clap::Command) -> bool {
        let eval = Eval::augment_subcommands(clap::Command::new("eval"));
        eval.get_subcommands().any(|below| below.get_name() == command.get_name())
    }

    #[test]
    fn places_are_repeated_as_a_shell_reads_them() {
        let common = Common { cache: Some("/my models".into()), ..Common::default() };
        assert_eq!(common.repeated_in("run `auther setup`"), "run `auther setup --cache '/my models'`");
    }
}
