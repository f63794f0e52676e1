//! What the detector's cascade rests on (`face::LOOKS_PX` and its neighbours): how large a face must be in a look to be
//! found, and how large for its landmarks to be exact; what the looks cost; whom the cascade finds.
//!
//! Portraits of one person each are shrunk until the face has so many pixels. Nobody marked their landmarks by hand: the
//! reference is the mean of looks at sizes that are not among those measured.

mod crowds;
mod portraits;
mod report;
mod scene;
mod time;

use std::path::PathBuf;

use serde::Serialize;

use crate::{Error, PipelineFactory, Progress};

pub use crowds::CrowdReport;
pub use portraits::{ShareReport, SizeReport};
pub use report::markdown;
pub use time::LookTime;

/// Folders of portraits that show one person each.
const PORTRAITS: [&str; 4] = ["congress_pairs", "frontal_ccby_extra", "london_faces_800", "usgov_portraits"];

/// The folder of pictures with several people, their number in the label, and that without any.
const GROUPS: &str = "groups";
const NO_FACE: &str = "noface";

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct DetectionReport {
    /// Portraits that were used, and those whose face had no reference.
    pub portraits: usize,
    /// Portraits whose face could not be placed.
    pub without_reference: usize,
    /// One look, by the size of the face in it.
    pub sizes: Vec<SizeReport>,
    /// The cascade on a large picture, by the share of it that the face takes.
    pub shares: Vec<ShareReport>,
    /// Pictures with several faces and without any.
    pub crowds: Vec<CrowdReport>,
    /// What the looks cost.
    pub times: Vec<LookTime>,
}

/// Measures on the labelled folders below `root`.
///
/// # Errors
/// When a folder or an image cannot be read, or a network fails.
pub fn detection(
    root: &std::path::Path,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<DetectionReport, Error> {
    // First, while nothing else runs.
    let times = time::measure(factory, progress)?;
    let files = PORTRAITS.iter().map(|folder| images(root, folder)).collect::<Result<Vec<_>, _>>()?.concat();
    let seen = portraits::measure(&files, factory, progress)?;
    let crowds = crowds::measure(root, factory, progress)?;
    Ok(DetectionReport {
        portraits: files.len(),
        without_reference: seen.without_reference,
        sizes: seen.sizes,
        shares: seen.shares,
        crowds,
        times,
    })
}

fn images(root: &std::path::Path, folder: &str) -> Result<Vec<PathBuf>, Error> {
    let folder = root.join(folder);
    Ok(crate::extract::images_of(&folder)?.into_iter().map(|name| folder.join(name)).collect())
}

impl DetectionReport {
    /// Writes report.md and its plot into a folder.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, folder: &std::path::Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        for (name, text) in [("report.md", markdown(self)), ("sizes.svg", report::plot(self))] {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(Error::file(&path))?;
        }
        Ok(())
    }
}
