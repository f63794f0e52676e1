//! An image to be sent.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::Error;

/// A JPEG, PNG or WebP image: a file, the bytes of one, or its base64. Its `Debug` shows no image.
///
/// There is no conversion from a text: whether it is a path or base64, [`Image::path`] and [`Image::base64`] say.
///
/// ```
/// use auther_client::Image;
///
/// let from_a_file = Image::path("photos/mark.jpg");
/// let from_memory = Image::bytes(b"\xff\xd8\xff".to_vec());
/// let from_a_browser = Image::base64("data:image/jpeg;base64,/9j/");
/// # let _ = (from_a_file, from_memory, from_a_browser);
/// ```
#[derive(Clone)]
pub struct Image(Source);

#[derive(Clone)]
enum Source {
    Path(PathBuf),
    Bytes(Zeroizing<Vec<u8>>),
    Base64(Zeroizing<String>),
}

impl Image {
    /// The image in this file, which is read when the image is sent.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(Source::Path(path.into()))
    }

    /// The image of these bytes.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Source::Bytes(Zeroizing::new(bytes.into())))
    }

    /// The image in this base64: standard or URL-safe, with padding or without, also behind `data:image/jpeg;base64,`.
    pub fn base64(text: impl Into<String>) -> Self {
        Self(Source::Base64(Zeroizing::new(text.into())))
    }

    /// As the wire has it.
    pub(crate) fn into_base64(self) -> Result<Zeroizing<String>, Error> {
        match self.0 {
            Source::Path(path) => match std::fs::read(&path) {
                Ok(bytes) => Ok(encode(&Zeroizing::new(bytes))),
                Err(source) => Err(Error::Image { path, source }),
            },
            Source::Bytes(bytes) => Ok(encode(&bytes)),
            Source::Base64(text) => Ok(text),
        }
    }
}

fn encode(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(base64_simd::STANDARD.encode_to_string(bytes))
}

impl From<PathBuf> for Image {
    fn from(path: PathBuf) -> Self {
        Self::path(path)
    }
}

impl From<&std::path::Path> for Image {
    fn from(path: &std::path::Path) -> Self {
        Self::path(path)
    }
}

impl From<Vec<u8>> for Image {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}

impl From<&[u8]> for Image {
    fn from(bytes: &[u8]) -> Self {
        Self::bytes(bytes)
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Path(path) => write!(f, "Image({})", path.display()),
            Source::Bytes(bytes) => write!(f, "Image({} bytes)", bytes.len()),
            Source::Base64(text) => write!(f, "Image({} characters of base64)", text.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_becomes_base64() {
        let file = std::env::temp_dir().join(format!("auther-client-{}.jpg", std::process::id()));
        std::fs::write(&file, b"\xff\xd8\xff").expect("written");
        let images = [Image::path(&file), Image::bytes(*b"\xff\xd8\xff"), Image::base64("/9j/")];
        for image in images {
            assert_eq!(image.into_base64().expect("text").as_str(), "/9j/");
        }
        std::fs::remove_file(&file).expect("removed");
        let missing = Image::path(&file).into_base64().expect_err("it is gone");
        assert!(missing.to_string().contains(&*file.to_string_lossy()), "{missing}");
    }

    #[test]
    fn no_image_is_shown() {
        assert_eq!(format!("{:?}", Image::bytes(*b"secret")), "Image(6 bytes)");
        assert_eq!(format!("{:?}", Image::base64("c2VjcmV0")), "Image(8 characters of base64)");
    }
}
