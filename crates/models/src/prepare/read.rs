//! From the ONNX file to the graph: every name defined before it is used, every operation known.

use std::collections::HashSet;

use super::PrepareError;
use super::attributes::Attributes;
use super::graph::{Constants, Conv, Graph, Node, Op, Port};
use super::onnx;
use super::tensor::Tensor;

/// The operator sets in which the known operations mean the same for `f32`, from the first with today's broadcasting
/// and `BatchNormalization` to the one of block-wise `DequantizeLinear`.
const OPSETS: std::ops::RangeInclusive<i64> = 9..=21;
/// The most nodes of a graph: forty times those of `SFace`. What is quadratic in them stays quick.
const NODES_MAX: usize = 4096;

pub(super) fn graph(model: onnx::Model) -> Result<Graph, PrepareError> {
    opset(&model)?;
    let proto = model.graph.ok_or_else(|| PrepareError::at("model", "has no graph"))?;
    if proto.node.len() > NODES_MAX {
        return Err(PrepareError::TooManyParts { parts_max: NODES_MAX });
    }
    let mut tensors = Constants::default();
    for tensor in proto.initializer {
        let name = tensor.name.clone().unwrap_or_default();
        tensors.add(&name, Tensor::read(tensor, &name)?)?;
    }
    let nodes = proto.node.into_iter().map(node).collect::<Result<Vec<_>, _>>()?;
    // Old files list constants among the inputs too, and quantisers leave behind those that nobody takes any more.
    let taken: HashSet<&str> = nodes.iter().flat_map(|node| &node.inputs).map(String::as_str).collect();
    let real = |name: &str| taken.contains(name) && !tensors.contains_key(name);
    let inputs = proto.input.into_iter().filter(|input| input.name.as_deref().is_some_and(real));
    let input = port(inputs.collect(), "input")?;
    let outputs = vec![port(proto.output, "output")?];
    let graph = Graph { input, outputs, nodes, tensors };
    check_order(&graph)?;
    Ok(graph)
}

pub(super) fn opset(model: &onnx::Model) -> Result<(), PrepareError> {
    let wrong = || PrepareError::at("model", "imports other than the standard operators, version 9 to 21");
    let [opset] = model.opset_import.as_slice() else { return Err(wrong()) };
    let standard = matches!(opset.domain.as_deref(), None | Some("" | "ai.onnx"));
    let known = opset.version.is_some_and(|version| OPSETS.contains(&version));
    if standard && known { Ok(()) } else { Err(wrong()) }
}

fn port(values: Vec<onnx::Value>, what: &str) -> Result<Port, PrepareError> {
    let wrong = |problem: &str| PrepareError::at(what, problem);
    let [mut value] = <[onnx::Value; 1]>::try_from(values).map_err(|_| wrong("there is not exactly one"))?;
    let name = value.name.clone().filter(|name| !name.is_empty()).ok_or_else(|| wrong("it has no name"))?;
    let float = value.kind.as_ref().and_then(|k| k.tensor.as_ref()).and_then(|t| t.data_type);
    if float != Some(onnx::data_type::FLOAT) {
        return Err(wrong("it is no tensor of floats"));
    }
    let dims = value.dimensions_mut().map(std::mem::take).unwrap_or_default();
    let Some((batch, rest)) = dims.split_first() else { return Err(wrong("it has no dimensions")) };
    if batch.value.is_some_and(|batch| batch > 1) {
        return Err(wrong("its first dimension is fixed to more than one image"));
    }
    let rest = rest.iter().map(|d| d.value.filter(|&v| v > 0)).collect::<Option<Vec<_>>>();
    Ok(Port { name, dims: rest.ok_or_else(|| wrong("a dimension after the first is free"))? })
}

fn node(proto: onnx::Node) -> Result<Node, PrepareError> {
    let at = proto.name.clone().filter(|n| !n.is_empty()).or_else(|| proto.output.first().cloned()).unwrap_or_default();
    let [output] = <[String; 1]>::try_from(proto.output)
        .map_err(|_| PrepareError::at(&at, "the node has not exactly one output"))?;
    if !matches!(proto.domain.as_deref(), None | Some("" | "ai.onnx")) {
        return Err(PrepareError::at(&at, "the operation is not one of the standard"));
    }
    let mut attributes = Attributes::of(&at, proto.attribute)?;
    let kind = proto.op_type.unwrap_or_default();
    let op = op(&kind, &mut attributes, &at)?;
    attributes.finish()?;
    let (least, most) = arity(&op);
    let given = proto.input.len();
    let required = proto.input.iter().take(least).all(|name| !name.is_empty());
    if !(least..=most).contains(&given) || !required {
        return Err(PrepareError::at(&at, format!("{kind:.40} takes {least} to {most} inputs, not {given}")));
    }
    Ok(Node { op, inputs: proto.input, output })
}

fn op(kind: &str, attributes: &mut Attributes, at: &str) -> Result<Op, PrepareError> {
    Ok(match kind {
        "Conv" => Op::Conv(conv(attributes, at)?),
        "BatchNormalization" => {
            attributes.ignore("momentum"); // of training
            attributes.only("spatial", 1)?;
            attributes.only("training_mode", 0)?;
            Op::BatchNormalization { epsilon: attributes.float("epsilon", 1e-5)? }
        }
        "PRelu" => Op::PRelu,
        "Relu" => Op::Relu,
        "Add" => Op::Add,
        "Sub" => Op::Sub,
        "Mul" => Op::Mul,
        "Flatten" => {
            attributes.only("axis", 1)?;
            Op::Flatten
        }
        "Gemm" => {
            let plain = attributes.float("alpha", 1.0)? == 1.0 && attributes.float("beta", 1.0)? == 1.0;
            attributes.only("transA", 0)?;
            if !plain || attributes.int("transB", 0)? != 1 {
                return Err(PrepareError::at(at, "the Gemm scales, or its weights are not transposed"));
            }
            Op::Gemm
        }
        "Identity" => Op::Identity,
        "Dropout" => {
            attributes.ignore("ratio"); // of training
            attributes.ignore("seed");
            Op::Dropout
        }
        "DequantizeLinear" => dequantize(attributes, at)?,
        "Reshape" => {
            attributes.only("allowzero", 0)?;
            Op::Reshape
        }
        "Constant" => Op::Constant(Tensor::read(attributes.tensor("value")?, at)?),
        _ => return Err(PrepareError::at(at, format!("the operation {kind:.40} is not known"))),
    })
}

fn conv(attributes: &mut Attributes, at: &str) -> Result<Conv, PrepareError> {
    let conv = Conv {
        kernel: attributes.ints("kernel_shape", None)?,
        strides: attributes.ints("strides", Some([1, 1]))?,
        dilations: attributes.ints("dilations", Some([1, 1]))?,
        pads: attributes.ints("pads", Some([0; 4]))?,
        group: attributes.int("group", 1)?,
    };
    let positive = conv.kernel.iter().chain(&conv.strides).chain(&conv.dilations).chain([&conv.group]);
    let padding = attributes.text("auto_pad", "NOTSET")?;
    match positive.into_iter().all(|&v| v > 0) && conv.pads.iter().all(|&p| p >= 0) && padding == "NOTSET" {
        true => Ok(conv),
        false => Err(PrepareError::at(at, "the convolution has impossible sizes or automatic padding")),
    }
}

fn dequantize(attributes: &mut Attributes, at: &str) -> Result<Op, PrepareError> {
    let (axis, block) = (attributes.int("axis", 1)?, attributes.int("block_size", 0)?);
    match (usize::try_from(axis), usize::try_from(block)) {
        (Ok(axis), Ok(block)) => Ok(Op::DequantizeLinear { axis, block: Some(block).filter(|&b| b > 0) }),
        (_, _) => Err(PrepareError::at(at, "the axis or block size is negative")),
    }
}

/// The least and the most inputs of an operation.
fn arity(op: &Op) -> (usize, usize) {
    match op {
        Op::Conv(_) | Op::Gemm | Op::DequantizeLinear { .. } => (2, 3),
        Op::BatchNormalization { .. } => (5, 5),
        Op::PRelu | Op::Add | Op::Sub | Op::Mul | Op::Reshape => (2, 2),
        Op::Relu | Op::Flatten | Op::Identity | Op::MaxPool(_) | Op::ChannelsLast => (1, 1),
        // A third input would switch training on.
        Op::Dropout => (1, 2),
        Op::Constant(_) => (0, 0),
    }
}

/// Holds the graph to ONNX's rule that a value is made once and before it is used, which rules out cycles.
fn check_order(graph: &Graph) -> Result<(), PrepareError> {
    let mut known: HashSet<&str> = graph.tensors.iter().map(|(name, _)| name.as_str()).collect();
    known.insert(&graph.input.name);
    for node in &graph.nodes {
        if !node.inputs.iter().all(|name| name.is_empty() || known.contains(name.as_str())) {
            return Err(node.wrong("the node uses a value that is not made before it"));
        }
        if node.output.is_empty() || !known.insert(&node.output) {
            return Err(node.wrong("the node makes a value that has no name or is already there"));
        }
    }
    match graph.outputs.iter().find(|port| graph.nodes.iter().all(|node| node.output != port.name)) {
        None => Ok(()),
        Some(port) => Err(PrepareError::at(&port.name, "no node makes the output")),
    }
}
