//! Making a published network fit for inference: the same function, in a form that the runtime loads and runs fast.
//!
//! Pure: bytes in, bytes out, always the same bytes for the same input. The input may be hostile: every size is bounded
//! before memory is taken, and whatever is not known exactly is refused rather than dropped.

mod attributes;
mod batchnorm;
mod constants;
mod dynamic_size;
mod graph;
mod onnx;
mod prelu;
mod read;
mod scale;
mod tensor;
mod tflite;
mod wire;
mod write;

#[cfg(test)]
mod tests;

use prost::Message as _;

/// The largest published file in bytes: room for the 174 MB of an IResNet-50.
const FILE_BYTES_MAX: usize = 256 << 20;

/// What is done to a published file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preparation {
    /// For convolutional embedders: weights dequantised to `f32`, operators without effect dropped, batch
    /// normalisation folded into its neighbours, `PRelu` rewritten so that the runtime keeps its blocked layout, and a
    /// free batch dimension.
    Fold,
    /// For fully convolutional detectors: height and width of the input become free.
    DynamicSize,
    /// For TensorFlow Lite files of convolutional networks: the same network as ONNX, channels before pixels, `PRelu`
    /// rewritten, and a free batch dimension.
    FromTflite,
    /// For comparisons: weights dequantised to `f32` and operators without effect dropped, so that the runtime loads the
    /// file; everything else as published.
    Dequantise,
}

/// Prepares a published file.
///
/// # Errors
/// When the file is not of the kind that the preparation reads, is larger than anything in use, or holds something that the preparation does not know.
pub fn prepare(bytes: &[u8], preparation: Preparation) -> Result<Vec<u8>, PrepareError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(PrepareError::TooLarge { bytes: bytes.len(), bytes_max: FILE_BYTES_MAX });
    }
    match preparation {
        Preparation::Fold => improve(read::graph(decode(bytes)?)?, &FOLD),
        Preparation::DynamicSize => dynamic_size::free(decode(bytes)?),
        Preparation::FromTflite => improve(tflite::graph(bytes)?, &[prelu::rewrite]),
        Preparation::Dequantise => improve(read::graph(decode(bytes)?)?, &DEQUANTISE),
    }
}

fn decode(bytes: &[u8]) -> Result<onnx::Model, PrepareError> {
    wire::check(bytes)?;
    onnx::Model::decode(bytes).map_err(|error| PrepareError::NotProtobuf(error.to_string()))
}

/// One change of the graph that leaves what it computes as it is.
type Pass = fn(&mut graph::Graph) -> Result<(), PrepareError>;

const FOLD: [Pass; 5] = [constants::evaluate, constants::drop_idle, scale::fold, batchnorm::fold, prelu::rewrite];
const DEQUANTISE: [Pass; 2] = [constants::evaluate, constants::drop_idle];

fn improve(mut graph: graph::Graph, passes: &[Pass]) -> Result<Vec<u8>, PrepareError> {
    for pass in passes {
        pass(&mut graph)?;
        graph.sweep();
    }
    write::model(&graph)
}

/// Why a file cannot be prepared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// More bytes than any model in use.
    #[error("the file has {bytes} bytes; at most {bytes_max} are accepted")]
    TooLarge {
        /// Size in bytes.
        bytes: usize,
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// The bytes are no protocol buffer, or cut short.
    #[error("the file is not ONNX, or cut short: {0}")]
    NotProtobuf(String),
    /// The bytes are no TensorFlow Lite file, or cut short.
    #[error("the file is not TensorFlow Lite, or cut short: {0}")]
    NotFlatbuffer(String),
    /// More parts than any model in use.
    #[error("the file has more than {parts_max} parts")]
    TooManyParts {
        /// The limit.
        parts_max: usize,
    },
    /// A field whose meaning would be lost.
    #[error("the file uses field {field} of {message}, which this preparation does not know")]
    UnknownField {
        /// The message or table.
        message: &'static str,
        /// Number of the field.
        field: u32,
    },
    /// The graph or a part of it is not what the preparation knows how to treat.
    #[error("{at}: {problem}")]
    Unsupported {
        /// Name of the node or tensor.
        at: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl PrepareError {
    fn at(at: &str, problem: impl Into<String>) -> Self {
        /// A hostile name may have megabytes; an error message should not.
        const NAME_CHARS_MAX: usize = 80;
        let at = at.chars().take(NAME_CHARS_MAX).flat_map(char::escape_debug).collect();
        Self::Unsupported { at, problem: problem.into() }
    }
}
