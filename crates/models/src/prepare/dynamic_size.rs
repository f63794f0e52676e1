//! Height and width of a detector's input become free.
//!
//! Only what is stated about shapes changes; nodes and weights stay as published. That is safe when no operation has a
//! size built in, so only operations known to have none are let through.

use std::collections::HashMap;

use prost::Message as _;

use super::onnx::{self, Dimension};
use super::tensor::{Data, Tensor};
use super::{PrepareError, read};

pub(super) fn free(mut model: onnx::Model) -> Result<Vec<u8>, PrepareError> {
    read::opset(&model)?;
    let graph = model.graph.as_mut().ok_or_else(|| PrepareError::at("model", "has no graph"))?;
    let constants = constants(graph)?;
    graph.node.iter().try_for_each(|node| check(node, &constants))?;
    for input in graph.input.iter_mut().filter(|i| !constants.contains_key(&name(i))) {
        let wrong = PrepareError::at(&name(input), "the input is not one image with height and width");
        match input.dimensions_mut().map(Vec::as_mut_slice) {
            Some([_, _, height, width]) => (*height, *width) = (Dimension::free("height"), Dimension::free("width")),
            Some(_) | None => return Err(wrong),
        }
    }
    for output in &mut graph.output {
        let (wrong, cells) = (PrepareError::at(&name(output), "the output is not [1, cells, values]"), cells(output));
        match output.dimensions_mut().map(Vec::as_mut_slice) {
            Some([_, count, _]) => *count = Dimension::free(&cells),
            Some(_) | None => return Err(wrong),
        }
    }
    Ok(model.encode_to_vec())
}

fn name(value: &onnx::Value) -> String {
    value.name.clone().unwrap_or_default()
}

/// Outputs of one stride (`cls_8`, `bbox_8`) have as many cells, so they share the name of that size.
fn cells(output: &onnx::Value) -> String {
    let name = name(output);
    format!("cells_{}", name.rsplit('_').next().unwrap_or(&name))
}

fn constants(graph: &onnx::Graph) -> Result<HashMap<String, Tensor>, PrepareError> {
    let read = |tensor: &onnx::Tensor| {
        let name = tensor.name.clone().unwrap_or_default();
        Tensor::read(tensor.clone(), &name).map(|tensor| (name, tensor))
    };
    graph.initializer.iter().map(read).collect()
}

/// Lets a node through if it works for any height and width.
fn check(node: &onnx::Node, constants: &HashMap<String, Tensor>) -> Result<(), PrepareError> {
    let at = node.output.first().map_or("", String::as_str);
    let constant = |nth: usize| node.input.get(nth).and_then(|name| constants.get(name));
    let sizeless = match node.op_type.as_deref().unwrap_or_default() {
        "Conv" | "Relu" | "MaxPool" | "Sigmoid" | "Transpose" | "Add" => true,
        // One image, as many cells as there are, and so many values a cell.
        "Reshape" => {
            matches!(constant(1).map(|t| &t.data), Some(Data::Int64(shape)) if matches!(shape[..], [1, -1, (1..)]))
        }
        // By a factor; a fourth input would be a size.
        "Resize" => node.input.len() == 3 && constant(2).is_some_and(|scales| scales.dims == [4]),
        _ => false,
    };
    match sizeless {
        true => Ok(()),
        false => Err(PrepareError::at(at, "the operation may have the input's size built in")),
    }
}
