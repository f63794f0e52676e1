//! Untrusted bytes: every format, every kind of damage. A decoder may refuse; it may not panic, take memory without
//! bound, or make a picture of half a file.

use std::io::Cursor;

use face::{Image, ImageError, ImageLimits, decode};
use image::{DynamicImage, ImageFormat, RgbImage};
use jpeg_encoder::{ColorType, Encoder};
use proptest::prelude::*;

/// Wide enough for the limits, with a different colour in each quarter.
const WIDTH: u32 = 120;
const HEIGHT: u32 = 104;
const QUARTERS: [[u8; 3]; 4] = [[200, 30, 30], [30, 200, 30], [30, 30, 200], [200, 200, 30]];

fn picture() -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        image::Rgb(QUARTERS[usize::from(x >= WIDTH / 2) + 2 * usize::from(y >= HEIGHT / 2)])
    })
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

fn jpeg(pixels: &[u8], colours: ColorType, progressive: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    encoder.set_progressive(progressive);
    encoder.encode(pixels, WIDTH as u16, HEIGHT as u16, colours).expect("encodes");
    bytes
}

/// The picture in every format and variant that is accepted, by name.
fn variants() -> Vec<(&'static str, Vec<u8>)> {
    let rgb = picture();
    let cmyk: Vec<u8> = rgb.pixels().flat_map(|p| [255 - p.0[0], 255 - p.0[1], 255 - p.0[2], 0]).collect();
    vec![
        ("jpeg", jpeg(&rgb, ColorType::Rgb, false)),
        ("progressive jpeg", jpeg(&rgb, ColorType::Rgb, true)),
        ("cmyk jpeg", jpeg(&cmyk, ColorType::Cmyk, false)),
        ("ycck jpeg", jpeg(&cmyk, ColorType::CmykAsYcck, false)),
        ("png", encoded(rgb.clone(), ImageFormat::Png)),
        ("16-bit png", encoded(DynamicImage::ImageRgb8(rgb.clone()).into_rgb16(), ImageFormat::Png)),
        ("rgba png", encoded(DynamicImage::ImageRgb8(rgb.clone()).into_rgba8(), ImageFormat::Png)),
        ("webp", encoded(rgb, ImageFormat::WebP)),
    ]
}

/// The colours in the middles of the quarters.
fn quarters(image: &Image) -> [[u8; 3]; 4] {
    let (width, height) = (image.width() as usize, image.height() as usize);
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| {
        let at = (y * height / 4 * width + x * width / 4) * 3;
        [image.rgb()[at], image.rgb()[at + 1], image.rgb()[at + 2]]
    })
}

fn near(found: [[u8; 3]; 4], expected: [[u8; 3]; 4]) -> bool {
    found.iter().flatten().zip(expected.iter().flatten()).all(|(a, b)| a.abs_diff(*b) <= 12)
}

#[test]
fn every_variant_shows_the_same_picture() {
    for (name, bytes) in variants() {
        let image = decode(&bytes, &ImageLimits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((image.width(), image.height()), (WIDTH, HEIGHT), "{name}");
        assert!(near(quarters(&image), QUARTERS), "{name}: {:?}", quarters(&image));
    }
}

#[test]
fn grey_pictures_and_transparent_pixels_become_rgb() {
    let grey = DynamicImage::ImageRgb8(picture()).into_luma8();
    for bytes in [encoded(grey.clone(), ImageFormat::Png), jpeg(&grey, ColorType::Luma, false)] {
        let image = decode(&bytes, &ImageLimits::default()).expect("decodes");
        assert!(quarters(&image).iter().all(|[r, g, b]| r == g && g == b));
    }
    let clear = image::RgbaImage::from_pixel(WIDTH, HEIGHT, image::Rgba([0, 0, 0, 0]));
    let image = decode(&encoded(clear, ImageFormat::Png), &ImageLimits::default()).expect("decodes");
    assert_eq!(quarters(&image), [[255; 3]; 4], "what is transparent is white, not what hides below it");
}

/// The JPEG with an EXIF block that says how it lies.
fn oriented(orientation: u8) -> Vec<u8> {
    let plain = jpeg(&picture(), ColorType::Rgb, false);
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0".to_vec();
    exif[25] = orientation;
    let mut bytes = plain[..2].to_vec();
    bytes.extend([0xFF, 0xE1, 0, exif.len() as u8 + 2]);
    bytes.extend(exif);
    bytes.extend(&plain[2..]);
    bytes
}

#[test]
fn all_eight_orientations_are_undone() {
    let [a, b, c, d] = QUARTERS;
    // Upper left, upper right, lower left, lower right after turning upright (EXIF 2.3, tag 0x0112).
    for (orientation, expected) in [
        (1, [a, b, c, d]),
        (2, [b, a, d, c]),
        (3, [d, c, b, a]),
        (4, [c, d, a, b]),
        (5, [a, c, b, d]),
        (6, [c, a, d, b]),
        (7, [d, b, c, a]),
        (8, [b, d, a, c]),
        (0, [a, b, c, d]),
        (99, [a, b, c, d]),
    ] {
        let image = decode(&oriented(orientation), &ImageLimits::default()).expect("decodes");
        assert!(near(quarters(&image), expected), "{orientation}: {:?}", quarters(&image));
        let turned = (5..=8).contains(&orientation);
        assert_eq!(image.width(), if turned { HEIGHT } else { WIDTH }, "{orientation}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for (name, bytes) in variants() {
        // The last bytes of a PNG and a WebP close the file and hold no pixels.
        let pixels_end = bytes.len() - 16;
        for length in 0..pixels_end {
            let decoded = decode(&bytes[..length], &ImageLimits::default());
            assert!(decoded.is_err(), "{name} cut off at {length} of {}", bytes.len());
        }
    }
}

#[test]
fn limits_are_told_with_numbers_before_anything_is_decoded() {
    let limits = |bytes_max, pixels_max, side_px_min| ImageLimits { bytes_max, pixels_max, side_px_min };
    for (name, bytes) in variants() {
        let pixels = u64::from(WIDTH * HEIGHT);
        let refused = |limits| decode(&bytes, &limits).expect_err(name);
        assert_eq!(
            refused(limits(bytes.len() - 1, pixels, 1)),
            ImageError::TooManyBytes { bytes: bytes.len(), bytes_max: bytes.len() - 1 }
        );
        let too_many = ImageError::TooManyPixels { width: WIDTH, height: HEIGHT, pixels_max: pixels - 1 };
        assert_eq!(refused(limits(bytes.len(), pixels - 1, 1)), too_many);
        let too_small = ImageError::TooSmall { width: WIDTH, height: HEIGHT, side_px_min: HEIGHT + 1 };
        assert_eq!(refused(limits(bytes.len(), pixels, HEIGHT + 1)), too_small);
        assert!(decode(&bytes, &limits(bytes.len(), pixels, HEIGHT)).is_ok(), "{name}: the limits themselves");
    }
}

/// A PNG that claims a size and has no pixels.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let whole = encoded(picture(), ImageFormat::Png);
    let mut bytes = whole[..33].to_vec();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let check = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&check.to_be_bytes());
    bytes.extend(&whole[33..]);
    bytes
}

/// PNG's checksum, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn a_claimed_size_takes_no_memory() {
    for (width, height) in [(100_000, 100_000), (u32::MAX, 200), (i32::MAX as u32, i32::MAX as u32), (0, 0)] {
        let error = decode(&claims(width, height), &ImageLimits::default());
        assert!(error.is_err(), "{width}x{height}");
    }
}

proptest! {
    #[test]
    fn altered_files_do_no_harm(which in 0_usize..8, at in any::<prop::sample::Index>(), value: u8, more: u8) {
        let (_, mut bytes) = variants().swap_remove(which);
        let (first, second) = (at.index(bytes.len()), at.index(bytes.len() / 2));
        (bytes[first], bytes[second]) = (value, more);
        if let Ok(image) = decode(&bytes, &ImageLimits::default()) {
            let size = image.width() as usize * image.height() as usize * 3;
            prop_assert_eq!(image.rgb().len(), size);
        }
    }

    #[test]
    fn noise_behind_a_good_beginning_does_no_harm(
        beginning in prop::sample::select(vec![&b"\xFF\xD8\xFF"[..], b"\x89PNG\r\n\x1a\n", b"RIFF\xFF\xFF\0\0WEBPVP8L"]),
        noise in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let bytes = [beginning, &noise].concat();
        prop_assert!(decode(&bytes, &ImageLimits::default()).is_err());
    }
}
