//! The photographs that requests carry, made from portraits: what a camera or a telephone would have taken.
//!
//! An image that is only made larger has no noise, so it takes a third of the bytes and half of the time to decode. These
//! get the noise of a sensor, so that they have about as many bytes as photographs of their size have.

use std::path::Path;

use face::{Image, ImageLimits};
use fast_image_resize::images::{Image as ResizeImage, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::search::random::Random;

/// JPEG quality, 1 to 100, and 4:2:0 as cameras and telephones write it.
const QUALITY: u8 = 90;

/// The standard deviation of the noise in steps of 255, of light, and of each colour beside it: a telephone smooths colours
/// more. With this much a pixel takes about 0.3 bytes, as in a photograph of three to four megabytes with twelve megapixels.
const NOISE_LIGHT: f64 = 6.0;
const NOISE_COLOUR: f64 = 2.0;

/// Standard deviation of the number of ones among 64 random bits, which follows the normal distribution closely.
const ONES_SPREAD: f64 = 4.0;

/// The seed of all noise.
const SEED: u64 = 7;

/// How large a photograph is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// As a browser or an application sends it that has made it smaller.
    Megapixel,
    /// As a telephone takes it, held upright at arm's length.
    Telephone,
}

impl Size {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Megapixel, Self::Telephone];

    /// Width and height in pixels.
    #[must_use]
    pub fn pixels(self) -> [u16; 2] {
        match self {
            Self::Megapixel => [866, 1155],
            Self::Telephone => [3000, 4000],
        }
    }

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Megapixel => "1 megapixel",
            Self::Telephone => "12 megapixels",
        }
    }
}

/// The portrait in a file as a photograph of this size, a JPEG. The same portrait always gives the same bytes.
///
/// # Errors
/// When it cannot be read, resized or written.
pub fn photograph(portrait: &Path, size: Size) -> Result<Vec<u8>, Error> {
    let bytes = std::fs::read(portrait).map_err(Error::file(portrait))?;
    let wrong = |error: &dyn std::fmt::Display| Error::data(portrait, error.to_string());
    let image = face::decode(&bytes, &ImageLimits::default()).map_err(|error| wrong(&error))?;
    taken(&image, size).map_err(|error| wrong(&error))
}

fn taken(portrait: &Image, size: Size) -> Result<Vec<u8>, String> {
    let [width, height] = size.pixels();
    let mut rgb = fill(portrait, width.into(), height.into())?;
    add_noise(&mut rgb);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&rgb, width, height, ColorType::Rgb).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The image made large enough to fill the frame, and cut to it around its middle.
fn fill(image: &Image, width: u32, height: u32) -> Result<Vec<u8>, String> {
    let by = |length: u32, of: u32| f64::from(length) / f64::from(of);
    let scale = by(width, image.width()).max(by(height, image.height()));
    let scaled = |length: u32, least: u32| ((f64::from(length) * scale).round() as u32).max(least);
    let (wide, tall) = (scaled(image.width(), width), scaled(image.height(), height));
    let rgb = resize(image, wide, tall)?;
    let (left, top) = ((wide - width) / 2, (tall - height) / 2);
    let rows = rgb.chunks_exact(3 * wide as usize).skip(top as usize).take(height as usize);
    Ok(rows.flat_map(|row| &row[3 * left as usize..3 * (left + width) as usize]).copied().collect())
}

/// Noise for every pixel: all its channels brighter or darker, and each a little by itself.
fn add_noise(rgb: &mut [u8]) {
    let mut random = Random::of(SEED, 0, 0);
    let mut noise = |spread: f64| (f64::from(random.next().count_ones()) - 32.0) * (spread / ONES_SPREAD);
    for pixel in rgb.chunks_exact_mut(3) {
        let light = noise(NOISE_LIGHT);
        for value in pixel {
            // Rounds, and stays within what a byte holds.
            *value = (f64::from(*value) + light + noise(NOISE_COLOUR)).round() as u8;
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_fills_the_frame_from_its_middle() {
        // Three columns: red, green, blue; a frame as tall as wide shows the middle one.
        let rgb = [[255, 0, 0], [0, 255, 0], [0, 0, 255]].concat();
        let mut png = std::io::Cursor::new(Vec::new());
        let pixels = image::RgbImage::from_raw(3, 1, rgb).expect("three pixels");
        let large = image::imageops::resize(&pixels, 300, 100, image::imageops::FilterType::Nearest);
        large.write_to(&mut png, image::ImageFormat::Png).expect("encodes");
        let image = face::decode(&png.into_inner(), &ImageLimits::default()).expect("decodes");
        let filled = fill(&image, 50, 50).expect("filled");
        assert_eq!(filled.len(), 3 * 50 * 50);
        let middle = 3 * (25 * 50 + 25);
        assert!(filled[middle + 1] > 240 && filled[middle] < 16 && filled[middle + 2] < 16);
    }
}
