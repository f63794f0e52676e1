//! Computes a file as TensorFlow Lite does, pixel by pixel with all channels together, from the file itself.

use std::collections::HashMap;

use super::super::schema::{Model, Operation, Operator};
use super::super::weights;
use super::super::window::Steps;

/// The outputs for one image, one after another.
pub(super) fn run(model: &Model<'_>, image: &[f64]) -> Vec<f64> {
    let mut values = HashMap::from([(model.inputs[0], image.to_vec())]);
    for operator in &model.operators {
        let value = compute(model, operator, &values);
        values.insert(operator.output, value);
    }
    model.outputs.iter().flat_map(|output| values[output].clone()).collect()
}

fn compute(model: &Model<'_>, operator: &Operator, values: &HashMap<usize, Vec<f64>>) -> Vec<f64> {
    let tensor = |nth: usize| &model.tensors[operator.inputs[nth]];
    let take = |nth: usize| match values.get(&operator.inputs[nth]) {
        Some(values) => values.clone(),
        None => weights::floats(tensor(nth)).expect("a constant"),
    };
    let out = &model.tensors[operator.output].dims;
    let channels = *out.last().expect("dimensions");
    let relu = |values: Vec<f64>, relu: bool| values.into_iter().map(|v| if relu { v.max(0.0) } else { v }).collect();
    match &operator.operation {
        Operation::Add { relu: then } => relu(take(0).iter().zip(take(1)).map(|(a, b)| a + b).collect(), *then),
        Operation::Dequantize | Operation::Reshape { .. } => take(0),
        Operation::PRelu => {
            let slopes = take(1);
            let slope = |(at, v): (usize, &f64)| if *v < 0.0 { v * slopes[at % channels] } else { *v };
            take(0).iter().enumerate().map(slope).collect()
        }
        Operation::Pad => {
            let narrow = tensor(0).dims[3];
            let pixels = take(0);
            let row = |pixel: &[f64]| pixel.iter().copied().chain(vec![0.0; channels - narrow]).collect::<Vec<_>>();
            pixels.chunks(narrow).flat_map(row).collect()
        }
        Operation::MaxPool { filter, steps, relu: then } => {
            let pixels = take(0);
            let most = |pixel: usize, channel: usize| {
                let seen = window(steps, *filter, &tensor(0).dims, out, pixel);
                seen.map(|(_, at)| pixels[at * channels + channel]).fold(f64::NEG_INFINITY, f64::max)
            };
            relu(each(out, most), *then)
        }
        Operation::Conv { steps, relu: then } => {
            let (pixels, weights, bias, dims) = (take(0), take(1), take(2), &tensor(1).dims);
            let sum = |pixel: usize, channel: usize| {
                let seen = window(steps, [dims[1], dims[2]], &tensor(0).dims, out, pixel);
                let terms = seen.flat_map(|(nth, at)| (0..dims[3]).map(move |c| (nth, at, c)));
                let weight = |nth: usize, c: usize| weights[(channel * dims[1] * dims[2] + nth) * dims[3] + c];
                bias[channel] + terms.map(|(nth, at, c)| pixels[at * dims[3] + c] * weight(nth, c)).sum::<f64>()
            };
            relu(each(out, sum), *then)
        }
        Operation::DepthwiseConv { steps, multiplier, relu: then } => {
            let (pixels, weights, bias, dims) = (take(0), take(1), take(2), &tensor(1).dims);
            let sum = |pixel: usize, channel: usize| {
                let seen = window(steps, [dims[1], dims[2]], &tensor(0).dims, out, pixel);
                let value = |at: usize| pixels[at * (channels / multiplier) + channel / multiplier];
                bias[channel] + seen.map(|(nth, at)| value(at) * weights[nth * channels + channel]).sum::<f64>()
            };
            relu(each(out, sum), *then)
        }
    }
}

fn each(out: &[usize], value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let value = &value;
    (0..out[1] * out[2]).flat_map(|pixel| (0..out[3]).map(move |channel| value(pixel, channel))).collect()
}

/// What a window sees that makes this pixel of the result: numbers of its places, each with the pixel there.
fn window(
    steps: &Steps,
    size: [usize; 2],
    from: &[usize],
    to: &[usize],
    pixel: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let [vertical, horizontal] = [(0, pixel / to[2]), (1, pixel % to[2])].map(|(axis, at)| {
        // TensorFlow's own rule: what the last window reaches beyond the picture, half of it before.
        let reach = (to[axis + 1] - 1) * steps.strides[axis] + (size[axis] - 1) * steps.dilations[axis] + 1;
        let before = if steps.same { reach.saturating_sub(from[axis + 1]) / 2 } else { 0 };
        let along =
            move |nth: usize, stride: usize, dilation: usize| (at * stride + nth * dilation).checked_sub(before);
        let (stride, dilation, most) = (steps.strides[axis], steps.dilations[axis], from[axis + 1]);
        (0..size[axis]).map(|nth| along(nth, stride, dilation).filter(|&at| at < most)).collect::<Vec<_>>()
    });
    let width = from[2];
    let places: Vec<_> =
        vertical.into_iter().flat_map(|y| horizontal.clone().into_iter().map(move |x| (y, x))).collect();
    places.into_iter().enumerate().filter_map(move |(nth, place)| match place {
        (Some(y), Some(x)) => Some((nth, y * width + x)),
        (_, _) => None,
    })
}
