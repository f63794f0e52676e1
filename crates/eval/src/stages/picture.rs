//! The picture that is measured with.

use std::path::Path;

use face::{Image, ImageLimits};
use fast_image_resize::images::{Image as ResizeImage, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::Error;

/// One megapixel.
const PIXELS: f64 = 1e6;

/// JPEG quality, 1 to 100, and 4:2:0 as cameras and telephones write it.
const QUALITY: u8 = 90;

/// Writes `from`, brought to a megapixel, as a JPEG.
///
/// # Errors
/// When it cannot be read, resized or written.
pub fn prepare(from: &Path, to: &Path) -> Result<(), Error> {
    let bytes = std::fs::read(from).map_err(Error::file(from))?;
    let wrong = |error: &dyn std::fmt::Display| Error::data(from, error.to_string());
    let image = face::decode(&bytes, &ImageLimits::default()).map_err(|error| wrong(&error))?;
    let scale = (PIXELS / (f64::from(image.width()) * f64::from(image.height()))).sqrt();
    let side = |length: u32| (f64::from(length) * scale).round() as u16;
    let (width, height) = (side(image.width()), side(image.height()));
    let rgb = resize(&image, width.into(), height.into()).map_err(|error| wrong(&error))?;
    let mut encoder = Encoder::new_file(to, QUALITY).map_err(|error| Error::data(to, error.to_string()))?;
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&rgb, width, height, ColorType::Rgb).map_err(|error| Error::data(to, error.to_string()))
}

/// The image in another size, RGB.
pub(crate) fn resize(image: &Image, width: u32, height: u32) -> Result<Vec<u8>, String> {
    let source =
        ImageRef::new(image.width(), image.height(), image.rgb(), PixelType::U8x3).map_err(|e| e.to_string())?;
    let mut resized = ResizeImage::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&source, &mut resized, &options).map_err(|e| e.to_string())?;
    Ok(resized.into_vec())
}
