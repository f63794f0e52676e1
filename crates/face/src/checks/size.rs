//! Whether a face is large enough and wholly in the frame (`F_011`).

use crate::{Defect, Face, Image, Rect, Rejection};

/// What size of face is accepted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizeLimits {
    /// Distance between the centres of the eyes, in pixels of the image as sent.
    pub inter_eye_distance_px_min: f64,
    /// Share of the face's box that must lie inside the frame, in percent: less is a face that is too large for the
    /// frame or cut by it.
    pub inside_frame_percent_min: f64,
}

impl SizeLimits {
    /// Every limit that the face does not keep.
    #[must_use]
    pub fn check(&self, image: &Image, face: &Face) -> Vec<Rejection> {
        let measures = [
            ("inter_eye_distance_px", f64::from(face.inter_eye_distance_px()), self.inter_eye_distance_px_min),
            ("face_inside_frame_percent", inside_frame_percent(image, face), self.inside_frame_percent_min),
        ];
        let below = |(measure, value, min): (&'static str, f64, f64)| {
            // Not a number is below every limit.
            let fails = value.is_nan() || value < min;
            fails.then_some(Rejection { defect: Defect::FaceSize, measure, value, min: Some(min), max: None })
        };
        measures.into_iter().filter_map(below).collect()
    }
}

fn inside_frame_percent(image: &Image, face: &Face) -> f64 {
    let frame = Rect { x: 0.0, y: 0.0, width: image.width() as f32, height: image.height() as f32 };
    let share = f64::from(face.bounds.intersection_area(&frame)) / f64::from(face.bounds.area());
    100.0 * share.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LANDMARKS, Point};

    fn check(eyes_apart: f32, left_edge: f32) -> Vec<&'static str> {
        let image = Image::from_rgb(200, 200, vec![0; 200 * 200 * 3]).expect("sizes agree");
        let mut landmarks = [Point { x: 50.0, y: 50.0 }; LANDMARKS];
        landmarks[1].x += eyes_apart;
        let bounds = Rect { x: left_edge, y: 10.0, width: 100.0, height: 100.0 };
        let limits = SizeLimits { inter_eye_distance_px_min: 30.0, inside_frame_percent_min: 90.0 };
        limits.check(&image, &Face { bounds, landmarks, confidence: 1.0 }).iter().map(|r| r.measure).collect()
    }

    #[test]
    fn each_limit_is_kept_at_its_value_and_broken_below() {
        assert_eq!(check(30.0, -10.0), Vec::<&str>::new());
        assert_eq!(check(29.9, 0.0), ["inter_eye_distance_px"]);
        assert_eq!(check(30.0, -11.0), ["face_inside_frame_percent"]);
        assert_eq!(check(1.0, 150.0), ["inter_eye_distance_px", "face_inside_frame_percent"]);
    }

    #[test]
    fn a_measure_that_is_no_number_fails() {
        assert_eq!(check(f32::NAN, 0.0), ["inter_eye_distance_px"]);
    }
}
