//! Constant tensors, with shape and content that agree.

use super::PrepareError;
use super::onnx::{self, data_type};

/// The most dimensions of a tensor in use.
const RANK_MAX: usize = 8;

/// A constant tensor.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub(super) dims: Vec<usize>,
    pub(super) data: Data,
}

/// Its content, row-major. Floats are held in `f64`, so that a chain of foldings is rounded once, when written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Float(Vec<f64>),
    Int8(Vec<i8>),
    Int64(Vec<i64>),
}

impl Data {
    fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Int8(values) => values.len(),
            Self::Int64(values) => values.len(),
        }
    }
}

impl Tensor {
    pub(super) fn floats(dims: &[usize], values: Vec<f64>) -> Self {
        debug_assert_eq!(dims.iter().product::<usize>(), values.len());
        Self { dims: dims.to_vec(), data: Data::Float(values) }
    }

    /// Reads a tensor of the file; `name` is for errors.
    pub(super) fn read(proto: onnx::Tensor, name: &str) -> Result<Self, PrepareError> {
        let wrong = |problem: &str| PrepareError::at(name, problem);
        if proto.dims.len() > RANK_MAX {
            return Err(wrong("the tensor has too many dimensions"));
        }
        let dims = proto.dims.iter().map(|&d| usize::try_from(d)).collect::<Result<Vec<_>, _>>();
        let dims = dims.map_err(|_| wrong("the tensor has a negative dimension"))?;
        let data = match (proto.data_type, proto.raw_data) {
            (Some(data_type::FLOAT), None) => Data::Float(proto.float_data.into_iter().map(f64::from).collect()),
            (Some(data_type::FLOAT), Some(raw)) => {
                Data::Float(chunks(&raw, |b| f64::from(f32::from_le_bytes(b)), name)?)
            }
            (Some(data_type::INT8), None) => {
                let narrow = proto.int32_data.into_iter().map(i8::try_from).collect::<Result<_, _>>();
                Data::Int8(narrow.map_err(|_| wrong("an 8-bit value does not fit"))?)
            }
            (Some(data_type::INT8), Some(raw)) => Data::Int8(chunks(&raw, i8::from_le_bytes, name)?),
            (Some(data_type::INT64), None) => Data::Int64(proto.int64_data),
            (Some(data_type::INT64), Some(raw)) => Data::Int64(chunks(&raw, i64::from_le_bytes, name)?),
            (_, _) => return Err(wrong("the tensor's type is neither float, int8 nor int64")),
        };
        let tensor = Self { dims, data };
        match count(&tensor.dims) == Some(tensor.data.len()) {
            true => Ok(tensor),
            false => Err(wrong("the tensor's content does not fit its dimensions")),
        }
    }

    /// The values, when they are floats of this shape.
    pub(super) fn as_floats(&self) -> Option<&[f64]> {
        match &self.data {
            Data::Float(values) => Some(values),
            Data::Int8(_) | Data::Int64(_) => None,
        }
    }

    /// The one value of a tensor with one element.
    pub(super) fn scalar(&self) -> Option<f64> {
        match self.as_floats() {
            Some([value]) => Some(*value),
            Some(_) | None => None,
        }
    }

    /// The same content in another shape, `-1` standing for what remains, as ONNX `Reshape` has it.
    pub(super) fn reshaped(mut self, shape: &[i64]) -> Option<Self> {
        if shape.len() > RANK_MAX || shape.iter().filter(|&&d| d == -1).count() > 1 {
            return None;
        }
        let known = shape.iter().filter(|&&d| d != -1);
        let known = known.map(|&d| usize::try_from(d).ok().filter(|&d| d > 0)).collect::<Option<Vec<_>>>()?;
        let known = count(&known)?;
        let remaining = self.data.len().checked_div(known)?;
        self.dims = shape.iter().map(|&d| usize::try_from(d).unwrap_or(remaining)).collect();
        (count(&self.dims)? == self.data.len()).then_some(self)
    }

    /// The tensor for the file; floats are rounded here and must be finite.
    pub(super) fn write(&self, name: &str) -> Result<onnx::Tensor, PrepareError> {
        let dims = self.dims.iter().map(|&d| d as i64).collect();
        let (kind, raw) = match &self.data {
            Data::Float(values) => {
                let rounded = values.iter().map(|&v| Some(v as f32).filter(|v| v.is_finite()));
                let rounded = rounded.collect::<Option<Vec<f32>>>();
                let rounded = rounded.ok_or_else(|| PrepareError::at(name, "a value is not finite in f32"))?;
                (data_type::FLOAT, rounded.into_iter().flat_map(f32::to_le_bytes).collect())
            }
            Data::Int8(values) => (data_type::INT8, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Data::Int64(values) => (data_type::INT64, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        };
        let name = Some(name.to_owned());
        Ok(onnx::Tensor { dims, data_type: Some(kind), raw_data: Some(raw), name, ..Default::default() })
    }
}

/// The number of elements of a shape, if it can be counted.
pub(super) fn count(dims: &[usize]) -> Option<usize> {
    dims.iter().try_fold(1_usize, |product, &d| product.checked_mul(d))
}

/// The values of so many bytes each; `name` is for errors.
pub(super) fn chunks<const N: usize, T>(
    raw: &[u8],
    value: impl Fn([u8; N]) -> T,
    name: &str,
) -> Result<Vec<T>, PrepareError> {
    let (whole, rest) = raw.as_chunks::<N>();
    match rest.is_empty() {
        true => Ok(whole.iter().map(|&bytes| value(bytes)).collect()),
        false => Err(PrepareError::at(name, "the tensor's content ends inside a value")),
    }
}
