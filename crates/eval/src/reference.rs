//! Agreement with OpenCV's own code for the same networks: boxes, landmarks and embeddings.
//!
//! Both sides see the same pixels: the images are written as PNG at the size of detection, and OpenCV embeds the crops that
//! were cut here. So a difference is one of detection or embedding, not of JPEG decoders or scaling.

mod agreement;
mod export;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use agreement::{Agreement, Spread, compare};
pub use export::export;

use crate::python::OpenCv;
use crate::{Error, PipelineFactory, Progress};

pub use crate::python::OpenCv as Reference;

/// The script that runs OpenCV.
const SCRIPT: &str = include_str!("../reference/opencv_reference.py");

/// The two files that are compared.
const OURS: &str = "ours.json";
const OPENCV: &str = "opencv.json";

/// What one side found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Findings {
    /// Name and version of the program.
    pub made_by: String,
    /// By image.
    pub images: Vec<ImageFindings>,
}

/// What one side found in an image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImageFindings {
    /// The picture that was given.
    pub source: String,
    /// Its pixels at the size of detection, inside the folder.
    pub file: String,
    /// Width of those pixels.
    pub width: u32,
    /// Height of those pixels.
    pub height: u32,
    /// Faces.
    pub faces: Vec<FaceFindings>,
    /// Crops and their embeddings.
    pub crops: Vec<CropFindings>,
}

/// A face.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FaceFindings {
    /// Left, top, width, height in pixels.
    pub bounds: [f32; 4],
    /// Right eye, left eye, nose, right and left corner of the mouth.
    pub landmarks: [[f32; 2]; 5],
    /// 0 to 1.
    pub confidence: f32,
}

/// A crop.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CropFindings {
    /// PNG inside the folder.
    pub file: String,
    /// As the network gave it.
    pub embedding: Vec<f32>,
}

/// Runs both sides on the pictures and compares them; `folder` keeps what both found. It then holds faces.
///
/// # Errors
/// When a picture cannot be read, a network fails, or OpenCV does not run.
pub fn reference(
    pictures: &[PathBuf],
    folder: &Path,
    opencv: &OpenCv,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<Agreement, Error> {
    let findings = export(pictures, folder, factory, progress)?;
    write(&folder.join(OURS), &findings)?;
    progress.begin("OpenCV", 1);
    opencv.run(SCRIPT, folder)?;
    progress.end();
    compare_files(&folder.join(OURS), &folder.join(OPENCV))
}

/// Compares what two sides wrote.
///
/// # Errors
/// When a file is missing or not of that shape, or the two are not about the same images.
pub fn compare_files(ours: &Path, theirs: &Path) -> Result<Agreement, Error> {
    compare(&read(ours)?, &read(theirs)?).map_err(|problem| Error::data(theirs, problem))
}

fn read(path: &Path) -> Result<Findings, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
    serde_json::from_str(&text).map_err(|error| Error::data(path, error.to_string()))
}

fn write(path: &Path, findings: &Findings) -> Result<(), Error> {
    let text = serde_json::to_string(findings).map_err(|error| Error::data(path, error.to_string()))?;
    std::fs::write(path, text).map_err(Error::file(path))
}
