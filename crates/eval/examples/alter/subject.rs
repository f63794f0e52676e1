//! The portrait that is altered: its picture, and where the face is.

use face::{FaceMesh, Image, Point, Point3, Rect};

use crate::picture::Picture;

/// Width of the pictures in pixels.
pub(crate) const WIDTH: usize = 480;

/// Width of the frame by that of the face, its height by its width, and where in it the eyes are.
const FRAME_WIDTH: f32 = 2.3;
const FRAME_HEIGHT: f32 = 1.25;
const EYE_LINE: f32 = 0.46;

/// Points of the mesh: the outermost on either side, between the eyes, and the tip of the chin.
const SIDES: [usize; 2] = [234, 454];
const BETWEEN_EYES: usize = 168;
const CHIN: usize = 152;

pub(crate) struct Subject {
    pub(crate) picture: Picture,
    pub(crate) points: Vec<Point3>,
}

impl Subject {
    pub(crate) fn new(image: &Image, mesh: &FaceMesh) -> Self {
        Self { picture: Picture::of(image), points: mesh.in_space() }
    }

    /// A point of the mesh in the picture.
    pub(crate) fn point(&self, point: usize) -> Point {
        let Point3 { x, y, .. } = self.points[point];
        Point { x, y }
    }

    pub(crate) fn outline(&self, points: &[usize]) -> Vec<Point> {
        points.iter().map(|point| self.point(*point)).collect()
    }

    pub(crate) fn face_width(&self) -> f32 {
        let [right, left] = SIDES.map(|side| self.point(side));
        left.x - right.x
    }

    /// Between the sides of the face, at the height of the eyes.
    pub(crate) fn centre(&self) -> Point {
        let [right, left] = SIDES.map(|side| self.point(side));
        Point { x: f32::midpoint(left.x, right.x), y: self.point(BETWEEN_EYES).y }
    }

    pub(crate) fn chin(&self) -> Point {
        self.point(CHIN)
    }

    /// The frame of a good picture.
    pub(crate) fn frame(&self) -> Rect {
        let width = FRAME_WIDTH * self.face_width();
        let height = FRAME_HEIGHT * width;
        let centre = self.centre();
        Rect { x: centre.x - width / 2.0, y: centre.y - EYE_LINE * height, width, height }
    }

    /// A picture of the portrait's size as the frame shows it.
    pub(crate) fn framed(&self, picture: &Picture) -> Picture {
        picture.part(self.frame(), WIDTH)
    }
}
