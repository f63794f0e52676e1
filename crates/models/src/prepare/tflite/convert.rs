//! Operator by operator from the file to the graph; what a tensor's declared shape says is held against what comes out.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::super::PrepareError;
use super::super::graph::{Constants, Conv, Graph, MaxPool, Node, Op, Port};
use super::super::tensor::Tensor as Constant;
use super::schema::{Elements, Model, Operation, Operator, Tensor};
use super::weights;
use super::window::Steps;

/// The most channels after padding: the weights that do it are quadratic in them.
const PADDED_CHANNELS_MAX: usize = 2048;

type Converted<T> = Result<T, PrepareError>;

pub(super) fn graph(model: &Model<'_>) -> Converted<Graph> {
    let wrong = |problem| PrepareError::at("model", problem);
    let [input] = model.inputs[..] else { return Err(wrong("has not exactly one input")) };
    let input_name = model.tensors[input].name;
    let port = Port { name: input_name.to_owned(), dims: vec![] };
    let graph = Graph { input: port, outputs: vec![], nodes: vec![], tensors: Constants::default() };
    let names = HashMap::from([(input, input_name.to_owned())]);
    let mut conversion = Conversion { model, graph, names, halves: HashMap::new(), constants: HashMap::new() };
    let [height, width, channels] = conversion.picture(input)?;
    conversion.graph.input.dims = vec![channels as i64, height as i64, width as i64];
    model.operators.iter().try_for_each(|operator| conversion.operator(operator))?;
    model.outputs.iter().try_for_each(|&output| conversion.output(output))?;
    match conversion.graph.outputs.is_empty() {
        false => Ok(conversion.graph),
        true => Err(wrong("has no output")),
    }
}

struct Conversion<'a> {
    model: &'a Model<'a>,
    graph: Graph,
    /// For each tensor that was made so far, what it is called in the graph.
    names: HashMap<usize, String>,
    /// For each constant of 32 bits, the one of 16 bits that it is made from.
    halves: HashMap<usize, usize>,
    /// What the constants are called that are in the graph, by the tensor that they come from and their dimensions there.
    constants: HashMap<(usize, Vec<usize>), String>,
}

impl Conversion<'_> {
    fn operator(&mut self, operator: &Operator) -> Converted<()> {
        let Operator { operation, inputs, output } = operator;
        match (operation, &inputs[..]) {
            (Operation::Add { relu }, &[left, right]) => self.add([left, right], *output, *relu),
            (Operation::Conv { steps, relu }, &[from, weights, bias]) => {
                let dims = self.window_dims(weights)?;
                let [_, _, channels] = self.picture(from)?;
                self.require(dims[3] == channels, weights, "the weights do not fit the channels of the input")?;
                self.convolve([from, weights, bias], *output, steps, (1, [0, 3, 1, 2]), *relu)
            }
            (Operation::DepthwiseConv { steps, multiplier, relu }, &[from, weights, bias]) => {
                let dims = self.window_dims(weights)?;
                let [_, _, channels] = self.picture(from)?;
                let fits = dims[0] == 1 && dims[3] == channels * multiplier;
                self.require(fits, weights, "the weights do not fit the channels of the input")?;
                self.convolve([from, weights, bias], *output, steps, (channels, [3, 0, 1, 2]), *relu)
            }
            (Operation::Dequantize, &[half]) => self.dequantize(half, *output),
            (Operation::MaxPool { filter, steps, relu }, &[from]) => self.pool(from, *output, *filter, steps, *relu),
            (Operation::Pad, &[from, paddings]) => self.pad(from, paddings, *output),
            (Operation::PRelu, &[from, slopes]) => self.prelu(from, slopes, *output),
            (Operation::Reshape { shape }, &[from]) => self.flatten(from, shape, *output),
            (Operation::Reshape { .. }, &[from, shape]) => {
                let shape = weights::ints(self.tensor(shape))?;
                self.flatten(from, &shape, *output)
            }
            (_, _) => Err(self.wrong(*output, "the operator takes another number of inputs")),
        }
    }

    fn add(&mut self, terms: [usize; 2], output: usize, relu: bool) -> Converted<()> {
        let size = self.picture(terms[0])?;
        self.require(self.picture(terms[1])? == size, output, "the terms of the sum differ in size")?;
        self.expect(output, size)?;
        let inputs = vec![self.name(terms[0])?, self.name(terms[1])?];
        self.make(Op::Add, inputs, output, relu)
    }

    /// A convolution in groups, the axes of whose weights come into the graph in this order.
    fn convolve(
        &mut self,
        [from, weights, bias]: [usize; 3],
        output: usize,
        steps: &Steps,
        (group, order): (usize, [usize; 4]),
        relu: bool,
    ) -> Converted<()> {
        let dims = self.window_dims(weights)?;
        let [height, width, _] = self.picture(from)?;
        let kernel = [dims[1], dims[2]];
        let (size, pads) = self.moved(steps, kernel, [height, width], output)?;
        let [out, inner, _, _] = order.map(|axis| dims[axis]);
        self.require(self.tensor(bias).dims == [out], bias, "the bias does not fit the weights")?;
        self.expect(output, [size[0], size[1], out])?;
        let values = weights::reordered(&self.floats(weights)?, dims, order);
        let inputs = vec![
            self.name(from)?,
            self.constant(weights, &[out, inner, kernel[0], kernel[1]], values)?,
            self.constant(bias, &[out], self.floats(bias)?)?,
        ];
        let [kernel, strides, dilations] =
            [kernel, steps.strides, steps.dilations].map(|sizes| sizes.map(|size| size as i64));
        self.make(Op::Conv(Conv { kernel, strides, dilations, pads, group: group as i64 }), inputs, output, relu)
    }

    /// Weights of 16 bits are widened where they are used.
    fn dequantize(&mut self, half: usize, output: usize) -> Converted<()> {
        let (from, to) = (self.tensor(half), self.tensor(output));
        let fits = from.elements == Elements::Float16 && to.elements == Elements::Float32 && from.dims == to.dims;
        let free = to.content.is_empty() && !self.names.contains_key(&output);
        self.require(fits && free, output, "only constants of 16 bits are dequantised, to 32 bits")?;
        match self.halves.insert(output, half) {
            None => Ok(()),
            Some(_) => Err(self.wrong(output, "the tensor is made twice")),
        }
    }

    fn pool(&mut self, from: usize, output: usize, filter: [usize; 2], steps: &Steps, relu: bool) -> Converted<()> {
        let [height, width, channels] = self.picture(from)?;
        let (size, pads) = self.moved(steps, filter, [height, width], output)?;
        self.expect(output, [size[0], size[1], channels])?;
        let [kernel, strides] = [filter, steps.strides].map(|sizes| sizes.map(|size| size as i64));
        let inputs = vec![self.name(from)?];
        self.make(Op::MaxPool(MaxPool { kernel, strides, pads }), inputs, output, relu)
    }

    /// Channels of zeros, by a convolution: of the ways that were measured on the face mesh this took 1.41 ms, ONNX's
    /// `Pad`, for which the runtime leaves its blocked layout, 1.68.
    fn pad(&mut self, from: usize, paddings: usize, output: usize) -> Converted<()> {
        let [height, width, channels] = self.picture(from)?;
        let values = weights::ints(self.tensor(paddings))?;
        let around = |count: i32| usize::try_from(count).ok().filter(|&count| count <= PADDED_CHANNELS_MAX);
        let (before, after) = match (&self.tensor(paddings).dims[..], &values[..]) {
            ([4, 2], &[0, 0, 0, 0, 0, 0, before, after]) => (around(before), around(after)),
            (_, _) => (None, None),
        };
        let (Some(before), Some(after)) = (before, after) else {
            return Err(self.wrong(output, "only channels can be padded, with some zeros"));
        };
        let padded = before + channels + after;
        self.require(padded <= PADDED_CHANNELS_MAX, output, "there are too many channels to pad")?;
        self.expect(output, [height, width, padded])?;
        let weights = weights::widening(before, channels, after);
        let inputs = vec![self.name(from)?, self.constant(paddings, &[padded, channels, 1, 1], weights)?];
        let conv = Conv { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0; 4], group: 1 };
        self.make(Op::Conv(conv), inputs, output, false)
    }

    fn prelu(&mut self, from: usize, slopes: usize, output: usize) -> Converted<()> {
        let size @ [_, _, channels] = self.picture(from)?;
        self.require(self.tensor(slopes).dims == [1, 1, channels], slopes, "there is not one slope a channel")?;
        self.expect(output, size)?;
        let inputs = vec![self.name(from)?, self.constant(slopes, &[channels, 1, 1], self.floats(slopes)?)?];
        self.make(Op::PRelu, inputs, output, false)
    }

    /// All values of a picture in a row, in the published order.
    fn flatten(&mut self, from: usize, shape: &[i32], output: usize) -> Converted<()> {
        let [height, width, channels] = self.picture(from)?;
        let count = height.checked_mul(width).and_then(|pixels| pixels.checked_mul(channels));
        let as_wanted = |(&size, &wanted): (&usize, &i32)| wanted == -1 || usize::try_from(wanted) == Ok(size);
        let dims = &self.tensor(output).dims;
        let fits = dims.len() == shape.len() && dims.iter().zip(shape).all(as_wanted);
        let flat = matches!(dims[..], [1, size] if Some(size) == count);
        self.require(fits && flat, output, "only a picture is reshaped, and only to a row")?;
        let mut name = self.name(from)?;
        if [height, width] != [1, 1] {
            let pixels = format!("{}.pixels", self.tensor(output).name);
            self.graph.nodes.push(Node { op: Op::ChannelsLast, inputs: vec![name], output: pixels.clone() });
            name = pixels;
        }
        self.make(Op::Flatten, vec![name], output, false)
    }

    /// Adds the operation that makes a tensor. A picture that comes out of the network has its name only once it is in the
    /// published order.
    fn make(&mut self, op: Op, inputs: Vec<String>, output: usize, relu: bool) -> Converted<()> {
        let Tensor { name, dims, elements, content } = self.tensor(output);
        let comes_out = self.model.outputs.contains(&output) && dims.len() == 4;
        let made = if comes_out { format!("{name}.planes") } else { (*name).to_owned() };
        let free = content.is_empty() && !self.halves.contains_key(&output) && *elements == Elements::Float32;
        self.require(free && !self.names.contains_key(&output), output, "the tensor cannot be made here")?;
        self.names.insert(output, made.clone());
        if relu {
            let linear = format!("{made}.linear");
            self.graph.nodes.push(Node { op, inputs, output: linear.clone() });
            self.graph.nodes.push(Node { op: Op::Relu, inputs: vec![linear], output: made });
        } else {
            self.graph.nodes.push(Node { op, inputs, output: made });
        }
        Ok(())
    }

    fn output(&mut self, output: usize) -> Converted<()> {
        let (inputs, Tensor { name, dims, .. }) = (vec![self.name(output)?], self.tensor(output));
        let taken = self.model.inputs.contains(&output) || self.graph.has_output(name);
        let port = Port { name: (*name).to_owned(), dims: dims[1..].iter().map(|&size| size as i64).collect() };
        self.require(!taken, output, "the input comes out, or an output comes out twice")?;
        if dims.len() == 4 {
            self.graph.nodes.push(Node { op: Op::ChannelsLast, inputs, output: port.name.clone() });
        }
        self.graph.outputs.push(port);
        Ok(())
    }

    fn tensor(&self, index: usize) -> &Tensor<'_> {
        &self.model.tensors[index]
    }

    /// Height, width and channels.
    fn picture(&self, index: usize) -> Converted<[usize; 3]> {
        match (&self.tensor(index).dims[..], self.tensor(index).elements) {
            (&[1, height, width, channels], Elements::Float32) => Ok([height, width, channels]),
            (_, _) => Err(self.wrong(index, "the tensor is no picture of 32-bit floats")),
        }
    }

    /// The sizes of a convolution's weights.
    fn window_dims(&self, weights: usize) -> Converted<[usize; 4]> {
        let dims = <[usize; 4]>::try_from(&self.tensor(weights).dims[..]);
        dims.map_err(|_| self.wrong(weights, "the weights have not four dimensions"))
    }

    fn moved(
        &self,
        steps: &Steps,
        window: [usize; 2],
        picture: [usize; 2],
        output: usize,
    ) -> Converted<([usize; 2], [i64; 4])> {
        steps.over(window, picture).ok_or_else(|| self.wrong(output, "the window does not fit into the picture"))
    }

    /// The name in the graph of a tensor that was made before.
    fn name(&self, index: usize) -> Converted<String> {
        self.names.get(&index).cloned().ok_or_else(|| self.wrong(index, "the tensor is used and not made before"))
    }

    fn floats(&self, index: usize) -> Converted<Vec<f64>> {
        weights::floats(self.tensor(*self.halves.get(&index).unwrap_or(&index)))
    }

    /// Adds a constant, called after the tensor that it comes from, unless it is there already. Weights that a plain and
    /// a depthwise convolution share get other dimensions for each, or have one channel and the same values for both.
    fn constant(&mut self, index: usize, dims: &[usize], values: Vec<f64>) -> Converted<String> {
        match self.constants.entry((index, dims.to_vec())) {
            Entry::Occupied(entry) => Ok(entry.get().clone()),
            Entry::Vacant(entry) => {
                let name = self.model.tensors[index].name;
                let name = self.graph.add_constant(name, Constant::floats(dims, values))?;
                Ok(entry.insert(name).clone())
            }
        }
    }

    fn expect(&self, output: usize, [height, width, channels]: [usize; 3]) -> Converted<()> {
        let fits = self.tensor(output).dims == [1, height, width, channels];
        self.require(fits, output, "the tensor has another size than what is computed")
    }

    fn require(&self, holds: bool, index: usize, problem: &str) -> Converted<()> {
        if holds { Ok(()) } else { Err(self.wrong(index, problem)) }
    }

    fn wrong(&self, index: usize, problem: &str) -> PrepareError {
        PrepareError::at(self.tensor(index).name, problem)
    }
}
