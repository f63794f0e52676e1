//! Image bytes -> faces -> size -> template. Pure: no files, no network, no clock.
//!
//! [`Pipeline`] is the recipe; each stage takes the previous stage's type:
//!
//! ```text
//! &[u8] --decode--> Image --Detector--> Vec<Face> --align--> Crop --Embedder--> Embedding --Recipe--> Template
//! ```
//!
//! The models are behind a private trait ([`model`]), so the whole pipeline is tested without weights.

mod align;
mod detect;
mod embed;
mod geometry;
mod image;
mod model;
mod pipeline;
mod rejection;
mod size;

pub use align::{CROP_SIDE_PX, Crop, align};
pub use detect::{Detector, DetectorSpec};
pub use embed::{ChannelOrder, Embedder, EmbedderSpec, Embedding, Recipe};
pub use geometry::{Face, LANDMARKS, Point, Rect};
pub use image::{Image, ImageBytes, ImageError, ImageLimits, decode};
pub use model::{ModelError, Runtime};
pub use pipeline::{Error, Inspection, Pipeline, Policy};
pub use rejection::{Defect, Rejection};
pub use size::SizeLimits;
