//! Images made worse by a known amount.

use face::{Image, Point};

use crate::Error;
use crate::photograph::resize;

/// Out of focus: a Gaussian of this standard deviation in pixels.
pub(super) fn blur(image: &Image, sigma_px: f32) -> Result<Image, Error> {
    let (width, height) = (image.width(), image.height());
    let sharp = || image.rgb().to_vec();
    let blurred = match image::RgbImage::from_raw(width, height, sharp()).filter(|_| sigma_px > 0.0) {
        Some(pixels) => image::imageops::blur(&pixels, sigma_px).into_raw(),
        None => sharp(),
    };
    made(width, height, blurred)
}

/// So many times as much light, in linear light (IEC 61966-2-1); what is too bright is cut off as a sensor does it.
pub(super) fn gain(image: &Image, factor: f64) -> Result<Image, Error> {
    let table: [u8; 256] = std::array::from_fn(|value| {
        let value = value as f64 / 255.0;
        let linear = if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
        let lit = (linear * factor).clamp(0.0, 1.0);
        let encoded = if lit <= 0.003_130_8 { lit * 12.92 } else { 1.055 * lit.powf(1.0 / 2.4) - 0.055 };
        (encoded * 255.0).round() as u8
    });
    let lit = image.rgb().iter().map(|value| table[usize::from(*value)]).collect();
    made(image.width(), image.height(), lit)
}

/// Smaller by this factor, 0 to 1; never larger.
pub(super) fn shrink(image: &Image, factor: f64) -> Result<Image, Error> {
    let factor = factor.min(1.0);
    let side = |length: u32| ((f64::from(length) * factor).round() as u32).max(1);
    let (width, height) = (side(image.width()), side(image.height()));
    let rgb = resize(image, width, height).map_err(Error::TooLittle)?;
    made(width, height, rgb)
}

/// Turned clockwise about a point, in a frame of the same size. The pixels of the edge go on beyond it, so that no black
/// corner comes into the picture.
pub(super) fn rotate(image: &Image, about: Point, degrees: f64) -> Result<Image, Error> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (sin, cos) = (degrees as f32).to_radians().sin_cos();
    let mut rgb = Vec::with_capacity(width * height * 3);
    for row in 0..height {
        for column in 0..width {
            let (x, y) = (column as f32 - about.x, row as f32 - about.y);
            rgb.extend(bilinear(image, about.x + cos * x + sin * y, about.y + cos * y - sin * x));
        }
    }
    made(image.width(), image.height(), rgb)
}

fn bilinear(image: &Image, x: f32, y: f32) -> [u8; 3] {
    let (right_end, bottom_end) = (image.width() as usize - 1, image.height() as usize - 1);
    let (x, y) = (x.clamp(0.0, right_end as f32), y.clamp(0.0, bottom_end as f32));
    let (left, top) = (x.floor() as usize, y.floor() as usize);
    let (to_right, to_bottom) = (x - left as f32, y - top as f32);
    let value = |column: usize, row: usize, channel: usize| {
        f32::from(image.rgb()[(row.min(bottom_end) * (right_end + 1) + column.min(right_end)) * 3 + channel])
    };
    std::array::from_fn(|channel| {
        let across = |row: usize| {
            let (a, b) = (value(left, row, channel), value(left + 1, row, channel));
            a + to_right * (b - a)
        };
        let (upper, lower) = (across(top), across(top + 1));
        (upper + to_bottom * (lower - upper)).round() as u8
    })
}

fn made(width: u32, height: u32, rgb: Vec<u8>) -> Result<Image, Error> {
    Image::from_rgb(width, height, rgb).ok_or_else(|| Error::TooLittle("pixels for a picture".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Image {
        let rgb = (0..64 * 64).flat_map(|at| [(at % 64 * 4) as u8, (at / 64 * 4) as u8, 100]).collect();
        Image::from_rgb(64, 64, rgb).expect("sizes agree")
    }

    fn pixel(image: &Image, x: usize, y: usize) -> [u8; 3] {
        let at = (y * image.width() as usize + x) * 3;
        [image.rgb()[at], image.rgb()[at + 1], image.rgb()[at + 2]]
    }

    #[test]
    fn a_quarter_turn_clockwise_brings_the_right_to_the_bottom_and_leaves_no_black() {
        let image = ramp();
        let about = Point { x: 31.0, y: 31.0 };
        let rotated = |degrees| rotate(&image, about, degrees).expect("made");
        let turned = rotated(90.0);
        // What was 10 to the right of the centre is 10 below it.
        assert_eq!(pixel(&turned, 31, 41), pixel(&image, 41, 31));
        assert!(rotated(45.0).rgb().as_chunks::<3>().0.iter().all(|pixel| pixel[2] == 100));
        assert_eq!(rotated(0.0).rgb(), image.rgb());
    }

    #[test]
    fn light_is_doubled_in_the_light_not_in_the_numbers() {
        let image = Image::from_rgb(1, 1, vec![188, 100, 255]).expect("sizes agree");
        let lit = |factor| gain(&image, factor).expect("made");
        let brighter = lit(2.0);
        assert_eq!(brighter.rgb()[0], 255, "sRGB 188 is half the light");
        assert!((137..=140).contains(&brighter.rgb()[1]), "{}", brighter.rgb()[1]);
        assert_eq!(lit(1.0).rgb(), image.rgb());
        assert_eq!(lit(0.0).rgb(), [0; 3]);
    }

    #[test]
    fn shrinking_keeps_the_shape_and_never_enlarges() {
        let image = ramp();
        let small = shrink(&image, 0.25).expect("resized");
        assert_eq!((small.width(), small.height()), (16, 16));
        assert_eq!(shrink(&image, 3.0).expect("resized").width(), 64);
    }

    #[test]
    fn blurring_evens_out() {
        let rgb = (0..64 * 64).flat_map(|at| [if at % 2 == 0 { 0 } else { 255 }; 3]).collect();
        let stripes = Image::from_rgb(64, 64, rgb).expect("sizes agree");
        let blurred = |sigma| blur(&stripes, sigma).expect("made");
        assert!((120..=135).contains(&pixel(&blurred(3.0), 32, 32)[0]));
        assert_eq!(blurred(0.0).rgb(), stripes.rgb());
    }
}
