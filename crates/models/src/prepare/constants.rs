//! What can be computed now: dequantised weights and reshaped constants; and operations that do nothing.

use std::collections::HashMap;

use super::PrepareError;
use super::graph::{Graph, Node, Op};
use super::tensor::{Data, Tensor, count};

/// Computes every node whose inputs are constants, so that its output is a constant too.
pub(super) fn evaluate(graph: &mut Graph) -> Result<(), PrepareError> {
    for node in std::mem::take(&mut graph.nodes) {
        let known = node.inputs.iter().all(|name| name.is_empty() || graph.tensors.contains_key(name));
        let value = match &node.op {
            Op::Constant(tensor) => Some(tensor.clone()),
            Op::DequantizeLinear { axis, block } if known => Some(dequantize(graph, &node, *axis, *block)?),
            Op::Reshape if known => Some(reshape(graph, &node)?),
            Op::Identity if known => graph.constant(&node, 0).cloned(),
            // These are for weights only; on what flows through the network they could mix images of a batch.
            Op::DequantizeLinear { .. } | Op::Reshape => {
                return Err(node.wrong("the operation is known on constants only"));
            }
            Op::Conv(_) | Op::BatchNormalization { .. } | Op::PRelu | Op::Relu | Op::Add | Op::Sub | Op::Mul => None,
            Op::Flatten | Op::Gemm | Op::Identity | Op::Dropout | Op::MaxPool(_) | Op::ChannelsLast => None,
        };
        match value {
            Some(tensor) => graph.tensors.add(&node.output, tensor)?,
            None => graph.nodes.push(node),
        }
    }
    Ok(())
}

/// `(q - zero point) * scale`, in `f32` exactly as ONNX defines it; one scale and zero point for each block along an axis.
fn dequantize(graph: &Graph, node: &Node, axis: usize, block: Option<usize>) -> Result<Tensor, PrepareError> {
    let wrong = || node.wrong("quantised values, scales and zero points do not fit each other");
    let quantised = graph.constant(node, 0).ok_or_else(wrong)?;
    let scales = graph.constant(node, 1).ok_or_else(wrong)?;
    let (Data::Int8(values), Data::Float(scale)) = (&quantised.data, &scales.data) else { return Err(wrong()) };
    let zero = match graph.constant(node, 2) {
        None => None,
        Some(Tensor { dims, data: Data::Int8(zero) }) if *dims == scales.dims => Some(zero),
        Some(_) => return Err(wrong()),
    };
    let dims = &quantised.dims;
    let block = block.ok_or_else(|| node.wrong("only block-wise quantisation is known"))?;
    let length = *dims.get(axis).ok_or_else(wrong)?;
    let blocks = length.div_ceil(block);
    let mut scales_dims = dims.clone();
    scales_dims[axis] = blocks;
    if scales.dims != scales_dims {
        return Err(wrong());
    }
    let inner = count(&dims[axis + 1..]).ok_or_else(wrong)?;
    let value = |(nth, &quantised): (usize, &i8)| {
        let (outer, along, within) = (nth / (length * inner), nth / inner % length, nth % inner);
        let at = (outer * blocks + along / block) * inner + within;
        let steps = i16::from(quantised) - zero.map_or(0, |zero| i16::from(zero[at]));
        f64::from(f32::from(steps) * scale[at] as f32)
    };
    Ok(Tensor::floats(dims, values.iter().enumerate().map(value).collect()))
}

fn reshape(graph: &Graph, node: &Node) -> Result<Tensor, PrepareError> {
    let tensor = graph.constant(node, 0).cloned();
    let reshaped = match graph.constant(node, 1) {
        Some(Tensor { dims, data: Data::Int64(shape) }) if dims.len() == 1 => tensor.and_then(|t| t.reshaped(shape)),
        Some(_) | None => None,
    };
    reshaped.ok_or_else(|| node.wrong("the constant cannot take this shape"))
}

/// Takes out `Identity` and `Dropout`, which do nothing outside training.
pub(super) fn drop_idle(graph: &mut Graph) -> Result<(), PrepareError> {
    let mut stands_for: HashMap<String, String> = HashMap::new();
    for mut node in std::mem::take(&mut graph.nodes) {
        for input in &mut node.inputs {
            if let Some(original) = stands_for.get(input) {
                input.clone_from(original);
            }
        }
        match node.op {
            Op::Identity | Op::Dropout if graph.has_output(&node.output) => {
                return Err(node.wrong("the output is made by an operation without effect"));
            }
            Op::Identity | Op::Dropout => drop(stands_for.insert(node.output, node.inputs.swap_remove(0))),
            Op::Conv(_) | Op::BatchNormalization { .. } | Op::PRelu | Op::Relu | Op::Add | Op::Sub | Op::Mul => {
                graph.nodes.push(node);
            }
            Op::Flatten | Op::Gemm | Op::MaxPool(_) | Op::ChannelsLast => graph.nodes.push(node),
            Op::DequantizeLinear { .. } | Op::Reshape | Op::Constant(_) => {
                graph.nodes.push(node);
            }
        }
    }
    Ok(())
}
