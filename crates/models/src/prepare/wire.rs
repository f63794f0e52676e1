//! A look at the protocol buffer before it is decoded: nothing unknown in it, and not too many parts.
//!
//! `prost` skips fields that it does not know and takes memory for every empty message; both are refused here. The
//! nesting that can be met is that of [`Message`], so the walk cannot go deep.

use super::PrepareError;

/// The most fields in a file. Decoded, one takes at most some 300 bytes: 80 MB in all. `SFace` has about 4,000.
const PARTS_MAX: usize = 1 << 18;

/// Bytes of the longest variable-length integer.
const VARINT_BYTES_MAX: u32 = 10;

/// The messages of the ONNX schema that may occur.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Opset,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    TensorType,
    Shape,
    Dimension,
    Property,
}

/// What a field of a message is.
enum Field {
    /// A number, a text or bytes: decoding takes no more memory than the file does.
    Plain,
    /// Integers that may be packed, one byte each: decoding takes up to eight times the memory.
    Integers,
    /// A message.
    Nested(Message),
    /// Known, and without effect on what the graph computes: it is dropped.
    Idle(Message),
}

impl Message {
    fn name(self) -> &'static str {
        match self {
            Self::Model => "ModelProto",
            Self::Opset => "OperatorSetIdProto",
            Self::Graph => "GraphProto",
            Self::Node => "NodeProto",
            Self::Attribute => "AttributeProto",
            Self::Tensor => "TensorProto",
            Self::Value => "ValueInfoProto",
            Self::Type => "TypeProto",
            Self::TensorType => "TypeProto.Tensor",
            Self::Shape => "TensorShapeProto",
            Self::Dimension => "TensorShapeProto.Dimension",
            Self::Property => "StringStringEntryProto",
        }
    }

    fn field(self, number: u32) -> Option<Field> {
        use Field::{Idle, Integers, Nested, Plain};
        Some(match (self, number) {
            // Versions, producer, domain, documentation; properties are notes.
            (Self::Model, 1..=6) => Plain,
            (Self::Model, 7) => Nested(Self::Graph),
            (Self::Model, 8) => Nested(Self::Opset),
            (Self::Graph, 1) => Nested(Self::Node),
            (Self::Graph, 2 | 10) => Plain,
            (Self::Graph, 5) => Nested(Self::Tensor),
            (Self::Graph, 11 | 12) => Nested(Self::Value),
            // Shapes of inner tensors: whoever loads the graph derives them anew.
            (Self::Graph, 13) => Idle(Self::Value),
            (Self::Node, 1..=4 | 6 | 7) => Plain,
            (Self::Node, 5) => Nested(Self::Attribute),
            (Self::Attribute, 1..=4 | 13 | 20) => Plain,
            (Self::Attribute, 5) => Nested(Self::Tensor),
            (Self::Attribute, 8) => Integers,
            (Self::Tensor, 1 | 5 | 7) => Integers,
            (Self::Tensor, 2 | 4 | 8 | 9 | 12) => Plain,
            (Self::Value, 1 | 3) | (Self::Type, 6) => Plain,
            (Self::Value, 2) => Nested(Self::Type),
            (Self::Type, 1) => Nested(Self::TensorType),
            (Self::TensorType, 1) | (Self::Dimension, 1..=3) | (Self::Opset | Self::Property, 1 | 2) => Plain,
            (Self::TensorType, 2) => Nested(Self::Shape),
            (Self::Shape, 1) => Nested(Self::Dimension),
            (Self::Model, 14) | (Self::Graph | Self::Tensor, 16) | (Self::Node, 9) | (Self::Value, 4) => {
                Idle(Self::Property)
            }
            (_, _) => return None,
        })
    }
}

/// Checks a whole file.
pub(super) fn check(bytes: &[u8]) -> Result<(), PrepareError> {
    let mut parts_left = PARTS_MAX;
    walk(bytes, Message::Model, &mut parts_left)
}

fn walk(bytes: &[u8], message: Message, parts_left: &mut usize) -> Result<(), PrepareError> {
    let mut rest = bytes;
    while !rest.is_empty() {
        spend(parts_left, 1)?;
        let key = varint(&mut rest)?;
        let number = u32::try_from(key >> 3).map_err(|_| broken("a field number is too large"))?;
        let field = message.field(number);
        let field = field.ok_or(PrepareError::UnknownField { message: message.name(), field: number })?;
        let length = match key & 7 {
            0 => {
                varint(&mut rest)?;
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut rest)?).map_err(|_| broken("a length is too large"))?,
            5 => 4,
            wire_type => return Err(broken(&format!("wire type {wire_type}"))),
        };
        let (content, after) = rest.split_at_checked(length).ok_or_else(|| broken("a field ends beyond the file"))?;
        rest = after;
        match field {
            Field::Plain => {}
            Field::Integers => spend(parts_left, length)?,
            Field::Nested(inner) | Field::Idle(inner) => walk(content, inner, parts_left)?,
        }
    }
    Ok(())
}

fn spend(parts_left: &mut usize, parts: usize) -> Result<(), PrepareError> {
    *parts_left = parts_left.checked_sub(parts).ok_or(PrepareError::TooManyParts { parts_max: PARTS_MAX })?;
    Ok(())
}

fn varint(rest: &mut &[u8]) -> Result<u64, PrepareError> {
    let mut value = 0;
    for nth in 0..VARINT_BYTES_MAX {
        let (byte, after) = rest.split_first().ok_or_else(|| broken("it ends inside a number"))?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << (7 * nth);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(broken("a number is too long"))
}

fn broken(why: &str) -> PrepareError {
    PrepareError::NotProtobuf(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_field_that_it_does_not_know() {
        // Field 25 of the model: functions.
        let error = check(&[0xca, 0x01, 0x00]).expect_err("unknown");
        assert_eq!(error, PrepareError::UnknownField { message: "ModelProto", field: 25 });
    }

    #[test]
    fn refuses_a_flood_of_empty_messages_and_of_packed_integers() {
        let nodes = [0x0a, 0x00].repeat(PARTS_MAX);
        assert!(matches!(check(&model_with_graph(&nodes)), Err(PrepareError::TooManyParts { .. })));
        let mut tensor = vec![0x3a];
        prost::encoding::encode_varint(PARTS_MAX as u64, &mut tensor);
        tensor.resize(tensor.len() + PARTS_MAX, 1);
        let mut graph = vec![0x2a];
        prost::encoding::encode_varint(tensor.len() as u64, &mut graph);
        graph.extend(tensor);
        assert!(matches!(check(&model_with_graph(&graph)), Err(PrepareError::TooManyParts { .. })));
    }

    fn model_with_graph(graph: &[u8]) -> Vec<u8> {
        let mut model = vec![0x3a];
        prost::encoding::encode_varint(graph.len() as u64, &mut model);
        model.extend(graph);
        model
    }
}
