//! Small ONNX files, built as quantisers build the real ones.

use prost::Message as _;

use super::super::onnx::{
    Attribute, Dimension, Graph, Model, Node, Opset, Shape, Tensor, TensorType, Type, Value, attribute_type, data_type,
};

const SIDE: i64 = 6;
pub(super) const INPUT_ELEMENTS: u32 = (3 * SIDE * SIDE) as u32;

struct Builder {
    graph: Graph,
    seed: u32,
}

impl Builder {
    /// Pseudo-random, in 0 to 1; no generator's version can change it.
    fn random(&mut self) -> f32 {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.seed >> 8) as f32 / (1 << 24) as f32
    }

    fn floats(&mut self, name: &str, dims: &[i64], low: f32, high: f32) {
        let count = dims.iter().product::<i64>();
        let values: Vec<f32> = (0..count).map(|_| low + (high - low) * self.random()).collect();
        self.tensor(name, dims, data_type::FLOAT, Tensor { float_data: values, ..Default::default() });
    }

    fn tensor(&mut self, name: &str, dims: &[i64], kind: i32, content: Tensor) {
        let name = Some(name.to_owned());
        self.graph.initializer.push(Tensor { dims: dims.to_vec(), data_type: Some(kind), name, ..content });
    }

    fn raw(&mut self, name: &str, dims: &[i64], kind: i32, raw: Vec<u8>) {
        self.tensor(name, dims, kind, Tensor { raw_data: Some(raw), ..Default::default() });
    }

    fn node(&mut self, kind: &str, inputs: &[&str], output: &str, attribute: Vec<Attribute>) {
        self.graph.node.push(Node {
            input: inputs.iter().map(|i| (*i).to_owned()).collect(),
            output: vec![output.to_owned()],
            name: Some(format!("{output}_node")),
            op_type: Some(kind.to_owned()),
            attribute,
            domain: None,
        });
    }

    /// Weights of `rows` x `columns`, quantised in blocks along a row, then brought into shape.
    fn quantised(&mut self, name: &str, rows: i64, columns: i64, block: i64, shape: &[i64]) {
        let blocks = (columns + block - 1) / block;
        let bytes = |this: &mut Self, count| (0..count).map(|_| (this.random() * 255.0) as u8).collect::<Vec<u8>>();
        let values = bytes(self, rows * columns);
        self.raw(&format!("{name}_quantized"), &[rows, columns], data_type::INT8, values);
        let zeros = bytes(self, rows * blocks).iter().map(|b| b / 8).collect();
        self.raw(&format!("{name}_zero"), &[rows, blocks], data_type::INT8, zeros);
        self.floats(&format!("{name}_scales"), &[rows, blocks], 0.001, 0.004);
        let parts = [format!("{name}_quantized"), format!("{name}_scales"), format!("{name}_zero")];
        let parts = parts.each_ref().map(String::as_str);
        let flat = format!("{name}_flat");
        self.node("DequantizeLinear", &parts, &flat, vec![int("axis", 1), int("block_size", block)]);
        self.raw(&format!("{name}_shape"), &[shape.len() as i64], data_type::INT64, raw_i64(shape));
        self.node("Reshape", &[&flat, &format!("{name}_shape")], name, vec![]);
        // Left behind by the quantiser: an input that nobody takes.
        self.graph.input.push(value(&format!("{name}_was"), &[rows, columns]));
    }

    fn batchnorm(&mut self, from: &str, to: &str, channels: i64) {
        let names = ["gamma", "beta", "mean", "variance"].map(|part| format!("{to}_{part}"));
        for (name, (low, high)) in names.iter().zip([(0.5, 1.5), (-0.3, 0.3), (-0.3, 0.3), (0.2, 1.0)]) {
            self.floats(name, &[channels], low, high);
        }
        let mut inputs = vec![from];
        inputs.extend(names.iter().map(String::as_str));
        self.node("BatchNormalization", &inputs, to, vec![float("epsilon", 1e-3), float("momentum", 0.9)]);
    }

    fn block(&mut self, from: &str, to: &str, channels: [i64; 2], group: i64, kernel: i64, stride: i64) {
        let columns = channels[0] / group * kernel * kernel;
        let shape = [channels[1], channels[0] / group, kernel, kernel];
        let (weights, conv, norm, slope) =
            (format!("{to}_weight"), format!("{to}_conv"), format!("{to}_norm"), format!("{to}_slope"));
        self.quantised(&weights, channels[1], columns, 5, &shape);
        let pad = kernel / 2;
        let attributes = vec![
            ints("dilations", &[1, 1]),
            int("group", group),
            ints("kernel_shape", &[kernel, kernel]),
            ints("pads", &[pad; 4]),
            ints("strides", &[stride, stride]),
        ];
        self.node("Conv", &[from, &weights], &conv, attributes);
        self.batchnorm(&conv, &norm, channels[1]);
        self.floats(&slope, &[channels[1], 1, 1], -0.5, 1.3);
        self.node("PRelu", &[&norm, &slope], to, vec![]);
    }

    fn finish(self, opset: i64) -> Vec<u8> {
        let opset = Opset { domain: None, version: Some(opset) };
        let graph = Some(self.graph);
        Model { ir_version: Some(6), producer_name: None, graph, opset_import: vec![opset] }.encode_to_vec()
    }
}

fn builder(input: Value, output: Value) -> Builder {
    let graph = Graph { input: vec![input], output: vec![output], ..Default::default() };
    Builder { graph, seed: 7 }
}

/// `SFace` in small: normalisation, convolutions plain, depthwise and 1x1, and the head with its two normalisations.
pub(super) fn network() -> Vec<u8> {
    let mut b = builder(value("data", &[1, 3, SIDE, SIDE]), value("fc1", &[1, 4]));
    b.tensor("mean", &[1], data_type::FLOAT, Tensor { float_data: vec![127.5], ..Default::default() });
    b.tensor("scale", &[1], data_type::FLOAT, Tensor { float_data: vec![0.0078125], ..Default::default() });
    b.quantised("fc_weight", 4, 45, 8, &[4, 45]);
    b.floats("fc_bias", &[4], -0.1, 0.1);
    b.node("Sub", &["data", "mean"], "centred", vec![]);
    b.node("Mul", &["centred", "scale"], "scaled", vec![]);
    b.block("scaled", "a", [3, 6], 1, 3, 1);
    b.block("a", "b", [6, 6], 6, 3, 2);
    b.block("b", "c", [6, 5], 1, 1, 1);
    b.batchnorm("c", "bn1", 5);
    b.node("Dropout", &["bn1"], "dropped", vec![float("ratio", 0.4)]);
    b.node("Flatten", &["dropped"], "flat", vec![int("axis", 1)]);
    b.node("Gemm", &["flat", "fc_weight", "fc_bias"], "pre_fc1", vec![float("alpha", 1.0), int("transB", 1)]);
    b.batchnorm("pre_fc1", "fc1", 4);
    b.finish(21)
}

/// Five hundred convolutions that share a megabyte of weights, each with a normalisation of its own.
pub(super) fn sharing_bomb() -> Vec<u8> {
    let mut b = builder(value("data", &[1, 1, 512, 512]), value("n0", &[1, 1, 512, 512]));
    b.floats("w", &[1, 1, 512, 512], -1.0, 1.0);
    for nth in 0..600 {
        b.node("Conv", &["data", "w"], &format!("c{nth}"), vec![ints("kernel_shape", &[512, 512])]);
        b.batchnorm(&format!("c{nth}"), &format!("n{nth}"), 1);
    }
    b.finish(11)
}

/// One stride of a detector's head, with an operation to be chosen in it.
pub(super) fn detector(operation: &str) -> Vec<u8> {
    let mut b = builder(value("input", &[1, 3, 64, 64]), value("cls_8", &[1, 64, 1]));
    b.floats("w", &[1, 3, 8, 8], -1.0, 1.0);
    b.raw("shape", &[3], data_type::INT64, raw_i64(&[1, -1, 1]));
    b.node("Conv", &["input", "w"], "conv", vec![ints("kernel_shape", &[8, 8]), ints("strides", &[8, 8])]);
    b.node(operation, &["conv"], "active", vec![]);
    b.node("Transpose", &["active"], "last", vec![ints("perm", &[0, 2, 3, 1])]);
    b.node("Reshape", &["last", "shape"], "cls_8", vec![]);
    b.finish(11)
}

fn value(name: &str, dims: &[i64]) -> Value {
    let dim = dims.iter().map(|&size| Dimension { value: Some(size), parameter: None }).collect();
    let tensor = TensorType { data_type: Some(data_type::FLOAT), shape: Some(Shape { dim }) };
    Value { name: Some(name.to_owned()), kind: Some(Type { tensor: Some(tensor) }) }
}

fn raw_i64(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn int(name: &str, i: i64) -> Attribute {
    Attribute { name: Some(name.to_owned()), kind: Some(attribute_type::INT), i: Some(i), ..Default::default() }
}

fn float(name: &str, f: f32) -> Attribute {
    Attribute { name: Some(name.to_owned()), kind: Some(attribute_type::FLOAT), f: Some(f), ..Default::default() }
}

fn ints(name: &str, ints: &[i64]) -> Attribute {
    let kind = Some(attribute_type::INTS);
    Attribute { name: Some(name.to_owned()), kind, ints: ints.to_vec(), ..Default::default() }
}
