//! What each stage of a request must do at least, whoever does it.

use std::ops::Add;

use face::{CROP_SIDE_PX, DetectorSpec, Frame, LOOKS_PX};
use models::Work;

use crate::Error;

/// Channels of a picture, one byte each.
const CHANNELS: u64 = 3;

/// Bytes of a value in single precision.
const VALUE_BYTES: u64 = 4;

/// Operations of a bilinear sample: three interpolations of a subtraction and a multiplication with its addition.
const SAMPLE_FLOPS: u64 = 3 * 3;

/// Sides of the detector's input are multiples of this many pixels.
const DETECTOR_STEP_PX: u32 = 32;

/// Operations and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Floating-point operations.
    pub flops: u64,
    /// Bytes that are read or written at least once.
    pub bytes: u64,
}

impl Add for Demand {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { flops: self.flops + other.flops, bytes: self.bytes + other.bytes }
    }
}

impl From<Work> for Demand {
    /// Values in between may stay in caches; weights, input and output cannot.
    fn from(work: Work) -> Self {
        Self { flops: work.flops, bytes: work.compulsory_bytes() }
    }
}

/// The networks, with plain weights.
#[derive(Clone)]
pub struct Networks {
    /// The detector as published.
    pub detector: Vec<u8>,
    /// The embedder, dequantised and otherwise as published.
    pub embedder: Vec<u8>,
    /// How the detector is run.
    pub detector_spec: DetectorSpec,
}

/// The picture of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bytes: u64,
}

impl Networks {
    /// The one look that a portrait gets.
    fn look(&self, picture: Coded) -> Frame {
        let frame = Frame { width: picture.width, height: picture.height };
        self.detector_spec.input_size(frame, LOOKS_PX[0])
    }

    /// Width and height of the detector's input for a picture, padded.
    pub(super) fn detector_input(&self, picture: Coded) -> (u32, u32) {
        let Frame { width, height } = self.look(picture);
        (width.next_multiple_of(DETECTOR_STEP_PX), height.next_multiple_of(DETECTOR_STEP_PX))
    }

    pub(super) fn detector_work(&self, (width, height): (u32, u32)) -> Result<Work, Error> {
        Ok(models::work(&self.detector, width, height)?)
    }

    pub(super) fn embedder_work(&self) -> Result<Work, Error> {
        Ok(models::work(&self.embedder, CROP_SIDE_PX as u32, CROP_SIDE_PX as u32)?)
    }

    /// The stages of [`crate::stages::STAGES`], in that order.
    pub(super) fn demands(&self, picture: Coded, dimension: u64) -> Result<Vec<Demand>, Error> {
        let look = self.look(picture);
        let seen = CHANNELS * u64::from(look.width) * u64::from(look.height);
        let crop = CHANNELS * (CROP_SIDE_PX * CROP_SIDE_PX) as u64;
        Ok(vec![
            // Four characters for three bytes, read; the bytes, written.
            Demand { flops: 0, bytes: picture.bytes.div_ceil(3) * 4 + picture.bytes },
            // The file, read; as many pixels as detection looks at, written.
            Demand { flops: 0, bytes: picture.bytes + seen },
            // The same pixels, read.
            Demand { flops: 0, bytes: seen } + self.detector_work(self.detector_input(picture))?.into(),
            // As many pixels as the crop has, read; the crop, written.
            Demand { flops: SAMPLE_FLOPS * crop, bytes: 2 * crop },
            self.embedder_work()?.into(),
            Demand { flops: 2 * dimension, bytes: 2 * VALUE_BYTES * dimension },
        ])
    }
}
