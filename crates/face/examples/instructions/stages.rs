//! The stages, each on input that is always the same.

use std::hint::black_box;

use biometric::{ModelId, Template};
use face::{Face, Image, ImageLimits, LANDMARKS, Picture, Point, Rect, bench};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use search::{Coder, Goal, Gone, How, Job, Memory, Piece, Tier};

/// Size of the picture in pixels: a web page's camera's, so that a run takes no longer than a second under callgrind.
const WIDTH: u16 = 1024;
const HEIGHT: u16 = 768;

/// JPEG quality, 1 to 100, and noise of up to so many levels: the bytes of a camera's picture, 0.3 a pixel.
const QUALITY: u8 = 90;
const NOISE_LEVELS: u64 = 24;

/// Values in a template.
const DIMENSION: usize = 128;

/// Comparisons, fillings and the like in one run: one alone is lost in what is around it.
const MANY: usize = 1_000;
const SOME: usize = 10;

/// Rows of the gallery that is searched.
const ROWS: usize = 10_000;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// All of a JPEG at an eighth of its size.
    DecodeEighth,
    /// At a quarter.
    DecodeQuarter,
    /// At half.
    DecodeHalf,
    /// All of its pixels.
    DecodeWhole,
    /// The part around a face, with all of its pixels.
    DecodePart,
    /// All that is around the detection network: resizing, filling its input, reading its grids, suppression.
    Detect,
    /// Cutting out the face.
    Align,
    /// All that is around the embedding network.
    Embed,
    /// Two templates.
    Compare,
    /// Everybody of a small gallery.
    Search,
}

impl Stage {
    pub(crate) const ALL: [Self; 10] = [
        Self::DecodeEighth,
        Self::DecodeQuarter,
        Self::DecodeHalf,
        Self::DecodeWhole,
        Self::DecodePart,
        Self::Detect,
        Self::Align,
        Self::Embed,
        Self::Compare,
        Self::Search,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DecodeEighth => "decode-eighth",
            Self::DecodeQuarter => "decode-quarter",
            Self::DecodeHalf => "decode-half",
            Self::DecodeWhole => "decode-whole",
            Self::DecodePart => "decode-part",
            Self::Detect => "detect-without-network",
            Self::Align => "align",
            Self::Embed => "embed-without-network-x10",
            Self::Compare => "compare-x1000",
            Self::Search => "search-10000",
        }
    }

    /// Runs it so often, after making the input.
    pub(crate) fn run(self, times: usize) {
        match self {
            Self::DecodeEighth => decode(times, u32::from(WIDTH) / 8),
            Self::DecodeQuarter => decode(times, u32::from(WIDTH) / 4),
            Self::DecodeHalf => decode(times, u32::from(WIDTH) / 2),
            Self::DecodeWhole => decode(times, u32::from(WIDTH)),
            Self::DecodePart => decode_part(times),
            Self::Detect => detect(times),
            Self::Align => align(times),
            Self::Embed => embed(times),
            Self::Compare => compare(times),
            Self::Search => search(times),
        }
    }
}

/// 0 to 2^32 from a number, by the finaliser of `SplitMix64`.
fn mixed(number: u64) -> u64 {
    let x = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)) >> 32
}

fn pixels() -> Vec<u8> {
    let shade = |x: u64, y: u64| 40 + (x * x / 9_000 + y * 100 / u64::from(HEIGHT)) % 170;
    let place = |at: u64| (at % u64::from(WIDTH), at / u64::from(WIDTH));
    let count = u64::from(WIDTH) * u64::from(HEIGHT);
    let pixel = |at: u64| {
        let (x, y) = place(at);
        let light = shade(x, y) + mixed(at) % NOISE_LEVELS;
        [light as u8, (light + 9) as u8, (light / 2) as u8]
    };
    (0..count).flat_map(pixel).collect()
}

fn jpeg() -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&pixels(), WIDTH, HEIGHT, ColorType::Rgb).expect("encodes");
    jpeg
}

fn image() -> Image {
    Image::from_rgb(WIDTH.into(), HEIGHT.into(), pixels()).expect("sizes agree")
}

fn decode(times: usize, longer_side_px_min: u32) {
    let jpeg = jpeg();
    for _ in 0..times {
        let mut picture = Picture::open(black_box(&jpeg), &ImageLimits::default()).expect("opens");
        black_box(picture.reduced(longer_side_px_min).expect("decodes"));
        black_box(picture);
    }
}

fn decode_part(times: usize) {
    let jpeg = jpeg();
    let part = Rect { x: 400.0, y: 300.0, width: 200.0, height: 220.0 };
    for _ in 0..times {
        let mut picture = Picture::open(black_box(&jpeg), &ImageLimits::default()).expect("opens");
        black_box(picture.part(&part, 1.0).expect("decodes"));
        black_box(picture);
    }
}

fn detect(times: usize) {
    let (image, mut detector) = (image(), bench::detector());
    for _ in 0..times {
        black_box(detector.look(&mut Picture::of(black_box(&image)), 640).expect("detects"));
    }
}

fn align(times: usize) {
    let image = image();
    // Eyes 100 pixels apart: larger than the crop's, and turned a little.
    let at = [(450.0, 300.0), (550.0, 310.0), (500.0, 360.0), (455.0, 415.0), (540.0, 422.0)];
    let landmarks: [Point; LANDMARKS] = at.map(|(x, y)| Point { x, y });
    let bounds = Rect { x: 400.0, y: 240.0, width: 200.0, height: 240.0 };
    let face = Face { bounds, landmarks, confidence: 0.9 };
    for _ in 0..times {
        black_box(face::align(&mut Picture::of(black_box(&image)), &face).expect("cuts"));
    }
}

fn embed(times: usize) {
    let (crop, mut embedder) = (bench::crop(), bench::embedder());
    for _ in 0..times * SOME {
        black_box(embedder.embed(black_box(&crop), false).expect("embeds"));
    }
}

fn values(person: u64) -> Vec<f32> {
    let raw: Vec<f32> =
        (0..DIMENSION as u64).map(|at| mixed(person << 8 | at) as f32 / (1_u64 << 31) as f32 - 1.0).collect();
    let length = raw.iter().map(|value| value * value).sum::<f32>().sqrt();
    raw.iter().map(|value| value / length).collect()
}

fn compare(times: usize) {
    let model = ModelId::parse("counted").expect("valid");
    let template = |person| Template::from_embedding(model.clone(), values(person)).expect("a direction");
    let (probe, reference) = (template(1), template(2));
    for _ in 0..times * MANY {
        black_box(black_box(&probe).compare(black_box(&reference)).expect("of one model"));
    }
}

fn search(times: usize) {
    let originals = Memory::new(DIMENSION, (0..ROWS as u64).flat_map(values).collect());
    let coder = Coder::new(DIMENSION, Tier::default());
    let codes = coder.encode(originals.values());
    let query = coder.query(&values(77));
    let piece = Piece { codes: &codes, originals: &originals, gone: &Gone::default() };
    for _ in 0..times {
        let job = Job { query: black_box(&query), goal: Goal::Nearest(1) };
        black_box(search::scan(&[piece], &[job], How::alone()).expect("undamaged"));
    }
}
