//! From the graph to the ONNX file, always the same bytes for the same graph.

use std::collections::BTreeSet;

use prost::Message as _;

use super::PrepareError;
use super::graph::{Conv, Graph, MaxPool, Node, Op, Port};
use super::onnx::{self, attribute_type, data_type};

/// The ONNX file format that is written: the first that needs no constants among the inputs is 4, and 8 goes with the
/// operator set.
const IR_VERSION: i64 = 8;
/// The operator set that is written; all operations in it mean what they mean in those that are read.
const OPSET: i64 = 17;

pub(super) fn model(graph: &Graph) -> Result<Vec<u8>, PrepareError> {
    let nodes = graph.nodes.iter().map(node).collect::<Result<Vec<_>, _>>()?;
    let used: BTreeSet<&str> = graph.nodes.iter().flat_map(|n| &n.inputs).map(String::as_str).collect();
    let used = graph.tensors.iter().filter(|(name, _)| used.contains(name.as_str()));
    let initializer = used.map(|(name, tensor)| tensor.write(name)).collect::<Result<_, _>>()?;
    check_unique(graph)?;
    let model = onnx::Model {
        ir_version: Some(IR_VERSION),
        producer_name: Some("auther".to_owned()),
        graph: Some(onnx::Graph {
            node: nodes,
            name: Some("prepared".to_owned()),
            initializer,
            input: vec![value(&graph.input)],
            output: graph.outputs.iter().map(value).collect(),
        }),
        opset_import: vec![onnx::Opset { domain: Some(String::new()), version: Some(OPSET) }],
    };
    Ok(model.encode_to_vec())
}

/// New nodes have names made from old ones; a hostile file could have taken those.
fn check_unique(graph: &Graph) -> Result<(), PrepareError> {
    let mut known: BTreeSet<&str> = graph.tensors.iter().map(|(name, _)| name.as_str()).collect();
    known.insert(&graph.input.name);
    match graph.nodes.iter().find(|node| !known.insert(&node.output)) {
        None => Ok(()),
        Some(node) => Err(node.wrong("two values have this name")),
    }
}

fn value(port: &Port) -> onnx::Value {
    let sizes = port.dims.iter().map(|&size| onnx::Dimension { value: Some(size), parameter: None });
    let dim = std::iter::once(onnx::Dimension::free("batch")).chain(sizes).collect();
    let tensor = onnx::TensorType { data_type: Some(data_type::FLOAT), shape: Some(onnx::Shape { dim }) };
    onnx::Value { name: Some(port.name.clone()), kind: Some(onnx::Type { tensor: Some(tensor) }) }
}

fn node(node: &Node) -> Result<onnx::Node, PrepareError> {
    let (kind, attribute) = match &node.op {
        Op::Conv(conv) => ("Conv", conv_attributes(conv)),
        Op::BatchNormalization { epsilon } => ("BatchNormalization", vec![float("epsilon", *epsilon)]),
        Op::PRelu => ("PRelu", vec![]),
        Op::Relu => ("Relu", vec![]),
        Op::Add => ("Add", vec![]),
        Op::Sub => ("Sub", vec![]),
        Op::Mul => ("Mul", vec![]),
        Op::Flatten => ("Flatten", vec![int("axis", 1)]),
        Op::Gemm => ("Gemm", vec![int("transB", 1)]),
        Op::MaxPool(pool) => ("MaxPool", pool_attributes(pool)),
        Op::ChannelsLast => ("Transpose", vec![ints("perm", &[0, 2, 3, 1])]),
        Op::Identity | Op::Dropout | Op::DequantizeLinear { .. } | Op::Reshape | Op::Constant(_) => {
            return Err(node.wrong("the operation should have been computed or dropped"));
        }
    };
    Ok(onnx::Node {
        input: node.inputs.clone(),
        output: vec![node.output.clone()],
        name: Some(node.output.clone()),
        op_type: Some(kind.to_owned()),
        attribute,
        domain: None,
    })
}

fn conv_attributes(conv: &Conv) -> Vec<onnx::Attribute> {
    vec![
        ints("dilations", &conv.dilations),
        int("group", conv.group),
        ints("kernel_shape", &conv.kernel),
        ints("pads", &conv.pads),
        ints("strides", &conv.strides),
    ]
}

fn pool_attributes(pool: &MaxPool) -> Vec<onnx::Attribute> {
    vec![ints("kernel_shape", &pool.kernel), ints("pads", &pool.pads), ints("strides", &pool.strides)]
}

fn ints(name: &str, ints: &[i64]) -> onnx::Attribute {
    let kind = Some(attribute_type::INTS);
    onnx::Attribute { name: Some(name.to_owned()), kind, ints: ints.to_vec(), ..Default::default() }
}

fn int(name: &str, i: i64) -> onnx::Attribute {
    onnx::Attribute { name: Some(name.to_owned()), kind: Some(attribute_type::INT), i: Some(i), ..Default::default() }
}

fn float(name: &str, f: f32) -> onnx::Attribute {
    onnx::Attribute { name: Some(name.to_owned()), kind: Some(attribute_type::FLOAT), f: Some(f), ..Default::default() }
}
