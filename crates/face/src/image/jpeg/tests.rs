//! Our own decoder beside the library: the same pixels, nothing accepted that the library refuses.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use proptest::prelude::*;

use super::super::view::Reduction;
use super::*;

const LIMITS: ImageLimits = ImageLimits { bytes_max: usize::MAX, pixels_max: u64::MAX, side_px_min: 1 };

/// How far a pixel may be from the library's, anywhere and in the mean: two transforms that round differently, and chroma
/// that is multiplied by nearly two.
const LIBRARY_LEVELS_MAX: u8 = 4;
const LIBRARY_LEVELS_MEAN: f64 = 0.4;
/// From how many pixels on the mean is asked for: rounding errs alike all over a block of 64, so that fewer than four blocks are
/// too few draws for a mean.
const LIBRARY_MEAN_PIXELS_MIN: usize = 4 * 64;

/// How far the pixels of a reduction may be from the means of those that they cover, in the mean over a natural picture: what
/// the coefficients that were left out would add, and chroma, which was interpolated for the one and not for the other.
const REDUCED_LEVELS_MEAN: f64 = 3.0;

#[derive(Clone, Debug)]
struct Sample {
    width: u16,
    height: u16,
    quality: u8,
    sampling: Option<SamplingFactor>,
    restart_interval: u16,
    seed: u32,
}

impl Sample {
    const PLAIN: Self = Self {
        width: 61,
        height: 47,
        quality: 90,
        sampling: Some(SamplingFactor::F_2_2),
        restart_interval: 0,
        seed: 1,
    };

    /// Soft shapes, an edge, and noise.
    fn rgb(&self) -> Vec<u8> {
        let mut state = self.seed | 1;
        let mut noise = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 27) as f32 - 16.0
        };
        let phase = (self.seed % 97) as f32;
        let mut rgb = Vec::new();
        for (y, x) in (0..self.height).flat_map(|y| (0..self.width).map(move |x| (y, x))) {
            let (x, y) = (f32::from(x), f32::from(y));
            let soft = 90.0 * ((x + phase) / 9.0).sin() * (y / 13.0).cos();
            let edge = if x + y > phase { 30.0 } else { -30.0 };
            rgb.extend([1.0, 0.6, -0.4].map(|share| (128.0 + share * soft + edge + noise() / 4.0) as u8));
        }
        rgb
    }

    fn jpeg(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, self.quality);
        if self.restart_interval > 0 {
            encoder.set_restart_interval(self.restart_interval);
        }
        let rgb = self.rgb();
        match self.sampling {
            Some(sampling) => {
                encoder.set_sampling_factor(sampling);
                encoder.encode(&rgb, self.width, self.height, ColorType::Rgb).expect("encodes");
            }
            None => {
                let grey: Vec<u8> = rgb.chunks_exact(3).map(|pixel| pixel[1]).collect();
                encoder.encode(&grey, self.width, self.height, ColorType::Luma).expect("encodes");
            }
        }
        bytes
    }

    fn all(&self) -> PixelRect {
        PixelRect { left: 0, top: 0, width: u32::from(self.width), height: u32::from(self.height) }
    }
}

fn samples() -> impl Strategy<Value = Sample> {
    use SamplingFactor as Factor;
    let samplings = vec![None, Some(Factor::F_1_1), Some(Factor::F_2_1), Some(Factor::F_1_2), Some(Factor::F_2_2)];
    (1_u16..70, 1_u16..70, 30_u8..=100, prop::sample::select(samplings), 0_u16..6, any::<u32>()).prop_map(
        |(width, height, quality, sampling, restart_interval, seed)| Sample {
            width,
            height,
            quality,
            sampling,
            restart_interval,
            seed,
        },
    )
}

fn reductions() -> impl Strategy<Value = Reduction> {
    prop::sample::select(Reduction::ALL.to_vec())
}

fn decoded(bytes: &[u8], part: &PixelRect, reduction: Reduction) -> Option<Part> {
    Coded::open(bytes)?.part(part, reduction)
}

proptest! {
    #[test]
    fn the_pixels_are_nearly_those_of_the_library(sample in samples()) {
        let bytes = sample.jpeg();
        let expected = decode(&bytes, &LIMITS).expect("the library decodes it");
        let found = decoded(&bytes, &sample.all(), Reduction::None).expect("a camera could have written it");
        prop_assert_eq!((found.columns, found.rows), (expected.width(), expected.height()));
        let differences: Vec<u8> = found.rgb.iter().zip(expected.rgb()).map(|(a, b)| a.abs_diff(*b)).collect();
        let worst = differences.iter().copied().max().unwrap_or(0);
        let mean = differences.iter().map(|level| f64::from(*level)).sum::<f64>() / differences.len() as f64;
        prop_assert!(worst <= LIBRARY_LEVELS_MAX, "{} levels", worst);
        let enough = found.rgb.len() >= 3 * LIBRARY_MEAN_PIXELS_MIN;
        prop_assert!(!enough || mean <= LIBRARY_LEVELS_MEAN, "{} levels in the mean", mean);
    }

    #[test]
    fn a_part_is_what_the_whole_has_there(
        sample in samples(),
        reduction in reductions(),
        looks in prop::collection::vec((0_u32..70, 0_u32..70, 1_u32..70, 1_u32..70), 1..4),
        whole_first: bool,
    ) {
        let bytes = sample.jpeg();
        let whole = decoded(&bytes, &sample.all(), reduction).expect("decodes");
        let factor = reduction.factor();
        let reduced = |side: u16| u32::from(side).div_ceil(factor);
        prop_assert_eq!((whole.left, whole.top), (0, 0));
        prop_assert_eq!((whole.columns, whole.rows), (reduced(sample.width), reduced(sample.height)));
        let mut coded = Coded::open(&bytes).expect("opens");
        if whole_first {
            coded.part(&sample.all(), Reduction::Eighth).expect("decodes");
        }
        for (left, top, width, height) in looks {
            let (left, top) = (left % u32::from(sample.width), top % u32::from(sample.height));
            let asked = PixelRect { left, top, width, height };
            let part = coded.part(&asked, reduction).expect("decodes");
            prop_assert!(part.left <= left && part.top <= top && part.left.is_multiple_of(factor) && part.top.is_multiple_of(factor));
            let right = (left + width).min(u32::from(sample.width));
            let bottom = (top + height).min(u32::from(sample.height));
            prop_assert!(part.left + part.columns * factor >= right && part.top + part.rows * factor >= bottom);
            let (x, y) = ((part.left / factor) as usize, (part.top / factor) as usize);
            let columns = part.columns as usize;
            for (line, found) in part.rgb.chunks_exact(3 * columns).enumerate() {
                let at = 3 * ((y + line) * whole.columns as usize + x);
                prop_assert_eq!(found, &whole.rgb[at..at + 3 * columns], "line {} of {:?}", line, asked);
            }
        }
    }

    #[test]
    fn reduced_pixels_are_nearly_the_means_of_what_they_cover(sample in samples(), reduction in reductions()) {
        let sample = Sample { width: sample.width.max(24), height: sample.height.max(24), ..sample };
        let bytes = sample.jpeg();
        let whole = decoded(&bytes, &sample.all(), Reduction::None).expect("decodes");
        let reduced = decoded(&bytes, &sample.all(), reduction).expect("decodes");
        let factor = reduction.factor() as usize;
        // Those that cover only what the image has.
        let (columns, rows) = (usize::from(sample.width) / factor, usize::from(sample.height) / factor);
        let mut error = 0.0;
        for (x, y, colour) in
            (0..rows).flat_map(|y| (0..columns).flat_map(move |x| (0..3).map(move |colour| (x, y, colour))))
        {
            let covered = (0..factor * factor).map(|at| {
                let (x, y) = (x * factor + at % factor, y * factor + at / factor);
                f64::from(whole.rgb[(y * whole.columns as usize + x) * 3 + colour])
            });
            let mean = covered.sum::<f64>() / (factor * factor) as f64;
            error += (f64::from(reduced.rgb[(y * reduced.columns as usize + x) * 3 + colour]) - mean).abs();
        }
        let error = error / (columns * rows * 3) as f64;
        prop_assert!(error <= REDUCED_LEVELS_MEAN, "{} levels in the mean", error);
    }

    /// Whatever is accepted, the library accepts, too, and sees in the same size and from the same side.
    #[test]
    fn nothing_is_accepted_that_the_library_refuses(
        sample in samples(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        in_the_headers: bool,
        reduction in reductions(),
    ) {
        let mut bytes = sample.jpeg();
        let end = if in_the_headers { 700.min(bytes.len()) } else { bytes.len() };
        for (at, value) in changes {
            bytes[at.index(end)] = value;
        }
        is_as_strict_as_the_library(&bytes, reduction);
    }
}

fn is_as_strict_as_the_library(bytes: &[u8], reduction: Reduction) {
    let Some(mut coded) = Coded::open(bytes) else {
        return;
    };
    // As `Picture` bounds it.
    if u64::from(coded.width()) * u64::from(coded.height()) > 1 << 22 {
        return;
    }
    let small = PixelRect { left: 0, top: 0, width: 9, height: 9 };
    let found = coded.part(&small, reduction);
    let all = PixelRect { left: 0, top: 0, width: coded.width(), height: coded.height() };
    assert_eq!(coded.part(&all, reduction).is_some(), found.is_some(), "all is read at the first look");
    if found.is_some() {
        let image = decode(bytes, &LIMITS).unwrap_or_else(|error| panic!("accepted, but: {error}"));
        let turn = coded.orientation().map_or(1, Orientation::to_exif);
        let (width, height) = if turn < 5 { (all.width, all.height) } else { (all.height, all.width) };
        assert_eq!((image.width(), image.height()), (width, height));
    }
}

#[test]
fn a_file_that_ends_anywhere_is_not_accepted() {
    for restart_interval in [0, 3] {
        let bytes = Sample { restart_interval, ..Sample::PLAIN }.jpeg();
        for end in 0..bytes.len() {
            assert!(decoded(&bytes[..end], &Sample::PLAIN.all(), Reduction::Eighth).is_none(), "cut off at {end}");
            // Cut off, but with an end marker.
            let closed = [&bytes[..end], b"\xFF\xD9"].concat();
            let part = decoded(&closed, &Sample::PLAIN.all(), Reduction::Eighth);
            assert!(part.is_none() || end >= bytes.len() - 2, "cut off and closed at {end} of {}", bytes.len());
        }
    }
}

#[test]
fn every_byte_matters_or_is_left_alone() {
    let bytes = Sample { restart_interval: 2, ..Sample::PLAIN }.jpeg();
    for at in 0..bytes.len() {
        for value in [0xFF, bytes[at] ^ 1, bytes[at] ^ 0x80] {
            let mut changed = bytes.clone();
            changed[at] = value;
            is_as_strict_as_the_library(&changed, Reduction::Eighth);
        }
    }
}

/// The JPEG with segments before all others.
fn with(segments: &[u8], jpeg: &[u8]) -> Vec<u8> {
    [&jpeg[..2], segments, &jpeg[2..]].concat()
}

#[test]
fn the_orientation_is_the_one_that_the_library_finds() {
    let plain = Sample::PLAIN.jpeg();
    let exif = |value: u8| {
        let mut chunk =
            b"\xFF\xE1\0\x22Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0".to_vec();
        chunk[29] = value;
        chunk
    };
    for value in 0..=9 {
        let bytes = with(&exif(value), &plain);
        let coded = Coded::open(&bytes).expect("opens");
        assert_eq!(coded.orientation(), Orientation::from_exif(value), "{value}");
        is_as_strict_as_the_library(&bytes, Reduction::None);
    }
    // The last one counts, unless it is empty.
    let bytes = with(&[exif(3), exif(6), b"\xFF\xFF\xE1\0\x08Exif\0\0".to_vec()].concat(), &plain);
    assert_eq!(Coded::open(&bytes).and_then(|coded| coded.orientation()), Some(Orientation::Rotate90));
    is_as_strict_as_the_library(&bytes, Reduction::None);
}

#[test]
fn what_is_out_of_the_ordinary_is_left_to_the_library() {
    let plain = Sample::PLAIN.jpeg();
    assert!(Coded::open(&plain).is_some());
    let adobe = |transform: u8| [b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0", &[transform][..]].concat();
    for (name, segments, is_ours) in [
        ("YCbCr after Adobe", adobe(1), true),
        ("RGB after Adobe", adobe(0), false),
        ("an unknown transform", adobe(3), false),
        ("an unknown transform before a known one", [adobe(3), adobe(1)].concat(), false),
        ("a comment after fill bytes", b"\xFF\xFF\xFF\xFE\0\x04hi".to_vec(), true),
        ("a byte between segments", b"\0".to_vec(), false),
        ("a number of lines", b"\xFF\xDC\0\x04\0\x10".to_vec(), false),
        ("a segment longer than the file", b"\xFF\xE2\xFF\xFF".to_vec(), false),
        ("a segment shorter than its length", b"\xFF\xE2\0\x01".to_vec(), false),
    ] {
        assert_eq!(Coded::open(&with(&segments, &plain)).is_some(), is_ours, "{name}");
    }
    let mut progressive = Vec::new();
    let mut encoder = Encoder::new(&mut progressive, 90);
    encoder.set_progressive(true);
    encoder.encode(&Sample::PLAIN.rgb(), 61, 47, ColorType::Rgb).expect("encodes");
    assert!(Coded::open(&progressive).is_none());
}
