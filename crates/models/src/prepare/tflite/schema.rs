//! The part of TensorFlow Lite's schema that is used: numbers of fields and values are those of `schema.fbs`.

use std::collections::HashSet;

use super::super::PrepareError;
use super::flatbuffer::{Table, broken};
use super::window::Steps;

/// The mark of the file's type, which has the version of the schema in it.
const MARK: &[u8; 4] = b"TFL3";
const VERSION: i32 = 3;
/// The most operators of a network: twenty times those of the face mesh. What is quadratic in them stays quick.
const OPERATORS_MAX: usize = 4096;
/// The most tensors, and buffers with their content: more than the operators can take.
const TENSORS_MAX: usize = 4 * OPERATORS_MAX;
/// The most dimensions of a tensor, and tensors of an operator.
const LIST_MAX: usize = 8;
/// The longest name in bytes: names are copied, and a file could give a long one to many.
const NAME_BYTES_MAX: usize = 1024;
/// The largest size of anything along one axis: products of two need no care.
const SIZE_MAX: i32 = 1 << 20;
/// The newest version of an operator. The second is for dilated depthwise convolutions and numbers of 16 bits; later ones
/// add types that are refused.
const OPERATOR_VERSION_MAX: i32 = 2;

/// The one network of a file. All indices in it are those of tensors that exist.
pub(super) struct Model<'a> {
    pub(super) tensors: Vec<Tensor<'a>>,
    /// In an order in which they can be computed, if the file is right.
    pub(super) operators: Vec<Operator>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
}

pub(super) struct Tensor<'a> {
    /// Not empty, and no other tensor's.
    pub(super) name: &'a str,
    /// Each positive and at most [`SIZE_MAX`].
    pub(super) dims: Vec<usize>,
    pub(super) elements: Elements,
    /// Empty for what is computed.
    pub(super) content: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Elements {
    Float32,
    Float16,
    Int32,
}

pub(super) struct Operator {
    pub(super) operation: Operation,
    pub(super) inputs: Vec<usize>,
    pub(super) output: usize,
}

/// The operations that are known. `relu` says that negative results become zero.
pub(super) enum Operation {
    Add {
        relu: bool,
    },
    Conv {
        steps: Steps,
        relu: bool,
    },
    /// Every channel by itself gives `multiplier` channels.
    DepthwiseConv {
        steps: Steps,
        multiplier: usize,
        relu: bool,
    },
    /// From 16 to 32 bits.
    Dequantize,
    MaxPool {
        filter: [usize; 2],
        steps: Steps,
        relu: bool,
    },
    Reshape {
        /// `-1` stands for what remains.
        shape: Vec<i32>,
    },
    Pad,
    PRelu,
}

impl<'a> Model<'a> {
    pub(super) fn read(file: &'a [u8]) -> Result<Self, PrepareError> {
        let root = Table::root(file, MARK, "Model")?;
        // Description, metadata and signatures are notes.
        root.only(&[0, 1, 2, 3, 4, 5, 6, 7])?;
        root.bytes(3)?;
        if root.int(0, 0)? != VERSION {
            return Err(PrepareError::at("model", "has another version of the schema than 3"));
        }
        let codes = root.tables(1, OPERATORS_MAX, "OperatorCode")?;
        let codes = codes.iter().map(code).collect::<Result<Vec<_>, _>>()?;
        let buffers = root.tables(4, TENSORS_MAX, "Buffer")?;
        let buffers = buffers.iter().map(buffer).collect::<Result<Vec<_>, _>>()?;
        let [graph] = root.tables(2, LIST_MAX, "SubGraph")?[..] else {
            return Err(PrepareError::at("model", "has not exactly one graph"));
        };
        graph.only(&[0, 1, 2, 3, 4])?;
        let tensors = graph.tables(0, TENSORS_MAX, "Tensor")?;
        let tensors = tensors.iter().map(|table| tensor(table, &buffers)).collect::<Result<Vec<_>, _>>()?;
        let mut names = HashSet::new();
        if let Some(tensor) = tensors.iter().find(|tensor| tensor.name.is_empty() || !names.insert(tensor.name)) {
            return Err(PrepareError::at(tensor.name, "the tensor has no name, or that of another"));
        }
        let operators = graph.tables(3, OPERATORS_MAX, "Operator")?;
        let operators = operators.iter().map(|table| operator(table, &codes, tensors.len()));
        let operators = operators.collect::<Result<_, _>>()?;
        let inputs = indices(&graph, 1, tensors.len())?;
        let outputs = indices(&graph, 2, tensors.len())?;
        Ok(Self { tensors, operators, inputs, outputs })
    }
}

/// The number of a built-in operation. Old files have it in a byte, newer ones in both fields.
fn code(table: &Table<'_>) -> Result<i32, PrepareError> {
    table.only(&[0, 2, 3])?;
    match table.int(2, 1)? {
        1..=OPERATOR_VERSION_MAX => Ok(table.int(3, 0)?.max(i32::from(table.byte(0)?))),
        _ => Err(PrepareError::at("model", "has an operator of a newer version")),
    }
}

fn buffer<'a>(table: &Table<'a>) -> Result<&'a [u8], PrepareError> {
    table.only(&[0])?;
    table.bytes(0)
}

fn tensor<'a>(table: &Table<'a>, buffers: &[&'a [u8]]) -> Result<Tensor<'a>, PrepareError> {
    // Quantised, sparse and variable tensors have further fields.
    table.only(&[0, 1, 2, 3])?;
    let name = table.text(3, NAME_BYTES_MAX)?;
    let wrong = |problem| PrepareError::at(name, problem);
    let elements = match table.byte(1)? {
        0 => Elements::Float32,
        1 => Elements::Float16,
        2 => Elements::Int32,
        _ => return Err(wrong("the tensor's type is neither float32, float16 nor int32")),
    };
    let dims = table.ints(0, LIST_MAX)?.into_iter().map(size).collect::<Option<Vec<_>>>();
    let dims = dims.ok_or_else(|| wrong("the tensor has an impossible size"))?;
    let buffer = usize::try_from(table.int(2, 0)?).ok().and_then(|nth| buffers.get(nth));
    let content = buffer.ok_or_else(|| wrong("the tensor's content is not there"))?;
    Ok(Tensor { name, dims, elements, content })
}

fn operator(table: &Table<'_>, codes: &[i32], tensors: usize) -> Result<Operator, PrepareError> {
    table.only(&[0, 1, 2, 3, 4])?;
    let code = usize::try_from(table.int(0, 0)?).ok().and_then(|nth| codes.get(nth));
    let code = code.ok_or_else(|| broken("an operator has no code"))?;
    let operation = operation(*code, table)?;
    let inputs = indices(table, 1, tensors)?;
    match indices(table, 2, tensors)?[..] {
        [output] => Ok(Operator { operation, inputs, output }),
        _ => Err(broken("an operator has not exactly one result")),
    }
}

fn operation(code: i32, table: &Table<'_>) -> Result<Operation, PrepareError> {
    let options = |kind, name: &'static str, known: &[usize]| match (table.byte(3)? == kind, table.table(4, name)?) {
        (true, Some(options)) => options.only(known).map(|()| options),
        (_, _) => Err(broken("an operator has not the options of its kind")),
    };
    // An operation without options may have an empty table of them.
    let none = || table.table(4, "Options")?.map_or(Ok(()), |options| options.only(&[]));
    Ok(match code {
        // The second field is of quantised sums.
        0 => Operation::Add { relu: relu(&options(11, "AddOptions", &[0, 1])?, 0)? },
        3 => {
            let options = options(1, "Conv2DOptions", &[0, 1, 2, 3, 4, 5])?;
            Operation::Conv { steps: steps(&options, Some([5, 4]))?, relu: relu(&options, 3)? }
        }
        4 => {
            let options = options(2, "DepthwiseConv2DOptions", &[0, 1, 2, 3, 4, 5, 6])?;
            let multiplier = sized(&options, 3, 0)?;
            Operation::DepthwiseConv { steps: steps(&options, Some([6, 5]))?, multiplier, relu: relu(&options, 4)? }
        }
        6 => none().map(|()| Operation::Dequantize)?,
        17 => {
            let options = options(5, "Pool2DOptions", &[0, 1, 2, 3, 4, 5])?;
            let filter = [sized(&options, 4, 0)?, sized(&options, 3, 0)?];
            Operation::MaxPool { filter, steps: steps(&options, None)?, relu: relu(&options, 5)? }
        }
        22 => Operation::Reshape { shape: options(17, "ReshapeOptions", &[0])?.ints(0, LIST_MAX)? },
        34 => none().map(|()| Operation::Pad)?,
        54 => none().map(|()| Operation::PRelu)?,
        _ => return Err(PrepareError::at("model", format!("the operation {code} is not known"))),
    })
}

/// Padding and strides, which all windows have in the same fields, and dilations, whose fields differ.
fn steps(options: &Table<'_>, dilations: Option<[usize; 2]>) -> Result<Steps, PrepareError> {
    let same = match options.byte(0)? {
        0 => true,
        1 => false,
        _ => return Err(broken("a padding is neither SAME nor VALID")),
    };
    let strides = [sized(options, 2, 0)?, sized(options, 1, 0)?];
    let dilations = match dilations {
        None => [1, 1],
        Some([height, width]) => [sized(options, height, 1)?, sized(options, width, 1)?],
    };
    Ok(Steps { same, strides, dilations })
}

fn relu(options: &Table<'_>, field: usize) -> Result<bool, PrepareError> {
    match options.byte(field)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(PrepareError::at("model", "an activation is neither NONE nor RELU")),
    }
}

fn sized(options: &Table<'_>, field: usize, default: i32) -> Result<usize, PrepareError> {
    size(options.int(field, default)?).ok_or_else(|| broken("an operator has an impossible size"))
}

fn size(value: i32) -> Option<usize> {
    usize::try_from(value).ok().filter(|_| (1..=SIZE_MAX).contains(&value))
}

fn indices(table: &Table<'_>, field: usize, tensors: usize) -> Result<Vec<usize>, PrepareError> {
    let valid = |index: i32| usize::try_from(index).ok().filter(|&index| index < tensors);
    let indices = table.ints(field, LIST_MAX)?.into_iter().map(valid).collect::<Option<_>>();
    indices.ok_or_else(|| broken("a tensor is used that is not there"))
}
