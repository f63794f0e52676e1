//! Batch normalisation is `x * s + t` by channel: it goes into the convolution or product before or after it.
//!
//! Computed in `f64` and rounded once, when the weights are written.

use super::PrepareError;
use super::graph::{Graph, Node, Op};
use super::tensor::Tensor;

/// Folds every `BatchNormalization` that has a place to go; the others stay.
pub(super) fn fold(graph: &mut Graph) -> Result<(), PrepareError> {
    let mut nth = 0;
    while nth < graph.nodes.len() {
        let done = match graph.nodes[nth].op {
            Op::BatchNormalization { epsilon } => {
                let affine = Affine::of(graph, &graph.nodes[nth], epsilon)?;
                into_producer(graph, nth, &affine)? || into_flattened_product(graph, nth, &affine)?
            }
            Op::Conv(_) | Op::PRelu | Op::Relu | Op::Add | Op::Sub | Op::Mul | Op::Flatten | Op::Gemm => false,
            Op::Identity | Op::Dropout | Op::DequantizeLinear { .. } | Op::Reshape | Op::Constant(_) => false,
            Op::MaxPool(_) | Op::ChannelsLast => false,
        };
        // A folded node is gone, and the next one stands in its place.
        nth += usize::from(!done);
    }
    Ok(())
}

/// `x * scale + shift`, by channel.
struct Affine {
    scale: Vec<f64>,
    shift: Vec<f64>,
}

impl Affine {
    fn of(graph: &Graph, node: &Node, epsilon: f32) -> Result<Self, PrepareError> {
        let part = |nth| graph.constant(node, nth).and_then(Tensor::as_floats);
        let (Some(gamma), Some(beta), Some(mean), Some(variance)) = (part(1), part(2), part(3), part(4)) else {
            return Err(node.wrong("a parameter of the batch normalisation is no constant"));
        };
        if [beta.len(), mean.len(), variance.len()] != [gamma.len(); 3] {
            return Err(node.wrong("the parameters of the batch normalisation differ in length"));
        }
        let deviation = |v: &f64| (v + f64::from(epsilon)).sqrt();
        let scale: Vec<f64> = gamma.iter().zip(variance).map(|(g, v)| g / deviation(v)).collect();
        let shift = beta.iter().zip(mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
        Ok(Self { scale, shift })
    }
}

/// Conv or Gemm, then the normalisation: rows of weights are scaled.
fn into_producer(graph: &mut Graph, nth: usize, affine: &Affine) -> Result<bool, PrepareError> {
    let taken = graph.nodes[nth].inputs[0].clone();
    let producer = graph.nodes.iter().position(|n| n.output == taken && matches!(n.op, Op::Conv(_) | Op::Gemm));
    let Some(producer) = producer.filter(|_| graph.uses().get(&taken) == Some(&1)) else { return Ok(false) };
    let Some((dims, weights, bias)) = parameters(graph, &graph.nodes[producer], affine.scale.len())? else {
        return Ok(false);
    };
    let row = weights.len() / affine.scale.len();
    let weights = weights.iter().enumerate().map(|(at, w)| w * affine.scale[at / row]).collect();
    let bias = bias.iter().zip(&affine.scale).zip(&affine.shift).map(|((b, s), t)| b * s + t).collect();
    replace(graph, producer, Tensor::floats(&dims, weights), bias)?;
    // The producer now makes what the normalisation made.
    graph.nodes[producer].output = graph.nodes.remove(nth).output;
    Ok(true)
}

/// The normalisation, then Flatten, then Gemm: columns of weights are scaled, the shift goes into the bias.
fn into_flattened_product(graph: &mut Graph, nth: usize, affine: &Affine) -> Result<bool, PrepareError> {
    let uses = graph.uses();
    let taker = |output: &str, op: &Op| {
        let alone = uses.get(output) == Some(&1);
        graph.nodes.iter().position(|n| alone && n.op == *op && n.input(0) == Some(output))
    };
    let Some(flatten) = taker(&graph.nodes[nth].output, &Op::Flatten) else { return Ok(false) };
    let Some(product) = taker(&graph.nodes[flatten].output, &Op::Gemm) else { return Ok(false) };
    let rows = graph.constant(&graph.nodes[product], 1).and_then(|t| t.dims.first().copied()).unwrap_or_default();
    let Some((dims, mut weights, mut bias)) = parameters(graph, &graph.nodes[product], rows)? else { return Ok(false) };
    let (columns, channels) = (weights.len() / rows, affine.scale.len());
    if channels == 0 || columns % channels != 0 {
        return Err(graph.nodes[nth].wrong("its channels do not divide the product's columns"));
    }
    let pixels = columns / channels;
    for (row, bias) in weights.chunks_exact_mut(columns).zip(&mut bias) {
        for (at, weight) in row.iter_mut().enumerate() {
            *bias += *weight * affine.shift[at / pixels];
            *weight *= affine.scale[at / pixels];
        }
    }
    replace(graph, product, Tensor::floats(&dims, weights), bias)?;
    graph.nodes[flatten].inputs[0] = graph.nodes[nth].inputs[0].clone();
    graph.nodes.remove(nth);
    Ok(true)
}

type Parameters = (Vec<usize>, Vec<f64>, Vec<f64>);

/// Shape and values of the weights, and the bias (zeros if there is none), when all are constants with `rows` rows.
fn parameters(graph: &Graph, node: &Node, rows: usize) -> Result<Option<Parameters>, PrepareError> {
    let Some(weights) = graph.constant(node, 1) else { return Ok(None) };
    let values = weights.as_floats().ok_or_else(|| node.wrong("the weights are no floats"))?;
    if rows == 0 || weights.dims.first() != Some(&rows) || values.is_empty() {
        return Err(node.wrong("the weights do not fit the batch normalisation"));
    }
    let bias = match (node.input(2), graph.constant(node, 2).and_then(Tensor::as_floats)) {
        (None, _) => vec![0.0; rows],
        (Some(_), Some(bias)) if bias.len() == rows => bias.to_vec(),
        (Some(_), Some(_)) => return Err(node.wrong("the bias does not fit the weights")),
        (Some(_), None) => return Ok(None),
    };
    Ok(Some((weights.dims.clone(), values.to_vec(), bias)))
}

fn replace(graph: &mut Graph, nth: usize, weights: Tensor, bias: Vec<f64>) -> Result<(), PrepareError> {
    let name = graph.nodes[nth].output.clone();
    let bias = Tensor::floats(&[bias.len()], bias);
    let weights = graph.add_constant(&format!("{name}.weights"), weights)?;
    let bias = graph.add_constant(&format!("{name}.bias"), bias)?;
    let node = &mut graph.nodes[nth];
    node.inputs = vec![std::mem::take(&mut node.inputs[0]), weights, bias];
    Ok(())
}
