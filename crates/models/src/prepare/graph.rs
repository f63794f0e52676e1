//! The graph while it is being prepared.

use std::collections::{BTreeMap, HashMap};

use super::PrepareError;
use super::tensor::{Tensor, count};

/// The most elements of all constants together: three times those of an IResNet-50. In `f64` that is 1 GiB; without this
/// limit a small file in which many nodes share one large constant would grow without end, since folding splits it.
const ELEMENTS_MAX: usize = 1 << 27;

/// A network of one input, nodes in an order in which they can be computed.
pub(super) struct Graph {
    pub(super) input: Port,
    pub(super) outputs: Vec<Port>,
    pub(super) nodes: Vec<Node>,
    /// Constants by name; ordered, so that the same graph is always written the same.
    pub(super) tensors: Constants,
}

/// Constants, of which there are never more than memory is set aside for.
#[derive(Default)]
pub(super) struct Constants {
    by_name: BTreeMap<String, Tensor>,
    elements: usize,
}

impl Constants {
    pub(super) fn get(&self, name: &str) -> Option<&Tensor> {
        self.by_name.get(name)
    }

    pub(super) fn contains_key(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Tensor)> {
        self.by_name.iter()
    }

    /// Adds a constant. The name must be new and not empty.
    pub(super) fn add(&mut self, name: &str, tensor: Tensor) -> Result<(), PrepareError> {
        self.elements = self.elements.saturating_add(count(&tensor.dims).unwrap_or(usize::MAX));
        if self.elements > ELEMENTS_MAX {
            return Err(PrepareError::TooManyParts { parts_max: ELEMENTS_MAX });
        }
        match name.is_empty() || self.by_name.insert(name.to_owned(), tensor).is_some() {
            true => Err(PrepareError::at(name, "the constant has no name, or that of another")),
            false => Ok(()),
        }
    }
}

/// An input or output: its name, and its sizes after the first, which is the batch.
pub(super) struct Port {
    pub(super) name: String,
    pub(super) dims: Vec<i64>,
}

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) op: Op,
    pub(super) inputs: Vec<String>,
    /// The node is known by what it makes: no two nodes make the same.
    pub(super) output: String,
}

/// The operations that are known; everything else is refused.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    Conv(Conv),
    BatchNormalization {
        epsilon: f32,
    },
    PRelu,
    Relu,
    Add,
    Sub,
    Mul,
    /// From axis 1: the batch stays apart.
    Flatten,
    /// `x * transposed weights + bias`.
    Gemm,
    Identity,
    Dropout,
    DequantizeLinear {
        axis: usize,
        block: Option<usize>,
    },
    Reshape,
    MaxPool(MaxPool),
    /// Channels become the last axis: `NCHW` to `NHWC`.
    ChannelsLast,
    Constant(Tensor),
}

/// Attributes of a two-dimensional convolution.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conv {
    pub(super) kernel: [i64; 2],
    pub(super) strides: [i64; 2],
    pub(super) dilations: [i64; 2],
    pub(super) pads: [i64; 4],
    pub(super) group: i64,
}

/// Attributes of a two-dimensional maximum; what is padded never is the maximum.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MaxPool {
    pub(super) kernel: [i64; 2],
    pub(super) strides: [i64; 2],
    pub(super) pads: [i64; 4],
}

impl Node {
    pub(super) fn wrong(&self, problem: &str) -> PrepareError {
        PrepareError::at(&self.output, problem)
    }

    /// The input at this position; an empty name is how ONNX leaves one out.
    pub(super) fn input(&self, nth: usize) -> Option<&str> {
        self.inputs.get(nth).map(String::as_str).filter(|name| !name.is_empty())
    }
}

impl Graph {
    /// The constant that a node takes at this position.
    pub(super) fn constant(&self, node: &Node, nth: usize) -> Option<&Tensor> {
        self.tensors.get(node.input(nth)?)
    }

    /// How many nodes, and outputs of the graph, take each value.
    pub(super) fn uses(&self) -> HashMap<String, usize> {
        let mut uses = HashMap::new();
        let outputs = self.outputs.iter().map(|port| &port.name);
        for name in self.nodes.iter().flat_map(|node| &node.inputs).chain(outputs) {
            *uses.entry(name.clone()).or_default() += 1;
        }
        uses
    }

    /// Whether a value of this name comes out of the network.
    pub(super) fn has_output(&self, name: &str) -> bool {
        self.outputs.iter().any(|port| port.name == name)
    }

    /// Adds a constant under a name near to this one that nobody has, and returns the name.
    pub(super) fn add_constant(&mut self, name: &str, tensor: Tensor) -> Result<String, PrepareError> {
        let mut name = name.to_owned();
        while self.tensors.contains_key(&name) || name == self.input.name || self.nodes.iter().any(|n| n.output == name)
        {
            name.push('_');
        }
        self.tensors.add(&name, tensor)?;
        Ok(name)
    }

    /// Forgets the constants that no node takes any more.
    pub(super) fn sweep(&mut self) {
        let uses = self.uses();
        self.tensors.by_name.retain(|name, _| uses.contains_key(name));
        let sizes = self.tensors.by_name.values().filter_map(|tensor| count(&tensor.dims));
        self.tensors.elements = sizes.sum();
    }
}
