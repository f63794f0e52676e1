//! Computes a graph node by node, plainly: the meaning that preparation must keep.

use std::collections::HashMap;

use super::super::graph::{Conv, Graph, MaxPool, Node, Op};
use super::super::tensor::{Data, Tensor};

/// The outputs for one image, one after another.
pub(in super::super) fn run(graph: &Graph, image: &[f64]) -> Vec<f64> {
    let mut values: HashMap<String, Tensor> = graph.tensors.iter().map(|(n, t)| (n.clone(), t.clone())).collect();
    let dims: Vec<usize> = std::iter::once(1).chain(graph.input.dims.iter().map(|&d| d as usize)).collect();
    values.insert(graph.input.name.clone(), Tensor::floats(&dims, image.to_vec()));
    for node in &graph.nodes {
        let value = compute(node, &values);
        values.insert(node.output.clone(), value);
    }
    graph.outputs.iter().flat_map(|port| floats(&values[&port.name]).to_vec()).collect()
}

fn floats(tensor: &Tensor) -> &[f64] {
    tensor.as_floats().expect("floats")
}

fn compute(node: &Node, values: &HashMap<String, Tensor>) -> Tensor {
    let take = |nth: usize| &values[&node.inputs[nth]];
    match &node.op {
        Op::Constant(tensor) => tensor.clone(),
        Op::Identity | Op::Dropout => take(0).clone(),
        Op::Relu => map(take(0), |_, v| v.max(0.0)),
        Op::PRelu => {
            let slopes = floats(take(1));
            map(take(0), |channel, v| if v > 0.0 { v } else { v * slopes[channel] })
        }
        Op::Sub => map(take(0), |_, v| v - floats(take(1))[0]),
        Op::Mul => map(take(0), |_, v| v * floats(take(1))[0]),
        Op::Add => {
            let sum = floats(take(0)).iter().zip(floats(take(1))).map(|(a, b)| a + b).collect();
            Tensor::floats(&take(0).dims, sum)
        }
        Op::BatchNormalization { epsilon } => {
            let [gamma, beta, mean, variance] = [1, 2, 3, 4].map(|nth| floats(take(nth)));
            let deviation = |c: usize| (variance[c] + f64::from(*epsilon)).sqrt();
            map(take(0), |c, v| (v - mean[c]) / deviation(c) * gamma[c] + beta[c])
        }
        Op::Flatten => Tensor::floats(&[1, floats(take(0)).len()], floats(take(0)).to_vec()),
        Op::Gemm => {
            let rows = floats(take(1)).chunks(take(1).dims[1]);
            let dot = |row: &[f64]| row.iter().zip(floats(take(0))).map(|(a, b)| a * b).sum::<f64>();
            let out: Vec<f64> = rows.zip(floats(take(2))).map(|(row, bias)| dot(row) + bias).collect();
            Tensor::floats(&[1, out.len()], out)
        }
        Op::Conv(conv) => convolve(conv, take(0), take(1), node.inputs.get(2).map(|name| &values[name])),
        Op::MaxPool(pool) => maximum(pool, take(0)),
        Op::ChannelsLast => channels_last(take(0)),
        Op::Reshape => {
            let Data::Int64(shape) = &take(1).data else { panic!("no shape") };
            take(0).clone().reshaped(shape).expect("fits")
        }
        Op::DequantizeLinear { axis, block } => {
            let (q, scale, zero, axis) = (take(0), floats(take(1)), take(2), *axis);
            let (Data::Int8(q_values), Data::Int8(zero)) = (&q.data, &zero.data) else { panic!("no int8") };
            let (length, inner) = (q.dims[axis], q.dims[axis + 1..].iter().product::<usize>());
            let blocks = take(1).dims[axis];
            let at = |i: usize| {
                (i / inner / length * blocks + i / inner % length / block.expect("blocks")) * inner + i % inner
            };
            let value = |(i, q): (usize, &i8)| f64::from(i32::from(*q) - i32::from(zero[at(i)])) * scale[at(i)];
            Tensor::floats(&q.dims, q_values.iter().enumerate().map(value).collect())
        }
    }
}

/// Applies a function of channel and value; axis 1 is the channel.
fn map(tensor: &Tensor, f: impl Fn(usize, f64) -> f64) -> Tensor {
    let inner: usize = tensor.dims[2..].iter().product();
    let channels = tensor.dims[1];
    let values = floats(tensor).iter().enumerate().map(|(i, &v)| f(i / inner % channels, v)).collect();
    Tensor::floats(&tensor.dims, values)
}

fn convolve(conv: &Conv, x: &Tensor, weights: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let [_, channels, height, width] = x.dims[..] else { panic!("no image") };
    let [out_channels, group_channels, kernel_h, kernel_w] = weights.dims[..] else { panic!("no kernel") };
    let [top, left, bottom, right] = conv.pads.map(|p| p as usize);
    let [stride_h, stride_w] = conv.strides.map(|s| s as usize);
    let [dilation_h, dilation_w] = conv.dilations.map(|d| d as usize);
    let (reach_h, reach_w) = ((kernel_h - 1) * dilation_h + 1, (kernel_w - 1) * dilation_w + 1);
    let (out_h, out_w) =
        ((height + top + bottom - reach_h) / stride_h + 1, (width + left + right - reach_w) / stride_w + 1);
    let per_group = out_channels / (channels / group_channels);
    let pixel = |c: usize, y: usize, x_at: usize| {
        let inside = (top..top + height).contains(&y) && (left..left + width).contains(&x_at);
        if inside { floats(x)[(c * height + y - top) * width + x_at - left] } else { 0.0 }
    };
    let mut out = Vec::new();
    for o in 0..out_channels {
        for (y, x_at) in (0..out_h).flat_map(|y| (0..out_w).map(move |x| (y, x))) {
            let mut sum = bias.map_or(0.0, |bias| floats(bias)[o]);
            for c in 0..group_channels {
                for (i, j) in (0..kernel_h).flat_map(|i| (0..kernel_w).map(move |j| (i, j))) {
                    let weight = floats(weights)[((o * group_channels + c) * kernel_h + i) * kernel_w + j];
                    let (y, x_at) = (y * stride_h + i * dilation_h, x_at * stride_w + j * dilation_w);
                    sum += weight * pixel(o / per_group * group_channels + c, y, x_at);
                }
            }
            out.push(sum);
        }
    }
    Tensor::floats(&[1, out_channels, out_h, out_w], out)
}

fn maximum(pool: &MaxPool, x: &Tensor) -> Tensor {
    let [_, channels, height, width] = x.dims[..] else { panic!("no image") };
    let [top, left, bottom, right] = pool.pads.map(|p| p as usize);
    let ([kernel_h, kernel_w], [stride_h, stride_w]) =
        (pool.kernel.map(|k| k as usize), pool.strides.map(|s| s as usize));
    let (out_h, out_w) =
        ((height + top + bottom - kernel_h) / stride_h + 1, (width + left + right - kernel_w) / stride_w + 1);
    let mut out = Vec::new();
    for (c, y, x_at) in (0..channels).flat_map(|c| (0..out_h).flat_map(move |y| (0..out_w).map(move |x| (c, y, x)))) {
        let mut most = f64::NEG_INFINITY;
        for (i, j) in (0..kernel_h).flat_map(|i| (0..kernel_w).map(move |j| (i, j))) {
            let (y, x_at) = (y * stride_h + i, x_at * stride_w + j);
            if (top..top + height).contains(&y) && (left..left + width).contains(&x_at) {
                most = most.max(floats(x)[(c * height + y - top) * width + x_at - left]);
            }
        }
        out.push(most);
    }
    Tensor::floats(&[1, channels, out_h, out_w], out)
}

fn channels_last(x: &Tensor) -> Tensor {
    let [_, channels, height, width] = x.dims[..] else { panic!("no image") };
    let at = |pixel: usize, channel: usize| floats(x)[channel * height * width + pixel];
    let values = (0..height * width).flat_map(|pixel| (0..channels).map(move |channel| at(pixel, channel))).collect();
    Tensor::floats(&[1, height, width, channels], values)
}
