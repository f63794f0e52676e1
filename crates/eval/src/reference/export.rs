//! Our side of the comparison, with the pixels that the other side needs.

use std::path::{Path, PathBuf};

use face::{Crop, DetectorSpec, Face, Frame, Image, ImageLimits, Picture};
use fast_image_resize::images::{Image as ResizeImage, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::{CropFindings, FaceFindings, Findings, ImageFindings};
use crate::{Error, PipelineFactory, Progress};

/// Side of a crop as an image.
const CROP_SIDE_PX: u32 = face::CROP_SIDE_PX as u32;

/// The longer side in pixels of the look at which the detectors are compared.
const REFERENCE_LOOK_PX: u32 = 640;

/// Detects and embeds every face of the pictures and writes the pixels into the folder.
///
/// # Errors
/// When a picture cannot be read or written, or a network fails.
pub fn export(
    pictures: &[PathBuf],
    folder: &Path,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<Findings, Error> {
    std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let mut pipeline = factory().map_err(Error::Pipeline)?;
    progress.begin("export", pictures.len() as u64);
    let mut images = Vec::new();
    for (number, picture) in pictures.iter().enumerate() {
        images.push(export_one(number, picture, folder, &mut pipeline)?);
        progress.advance();
    }
    progress.end();
    Ok(Findings { made_by: concat!("Auther ", env!("CARGO_PKG_VERSION")).into(), images })
}

fn export_one(
    number: usize,
    picture: &Path,
    folder: &Path,
    pipeline: &mut face::Pipeline,
) -> Result<ImageFindings, Error> {
    let bytes = std::fs::read(picture).map_err(Error::file(picture))?;
    let decoded = face::decode(&bytes, &ImageLimits::default());
    let image = decoded.map_err(|error| Error::data(picture, error.to_string()))?;
    let (detector, embedder) = pipeline.stages();
    let image = at_size_of_detection(image, detector.spec(), picture)?;
    let file = format!("{number:04}.png");
    write_png(&folder.join(&file), image.rgb(), image.width(), image.height())?;
    let mut view = Picture::of(&image);
    let faces = detector.look(&mut view, REFERENCE_LOOK_PX)?;
    let mut crops = Vec::new();
    for (at, face) in faces.iter().enumerate() {
        let crop: Crop = face::align(&mut view, face)?;
        let file = format!("{number:04}-{at}.png");
        write_png(&folder.join(&file), crop.rgb(), CROP_SIDE_PX, CROP_SIDE_PX)?;
        crops.push(CropFindings { file, embedding: embedder.embed(&crop, false)?.plain });
    }
    Ok(ImageFindings {
        source: picture.display().to_string(),
        file,
        width: image.width(),
        height: image.height(),
        faces: faces.iter().map(FaceFindings::from).collect(),
        crops,
    })
}

impl From<&Face> for FaceFindings {
    fn from(face: &Face) -> Self {
        let b = face.bounds;
        Self {
            bounds: [b.x, b.y, b.width, b.height],
            landmarks: face.landmarks.map(|p| [p.x, p.y]),
            confidence: face.confidence,
        }
    }
}

/// The pixels at the size of detection, so that the detector takes them as they are.
fn at_size_of_detection(image: Image, spec: &DetectorSpec, picture: &Path) -> Result<Image, Error> {
    let Frame { width, height } = spec.input_size(image.frame(), REFERENCE_LOOK_PX);
    if (width, height) == (image.width(), image.height()) {
        return Ok(image);
    }
    let failed = |error: &dyn std::fmt::Display| Error::data(picture, format!("cannot be resized: {error}"));
    let source =
        ImageRef::new(image.width(), image.height(), image.rgb(), PixelType::U8x3).map_err(|error| failed(&error))?;
    let mut resized = ResizeImage::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(&source, &mut resized, &options).map_err(|error| failed(&error))?;
    Image::from_rgb(width, height, resized.into_vec()).ok_or_else(|| failed(&"the sizes disagree"))
}

fn write_png(path: &Path, rgb: &[u8], width: u32, height: u32) -> Result<(), Error> {
    let written = image::save_buffer(path, rgb, width, height, image::ExtendedColorType::Rgb8);
    written.map_err(|error| Error::data(path, error.to_string()))
}
