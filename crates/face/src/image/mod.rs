//! Untrusted bytes to upright RGB pixels, with every limit checked before memory is taken.

mod compressed;
mod jpeg;
mod picture;
mod view;
mod wipe;

use ::image::RgbImage;

use crate::Frame;

pub use picture::Picture;
pub(crate) use view::View;

/// The bytes of an encoded image as a client sent them; overwritten when dropped.
pub struct ImageBytes(Vec<u8>);

impl ImageBytes {
    /// Takes the bytes over; they are not copied.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Drop for ImageBytes {
    fn drop(&mut self) {
        biometric::wipe(&mut self.0);
    }
}

impl AsRef<[u8]> for ImageBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for ImageBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImageBytes({} bytes)", self.0.len())
    }
}

/// How large an image may be, and how small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageLimits {
    /// Encoded bytes.
    pub bytes_max: usize,
    /// Width times height: bounds the memory (3 bytes a pixel) and time of decoding.
    pub pixels_max: u64,
    /// The shorter side in pixels: below it no face is large enough to be told from another.
    pub side_px_min: u32,
}

impl Default for ImageLimits {
    /// The contract's limits: 10 MiB, 40 megapixels, 100 pixels.
    fn default() -> Self {
        Self { bytes_max: 10 * 1024 * 1024, pixels_max: 40_000_000, side_px_min: 100 }
    }
}

impl ImageLimits {
    fn check_size(&self, width: u32, height: u32) -> Result<(), ImageError> {
        if u64::from(width) * u64::from(height) > self.pixels_max {
            return Err(ImageError::TooManyPixels { width, height, pixels_max: self.pixels_max });
        }
        if width.min(height) < self.side_px_min {
            return Err(ImageError::TooSmall { width, height, side_px_min: self.side_px_min });
        }
        Ok(())
    }
}

/// Why bytes are not an image that the service works on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Not a JPEG, PNG or WebP by its first bytes.
    #[error("the image is neither JPEG, PNG nor WebP")]
    UnknownFormat,
    /// The decoder gave up; its words, which hold no pixels.
    #[error("the image cannot be decoded: {0}")]
    Undecodable(String),
    /// More encoded bytes than allowed.
    #[error("the image has {bytes} bytes; at most {bytes_max} are accepted")]
    TooManyBytes {
        /// Encoded size in bytes.
        bytes: usize,
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// More pixels than allowed.
    #[error("the image has {width}x{height} pixels; at most {pixels_max} are accepted")]
    TooManyPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit in pixels.
        pixels_max: u64,
    },
    /// The shorter side is too short.
    #[error("the image has {width}x{height} pixels; its shorter side must have at least {side_px_min}")]
    TooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit in pixels.
        side_px_min: u32,
    },
}

impl ImageError {
    /// Pixels that were to be there are not: a defect of ours, which is told as the image's.
    fn nothing() -> Self {
        Self::Undecodable("the pixels are incomplete".into())
    }
}

/// An upright image, 8-bit RGB, rows from top to bottom; its pixels are overwritten when it is dropped.
pub struct Image {
    pixels: RgbImage,
}

impl Image {
    /// An image from its pixels, `[height, width, 3]`.
    ///
    /// Returns `None` when the length is not `width * height * 3`.
    #[must_use]
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Option<Self> {
        RgbImage::from_raw(width, height, rgb).map(|pixels| Self { pixels })
    }

    /// Its size.
    #[must_use]
    pub fn frame(&self) -> Frame {
        Frame { width: self.width(), height: self.height() }
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.pixels.width()
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.pixels.height()
    }

    /// The pixels, `[height, width, 3]`, RGB.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        self.pixels.as_raw()
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        biometric::wipe(&mut std::mem::take(&mut self.pixels).into_raw());
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({}x{})", self.width(), self.height())
    }
}

/// Decodes all pixels of a JPEG, PNG or WebP, told apart by their first bytes, and turns it upright by its EXIF
/// orientation.
///
/// # Errors
/// When the bytes are of another format, damaged, cut off, or outside the limits.
pub fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<Image, ImageError> {
    Picture::open(bytes, limits)?.into_image()
}

/// Decodes everything at once.
fn whole(format: Format, bytes: &[u8], limits: &ImageLimits) -> Result<Image, ImageError> {
    match format {
        Format::Jpeg => jpeg::decode(bytes, limits),
        Format::Png => compressed::decode_png(bytes, limits),
        Format::WebP => compressed::decode_webp(bytes, limits),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Jpeg,
    Png,
    WebP,
}

impl Format {
    /// The format of bytes that are not too many.
    fn accepted(bytes: &[u8], limits: &ImageLimits) -> Result<Self, ImageError> {
        if bytes.len() > limits.bytes_max {
            return Err(ImageError::TooManyBytes { bytes: bytes.len(), bytes_max: limits.bytes_max });
        }
        Self::of(bytes).ok_or(ImageError::UnknownFormat)
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Some(Self::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        let is_webp = bytes.len() >= 12 && bytes.starts_with(b"RIFF") && &bytes[8..12] == b"WEBP";
        is_webp.then_some(Self::WebP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        assert_eq!(Format::of(b"\xFF\xD8\xFF\xE0"), Some(Format::Jpeg));
        assert_eq!(Format::of(b"\x89PNG\r\n\x1a\n..."), Some(Format::Png));
        assert_eq!(Format::of(b"RIFF\0\0\0\0WEBPVP8 "), Some(Format::WebP));
        for other in [&b""[..], b"\xFF\xD8", b"GIF89a", b"BM", b"RIFF\0\0\0\0WAVE", b"<svg", b"%PDF"] {
            assert_eq!(Format::of(other), None);
        }
    }

    #[test]
    fn too_many_bytes_are_refused_before_they_are_looked_at() {
        let limits = ImageLimits { bytes_max: 3, ..ImageLimits::default() };
        let error = decode(b"\xFF\xD8\xFF\xE0", &limits).expect_err("four bytes");
        assert_eq!(error, ImageError::TooManyBytes { bytes: 4, bytes_max: 3 });
    }
}
