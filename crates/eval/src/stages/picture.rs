//! The pictures that are measured with.

use std::path::Path;

use face::{Image, ImageLimits};
use fast_image_resize::images::{Image as ResizeImage, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use serde::{Deserialize, Serialize};

use crate::Error;

/// JPEG quality, 1 to 100, and 4:2:0 as cameras and telephones write it.
const QUALITY: u8 = 90;

/// Bytes that a telephone's JPEG has for each pixel: 12 megapixels in 3.5 MB. A picture that was made larger is too smooth,
/// and would be decoded in a fraction of the time.
const BYTES_PER_PIXEL: f64 = 0.3;

/// How near the size must come, as a share, and in how many attempts at most.
const SIZE_TOLERANCE: f64 = 0.03;
const ATTEMPTS_MAX: usize = 12;

/// The strongest noise that is tried, in levels of 0 to 255: more than any sensor's.
const NOISE_MAX: f64 = 64.0;

/// A photograph to be measured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Photograph {
    /// What a web page's camera sends.
    OneMegapixel,
    /// What a telephone's camera writes.
    TwelveMegapixels,
}

impl Photograph {
    /// All of them, the smallest first.
    pub const ALL: [Self; 2] = [Self::OneMegapixel, Self::TwelveMegapixels];

    fn pixels(self) -> f64 {
        match self {
            Self::OneMegapixel => 1e6,
            Self::TwelveMegapixels => 12e6,
        }
    }

    /// The name in reports.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::OneMegapixel => "1 megapixel",
            Self::TwelveMegapixels => "12 megapixels",
        }
    }

    /// Writes `from`, brought to this size, as a JPEG with the noise of a sensor: so much that it has as many bytes as a
    /// camera's. The same photograph always gives the same bytes.
    ///
    /// # Errors
    /// When it cannot be read, resized or written.
    pub fn prepare(self, from: &Path, to: &Path) -> Result<(), Error> {
        let bytes = std::fs::read(from).map_err(Error::file(from))?;
        let wrong = |error: &dyn std::fmt::Display| Error::data(from, error.to_string());
        let image = face::decode(&bytes, &ImageLimits::default()).map_err(|error| wrong(&error))?;
        let scale = (self.pixels() / (f64::from(image.width()) * f64::from(image.height()))).sqrt();
        let side = |length: u32| (f64::from(length) * scale).round() as u16;
        let (width, height) = (side(image.width()), side(image.height()));
        let rgb = resize(&image, width.into(), height.into()).map_err(|error| wrong(&error))?;
        let jpeg = of_size(&rgb, width, height, BYTES_PER_PIXEL).map_err(|error| Error::data(to, error.to_string()))?;
        std::fs::write(to, jpeg).map_err(Error::file(to))
    }
}

/// The picture with as much noise as makes so many bytes of a pixel; none, if it has more by itself.
fn of_size(rgb: &[u8], width: u16, height: u16, bytes_per_pixel: f64) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
    let wanted = bytes_per_pixel * f64::from(width) * f64::from(height);
    let (mut low, mut high) = (0.0, NOISE_MAX);
    let mut jpeg = encode(rgb, width, height)?;
    if jpeg.len() as f64 >= wanted {
        return Ok(jpeg);
    }
    for _ in 0..ATTEMPTS_MAX {
        if (jpeg.len() as f64 / wanted - 1.0).abs() <= SIZE_TOLERANCE {
            break;
        }
        let strength = (low + high) / 2.0;
        jpeg = encode(&noisy(rgb, strength), width, height)?;
        match (jpeg.len() as f64) < wanted {
            true => low = strength,
            false => high = strength,
        }
    }
    Ok(jpeg)
}

fn encode(rgb: &[u8], width: u16, height: u16) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(rgb, width, height, ColorType::Rgb)?;
    Ok(jpeg)
}

/// Every pixel brighter or darker by up to `strength`, and its colours by a third of that: a sensor's noise is of light more
/// than of colour once a camera has worked on it.
fn noisy(rgb: &[u8], strength: f64) -> Vec<u8> {
    let mut state = 0_u64;
    // By the generator of `SplitMix64`: the sum of two is bell-shaped enough.
    let mut uniform = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from((x >> 40) as u32) / f64::from(1 << 23) - 1.0
    };
    let mut noisy = Vec::with_capacity(rgb.len());
    for pixel in rgb.as_chunks::<3>().0 {
        let light = strength * (uniform() + uniform()) / 2.0;
        noisy.extend(pixel.map(|value| (f64::from(value) + light + strength / 3.0 * uniform()).round() as u8));
    }
    noisy
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

    /// As smooth as a picture that was made larger.
    fn smooth(width: u16, height: u16) -> Vec<u8> {
        let level = |x: u16, y: u16| [(x / 4) as u8, (y / 4) as u8, 90];
        (0..height).flat_map(|y| (0..width).flat_map(move |x| level(x, y))).collect()
    }

    #[test]
    fn a_smooth_picture_gets_the_bytes_of_a_cameras_and_always_the_same() {
        let rgb = smooth(400, 300);
        assert!(encode(&rgb, 400, 300).expect("encodes").len() < 400 * 300 / 20, "too small by itself");
        let jpeg = of_size(&rgb, 400, 300, BYTES_PER_PIXEL).expect("encodes");
        let share = jpeg.len() as f64 / (400.0 * 300.0 * BYTES_PER_PIXEL);
        assert!((share - 1.0).abs() <= SIZE_TOLERANCE, "{share}");
        assert_eq!(jpeg, of_size(&rgb, 400, 300, BYTES_PER_PIXEL).expect("encodes"));
    }

    #[test]
    fn no_noise_is_added_to_what_has_enough_bytes() {
        let rgb = noisy(&smooth(64, 64), NOISE_MAX);
        let plain = encode(&rgb, 64, 64).expect("encodes");
        assert_eq!(of_size(&rgb, 64, 64, plain.len() as f64 / 4096.0).expect("encodes"), plain);
    }

    #[test]
    fn noise_is_as_strong_as_asked_for_and_stays_in_range() {
        assert_eq!(noisy(&[0, 128, 255], 0.0), [0, 128, 255]);
        let mean = |strength: f64| {
            let levels = noisy(&[128; 30_000], strength);
            levels.iter().map(|level| f64::from(level.abs_diff(128))).sum::<f64>() / 30_000.0
        };
        assert!(mean(20.0) > 1.8 * mean(10.0) && mean(10.0) > 2.0, "{} {}", mean(10.0), mean(20.0));
    }
}
