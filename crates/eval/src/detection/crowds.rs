//! Pictures with several people, and without any.

use std::path::Path;

use face::{Detector, Face, ImageLimits, LOOKS_PX, Picture, Wanted};
use serde::Serialize;

use super::{GROUPS, NO_FACE};
use crate::table_file::{self, Row};
use crate::{Error, PipelineFactory, Progress};

/// What one way of looking finds.
#[derive(Clone, Debug, Serialize)]
pub struct CrowdReport {
    /// One look at so many pixels, or `cascade`.
    pub way: String,
    /// People in the pictures, by their labels.
    pub people: usize,
    /// Of them, so many were found: of a picture no more than it shows.
    pub found: usize,
    /// More faces than people, over all pictures.
    pub surplus: usize,
    /// Pictures without a face.
    pub empty: usize,
    /// Of them, so many in which one was seen.
    pub seen_in_empty: usize,
}

pub(super) fn measure(
    root: &Path,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<Vec<CrowdReport>, Error> {
    let mut pipeline = factory().map_err(Error::Pipeline)?;
    let (detector, _) = pipeline.stages();
    let (groups, empty) = (labels(root, GROUPS)?, labels(root, NO_FACE)?);
    progress.begin("groups", (groups.len() + empty.len()) as u64 * (LOOKS_PX.len() + 1) as u64);
    let mut ways: Vec<(String, Option<u32>)> = LOOKS_PX.iter().map(|px| (format!("{px} px"), Some(*px))).collect();
    ways.push(("cascade".into(), None));
    let mut reports = Vec::new();
    for (way, look) in ways {
        let mut report = CrowdReport { way, people: 0, found: 0, surplus: 0, empty: empty.len(), seen_in_empty: 0 };
        for (file, label) in &groups {
            let people = people(file, label)?;
            let faces = faces(detector, file, look)?.len();
            report.people += people;
            report.found += faces.min(people);
            report.surplus += faces.saturating_sub(people);
            progress.advance();
        }
        for (file, _) in &empty {
            report.seen_in_empty += usize::from(!faces(detector, file, look)?.is_empty());
            progress.advance();
        }
        reports.push(report);
    }
    progress.end();
    Ok(reports)
}

fn faces(detector: &mut Detector, file: &Path, look: Option<u32>) -> Result<Vec<Face>, Error> {
    let bytes = std::fs::read(file).map_err(Error::file(file))?;
    let picture = Picture::open(&bytes, &ImageLimits::default());
    let mut picture = picture.map_err(|error| Error::data(file, error.to_string()))?;
    Ok(match look {
        Some(px) => detector.look(&mut picture, px)?,
        None => detector.detect(&mut picture, Wanted::All)?,
    })
}

/// Files of a folder with their labels.
fn labels(root: &Path, folder: &str) -> Result<Vec<(std::path::PathBuf, String)>, Error> {
    let manifest = root.join(folder).join("manifest.csv");
    let rows = table_file::read(&manifest)?;
    let of = |row: &Row| Ok((root.join(folder).join(row.field(&manifest, 0)?), row.field(&manifest, 1)?.to_owned()));
    rows.iter().skip(1).map(of).collect()
}

/// The number in a label such as `faces=4`.
fn people(file: &Path, label: &str) -> Result<usize, Error> {
    let number = label.split_once("faces=").map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect());
    let number: Option<usize> = number.and_then(|digits: String| digits.parse().ok());
    number.ok_or_else(|| Error::data(file, format!("the label {label:?} does not say how many faces")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_how_many() {
        assert_eq!(people(Path::new("a"), "faces=4").expect("a number"), 4);
        assert_eq!(people(Path::new("a"), "group; faces=12, one turned").expect("a number"), 12);
        assert!(people(Path::new("a"), "several").is_err() && people(Path::new("a"), "faces=").is_err());
    }
}
