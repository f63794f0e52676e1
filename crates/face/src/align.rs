//! A face brought to the pose and size that the recognition network was trained on.

use zeroize::Zeroizing;

use crate::{Face, Image, LANDMARKS, Point};

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

/// Samples a side of an output pixel at most: beyond eightfold reduction, the 64 samples of a pixel are average enough.
const SAMPLES_A_SIDE_MAX: u32 = 8;

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
#[must_use]
pub fn align(image: &Image, face: &Face) -> Crop {
    let to_image = Similarity::fit(&REFERENCE_POINTS, &face.landmarks);
    let samples = (to_image.scale().round() as u32).clamp(1, SAMPLES_A_SIDE_MAX);
    let mut rgb = Vec::with_capacity(CROP_SIDE_PX * CROP_SIDE_PX * 3);
    for row in 0..CROP_SIDE_PX {
        for column in 0..CROP_SIDE_PX {
            let pixel = average(image, &to_image, column as f32, row as f32, samples);
            rgb.extend(pixel.map(|value| value.round().clamp(0.0, 255.0) as u8));
        }
    }
    Crop { rgb: Zeroizing::new(rgb) }
}

/// The mean of `samples` x `samples` bilinear samples spread over one output pixel. One sample at its centre is the usual
/// bilinear warp; more keep a large face from being reduced to noise by skipping pixels.
fn average(image: &Image, to_image: &Similarity, column: f32, row: f32, samples: u32) -> [f32; 3] {
    let offset = |i: u32| (i as f32 + 0.5) / samples as f32 - 0.5;
    let mut sum = [0.0; 3];
    for j in 0..samples {
        for i in 0..samples {
            let at = to_image.apply(Point { x: column + offset(i), y: row + offset(j) });
            let value = bilinear(image, at);
            sum = std::array::from_fn(|channel| sum[channel] + value[channel]);
        }
    }
    sum.map(|value| value / (samples * samples) as f32)
}

fn bilinear(image: &Image, at: Point) -> [f32; 3] {
    let (left, top) = (at.x.floor(), at.y.floor());
    let (right_share, bottom_share) = (at.x - left, at.y - top);
    let (x, y) = (left as i64, top as i64);
    let corners = [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)].map(|(x, y)| pixel(image, x, y));
    std::array::from_fn(|c| {
        let upper = corners[0][c] + right_share * (corners[1][c] - corners[0][c]);
        let lower = corners[2][c] + right_share * (corners[3][c] - corners[2][c]);
        upper + bottom_share * (lower - upper)
    })
}

#[inline]
fn pixel(image: &Image, x: i64, y: i64) -> [f32; 3] {
    let (width, height) = (i64::from(image.width()), i64::from(image.height()));
    if x < 0 || y < 0 || x >= width || y >= height {
        return [0.0; 3];
    }
    let at = ((y * width + x) * 3) as usize;
    let rgb = image.rgb();
    [f32::from(rgb[at]), f32::from(rgb[at + 1]), f32::from(rgb[at + 2])]
}

/// `p -> (a + ib) * p + shift`, with points as complex numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Similarity {
    a: f32,
    b: f32,
    shift: Point,
}

impl Similarity {
    /// The transform that minimises the squared distances of the images of `from` to `to`.
    fn fit(from: &[Point; LANDMARKS], to: &[Point; LANDMARKS]) -> Self {
        let (from_mean, to_mean) = (mean(from), mean(to));
        let (mut dot, mut cross, mut spread) = (0.0_f32, 0.0_f32, 0.0_f32);
        for (p, q) in from.iter().zip(to) {
            let (px, py) = (p.x - from_mean.x, p.y - from_mean.y);
            let (qx, qy) = (q.x - to_mean.x, q.y - to_mean.y);
            dot += px * qx + py * qy;
            cross += px * qy - py * qx;
            spread += px * px + py * py;
        }
        let (a, b) = (dot / spread, cross / spread);
        let shift = Point {
            x: to_mean.x - (a * from_mean.x - b * from_mean.y),
            y: to_mean.y - (b * from_mean.x + a * from_mean.y),
        };
        Self { a, b, shift }
    }

    fn apply(&self, p: Point) -> Point {
        Point { x: self.a * p.x - self.b * p.y + self.shift.x, y: self.b * p.x + self.a * p.y + self.shift.y }
    }

    fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }
}

fn mean(points: &[Point; LANDMARKS]) -> Point {
    let sum = points.iter().fold(Point::default(), |s, p| Point { x: s.x + p.x, y: s.y + p.y });
    Point { x: sum.x / LANDMARKS as f32, y: sum.y / LANDMARKS as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(scale: f32, degrees: f32, shift: Point) -> [Point; LANDMARKS] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        REFERENCE_POINTS.map(|p| Point {
            x: scale * (cos * p.x - sin * p.y) + shift.x,
            y: scale * (sin * p.x + cos * p.y) + shift.y,
        })
    }

    #[test]
    fn recovers_rotation_scale_and_shift() {
        for (scale, degrees) in [(1.0, 0.0), (0.5, 30.0), (3.0, -120.0), (7.5, 179.0)] {
            let shift = Point { x: 40.0, y: -7.0 };
            let to = turned(scale, degrees, shift);
            let fitted = Similarity::fit(&REFERENCE_POINTS, &to);
            assert!((fitted.scale() - scale).abs() < 1e-4 * scale);
            for (p, q) in REFERENCE_POINTS.iter().zip(&to) {
                let image = fitted.apply(*p);
                assert!((image.x - q.x).abs() < 0.01 && (image.y - q.y).abs() < 0.01);
            }
        }
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
        let crop = align(&image, &face(REFERENCE_POINTS));
        let differing = crop.rgb().iter().zip(image.rgb()).filter(|(a, b)| a != b).count();
        assert_eq!(differing, 0);
    }

    #[test]
    fn twice_the_size_is_averaged_not_skipped() {
        // A checkerboard of single pixels: skipping would give black and white, averaging gives grey.
        let rgb = (0..224 * 224).flat_map(|i| [if (i % 224 + i / 224) % 2 == 0 { 0 } else { 255 }; 3]).collect();
        let board = Image::from_rgb(224, 224, rgb).expect("sizes agree");
        let crop = align(&board, &face(turned(2.0, 0.0, Point { x: 0.5, y: 0.5 })));
        let inner = &crop.rgb()[(56 * 112 + 56) * 3..][..30];
        assert!(inner.iter().all(|value| (120..=135).contains(value)), "{inner:?}");
    }

    #[test]
    fn beyond_the_frame_is_black_and_wild_landmarks_do_no_harm() {
        let image = gradient(112, 112);
        let far = Point { x: 1e6, y: -1e6 };
        assert!(align(&image, &face(turned(1.0, 0.0, far))).rgb().iter().all(|value| *value == 0));
        for wild in [f32::NAN, f32::INFINITY, 0.0] {
            let crop = align(&image, &face([Point { x: wild, y: wild }; LANDMARKS]));
            assert_eq!(crop.rgb().len(), 112 * 112 * 3);
        }
    }
}
