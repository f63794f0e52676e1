//! JPEG: baseline and progressive; grey, YCbCr, RGB, CMYK and YCCK.
//!
//! What cameras and telephones write is decoded as far as it is looked at ([`Coded`]). Everything else, and an image of which
//! all the pixels are wanted ([`crate::decode`]), is left to a library ([`decode`]), which also has the last word on what is
//! damaged.

mod bits;
mod coded;
mod colour;
mod header;
mod huffman;
mod idct;
mod planes;
#[cfg(test)]
mod tests;

use ::image::RgbImage;
use ::image::metadata::Orientation;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{Image, ImageError, ImageLimits};

pub(super) use coded::Coded;

/// A rectangle of whole pixels of an image as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PixelRect {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// What was decoded of an image: it begins at this pixel of the image as stored, and has so many columns and rows of
/// reduced pixels, `[rows, columns, 3]`, RGB.
pub(super) struct Part {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) columns: u32,
    pub(super) rows: u32,
    pub(super) rgb: Vec<u8>,
}

/// The longest side a JPEG can have by its format; the number of pixels is what the limits bound.
const SIDE_PX_MAX: usize = 65_535;

/// Scans of a progressive JPEG: encoders write about ten; each costs a pass over the whole image.
const SCANS_MAX: usize = 64;

pub(super) fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<Image, ImageError> {
    if !is_complete(bytes) {
        return Err(ImageError::Undecodable("the JPEG ends before its end marker".into()));
    }
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .jpeg_set_max_scans(SCANS_MAX)
        .set_max_width(SIDE_PX_MAX)
        .set_max_height(SIDE_PX_MAX)
        .set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(undecodable)?;
    let info = decoder.info().ok_or_else(|| ImageError::Undecodable("the JPEG has no frame".into()))?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    limits.check_size(width, height)?;
    let rgb = decoder.decode().map_err(undecodable)?;
    let orientation = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    let pixels = RgbImage::from_raw(width, height, rgb)
        .ok_or_else(|| ImageError::Undecodable("the JPEG's pixels are incomplete".into()))?;
    Ok(Image::upright(pixels, orientation.unwrap_or(Orientation::NoTransforms)))
}

/// Whether the end marker is there. A picture that was cut off in transit would be decoded with a grey rest, and
/// enrolled; cameras may append data after the marker, so it is searched for, not expected at the end.
fn is_complete(bytes: &[u8]) -> bool {
    bytes.windows(2).rev().any(|pair| pair == [0xFF, 0xD9])
}

fn undecodable(error: impl std::fmt::Debug) -> ImageError {
    ImageError::Undecodable(format!("{error:?}"))
}
