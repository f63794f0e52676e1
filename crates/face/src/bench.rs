//! Entrances for the benches and the counting of instructions: single stages, and stages around networks that answer at
//! once. No part of the crate's interface.

use crate::model::{Model, ModelError, Tensor};
use crate::{CROP_SIDE_PX, ChannelOrder, Crop, Detector, DetectorSpec, Embedder, EmbedderSpec, LANDMARKS, PixelSpec};

/// Steps of the detector's grids in pixels.
const STRIDES: [usize; 3] = [8, 16, 32];

/// Of every so many cells of a grid one shows a face, sure and much like its neighbour: work for the suppression.
const FACE_EVERY_CELLS: usize = 16;

/// Values in the embedding, as many as `SFace` gives.
const DIMENSION: usize = 128;

/// A detector whose network answers at once and finds many faces, most of which overlap.
#[must_use]
pub fn detector() -> Detector {
    Detector::with_model(Box::new(Grids), DetectorSpec::default())
}

/// An embedder whose network answers at once.
#[must_use]
pub fn embedder() -> Embedder {
    let pixels = PixelSpec { channels: ChannelOrder::Rgb, mean: [0.0; 3], scale: 1.0 };
    let (input, output) = ("data".to_owned(), "fc1".to_owned());
    Embedder::with_model(Box::new(Ramp), EmbedderSpec { input, output, dimension: DIMENSION, pixels })
}

/// A crop without a face.
///
/// # Panics
/// Never: it has the size of a crop.
#[must_use]
pub fn crop() -> Crop {
    Crop::from_rgb((0..CROP_SIDE_PX * CROP_SIDE_PX * 3).map(|at| (at * 31 % 251) as u8).collect()).expect("the size")
}

/// Answers in the shape of YuNet.
struct Grids;

impl Model for Grids {
    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, ModelError> {
        let [_, _, height, width] = input.shape[..] else {
            return Err(ModelError("the input is no image".into()));
        };
        let is_face = |cell: usize| cell.is_multiple_of(FACE_EVERY_CELLS);
        let confidence = |cell: usize| if is_face(cell) { 0.7 + (cell % 64) as f32 / 256.0 } else { 0.1 };
        let mut outputs = Vec::new();
        // Class, object, box, points: each at all three steps.
        for (kind, values) in [1, 1, 4, 2 * LANDMARKS].into_iter().enumerate() {
            for stride in STRIDES {
                let cells = (height / stride) * (width / stride);
                let value = |at: usize| if kind < 2 { confidence(at) } else { 1.5 };
                let data = (0..cells * values).map(value).collect();
                outputs.push(Tensor { shape: vec![1, cells, values], data });
            }
        }
        Ok(outputs)
    }
}

/// Answers with as many values as there are in an embedding.
struct Ramp;

impl Model for Ramp {
    fn run(&mut self, _: &Tensor) -> Result<Vec<Tensor>, ModelError> {
        let data = (0..DIMENSION).map(|at| at as f32 - 60.0).collect();
        Ok(vec![Tensor { shape: vec![1, DIMENSION], data }])
    }
}
