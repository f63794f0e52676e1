//! PNG and WebP.

use std::io::Cursor;

use ::image::codecs::png::PngDecoder;
use ::image::codecs::webp::WebPDecoder;
use ::image::metadata::Orientation;
use ::image::{DynamicImage, ImageDecoder, Limits, RgbImage};

use zeroize::Zeroizing;

use super::{Image, ImageError, ImageLimits};

/// What decoding may take beside the pixels, in bytes: a colour profile, a text, the decompressor's window. Small and fixed,
/// since these are compressed too and may unfold to anything.
const DECODE_BYTES_BESIDE_MAX: u64 = 1 << 20;

/// Bytes a pixel that decoding may take at most: 16-bit RGBA beside the 8-bit result and a row's worth of slack.
const DECODE_BYTES_A_PIXEL_MAX: u64 = 16;

pub(super) fn decode_png(bytes: &[u8], limits: &ImageLimits) -> Result<Image, ImageError> {
    // The decoder unfolds what lies before the pixels when it is made: it must know its limit before.
    let (width, height) = png_size(bytes).ok_or_else(|| ImageError::Undecodable("the PNG has no header".into()))?;
    limits.check_size(width, height)?;
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), allocation_limits(width, height)).map_err(undecodable)?;
    finish(decoder, limits)
}

/// Width and height as the header says, which is the first chunk (ISO/IEC 15948, 11.2.2).
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(12..)?.strip_prefix(b"IHDR")?;
    let number = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    Some((number(0)?, number(4)?))
}

pub(super) fn decode_webp(bytes: &[u8], limits: &ImageLimits) -> Result<Image, ImageError> {
    finish(WebPDecoder::new(Cursor::new(bytes)).map_err(undecodable)?, limits)
}

fn finish(mut decoder: impl ImageDecoder, limits: &ImageLimits) -> Result<Image, ImageError> {
    let (width, height) = decoder.dimensions();
    limits.check_size(width, height)?;
    decoder.set_limits(allocation_limits(width, height)).map_err(undecodable)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let decoded = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    Ok(Image::upright(opaque(decoded), orientation))
}

fn allocation_limits(width: u32, height: u32) -> Limits {
    let pixels = u64::from(width) * u64::from(height);
    let mut allocation = Limits::default();
    allocation.max_alloc = Some(pixels.saturating_mul(DECODE_BYTES_A_PIXEL_MAX) + DECODE_BYTES_BESIDE_MAX);
    allocation
}

/// Shows transparent pixels as a viewer does, on white: what is compared is what a person would see, not what an image
/// hides under full transparency.
fn opaque(decoded: DynamicImage) -> RgbImage {
    if !decoded.color().has_alpha() {
        return decoded.into_rgb8();
    }
    let rgba = decoded.into_rgba8();
    let blend = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let (width, height) = rgba.dimensions();
    let rgba = Zeroizing::new(rgba.into_raw());
    let (pixels, _) = rgba.as_chunks::<4>();
    let rgb = pixels.iter().flat_map(|[r, g, b, a]| [blend(*r, *a), blend(*g, *a), blend(*b, *a)]).collect();
    RgbImage::from_raw(width, height, rgb).unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of `map_err`")]
fn undecodable(error: ::image::ImageError) -> ImageError {
    ImageError::Undecodable(error.to_string())
}
