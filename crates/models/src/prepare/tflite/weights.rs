//! Constants of the file, in the order that the graph has them in.

use super::super::PrepareError;
use super::super::tensor::{chunks, count};
use super::half;
use super::schema::{Elements, Tensor};

/// The values of a constant of floats; never more memory than four times its bytes in the file.
pub(super) fn floats(tensor: &Tensor<'_>) -> Result<Vec<f64>, PrepareError> {
    let values = match tensor.elements {
        Elements::Float32 => chunks(tensor.content, |bytes| f64::from(f32::from_le_bytes(bytes)), tensor.name)?,
        Elements::Float16 => chunks(tensor.content, |bytes| half::from_bits(u16::from_le_bytes(bytes)), tensor.name)?,
        Elements::Int32 => return Err(PrepareError::at(tensor.name, "the tensor is not one of floats")),
    };
    fitting(tensor, values)
}

pub(super) fn ints(tensor: &Tensor<'_>) -> Result<Vec<i32>, PrepareError> {
    match tensor.elements {
        Elements::Int32 => fitting(tensor, chunks(tensor.content, i32::from_le_bytes, tensor.name)?),
        Elements::Float32 | Elements::Float16 => {
            Err(PrepareError::at(tensor.name, "the tensor is not one of integers"))
        }
    }
}

fn fitting<T>(tensor: &Tensor<'_>, values: Vec<T>) -> Result<Vec<T>, PrepareError> {
    match count(&tensor.dims) == Some(values.len()) {
        true => Ok(values),
        false => Err(PrepareError::at(tensor.name, "the tensor is no constant, or does not fit its dimensions")),
    }
}

/// The values with their axes in another order: the first axis of the result is axis `order[0]` of `dims`.
pub(super) fn reordered(values: &[f64], dims: [usize; 4], order: [usize; 4]) -> Vec<f64> {
    let step = |axis: usize| dims[axis + 1..].iter().product::<usize>();
    let ([a, b, c, d], steps) = (order.map(|axis| dims[axis]), order.map(step));
    let mut reordered = Vec::with_capacity(values.len());
    for (i, j) in (0..a).flat_map(|i| (0..b).map(move |j| (i, j))) {
        for (k, l) in (0..c).flat_map(|k| (0..d).map(move |l| (k, l))) {
            reordered.push(values[i * steps[0] + j * steps[1] + k * steps[2] + l * steps[3]]);
        }
    }
    reordered
}

/// A convolution's weights that keep every channel and put channels of zeros before and after them.
pub(super) fn widening(before: usize, channels: usize, after: usize) -> Vec<f64> {
    let mut weights = vec![0.0; (before + channels + after) * channels];
    for channel in 0..channels {
        weights[(before + channel) * channels + channel] = 1.0;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_change_places() {
        let values: Vec<f64> = (0..24).map(f64::from).collect();
        assert_eq!(reordered(&values, [1, 2, 3, 4], [0, 1, 2, 3]), values);
        let last_first = reordered(&values, [1, 2, 3, 4], [3, 0, 1, 2]);
        assert_eq!(last_first[..7], [0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 1.0]);
        assert_eq!(reordered(&last_first, [4, 1, 2, 3], [1, 2, 3, 0]), values);
    }

    #[test]
    fn channels_are_put_around() {
        assert_eq!(widening(1, 2, 1), [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }
}
