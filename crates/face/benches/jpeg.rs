//! Decoding a photograph of a telephone: whole, reduced, and a face of it, beside the library that has all its pixels made.
//!
//! `cargo bench -p face --bench jpeg`. The photograph is made here, of shapes and of noise as a sensor has it, so that it has
//! as many bytes a pixel as those of telephones.

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use face::{ImageLimits, Picture, Rect};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Twelve million pixels.
const WIDTH: u16 = 4_000;
const HEIGHT: u16 = 3_000;

/// Of the encoder; with the noise, about a third of a byte a pixel.
const QUALITY: u8 = 93;

/// The standard deviation of the noise, in levels.
const NOISE_LEVELS: f32 = 3.0;

/// Where a face is, of the size that it has across a table.
const FACE: Rect = Rect { x: 1_800.0, y: 1_100.0, width: 500.0, height: 600.0 };

static PHOTOGRAPH: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut noise = Noise(1);
    let shape = |x: f32, y: f32, scale: f32| 60.0 * (x / scale).sin() * (y / scale + (x / 900.0).cos()).cos();
    let mut rgb = Vec::with_capacity(usize::from(WIDTH) * usize::from(HEIGHT) * 3);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (x, y) = (f32::from(x), f32::from(y));
            let light = 128.0 + shape(x, y, 310.0) + shape(x, y, 37.0) / 3.0 + NOISE_LEVELS * noise.next();
            rgb.extend([light + 12.0, light, light - 20.0 * (y / 700.0).sin()].map(|level| level as u8));
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&rgb, WIDTH, HEIGHT, ColorType::Rgb).expect("encodes");
    bytes
});

/// Nearly normal numbers of mean zero and deviation one.
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        // Four uniform ones have a variance of a third.
        let uniform = |state: &mut u32| {
            *state ^= *state << 13;
            *state ^= *state >> 17;
            *state ^= *state << 5;
            *state as f32 / u32::MAX as f32 - 0.5
        };
        (0..4).map(|_| uniform(&mut self.0)).sum::<f32>() * 3.0_f32.sqrt()
    }
}

fn open() -> Picture<'static> {
    Picture::open(black_box(&PHOTOGRAPH), &ImageLimits::default()).expect("opens")
}

fn main() {
    println!("{} bytes, {:.2} a pixel", PHOTOGRAPH.len(), PHOTOGRAPH.len() as f32 / 12e6);
    divan::main();
}

/// At least so many pixels to the longer side: a whole, a half, a quarter, an eighth of those of the photograph.
#[divan::bench(args = [4_000, 2_000, 1_000, 500])]
fn overview(bencher: Bencher<'_, '_>, longer_side_px: u32) {
    bencher.bench_local(|| open().reduced(longer_side_px).map(|image| image.width()).expect("decodes"));
}

/// A face after a quarter of the photograph, as the pipeline looks at it.
#[divan::bench]
fn quarter_then_face(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        let mut picture = open();
        picture.reduced(1_000).expect("decodes");
        picture.part(&FACE, 1.0).map(|image| image.width()).expect("decodes")
    });
}

/// All the pixels, by the library.
#[divan::bench]
fn library(bencher: Bencher<'_, '_>) {
    use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
    bencher.bench_local(|| {
        let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
        let bytes = ZCursor::new(black_box(&PHOTOGRAPH[..]));
        zune_jpeg::JpegDecoder::new_with_options(bytes, options).decode().expect("decodes").len()
    });
}
