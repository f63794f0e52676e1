//! Attributes of a node: each is taken once, and one that nobody takes is an error, so that none is lost.

use std::collections::BTreeMap;

use super::PrepareError;
use super::onnx::{self, attribute_type};

pub(super) struct Attributes {
    node: String,
    left: BTreeMap<String, onnx::Attribute>,
}

impl Attributes {
    pub(super) fn of(node: &str, attributes: Vec<onnx::Attribute>) -> Result<Self, PrepareError> {
        let mut left = BTreeMap::new();
        for attribute in attributes {
            let name = attribute.name.clone().unwrap_or_default();
            if left.insert(name.clone(), attribute).is_some() {
                return Err(PrepareError::at(node, format!("attribute {name:.40} is given twice")));
            }
        }
        Ok(Self { node: node.to_owned(), left })
    }

    pub(super) fn int(&mut self, name: &str, default: i64) -> Result<i64, PrepareError> {
        let taken = self.take(name, attribute_type::INT)?;
        Ok(taken.map_or(default, |a| a.i.unwrap_or_default()))
    }

    pub(super) fn float(&mut self, name: &str, default: f32) -> Result<f32, PrepareError> {
        let taken = self.take(name, attribute_type::FLOAT)?;
        Ok(taken.map_or(default, |a| a.f.unwrap_or_default()))
    }

    pub(super) fn text(&mut self, name: &str, default: &str) -> Result<String, PrepareError> {
        let taken = self.take(name, attribute_type::STRING)?;
        let bytes = taken.map_or_else(|| default.as_bytes().to_vec(), |a| a.s.unwrap_or_default());
        String::from_utf8(bytes).map_err(|_| self.wrong(name))
    }

    pub(super) fn ints<const N: usize>(
        &mut self,
        name: &str,
        default: Option<[i64; N]>,
    ) -> Result<[i64; N], PrepareError> {
        match (self.take(name, attribute_type::INTS)?, default) {
            (Some(attribute), _) => attribute.ints.try_into().map_err(|_| self.wrong(name)),
            (None, Some(default)) => Ok(default),
            (None, None) => Err(self.wrong(name)),
        }
    }

    pub(super) fn tensor(&mut self, name: &str) -> Result<onnx::Tensor, PrepareError> {
        self.take(name, attribute_type::TENSOR)?.and_then(|a| a.t).ok_or_else(|| self.wrong(name))
    }

    /// Takes an attribute that has no effect.
    pub(super) fn ignore(&mut self, name: &str) {
        self.left.remove(name);
    }

    /// Takes an integer that must have this value, which is also its default.
    pub(super) fn only(&mut self, name: &str, value: i64) -> Result<(), PrepareError> {
        if self.int(name, value)? == value { Ok(()) } else { Err(self.wrong(name)) }
    }

    pub(super) fn finish(self) -> Result<(), PrepareError> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.wrong(&name.clone())),
        }
    }

    fn take(&mut self, name: &str, kind: i32) -> Result<Option<onnx::Attribute>, PrepareError> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(attribute) if attribute.kind == Some(kind) => Ok(Some(attribute)),
            Some(_) => Err(self.wrong(name)),
        }
    }

    fn wrong(&self, name: &str) -> PrepareError {
        PrepareError::at(&self.node, format!("attribute {name:.40} is missing, unknown, or has an unknown value"))
    }
}
