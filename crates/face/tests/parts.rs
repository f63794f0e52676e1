//! Pictures that are decoded only as far as they are looked at: as they lie, and refused when damaged, whatever is looked at.

use face::{Image, ImageError, ImageLimits, Picture, Rect, decode};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

const WIDTH: u16 = 403;
const HEIGHT: u16 = 301;

/// A JPEG as a telephone writes it, with a colour that rises from left to right and another from top to bottom, and an EXIF
/// block that says how it lies.
fn photograph(orientation: u8) -> Vec<u8> {
    let level = |at: u16, end: u16| (u32::from(at) * 255 / u32::from(end)) as u8;
    let pixels = (0..HEIGHT).flat_map(|y| (0..WIDTH).flat_map(move |x| [level(x, WIDTH), level(y, HEIGHT), 90]));
    let pixels: Vec<u8> = pixels.collect();
    let mut exif = b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0".to_vec();
    exif[19] = orientation;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.add_exif_metadata(&exif).expect("short enough");
    encoder.encode(&pixels, WIDTH, HEIGHT, ColorType::Rgb).expect("encodes");
    bytes
}

/// The pixel at a share of the width and of the height.
fn pixel(image: &Image, x: f32, y: f32) -> [u8; 3] {
    let at = |share: f32, side: u32| ((share * side as f32) as usize).min(side as usize - 1);
    let at = 3 * (at(y, image.height()) * image.width() as usize + at(x, image.width()));
    [image.rgb()[at], image.rgb()[at + 1], image.rgb()[at + 2]]
}

#[test]
fn a_reduced_picture_shows_what_the_whole_shows() {
    for orientation in 1..=8 {
        let bytes = photograph(orientation);
        let whole = decode(&bytes, &ImageLimits::default()).expect("decodes");
        for (longer_side_px, factor) in [(403, 1), (202, 2), (101, 4), (51, 8)] {
            let mut picture = Picture::open(&bytes, &ImageLimits::default()).expect("opens");
            assert_eq!(picture.frame(), whole.frame());
            let reduced = picture.reduced(longer_side_px).expect("decodes");
            let size = (whole.width().div_ceil(factor), whole.height().div_ceil(factor));
            assert_eq!((reduced.width(), reduced.height()), size, "{orientation}: {longer_side_px}");
            for (x, y) in [(0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8), (0.5, 0.5)] {
                let (found, expected) = (pixel(reduced, x, y), pixel(&whole, x, y));
                // A pixel of an eighth covers a fiftieth of the colours' range.
                let is_near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 12);
                assert!(is_near, "{orientation}: {found:?} for {expected:?} at {x}, {y} of {longer_side_px}");
            }
        }
    }
}

#[test]
fn a_part_is_finer_than_the_overview_and_smaller_than_the_whole() {
    let bytes = photograph(6);
    let mut picture = Picture::open(&bytes, &ImageLimits::default()).expect("opens");
    assert_eq!(picture.reduced(51).map(Image::width), Ok(u32::from(HEIGHT).div_ceil(8)));
    let part = Rect { x: 100.0, y: 100.0, width: 80.0, height: 60.0 };
    let found = picture.part(&part, 1.0).expect("decodes");
    assert!((80..200).contains(&found.width()) && (60..200).contains(&found.height()), "{found:?}");
    let found = picture.part(&part, 2.0).map(Image::width).expect("decodes");
    assert!(found >= 80, "what is there and finer is good enough: {found}");
}

/// Damage far from the part that is looked at is damage.
#[test]
fn damage_is_told_at_the_first_look_wherever_that_is() {
    let bytes = photograph(1);
    let cut = [&bytes[..bytes.len() - 40], b"\xFF\xD9"].concat();
    let corner = Rect { x: 0.0, y: 0.0, width: 20.0, height: 20.0 };
    for bytes in [&cut[..], &bytes[..bytes.len() - 2]] {
        let look = |corner_first: bool| -> Result<u32, ImageError> {
            let mut picture = Picture::open(bytes, &ImageLimits::default())?;
            match corner_first {
                true => picture.part(&corner, 1.0).map(Image::width),
                false => picture.reduced(51).map(Image::width),
            }
        };
        // The library, which has the last word, may find a cut scan good enough; then all of it is there.
        let expected = decode(bytes, &ImageLimits::default()).map(|image| image.width());
        assert_eq!(look(true), expected);
        assert_eq!(look(false).is_ok(), expected.is_ok());
    }
    assert!(Picture::open(&bytes[..100], &ImageLimits::default()).is_err());
}
