//! Templates and what comes of comparing two.

use std::fmt;

use crate::{ModelId, dot};

/// How far the squared length of a unit vector may be from 1 after rounding to `f32`.
const UNIT_TOLERANCE: f32 = 1e-3;

/// The features of one face: a unit vector, and the model that made it.
///
/// Biometric data: it is not shown by `Debug` and its memory is overwritten when it is dropped.
#[derive(Clone, PartialEq)]
pub struct Template {
    model: ModelId,
    values: Box<[f32]>,
}

impl Template {
    /// Normalises an embedding to unit length.
    ///
    /// # Errors
    /// When a value is not finite or all are zero: such a vector has no direction.
    pub fn from_embedding(model: ModelId, mut values: Vec<f32>) -> Result<Self, TemplateError> {
        let length = values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt();
        if !length.is_finite() || length < f64::from(f32::MIN_POSITIVE) {
            return Err(TemplateError::NoDirection);
        }
        for value in &mut values {
            *value = (f64::from(*value) / length) as f32;
        }
        Ok(Self { model, values: values.into() })
    }

    /// Takes back a template that was stored, bit for bit.
    ///
    /// # Errors
    /// When it is no unit vector: what was read is not what was written.
    pub fn from_stored(model: ModelId, values: Vec<f32>) -> Result<Self, TemplateError> {
        let squared = dot(&values, &values);
        match (squared - 1.0).abs() <= UNIT_TOLERANCE {
            true => Ok(Self { model, values: values.into() }),
            false => Err(TemplateError::NotUnit),
        }
    }

    /// The model that made it.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// The unit vector, for stores and indices.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The comparison score of two templates: the cosine of the angle between them.
    ///
    /// # Errors
    /// When they come from different models.
    pub fn compare(&self, other: &Self) -> Result<Score, TemplateError> {
        match self.model == other.model && self.values.len() == other.values.len() {
            true => Ok(Score(dot(&self.values, &other.values))),
            false => Err(TemplateError::ModelMismatch),
        }
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        self.values.fill(0.0);
        // Keeps the optimiser from seeing that nobody reads the zeros.
        std::hint::black_box(&mut self.values);
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("model", &self.model).finish_non_exhaustive()
    }
}

/// How alike two templates of one model are: a cosine, -1 to 1, comparable only within that model.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Score(pub f32);

/// What can be wrong with a template or a pair of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// The embedding is zero, infinite or not a number.
    NoDirection,
    /// A stored template is not a unit vector.
    NotUnit,
    /// The templates come from different models.
    ModelMismatch,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDirection => "the embedding is zero or not finite",
            Self::NotUnit => "the stored template is not a unit vector",
            Self::ModelMismatch => "the templates were made by different models",
        })
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> ModelId {
        ModelId::parse(name).expect("valid")
    }

    #[test]
    fn normalises_and_compares() {
        let a = Template::from_embedding(model("m"), vec![3.0, 0.0]).expect("direction");
        let b = Template::from_embedding(model("m"), vec![5.0, 5.0]).expect("direction");
        assert_eq!(a.compare(&a), Ok(Score(1.0)));
        assert!((a.compare(&b).expect("one model").0 - 0.5_f32.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn refuses_vectors_without_direction() {
        for values in [vec![], vec![0.0; 4], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0]] {
            assert_eq!(Template::from_embedding(model("m"), values), Err(TemplateError::NoDirection));
        }
    }

    #[test]
    fn refuses_damaged_stored_templates() {
        assert_eq!(Template::from_stored(model("m"), vec![0.5, 0.5]), Err(TemplateError::NotUnit));
        assert_eq!(Template::from_stored(model("m"), vec![f32::NAN, 0.5]), Err(TemplateError::NotUnit));
    }

    #[test]
    fn refuses_to_compare_across_models() {
        let a = Template::from_embedding(model("m"), vec![1.0, 0.0]).expect("direction");
        let b = Template::from_embedding(model("n"), vec![1.0, 0.0]).expect("direction");
        assert_eq!(a.compare(&b), Err(TemplateError::ModelMismatch));
    }

    #[test]
    fn debug_does_not_show_the_values() {
        let a = Template::from_embedding(model("m"), vec![0.25, 0.5]).expect("direction");
        assert!(!format!("{a:?}").contains("0."));
    }
}
