//! One look for faces by YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023).
//!
//! How many looks a picture gets, and at what size, is decided in `cascade`.

use fast_image_resize::images::{Image as ResizeImage, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use zeroize::Zeroizing;

use crate::model::{Model, ModelError, OrtModel, Runtime, Tensor};
use crate::{Error, Face, Frame, Image, LANDMARKS, Picture, Point, Rect};

/// The grid steps at which the network predicts, in pixels.
const STRIDES: [usize; 3] = [8, 16, 32];

/// The network's input sides are multiples of this: the coarsest grid step.
const SIDE_MULTIPLE_PX: usize = 32;

/// Detections of less confidence are doubtful: a painted landscape behind a person may be the larger "face".
pub(crate) const SURE_CONFIDENCE_MIN: f32 = 0.8;

/// The four kinds of output, one of each a stride.
const OUTPUT_NAMES: [&str; 12] = [
    "cls_8", "cls_16", "cls_32", "obj_8", "obj_16", "obj_32", "bbox_8", "bbox_16", "bbox_32", "kps_8", "kps_16",
    "kps_32",
];

/// How the detector is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DetectorSpec {
    /// Smaller images are scaled up until their longer side has this many pixels: the landmarks of a face that spans few
    /// cells of the network's grid are coarse, and alignment pays for it.
    pub longer_side_px_min: u32,
    /// Detections with less confidence are dropped, 0 to 1.
    pub confidence_min: f32,
    /// Of two detections that overlap more than this (intersection over union), the less confident is dropped.
    pub overlap_max: f32,
}

impl Default for DetectorSpec {
    /// 320 pixels: measured on LFW's images of 150 pixels, 320 instead of 150 lowers FNMR at FMR 1e-4 by a third
    /// (`auther eval lfw`). Confidence and overlap as OpenCV's `FaceDetectorYN` is used with this model.
    fn default() -> Self {
        Self { longer_side_px_min: 320, confidence_min: 0.6, overlap_max: 0.3 }
    }
}

impl DetectorSpec {
    /// The size at which an image is looked at, if its longer side is to have so many pixels at most; never a side of
    /// nothing.
    #[must_use]
    pub fn input_size(&self, frame: Frame, longer_side_px_max: u32) -> Frame {
        let longer = frame.longer_side().max(1);
        let most = longer_side_px_max.max(self.longer_side_px_min);
        let scale = f64::from(longer.clamp(self.longer_side_px_min, most)) / f64::from(longer);
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        Frame { width: side(frame.width), height: side(frame.height) }
    }
}

/// Finds faces and their five landmarks. One a thread: a run needs the network's buffers for itself.
pub struct Detector {
    model: Box<dyn Model>,
    spec: DetectorSpec,
    resizer: Resizer,
    input: Tensor,
}

impl Detector {
    /// Loads the network from the bytes of the prepared ONNX file; its input sides must be free.
    ///
    /// # Errors
    /// When the runtime refuses the bytes.
    pub fn load(runtime: &Runtime, onnx: &[u8], spec: DetectorSpec) -> Result<Self, ModelError> {
        Ok(Self::with_model(Box::new(OrtModel::load(runtime, onnx, "input", &OUTPUT_NAMES)?), spec))
    }

    pub(crate) fn with_model(model: Box<dyn Model>, spec: DetectorSpec) -> Self {
        Self { model, spec, resizer: Resizer::new(), input: Tensor::default() }
    }

    /// How it is run.
    #[must_use]
    pub fn spec(&self) -> &DetectorSpec {
        &self.spec
    }

    /// All faces that one look finds, at which the picture's longer side has so many pixels at most; the largest first,
    /// those that are doubtful after those that are not. Places are in pixels of the picture.
    ///
    /// # Errors
    /// When the picture cannot be decoded, or the network fails or answers in another shape than YuNet's.
    pub fn look(&mut self, picture: &mut Picture<'_>, longer_side_px_max: u32) -> Result<Vec<Face>, Error> {
        let size = self.spec.input_size(picture.frame(), longer_side_px_max);
        let view = picture.overview(size.longer_side())?;
        let faces = self.look_at(view.image(), size)?;
        Ok(faces.iter().map(|face| view.in_image(face)).collect())
    }

    /// A look at the picture as it is, whatever its size.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub fn look_as_is(&mut self, picture: &mut Picture<'_>) -> Result<Vec<Face>, Error> {
        let frame = picture.frame();
        let view = picture.overview(frame.longer_side())?;
        Ok(self.look_at(view.image(), frame)?)
    }

    /// The same on pixels as they are, or scaled to this size.
    fn look_at(&mut self, image: &Image, size: Frame) -> Result<Vec<Face>, ModelError> {
        let Frame { width, height } = image.frame();
        if size == image.frame() {
            self.fill_input(image.rgb(), width as usize, height as usize);
            return self.run(1.0, 1.0);
        }
        let resized = self.resize(image, size.width, size.height)?;
        let resized = Zeroizing::new(resized.into_vec());
        self.fill_input(&resized, size.width as usize, size.height as usize);
        self.run(width as f32 / size.width as f32, height as f32 / size.height as f32)
    }

    /// Faces in a square cut out of a picture, in pixels of the square, `[side, side, 3]`, RGB.
    pub(crate) fn look_at_square(&mut self, rgb: &[u8], side: usize) -> Result<Vec<Face>, ModelError> {
        self.fill_input(rgb, side, side);
        self.run(1.0, 1.0)
    }

    fn resize(&mut self, image: &Image, width: u32, height: u32) -> Result<ResizeImage<'static>, ModelError> {
        let failed = |error: &dyn std::fmt::Display| ModelError(format!("resizing failed: {error}"));
        let source = ImageRef::new(image.width(), image.height(), image.rgb(), PixelType::U8x3)
            .map_err(|error| failed(&error))?;
        let mut resized = ResizeImage::new(width, height, PixelType::U8x3);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        self.resizer.resize(&source, &mut resized, &options).map_err(|error| failed(&error))?;
        Ok(resized)
    }

    /// Lays the pixels out as `[1, 3, H, W]`, BGR, 0 to 255, padded with zeros at the right and the bottom.
    fn fill_input(&mut self, rgb: &[u8], width: usize, height: usize) {
        let padded = |side: usize| side.next_multiple_of(SIDE_MULTIPLE_PX);
        let (padded_width, padded_height) = (padded(width), padded(height));
        let plane = padded_width * padded_height;
        self.input.shape = vec![1, 3, padded_height, padded_width];
        self.input.data.clear();
        self.input.data.resize(3 * plane, 0.0);
        let (blue, rest) = self.input.data.split_at_mut(plane);
        let (green, red) = rest.split_at_mut(plane);
        for (y, row) in rgb.chunks_exact(width * 3).enumerate() {
            let from = y * padded_width;
            let planes = red[from..].iter_mut().zip(&mut green[from..]).zip(&mut blue[from..]);
            for (pixel, ((r, g), b)) in row.as_chunks::<3>().0.iter().zip(planes) {
                (*r, *g, *b) = (f32::from(pixel[0]), f32::from(pixel[1]), f32::from(pixel[2]));
            }
        }
    }

    fn run(&mut self, scale_x: f32, scale_y: f32) -> Result<Vec<Face>, ModelError> {
        let outputs = self.model.run(&self.input);
        // Pixels; the buffer itself is kept for the next picture.
        self.input.wipe();
        let outputs = outputs?;
        let (height, width) = (self.input.shape[2], self.input.shape[3]);
        let mut faces = Vec::new();
        for (level, stride) in STRIDES.into_iter().enumerate() {
            let grid = Grid {
                stride,
                columns: width / stride,
                rows: height / stride,
                class: &outputs[level].data,
                object: &outputs[3 + level].data,
                boxes: &outputs[6 + level].data,
                points: &outputs[9 + level].data,
            };
            grid.check()?;
            grid.collect(self.spec.confidence_min, &mut faces);
        }
        let mut kept = suppress(faces, self.spec.overlap_max);
        largest_first(&mut kept);
        Ok(kept.iter().map(|face| face.scaled(scale_x, scale_y)).collect())
    }
}

/// The predictions at one grid step: a row a cell, cells in reading order.
struct Grid<'a> {
    stride: usize,
    columns: usize,
    rows: usize,
    class: &'a [f32],
    object: &'a [f32],
    boxes: &'a [f32],
    points: &'a [f32],
}

impl Grid<'_> {
    fn check(&self) -> Result<(), ModelError> {
        let cells = self.columns * self.rows;
        let lengths = [self.class.len(), self.object.len(), self.boxes.len(), self.points.len()];
        match lengths == [cells, cells, 4 * cells, 2 * LANDMARKS * cells] {
            true => Ok(()),
            false => Err(ModelError(format!("stride {}: outputs do not fit {cells} cells", self.stride))),
        }
    }

    /// Decodes the cells that are sure enough; the formulae are those of OpenCV's `FaceDetectorYN`.
    fn collect(&self, confidence_min: f32, faces: &mut Vec<Face>) {
        for (cell, (class, object)) in self.class.iter().zip(self.object).enumerate() {
            let confidence = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
            if confidence >= confidence_min {
                faces.push(self.decode(cell, confidence));
            }
        }
    }

    fn decode(&self, cell: usize, confidence: f32) -> Face {
        let step = self.stride as f32;
        let (column, row) = ((cell % self.columns) as f32, (cell / self.columns) as f32);
        let [dx, dy, log_width, log_height] = [0, 1, 2, 3].map(|i| self.boxes[4 * cell + i]);
        let (width, height) = (log_width.exp() * step, log_height.exp() * step);
        let bounds = Rect { x: (column + dx) * step - width / 2.0, y: (row + dy) * step - height / 2.0, width, height };
        let landmarks = std::array::from_fn(|i| {
            let at = 2 * (LANDMARKS * cell + i);
            Point { x: (self.points[at] + column) * step, y: (self.points[at + 1] + row) * step }
        });
        Face { bounds, landmarks, confidence }
    }
}

/// Those that are doubtful come after those that are not.
pub(crate) fn largest_first(faces: &mut [Face]) {
    faces.sort_by(|a, b| {
        let sure = |face: &Face| face.confidence >= SURE_CONFIDENCE_MIN;
        sure(b).cmp(&sure(a)).then(b.bounds.area().total_cmp(&a.bounds.area()))
    });
}

/// Greedy non-maximum suppression, most confident first.
fn suppress(mut faces: Vec<Face>, overlap_max: f32) -> Vec<Face> {
    faces.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.iter().all(|k| k.bounds.iou(&face.bounds) <= overlap_max) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, confidence: f32) -> Face {
        let bounds = Rect { x, y: 0.0, width: 10.0, height: 10.0 };
        Face { bounds, landmarks: [Point::default(); LANDMARKS], confidence }
    }

    #[test]
    fn suppression_keeps_the_surer_of_two_and_both_of_two_apart() {
        let kept = suppress(vec![face(0.0, 0.7), face(2.0, 0.9), face(50.0, 0.8)], 0.3);
        assert_eq!(kept.iter().map(|f| f.bounds.x).collect::<Vec<_>>(), [2.0, 50.0]);
    }

    #[test]
    fn images_are_looked_at_between_the_two_sizes() {
        let spec = DetectorSpec { longer_side_px_min: 320, ..DetectorSpec::default() };
        for (size, input) in [
            ((150, 150), (320, 320)),
            ((100, 200), (160, 320)),
            ((400, 500), (400, 500)),
            ((4000, 3000), (640, 480)),
            ((40_000, 10), (640, 1)),
        ] {
            let frame = |(width, height)| Frame { width, height };
            assert_eq!(spec.input_size(frame(size), 640), frame(input));
        }
    }

    #[test]
    fn a_grid_of_another_size_is_an_error_not_a_panic() {
        let grid =
            Grid { stride: 8, columns: 2, rows: 2, class: &[0.0; 4], object: &[0.0; 4], boxes: &[], points: &[] };
        assert!(grid.check().is_err());
    }
}
