//! How large the face is and whether it is in the frame (`F_011`).

use super::measure::{Check, Measure, Range};
use crate::mesh::FaceMesh;
use crate::{Face, Frame};

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
    /// What the detector's box and landmarks say.
    #[must_use]
    pub fn checks(&self, frame: Frame, face: &Face) -> Vec<Check> {
        let check = |measure, value, min| Check { measure, value, range: Range::from(min) };
        let distance = f64::from(face.inter_eye_distance_px());
        vec![
            check(Measure::InterEyeDistance, distance, self.inter_eye_distance_px_min),
            check(Measure::InsideFrame, inside_frame_percent(frame, face), self.inside_frame_percent_min),
        ]
    }
}

/// Share of the face's box that lies inside the frame.
pub(super) fn inside_frame_percent(frame: Frame, face: &Face) -> f64 {
    let share = f64::from(face.bounds.intersection_area(&frame.rect())) / f64::from(face.bounds.area());
    100.0 * share.clamp(0.0, 1.0)
}

/// The box of the face in the image, as the mesh has it.
pub(super) struct Head {
    pub(super) width_px: f64,
    pub(super) height_px: f64,
    /// Height by the height of the image.
    pub(super) share_percent: f64,
    /// Least distance to the frame by the width of the face.
    pub(super) margin_percent: f64,
}

impl Head {
    pub(super) fn measure(frame: Frame, mesh: &FaceMesh) -> Self {
        let places = mesh.in_image();
        let least = |of: fn(&crate::Point) -> f32| f64::from(places.iter().map(of).fold(f32::INFINITY, f32::min));
        let most = |of: fn(&crate::Point) -> f32| f64::from(places.iter().map(of).fold(f32::NEG_INFINITY, f32::max));
        let (left, right, top, bottom) = (least(|p| p.x), most(|p| p.x), least(|p| p.y), most(|p| p.y));
        let (width_px, height_px) = (right - left, bottom - top);
        let (image_width, image_height) = (f64::from(frame.width), f64::from(frame.height));
        let margin = left.min(top).min(image_width - right).min(image_height - bottom);
        Self {
            width_px,
            height_px,
            share_percent: 100.0 * height_px / image_height,
            margin_percent: 100.0 * margin / width_px,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LANDMARKS, Point, Rect};

    fn failed(eyes_apart: f32, left_edge: f32) -> Vec<&'static str> {
        let frame = Frame { width: 200, height: 200 };
        let mut landmarks = [Point { x: 50.0, y: 50.0 }; LANDMARKS];
        landmarks[1].x += eyes_apart;
        let bounds = Rect { x: left_edge, y: 10.0, width: 100.0, height: 100.0 };
        let limits = SizeLimits { inter_eye_distance_px_min: 30.0, inside_frame_percent_min: 90.0 };
        let checks = limits.checks(frame, &Face { bounds, landmarks, confidence: 1.0 });
        checks.iter().filter(|check| !check.passed()).map(|check| check.measure.name()).collect()
    }

    #[test]
    fn each_limit_is_kept_at_its_value_and_broken_below() {
        assert_eq!(failed(30.0, -10.0), Vec::<&str>::new());
        assert_eq!(failed(29.9, 0.0), ["inter_eye_distance_px"]);
        assert_eq!(failed(30.0, -11.0), ["face_inside_frame_percent"]);
        assert_eq!(failed(1.0, 150.0), ["inter_eye_distance_px", "face_inside_frame_percent"]);
    }

    #[test]
    fn a_measure_that_is_no_number_fails() {
        assert_eq!(failed(f32::NAN, 0.0), ["inter_eye_distance_px"]);
    }
}
