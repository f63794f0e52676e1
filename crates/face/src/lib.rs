//! Image bytes -> faces -> checks -> template. Pure: no files, no network, no clock.
//!
//! [`Pipeline`] is the recipe; each stage takes the previous stage's type:
//!
//! ```text
//! &[u8] --open--> Picture --Detector--> Vec<Face> --align--> Crop --Embedder--> Embedding --Recipe--> Template
//!                                          |
//!                                          +-Landmarker--> FaceMesh --checks--> Vec<Check>
//! ```
//!
//! The models are behind a private trait (`model`), so the whole pipeline is tested without weights.

mod align;
#[doc(hidden)]
pub mod bench;
mod cascade;
mod checks;
mod detect;
mod embed;
mod geometry;
mod image;
mod mesh;
mod model;
mod pipeline;
mod pixels;
mod rejection;
mod warp;

pub use align::{CROP_SIDE_PX, Crop, align};
pub use cascade::{EXACT_PX, FOUND_PX, LOOKS_PX, REFINED_FACE_PX, REFINED_SIDE_PX, Wanted};
pub use checks::pose::{Pose, RIGID, STRAIGHT, mean_shape};
pub use checks::{Check, CheckLimits, Measure, Range, SizeLimits};
pub use detect::{Detector, DetectorSpec};
pub use embed::{Embedder, EmbedderSpec, Embedding, Recipe};
pub use geometry::{Face, Frame, LANDMARKS, Point, Rect};
pub use image::{Image, ImageBytes, ImageError, ImageLimits, Picture, decode};
pub use mesh::{FaceMesh, Landmarker, LandmarkerSpec, MESH_POINTS, MESH_SIDE_PX, Point3};
pub use model::{ModelError, Runtime};
pub use pipeline::{Error, Examination, ExaminedFace, Inspection, Pipeline, Policy, Survey, SurveyedFace};
pub use pixels::{ChannelOrder, PixelSpec};
pub use rejection::{Defect, Rejection};
