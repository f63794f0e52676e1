//! A face brought to the pose and size that the recognition network was trained on.

use zeroize::Zeroizing;

use crate::warp::{self, Similarity};
use crate::{Face, ImageError, LANDMARKS, Picture, Point};

/// Side of the aligned crop in pixels.
pub const CROP_SIDE_PX: usize = 112;

/// Where the landmarks are to come in the crop: the reference points of ArcFace (Deng et al. 2019), in the order of
/// [`Face::landmarks`].
const REFERENCE_POINTS: [Point; LANDMARKS] = [
    Point { x: 38.2946, y: 51.6963 },
    Point { x: 73.5318, y: 51.5014 },
    Point { x: 56.0252, y: 71.7366 },
    Point { x: 41.5493, y: 92.3655 },
    Point { x: 70.7299, y: 92.2041 },
];

/// An aligned face, `[CROP_SIDE_PX, CROP_SIDE_PX, 3]`, 8-bit RGB; overwritten when dropped.
pub struct Crop {
    rgb: Zeroizing<Vec<u8>>,
}

impl Crop {
    /// A crop from its pixels; `None` when they are not 112 x 112 x 3.
    #[must_use]
    pub fn from_rgb(rgb: Vec<u8>) -> Option<Self> {
        (rgb.len() == CROP_SIDE_PX * CROP_SIDE_PX * 3).then(|| Self { rgb: Zeroizing::new(rgb) })
    }

    /// The pixels, `[112, 112, 3]`, RGB.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

/// Cuts the face out by the least-squares similarity transform (rotation, uniform scale, shift; Umeyama 1991 without
/// reflection) that brings its landmarks onto the reference points. What lies beyond the frame is black.
///
/// # Errors
/// When that part of the picture cannot be decoded.
pub fn align(picture: &mut Picture<'_>, face: &Face) -> Result<Crop, ImageError> {
    let to_image = Similarity::fit(&REFERENCE_POINTS, &face.landmarks);
    Ok(Crop { rgb: warp::cut(picture, &to_image, CROP_SIDE_PX)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Image;

    fn turned(scale: f32, degrees: f32, shift: Point) -> [Point; LANDMARKS] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        REFERENCE_POINTS.map(|p| Point {
            x: scale * (cos * p.x - sin * p.y) + shift.x,
            y: scale * (sin * p.x + cos * p.y) + shift.y,
        })
    }

    fn gradient(width: u32, height: u32) -> Image {
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 7])).collect();
        Image::from_rgb(width, height, rgb).expect("sizes agree")
    }

    fn face(landmarks: [Point; LANDMARKS]) -> Face {
        Face { bounds: crate::Rect::default(), landmarks, confidence: 1.0 }
    }

    #[test]
    fn a_face_already_in_place_is_copied() {
        let image = gradient(112, 112);
        let crop = align(&mut Picture::of(&image), &face(REFERENCE_POINTS)).expect("cut");
        let differing = crop.rgb().iter().zip(image.rgb()).filter(|(a, b)| a != b).count();
        assert_eq!(differing, 0);
    }

    #[test]
    fn beyond_the_frame_is_black_and_wild_landmarks_do_no_harm() {
        let image = gradient(112, 112);
        let far = Point { x: 1e6, y: -1e6 };
        let cut = |landmarks| align(&mut Picture::of(&image), &face(landmarks)).expect("cut");
        assert!(cut(turned(1.0, 0.0, far)).rgb().iter().all(|value| *value == 0));
        for wild in [f32::NAN, f32::INFINITY, 0.0] {
            let crop = cut([Point { x: wild, y: wild }; LANDMARKS]);
            assert_eq!(crop.rgb().len(), 112 * 112 * 3);
        }
    }
}
