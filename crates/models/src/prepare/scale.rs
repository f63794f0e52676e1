//! A multiplication before a convolution goes into its weights.
//!
//! Zero padding allows it, since `0 * s = 0`; it does not allow the same for a subtraction, which therefore stays.

use super::PrepareError;
use super::graph::{Graph, Node, Op};
use super::tensor::Tensor;

/// Folds `Mul` by a power of two, which rounds nothing, into the convolution that alone takes its result.
pub(super) fn fold(graph: &mut Graph) -> Result<(), PrepareError> {
    let uses = graph.uses();
    let mut nth = 0;
    while nth < graph.nodes.len() {
        let product = &graph.nodes[nth];
        let factor = graph.constant(product, 1).and_then(Tensor::scalar).filter(|&f| is_power_of_two(f));
        let alone = uses.get(&product.output) == Some(&1);
        let taker = graph.nodes.iter().position(|n| {
            matches!(n.op, Op::Conv(_)) && n.input(0) == Some(&product.output) && weights(graph, n).is_some()
        });
        match (&product.op, factor, taker) {
            (Op::Mul, Some(factor), Some(taker)) if alone => {
                let from = product.inputs[0].clone();
                scale_weights(graph, taker, factor)?;
                graph.nodes[taker].inputs[0] = from;
                graph.nodes.remove(nth);
            }
            (_, _, _) => nth += 1,
        }
    }
    Ok(())
}

fn weights<'a>(graph: &'a Graph, conv: &Node) -> Option<(&'a [usize], &'a [f64])> {
    let tensor = graph.constant(conv, 1)?;
    Some((&tensor.dims, tensor.as_floats()?))
}

fn scale_weights(graph: &mut Graph, conv: usize, factor: f64) -> Result<(), PrepareError> {
    let node = &graph.nodes[conv];
    let (dims, weights) = weights(graph, node).ok_or_else(|| node.wrong("the weights are no constant floats"))?;
    let scaled = Tensor::floats(dims, weights.iter().map(|w| w * factor).collect());
    let name = format!("{}.scaled", node.output);
    graph.nodes[conv].inputs[1] = graph.add_constant(&name, scaled)?;
    Ok(())
}

fn is_power_of_two(factor: f64) -> bool {
    const MANTISSA: u64 = (1 << 52) - 1;
    factor.is_normal() && factor > 0.0 && factor.to_bits() & MANTISSA == 0
}
