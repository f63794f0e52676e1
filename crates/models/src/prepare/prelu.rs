//! `PRelu` in operations that ONNX Runtime has in its blocked layout.
//!
//! The runtime keeps convolutions in a layout of channel blocks and must leave it for a `PRelu`, before and after each.
//! With slope `a`, `prelu(x) = x + (1 - a) * relu(-x)`: exactly `x` where `x` is positive, `a * x` up to rounding where
//! it is negative, for any slope. As depthwise convolutions the two products stay in the layout, the first is fused with
//! the `Relu` and the second with the `Add`. Of the five exact forms measured on `SFace` (one thread, medians) this took
//! 20.7 ms, the others 20.2 to 22.0, `PRelu` itself 40; the one that was faster by 2 % works for slopes below one only.
//! On `MediaPipe`'s networks, where most are behind an `Add`, it takes 1.4 ms for 4.1 (face mesh) and 2.0 for 4.3 (iris).

use std::collections::HashMap;

use super::PrepareError;
use super::graph::{Conv, Graph, Node, Op};
use super::tensor::Tensor;

pub(super) fn rewrite(graph: &mut Graph) -> Result<(), PrepareError> {
    let mut channels = HashMap::new();
    for node in std::mem::take(&mut graph.nodes) {
        if let Some(count) = channels_of(graph, &node, &channels) {
            channels.insert(node.output.clone(), count);
        }
        match (&node.op, slopes(graph, &node, &channels)) {
            (Op::PRelu, Some(slopes)) => {
                let parts = split(graph, &node, &slopes)?;
                graph.nodes.extend(parts);
            }
            (_, _) => graph.nodes.push(node),
        }
    }
    Ok(())
}

/// How many channels a node's result has, when that follows from the convolutions before it.
fn channels_of(graph: &Graph, node: &Node, known: &HashMap<String, usize>) -> Option<usize> {
    let of = |nth| node.input(nth).and_then(|name| known.get(name)).copied();
    match node.op {
        Op::Conv(_) => graph.constant(node, 1)?.dims.first().copied(),
        Op::BatchNormalization { .. } | Op::PRelu | Op::Relu | Op::MaxPool(_) | Op::Identity | Op::Dropout => of(0),
        // An unknown one could be the wider of the two.
        Op::Add | Op::Sub | Op::Mul => of(0).filter(|_| of(0) == of(1)),
        Op::Flatten | Op::Gemm | Op::ChannelsLast => None,
        Op::DequantizeLinear { .. } | Op::Reshape | Op::Constant(_) => None,
    }
}

/// The slopes by channel, when the input is known to have as many channels.
fn slopes(graph: &Graph, node: &Node, channels: &HashMap<String, usize>) -> Option<Vec<f64>> {
    let slope = graph.constant(node, 1)?;
    let count = match slope.dims.as_slice() {
        [count, 1, 1] | [1, count, 1, 1] => count,
        _ => return None,
    };
    let fits = channels.get(node.input(0)?) == Some(count);
    slope.as_floats().filter(|_| fits).map(<[f64]>::to_vec)
}

fn split(graph: &mut Graph, node: &Node, slopes: &[f64]) -> Result<[Node; 4], PrepareError> {
    let (input, output) = (&node.inputs[0], &node.output);
    let channels = slopes.len();
    let dims = [channels, 1, 1, 1];
    let minus = graph.add_constant(&format!("{output}.minus"), Tensor::floats(&dims, vec![-1.0; channels]))?;
    let rest = slopes.iter().map(|a| 1.0 - a).collect();
    let rest = graph.add_constant(&format!("{output}.rest"), Tensor::floats(&dims, rest))?;
    let (negated, positive, added) =
        (format!("{output}.negated"), format!("{output}.positive"), format!("{output}.added"));
    let depthwise =
        || Op::Conv(Conv { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0; 4], group: channels as i64 });
    let node = |op, inputs: [&String; 2], output: &String| {
        let inputs = inputs.into_iter().filter(|name| !name.is_empty()).cloned().collect();
        Node { op, inputs, output: output.clone() }
    };
    Ok([
        node(depthwise(), [input, &minus], &negated),
        node(Op::Relu, [&negated, &String::new()], &positive),
        node(depthwise(), [&positive, &rest], &added),
        node(Op::Add, [input, &added], output),
    ])
}
