//! From a TensorFlow Lite file to the graph.
//!
//! The file has the pixels of a picture one after another, all channels of one together (`NHWC`, weights `OHWI`); the
//! graph has the channels one after another (`NCHW`, `OIHW`), as the runtime is fast with. What goes in therefore
//! changes its order; what comes out keeps the published shape and order, and all names are the published ones.

mod convert;
mod flatbuffer;
mod half;
mod schema;
mod weights;
mod window;

#[cfg(test)]
mod tests;

use super::PrepareError;
use super::graph::Graph;

/// The largest file in bytes: 25 times the iris network. Read as `f64`, its numbers of 16 bits take four times the memory.
const FILE_BYTES_MAX: usize = 64 << 20;

pub(super) fn graph(bytes: &[u8]) -> Result<Graph, PrepareError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(PrepareError::TooLarge { bytes: bytes.len(), bytes_max: FILE_BYTES_MAX });
    }
    convert::graph(&schema::Model::read(bytes)?)
}
