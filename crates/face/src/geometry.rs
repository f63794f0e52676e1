//! Points, boxes and faces, in pixels of the upright image; y grows downwards.

/// A point in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Pixels from the left edge.
    pub x: f32,
    /// Pixels from the top edge.
    pub y: f32,
}

/// An axis-parallel box in pixels; it may reach beyond the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    /// The box with so much more on each side, as a share of that side's length.
    #[must_use]
    pub(crate) fn grown(&self, share: f32) -> Self {
        let (dx, dy) = (self.width * share, self.height * share);
        Self { x: self.x - dx, y: self.y - dy, width: self.width + 2.0 * dx, height: self.height + 2.0 * dy }
    }

    /// The longer side.
    #[must_use]
    pub fn longer_side(&self) -> f32 {
        self.width.max(self.height)
    }

    /// Area in square pixels.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// The area that two boxes share, in square pixels.
    #[must_use]
    pub fn intersection_area(&self, other: &Self) -> f32 {
        let width = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let height = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        width.max(0.0) * height.max(0.0)
    }

    /// Intersection over union, 0 to 1; 0 for empty boxes.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.intersection_area(other);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }
}

/// Size of an upright image in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Frame {
    /// The longer side.
    #[must_use]
    pub fn longer_side(self) -> u32 {
        self.width.max(self.height)
    }

    /// All of it as a box.
    #[must_use]
    pub fn rect(self) -> Rect {
        Rect { x: 0.0, y: 0.0, width: self.width as f32, height: self.height as f32 }
    }
}

/// How many landmarks the detector gives.
pub const LANDMARKS: usize = 5;

/// A detected face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// Where it is.
    pub bounds: Rect,
    /// The person's right eye, left eye, nose tip, right and left corner of the mouth (right is on the picture's left).
    pub landmarks: [Point; LANDMARKS],
    /// The detector's confidence, 0 to 1.
    pub confidence: f32,
}

impl Face {
    /// Distance between the centres of the eyes in pixels (ISO/IEC 29794-5: inter-eye distance).
    #[must_use]
    pub fn inter_eye_distance_px(&self) -> f32 {
        let [right, left, ..] = self.landmarks;
        (left.x - right.x).hypot(left.y - right.y)
    }

    /// The same face in an image that begins so far to the left and above.
    #[must_use]
    pub(crate) fn shifted(&self, dx: f32, dy: f32) -> Self {
        let bounds = Rect { x: self.bounds.x + dx, y: self.bounds.y + dy, ..self.bounds };
        let landmarks = self.landmarks.map(|p| Point { x: p.x + dx, y: p.y + dy });
        Self { bounds, landmarks, confidence: self.confidence }
    }

    /// The same face in an image scaled by `factor`.
    #[must_use]
    pub(crate) fn scaled(&self, factor_x: f32, factor_y: f32) -> Self {
        let Rect { x, y, width, height } = self.bounds;
        let bounds = Rect { x: x * factor_x, y: y * factor_y, width: width * factor_x, height: height * factor_y };
        let landmarks = self.landmarks.map(|p| Point { x: p.x * factor_x, y: p.y * factor_y });
        Self { bounds, landmarks, confidence: self.confidence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_of_equal_disjoint_and_half_covered_boxes() {
        let unit = Rect { x: 0.0, y: 0.0, width: 2.0, height: 2.0 };
        let right = Rect { x: 1.0, ..unit };
        let far = Rect { x: 9.0, ..unit };
        assert_eq!(unit.iou(&unit), 1.0);
        assert_eq!(unit.iou(&right), 2.0 / 6.0);
        assert_eq!(unit.iou(&far), 0.0);
        assert_eq!(Rect::default().iou(&Rect::default()), 0.0);
    }
}
