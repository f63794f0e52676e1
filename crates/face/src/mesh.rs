//! Dense landmarks: the 468 points of a face in three dimensions, and the contour of each eye.
//!
//! Two networks of MediaPipe (Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular Video on Mobile
//! GPUs"; Ablavatski et al. 2020, "Real-time Pupil Tracking from Monocular Video for Digital Puppetry"): the first sees
//! the whole face, the second one eye. The first alone cannot tell a closed eye from a narrow one.

use zeroize::Zeroizing;

use crate::model::{Model, ModelError, OrtModel, Runtime, Tensor};
use crate::warp::{self, Similarity};
use crate::{Error, Face, Picture, PixelSpec, Point};

/// Points of the mesh, in the numbering of MediaPipe's face mesh.
pub const MESH_POINTS: usize = 468;

/// Side in pixels of the picture that the mesh is found in; also that on which colours are measured.
pub const MESH_SIDE_PX: usize = 192;

/// Side in pixels of the picture of one eye.
pub(crate) const EYE_SIDE_PX: usize = 64;

/// Points of one eye that the network gives: lids, corners and brow.
const EYE_POINTS: usize = 71;

/// The first of them run along the lower lid from corner to corner, the next along the upper lid between the corners.
const LOWER_LID_FIRST: usize = 0;
const UPPER_LID_FIRST: usize = 9;

/// The networks count from a pixel's corner, we from its centre.
const PIXEL_CENTRE: f32 = 0.5;

/// Where the first look is taken, from the detector's box: how far below its middle in shares of its longer side, and how
/// large in the same. The network was trained on faces that fill two thirds of the picture.
const FIRST_LOOK_DOWN: f32 = 0.05;
const FIRST_LOOK_SIDE: f32 = 1.39;

/// How much larger than the box of the points the second look is: what MediaPipe follows a face with.
const SECOND_LOOK_SIDE: f32 = 1.5;

/// How much larger than the distance between its corners the picture of an eye is, as in MediaPipe.
const EYE_LOOK_SIDE: f32 = 2.3;

/// The outer and the inner corner of each eye in the mesh, the person's right eye first.
pub(crate) const EYE_CORNERS: [[usize; 2]; 2] = [[33, 133], [263, 362]];

/// How a landmark network is fed and read.
#[derive(Clone, Debug, PartialEq)]
pub struct LandmarkerSpec {
    /// Name of the input tensor, `[1, 3, side, side]`.
    pub input: String,
    /// Names of the two outputs that are read. Of the mesh: the points `[1404]` and the presence `[1]`; of an eye: the
    /// contours `[213]` and the iris `[15]`.
    pub outputs: [String; 2],
    /// How the input is made of pixels.
    pub pixels: PixelSpec,
}

/// A point in pixels and, along the line of sight, in the same unit; `z` is smaller nearer to the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point3 {
    /// To the right.
    pub x: f32,
    /// Downwards.
    pub y: f32,
    /// Away from the camera.
    pub z: f32,
}

impl Point3 {
    pub(crate) fn flat(self) -> Point {
        Point { x: self.x, y: self.y }
    }
}

/// One eye seen closely, as the network knows it: the person's left eye in the mirror, so that the outer corner is on the
/// left of every picture. Places are in pixels of the picture.
pub(crate) struct Eye {
    /// The picture, `[EYE_SIDE_PX, EYE_SIDE_PX, 3]`, RGB.
    pub(crate) picture: Zeroizing<Vec<u8>>,
    /// Along the lower lid, from the outer to the inner corner.
    pub(crate) lower_lid: [Point; 9],
    /// Along the upper lid between the corners, beside the lower lid's inner points.
    pub(crate) upper_lid: [Point; 7],
    /// Centre of the iris.
    pub(crate) iris: Point,
    /// The same in pixels of the image as sent.
    pub(crate) iris_in_image: Point,
}

/// A face seen closely: an upright picture of it and where everything is in that picture.
///
/// All places are in pixels of the picture, whose side is [`MESH_SIDE_PX`]: measures on it do not depend on how large the
/// face was in the image.
pub struct FaceMesh {
    pub(crate) points: Vec<Point3>,
    /// The person's right eye first.
    pub(crate) eyes: [Eye; 2],
    pub(crate) presence: f32,
    pub(crate) picture: Zeroizing<Vec<u8>>,
    to_image: Similarity,
}

impl FaceMesh {
    /// Where the points are in the image, in pixels of the image as sent.
    #[must_use]
    pub fn in_image(&self) -> Vec<Point> {
        self.points.iter().map(|point| self.to_image.apply(point.flat())).collect()
    }

    /// The same with their depth, in pixels of the image as well.
    #[must_use]
    pub fn in_space(&self) -> Vec<Point3> {
        let place = |point: &Point3| {
            let Point { x, y } = self.to_image.apply(point.flat());
            Point3 { x, y, z: point.z * self.scale() }
        };
        self.points.iter().map(place).collect()
    }

    /// The centres of both irises in the image, in pixels of the image as sent, the person's right eye first.
    pub(crate) fn pupils_in_image(&self) -> [Point; 2] {
        self.eyes.each_ref().map(|eye| eye.iris_in_image)
    }

    /// The points of this polygon in the picture.
    pub(crate) fn polygon(&self, points: &[usize]) -> Vec<Point> {
        points.iter().map(|point| self.points[*point].flat()).collect()
    }

    /// How the picture lies in the image: the angle in radians by which the image's rows are turned clockwise.
    pub(crate) fn angle(&self) -> f32 {
        self.to_image.angle()
    }

    /// Pixels of the image to a pixel of the picture.
    pub(crate) fn scale(&self) -> f32 {
        self.to_image.scale()
    }

    /// Distance between the middles of the eyes in pixels of the image (ISO/IEC 29794-5: inter-eye distance).
    pub(crate) fn inter_eye_distance_px(&self) -> f32 {
        let [right, left] = EYE_CORNERS.map(|corners| middle(corners.map(|corner| self.points[corner].flat())));
        (left.x - right.x).hypot(left.y - right.y) * self.scale()
    }
}

/// Finds the landmarks of a face that was detected. One a thread.
pub struct Landmarker {
    mesh: Network,
    eye: Network,
}

impl Landmarker {
    /// Loads both networks from the bytes of the prepared ONNX files.
    ///
    /// # Errors
    /// When the runtime refuses the bytes or an output's name is not there.
    pub fn load(
        runtime: &Runtime,
        (mesh, mesh_spec): (&[u8], &LandmarkerSpec),
        (eye, eye_spec): (&[u8], &LandmarkerSpec),
    ) -> Result<Self, ModelError> {
        Ok(Self { mesh: Network::load(runtime, mesh, mesh_spec)?, eye: Network::load(runtime, eye, eye_spec)? })
    }

    #[cfg(test)]
    pub(crate) fn with_models(mesh: Box<dyn Model>, eye: Box<dyn Model>) -> Self {
        let network = |model| Network { model, pixels: PixelSpec::UNIT_RGB, input: Tensor::default() };
        Self { mesh: network(mesh), eye: network(eye) }
    }

    /// Looks at the face twice, the second time where the first look found it, and then at each eye.
    ///
    /// # Errors
    /// When the picture cannot be decoded, or a network fails or answers in another shape.
    pub fn look(&mut self, picture: &mut Picture<'_>, face: &Face) -> Result<FaceMesh, Error> {
        let first = self.look_at(picture, first_look(face))?;
        let close = self.look_at(picture, second_look(&first))?;
        let [right, left] = EYE_CORNERS.map(|corners| corners.map(|corner| close.place(corner)));
        let eyes = [self.eye_at(picture, right, false)?, self.eye_at(picture, left, true)?];
        let Look { points, presence, picture, to_image } = close;
        Ok(FaceMesh { points, eyes, presence, picture, to_image })
    }

    /// How sure the network is that this is a face, as a logit, after one look.
    pub(crate) fn presence(&mut self, picture: &mut Picture<'_>, face: &Face) -> Result<f32, Error> {
        Ok(self.look_at(picture, first_look(face))?.presence)
    }

    fn look_at(&mut self, picture: &mut Picture<'_>, to_image: Similarity) -> Result<Look, Error> {
        let picture = warp::cut(picture, &to_image, MESH_SIDE_PX)?;
        let [points, presence] = self.mesh.run(&picture, MESH_SIDE_PX, [3 * MESH_POINTS, 1])?;
        let place = |[x, y, z]: &[f32; 3]| Point3 { x: x - PIXEL_CENTRE, y: y - PIXEL_CENTRE, z: *z };
        let points = points.as_chunks::<3>().0.iter().map(place).collect();
        Ok(Look { points, presence: presence[0], picture, to_image })
    }

    fn eye_at(&mut self, picture: &mut Picture<'_>, [outer, inner]: [Point; 2], left: bool) -> Result<Eye, Error> {
        let (from, to) = if left { (inner, outer) } else { (outer, inner) };
        let across = (to.x - from.x, to.y - from.y);
        let side = EYE_LOOK_SIDE * across.0.hypot(across.1);
        let to_image = Similarity::square(EYE_SIDE_PX, middle([from, to]), side, across.1.atan2(across.0));
        let mut picture = warp::cut(picture, &to_image, EYE_SIDE_PX)?;
        if left {
            mirror(&mut picture, EYE_SIDE_PX);
        }
        let [contour, iris] = self.eye.run(&picture, EYE_SIDE_PX, [3 * EYE_POINTS, 15])?;
        let place = |points: &[f32], at: usize| Point {
            x: points[3 * at] - PIXEL_CENTRE,
            y: points[3 * at + 1] - PIXEL_CENTRE,
        };
        let iris = place(&iris, 0);
        let unmirrored = Point { x: if left { EYE_SIDE_PX as f32 - 1.0 - iris.x } else { iris.x }, ..iris };
        Ok(Eye {
            picture,
            lower_lid: std::array::from_fn(|i| place(&contour, LOWER_LID_FIRST + i)),
            upper_lid: std::array::from_fn(|i| place(&contour, UPPER_LID_FIRST + i)),
            iris,
            iris_in_image: to_image.apply(unmirrored),
        })
    }
}

/// What one look at the whole face gives.
struct Look {
    points: Vec<Point3>,
    presence: f32,
    picture: Zeroizing<Vec<u8>>,
    to_image: Similarity,
}

impl Look {
    /// Where a point is in the image.
    fn place(&self, point: usize) -> Point {
        self.to_image.apply(self.points[point].flat())
    }
}

/// Turns the columns of a square picture round.
fn mirror(picture: &mut [u8], side: usize) {
    for row in picture.chunks_exact_mut(3 * side) {
        row.as_chunks_mut::<3>().0.reverse();
    }
}

/// A square around the detector's box, turned so that the eyes are level.
fn first_look(face: &Face) -> Similarity {
    let [right, left, ..] = face.landmarks;
    let angle = (left.y - right.y).atan2(left.x - right.x);
    let bounds = face.bounds;
    let longer = bounds.longer_side();
    let down = FIRST_LOOK_DOWN * longer;
    let centre = Point {
        x: bounds.x + bounds.width / 2.0 - down * angle.sin(),
        y: bounds.y + bounds.height / 2.0 + down * angle.cos(),
    };
    Similarity::square(MESH_SIDE_PX, centre, FIRST_LOOK_SIDE * longer, angle)
}

/// A square around the points that were found, turned so that the outer corners of the eyes are level.
fn second_look(first: &Look) -> Similarity {
    let places: Vec<Point> = (0..MESH_POINTS).map(|point| first.place(point)).collect();
    let [[right, _], [left, _]] = EYE_CORNERS.map(|corners| corners.map(|corner| places[corner]));
    let angle = (left.y - right.y).atan2(left.x - right.x);
    let (sin, cos) = angle.sin_cos();
    let level = |p: &Point| Point { x: cos * p.x + sin * p.y, y: cos * p.y - sin * p.x };
    let (mut least, mut most) = (level(&places[0]), level(&places[0]));
    for point in places.iter().map(level) {
        least = Point { x: least.x.min(point.x), y: least.y.min(point.y) };
        most = Point { x: most.x.max(point.x), y: most.y.max(point.y) };
    }
    let centre = middle([least, most]);
    let centre = Point { x: cos * centre.x - sin * centre.y, y: sin * centre.x + cos * centre.y };
    let side = SECOND_LOOK_SIDE * (most.x - least.x).max(most.y - least.y);
    Similarity::square(MESH_SIDE_PX, centre, side, angle)
}

fn middle([a, b]: [Point; 2]) -> Point {
    Point { x: f32::midpoint(a.x, b.x), y: f32::midpoint(a.y, b.y) }
}

/// A network with two outputs.
struct Network {
    model: Box<dyn Model>,
    pixels: PixelSpec,
    input: Tensor,
}

impl Network {
    fn load(runtime: &Runtime, onnx: &[u8], spec: &LandmarkerSpec) -> Result<Self, ModelError> {
        let outputs = [spec.outputs[0].as_str(), &spec.outputs[1]];
        let model = Box::new(OrtModel::load(runtime, onnx, &spec.input, &outputs)?);
        Ok(Self { model, pixels: spec.pixels, input: Tensor::default() })
    }

    fn run(&mut self, picture: &[u8], side: usize, lengths: [usize; 2]) -> Result<[Vec<f32>; 2], ModelError> {
        self.pixels.fill(&mut self.input, picture, side, false);
        let outputs = self.model.run(&self.input);
        self.input.wipe();
        let outputs: Vec<Vec<f32>> = outputs?.into_iter().map(|tensor| tensor.data).collect();
        match <[Vec<f32>; 2]>::try_from(outputs) {
            Ok(outputs) if outputs.iter().map(Vec::len).eq(lengths) => Ok(outputs),
            Ok(_) | Err(_) => Err(ModelError(format!("a landmark network's outputs are not of lengths {lengths:?}"))),
        }
    }
}
