//! How much there is to compute in a network, counted from its file: what no implementation of it gets around.

use std::collections::HashMap;

use super::attributes::Attributes;
use super::onnx;
use super::tensor::{Data, Tensor};
use super::{PrepareError, decode, read};

/// Bytes of a value: everything is computed in single precision.
const VALUE_BYTES: u64 = 4;

/// What one run of a network with one image takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Work {
    /// Floating-point operations: two for every multiplication with its addition, one for every other addition,
    /// multiplication or comparison of two values. A function of one value (`Sigmoid`) counts as one.
    pub flops: u64,
    /// Bytes of the weights.
    pub weight_bytes: u64,
    /// Bytes of the input.
    pub input_bytes: u64,
    /// Bytes of all outputs.
    pub output_bytes: u64,
    /// Bytes of all values in between, each counted once. They may stay in caches.
    pub activation_bytes: u64,
}

impl Work {
    /// Bytes that cross the memory's bus at least once: weights, input and output.
    #[must_use]
    pub fn compulsory_bytes(&self) -> u64 {
        self.weight_bytes + self.input_bytes + self.output_bytes
    }
}

/// Counts the work of an ONNX network whose one input is an image of this width and height.
///
/// The file is what is run by [`super::prepare`]d bytes, or the published file where that has plain weights.
///
/// # Errors
/// When the file is not ONNX or has an operation that is not counted.
pub fn work(onnx: &[u8], width_px: u32, height_px: u32) -> Result<Work, PrepareError> {
    let model = decode(onnx)?;
    read::opset(&model)?;
    let graph = model.graph.ok_or_else(|| PrepareError::at("model", "has no graph"))?;
    let mut counter = Counter::new(&graph)?;
    let input = graph.input.iter().filter_map(|input| input.name.as_deref()).find(|name| !counter.is_constant(name));
    let input = input.ok_or_else(|| PrepareError::at("model", "has no input"))?;
    let image = vec![1, 3, u64::from(height_px), u64::from(width_px)];
    counter.work.input_bytes = VALUE_BYTES * elements(&image);
    counter.shapes.insert(input.to_owned(), image);
    graph.node.iter().try_for_each(|node| counter.count(node))?;
    let output = |value: &onnx::Value| counter.shapes.get(value.name.as_deref()?).map(|shape| elements(shape));
    counter.work.output_bytes = VALUE_BYTES * graph.output.iter().filter_map(output).sum::<u64>();
    Ok(counter.work)
}

/// The number of elements; a hostile shape has very many.
fn elements(shape: &[u64]) -> u64 {
    shape.iter().fold(1, |product: u64, &side| product.saturating_mul(side))
}

struct Counter {
    constants: HashMap<String, Tensor>,
    /// Of every value that is known so far, constants included.
    shapes: HashMap<String, Vec<u64>>,
    work: Work,
}

impl Counter {
    fn new(graph: &onnx::Graph) -> Result<Self, PrepareError> {
        let read = |tensor: &onnx::Tensor| {
            let name = tensor.name.clone().unwrap_or_default();
            Tensor::read(tensor.clone(), &name).map(|tensor| (name, tensor))
        };
        let constants = graph.initializer.iter().map(read).collect::<Result<HashMap<_, _>, _>>()?;
        let sides = |tensor: &Tensor| tensor.dims.iter().map(|&side| side as u64).collect();
        let shapes: HashMap<String, Vec<u64>> =
            constants.iter().map(|(name, tensor)| (name.clone(), sides(tensor))).collect();
        let floats = constants.values().filter_map(Tensor::as_floats).map(|values| values.len() as u64);
        let work = Work { weight_bytes: VALUE_BYTES * floats.sum::<u64>(), ..Work::default() };
        Ok(Self { constants, shapes, work })
    }

    fn is_constant(&self, name: &str) -> bool {
        self.constants.contains_key(name)
    }

    fn count(&mut self, node: &onnx::Node) -> Result<(), PrepareError> {
        let [output] = node.output.as_slice() else {
            return Err(PrepareError::at(&name(node), "the node has not exactly one output"));
        };
        let (shape, flops) = self.node(node)?;
        self.work.flops = self.work.flops.saturating_add(flops);
        self.work.activation_bytes =
            self.work.activation_bytes.saturating_add(elements(&shape).saturating_mul(VALUE_BYTES));
        self.shapes.insert(output.clone(), shape);
        Ok(())
    }

    /// The shape of what the node makes, and the operations that make it.
    fn node(&self, node: &onnx::Node) -> Result<(Vec<u64>, u64), PrepareError> {
        let x = self.shape(node, 0)?;
        let each = |per_element: u64| (x.clone(), elements(x).saturating_mul(per_element));
        Ok(match node.op_type.as_deref().unwrap_or_default() {
            "Conv" => self.conv(node)?,
            "MaxPool" => pool(node, x)?,
            "Gemm" => self.gemm(node)?,
            "Relu" | "Sigmoid" => each(1),
            "Add" | "Sub" | "Mul" => {
                let shape = self.shape(node, 1).map_or(x, |y| if elements(y) > elements(x) { y } else { x });
                (shape.clone(), elements(shape))
            }
            // A comparison and a multiplication; a multiplication and an addition.
            "PRelu" | "BatchNormalization" => each(2),
            "Identity" | "Dropout" => each(0),
            "Flatten" => (vec![x.first().copied().unwrap_or(1), elements(x.get(1..).unwrap_or_default())], 0),
            "Transpose" => (transposed(node, x)?, 0),
            "Reshape" => (self.reshaped(node, x)?, 0),
            // To the nearest value: copies.
            "Resize" => (self.resized(node, x)?, 0),
            other => return Err(PrepareError::at(&name(node), format!("the operation {other:.40} is not counted"))),
        })
    }

    fn shape(&self, node: &onnx::Node, nth: usize) -> Result<&Vec<u64>, PrepareError> {
        let of = node.input.get(nth).and_then(|name| self.shapes.get(name));
        of.ok_or_else(|| PrepareError::at(&name(node), "the shape of an input is not known"))
    }

    fn conv(&self, node: &onnx::Node) -> Result<(Vec<u64>, u64), PrepareError> {
        let [filters, depth, rows, columns] = four(node, self.shape(node, 1)?)?;
        let window = Window::of(node, [rows, columns])?;
        let shape = window.slide(node, filters, self.shape(node, 0)?)?;
        let per_value = 2_u64.saturating_mul(elements(&[depth, rows, columns])) + u64::from(node.input.len() > 2);
        let flops = elements(&shape).saturating_mul(per_value);
        Ok((shape, flops))
    }

    fn gemm(&self, node: &onnx::Node) -> Result<(Vec<u64>, u64), PrepareError> {
        let (x, weights) = (self.shape(node, 0)?, self.shape(node, 1)?);
        // The weights are transposed: a row an output, which is the only kind that the preparation lets through.
        let (Some(&rows), Some(&outputs)) = (x.first(), weights.first()) else {
            return Err(PrepareError::at(&name(node), "the matrices have no sides"));
        };
        let flops = elements(&[2, rows]).saturating_mul(elements(weights)) + u64::from(node.input.len() > 2) * outputs;
        Ok((vec![rows, outputs], flops))
    }

    fn reshaped(&self, node: &onnx::Node, x: &[u64]) -> Result<Vec<u64>, PrepareError> {
        let wrong = || PrepareError::at(&name(node), "the new shape is not known");
        let Some(Tensor { data: Data::Int64(sides), .. }) = node.input.get(1).and_then(|i| self.constants.get(i))
        else {
            return Err(wrong());
        };
        let known: Vec<u64> = sides.iter().filter_map(|&side| u64::try_from(side).ok()).collect();
        let remaining = elements(x).checked_div(elements(&known)).ok_or_else(wrong)?;
        Ok(sides.iter().map(|&side| u64::try_from(side).unwrap_or(remaining)).collect())
    }

    fn resized(&self, node: &onnx::Node, x: &[u64]) -> Result<Vec<u64>, PrepareError> {
        let scales = node.input.get(2).and_then(|name| self.constants.get(name)).and_then(Tensor::as_floats);
        let scales = scales.filter(|scales| scales.len() == x.len());
        let scales = scales.ok_or_else(|| PrepareError::at(&name(node), "the factors are not known"))?;
        Ok(x.iter().zip(scales).map(|(&side, scale)| (side as f64 * scale) as u64).collect())
    }
}

fn name(node: &onnx::Node) -> String {
    node.output.first().cloned().unwrap_or_default()
}

fn four(node: &onnx::Node, shape: &[u64]) -> Result<[u64; 4], PrepareError> {
    shape.try_into().map_err(|_| PrepareError::at(&name(node), "the tensor has not four dimensions"))
}

fn transposed(node: &onnx::Node, x: &[u64]) -> Result<Vec<u64>, PrepareError> {
    let order: [i64; 4] = Attributes::of(&name(node), node.attribute.clone())?.ints("perm", None)?;
    let side = |&from: &i64| usize::try_from(from).ok().and_then(|from| x.get(from)).copied();
    let sides = order.iter().map(side).collect::<Option<Vec<_>>>();
    sides.ok_or_else(|| PrepareError::at(&name(node), "the order is not that of the dimensions"))
}

fn pool(node: &onnx::Node, x: &[u64]) -> Result<(Vec<u64>, u64), PrepareError> {
    let kernel: [i64; 2] = Attributes::of(&name(node), node.attribute.clone())?.ints("kernel_shape", None)?;
    let kernel = kernel.map(|side| u64::try_from(side).unwrap_or(0));
    let [_, channels, ..] = four(node, x)?;
    let shape = Window::of(node, kernel)?.slide(node, channels, x)?;
    let flops = elements(&shape).saturating_mul(elements(&kernel).saturating_sub(1));
    Ok((shape, flops))
}

/// What slides over the image.
struct Window {
    reach: [u64; 2],
    strides: [u64; 2],
    padding: [u64; 2],
}

impl Window {
    fn of(node: &onnx::Node, kernel: [u64; 2]) -> Result<Self, PrepareError> {
        let mut attributes = Attributes::of(&name(node), node.attribute.clone())?;
        let positive = |values: [i64; 2]| values.map(|value| u64::try_from(value).unwrap_or(0).max(1));
        let strides = positive(attributes.ints("strides", Some([1, 1]))?);
        let dilations = positive(attributes.ints("dilations", Some([1, 1]))?);
        let pads = attributes.ints("pads", Some([0; 4]))?.map(|pad: i64| u64::try_from(pad).unwrap_or(0));
        let reach = [0, 1].map(|axis| kernel[axis].saturating_sub(1).saturating_mul(dilations[axis]).saturating_add(1));
        let padding = [pads[0].saturating_add(pads[2]), pads[1].saturating_add(pads[3])];
        Ok(Self { reach, strides, padding })
    }

    /// The shape of what comes out.
    fn slide(&self, node: &onnx::Node, channels: u64, x: &[u64]) -> Result<Vec<u64>, PrepareError> {
        let [batch, _, height, width] = four(node, x)?;
        let side = |axis: usize, length: u64| {
            let room = length.saturating_add(self.padding[axis]).checked_sub(self.reach[axis]);
            room.map(|room| room / self.strides[axis] + 1)
        };
        match (side(0, height), side(1, width)) {
            (Some(height), Some(width)) => Ok(vec![batch, channels, height, width]),
            (_, None) | (None, _) => Err(PrepareError::at(&name(node), "the window is larger than the image")),
        }
    }
}
