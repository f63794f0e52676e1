//! The photographs that requests carry, made from portraits: what a camera or a telephone would have taken.
//!
//! An image that is only made larger has no noise, so it takes a third of the bytes and half of the time to decode. These
//! get the noise of a sensor, so that they have about as many bytes as photographs of their size have.

use std::path::{Path, PathBuf};

use face::{Image, ImageLimits};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::search::random::Random;
use crate::stages::resize;

/// JPEG quality, 1 to 100, and 4:2:0 as cameras and telephones write it.
const QUALITY: u8 = 90;

/// The standard deviation of the noise in steps of 255, of light, and of each colour beside it: a telephone smooths colours more.
/// With this much a pixel takes about 0.3 bytes, as in a photograph of three to four megabytes with twelve megapixels.
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

/// Somebody who is enrolled by one photograph and verified by others.
pub(super) struct Person {
    /// The id.
    pub(super) id: String,
    /// The photograph that is enrolled, as it is.
    pub(super) reference: Vec<u8>,
    /// Another one, in each size.
    probes: [Vec<u8>; Size::ALL.len()],
}

impl Person {
    /// The photograph that is verified.
    pub(super) fn probe(&self, size: Size) -> &[u8] {
        &self.probes[size as usize]
    }
}

/// The portraits of a folder: `NAME_a.jpg` is enrolled, `NAME_b.jpg` of the same person is verified.
pub(super) fn persons(folder: &Path) -> Result<Vec<Person>, Error> {
    let mut names: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        names.push(entry.map_err(Error::file(folder))?.path());
    }
    names.sort_unstable();
    let id = |path: &PathBuf| Some(path.file_name()?.to_str()?.strip_suffix("_a.jpg")?.to_owned());
    let persons = names.iter().filter_map(id).map(|id| person(folder, id)).collect::<Result<Vec<_>, _>>()?;
    match persons.is_empty() {
        true => Err(Error::data(folder, "there is no NAME_a.jpg beside a NAME_b.jpg in it")),
        false => Ok(persons),
    }
}

fn person(folder: &Path, id: String) -> Result<Person, Error> {
    let read = |letter: char| {
        let path = folder.join(format!("{id}_{letter}.jpg"));
        std::fs::read(&path).map_err(Error::file(&path)).map(|bytes| (path, bytes))
    };
    let ((_, reference), (path, portrait)) = (read('a')?, read('b')?);
    let wrong = |error: &dyn std::fmt::Display| Error::data(&path, error.to_string());
    let portrait = face::decode(&portrait, &ImageLimits::default()).map_err(|error| wrong(&error))?;
    let [small, large] = Size::ALL.map(|size| photograph(&portrait, size));
    let probes = [small.map_err(|error| wrong(&error))?, large.map_err(|error| wrong(&error))?];
    Ok(Person { id, reference, probes })
}

/// The portrait as a photograph of this size.
fn photograph(portrait: &Image, size: Size) -> Result<Vec<u8>, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn portraits() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/photos")
    }

    #[test]
    fn photographs_are_as_large_and_as_heavy_as_they_claim_and_always_the_same() {
        let persons = persons(&portraits()).expect("made");
        assert_eq!(
            persons.iter().map(|person| person.id.as_str()).collect::<Vec<_>>(),
            ["A000369", "A000376", "A000377"]
        );
        for (person, size) in persons.iter().flat_map(|person| Size::ALL.map(|size| (person, size))) {
            let [width, height] = size.pixels();
            let image = face::decode(person.probe(size), &ImageLimits::default()).expect("decodes");
            assert_eq!((image.width(), image.height()), (width.into(), height.into()));
            let bytes = person.probe(size).len() as f64 / (f64::from(width) * f64::from(height));
            assert!((0.2..0.45).contains(&bytes), "{} {size:?}: {bytes} bytes a pixel", person.id);
        }
        let again = person(&portraits(), "A000376".into()).expect("made");
        assert!(Size::ALL.iter().all(|size| persons[1].probe(*size) == again.probe(*size)));
    }

    #[test]
    fn a_folder_without_pairs_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(persons(folder.path()).is_err());
        std::fs::write(folder.path().join("x_a.jpg"), b"no image").expect("written");
        assert!(persons(folder.path()).is_err());
    }

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
