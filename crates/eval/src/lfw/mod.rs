//! Labeled Faces in the Wild (Huang et al. 2007), or any folder of that shape: `lfw/` with images named
//! `<identity>_<number>.jpg` and `pairs.csv` with two file names a row, in the order of the folds.
//!
//! Ten-fold accuracy follows the protocol of the data set. It says little about a service that must not let strangers in,
//! so all images are also compared with each other: the false non-match rate at a fixed false match rate, with whatever is
//! fitted (population mean, calibration table) fitted on the other half of the people.

mod accuracy;
mod cost;
mod dataset;
mod labels;
mod measure;
mod plots;
mod report;
mod scores;
mod summary;
mod variant;

use std::path::{Path, PathBuf};

use models::CalibrationFile;

pub use report::{
    CalibrationReport, DataReport, LfwReport, NamedPair, OperatingPoint, RecipeReport, TransferPoint, TransferReport,
};
pub use summary::markdown;
pub use variant::Variant;

use crate::embeddings::Cache;
use crate::{Error, FaceChoice, PipelineFactory, Progress, extract};
pub(crate) use dataset::Dataset;

/// What is evaluated, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder with `lfw/` and `pairs.csv`.
    pub input: PathBuf,
    /// The recipe whose numbers head the report and whose calibration is made.
    pub shipped: Variant,
    /// Model and extraction in words, for the report: model id, versions.
    pub subject: String,
    /// Keeps embeddings from one run to the next.
    pub cache: Option<CacheFile>,
}

/// A file of embeddings. It holds biometric data.
#[derive(Clone, Debug)]
pub struct CacheFile {
    /// Where it is.
    pub path: PathBuf,
    /// Everything that decides what an embedding is, apart from the image: hashes of the models, settings of the
    /// detector, version of the program. Not the recipe, which is applied afterwards. A file of another key is replaced.
    pub key: String,
}

/// The report, and what the card of the model needs of it.
#[derive(Debug)]
pub struct Outcome {
    /// For people and for the JSON summary.
    pub report: LfwReport,
    /// Population mean, calibration table and recipe.
    pub calibration: CalibrationFile,
    plots: plots::Curves,
}

/// Evaluates the models that the factory's pipelines are made of; the pipelines' own recipe plays no part.
///
/// # Errors
/// When the data cannot be read, a network fails, or there is too little data.
pub fn lfw(options: &Options, factory: &PipelineFactory<'_>, progress: &dyn Progress) -> Result<Outcome, Error> {
    let data = Dataset::read(&options.input)?;
    let folder = Dataset::folder(&options.input);
    let files: Vec<PathBuf> = data.images.iter().map(|name| folder.join(name)).collect();
    let cost = cost::measure(&files, factory, progress)?;
    let mut cache = match &options.cache {
        Some(CacheFile { path, key }) => Cache::open(path, key)?,
        None => Cache::none(),
    };
    let extractions = extract::extract(&files, FaceChoice::NearestCentre, factory, &mut cache, progress)?;
    measure::measure(&data, &extractions, options, &cost, progress)
}

impl Outcome {
    /// Writes `report.md`, `summary.json` and the plots into a folder, which is made if need be.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(Error::file(&path))
        };
        let json =
            serde_json::to_string_pretty(&self.report).map_err(|error| Error::data(folder, error.to_string()))?;
        write("summary.json", &(json + "\n"))?;
        write("report.md", &summary::markdown(&self.report))?;
        for (name, svg) in self.plots.draw(&self.report) {
            write(name, &svg)?;
        }
        Ok(())
    }

    /// The text of `calibration.toml`; `command` is what made it.
    #[must_use]
    pub fn calibration_toml(&self, command: &str) -> String {
        self.calibration.to_toml(&summary::calibration_comment(&self.report, command))
    }
}
