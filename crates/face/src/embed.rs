//! A crop to an embedding to a template.

use biometric::{ModelId, Template};
use zeroize::{Zeroize as _, Zeroizing};

use crate::model::{Model, ModelError, OrtModel, Runtime, Tensor};
use crate::{CROP_SIDE_PX, Crop, PixelSpec};

/// How the recognition network is fed and read.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbedderSpec {
    /// Name of the input tensor, `[N, 3, 112, 112]`.
    pub input: String,
    /// Name of the output tensor, `[N, dimension]`.
    pub output: String,
    /// Length of the embedding.
    pub dimension: usize,
    /// How the input is made of pixels.
    pub pixels: PixelSpec,
}

/// How an embedding becomes a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Names the model together with this recipe.
    pub model: ModelId,
    /// Whether the embeddings of the image and of its mirror image are averaged. Doubles the time of embedding.
    pub mirror_averaged: bool,
    /// The mean of the population's unit embeddings, subtracted before the last normalisation; empty for none.
    ///
    /// Embeddings of all people share a direction that tells nothing about who they are; without it the angles between
    /// different people spread further.
    pub population_mean: Vec<f32>,
}

/// What the network says of one crop, before the recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// Of the crop as it is, `[dimension]`, not normalised.
    pub plain: Vec<f32>,
    /// Of its mirror image, when it was asked for.
    pub mirrored: Option<Vec<f32>>,
}

impl Recipe {
    /// Normalises, averages with the mirror image, centres and normalises again, in this order.
    ///
    /// # Errors
    /// When the embedding has no direction, or another length than the population mean.
    pub fn template(&self, embedding: &Embedding) -> Result<Template, ModelError> {
        let mut values = unit(&embedding.plain);
        if let (true, Some(mirrored)) = (self.mirror_averaged, &embedding.mirrored) {
            let sum = Zeroizing::new(values.iter().zip(unit(mirrored).iter()).map(|(a, b)| a + b).collect::<Vec<_>>());
            values = unit(&sum);
        }
        if !self.population_mean.is_empty() {
            if self.population_mean.len() != values.len() {
                return Err(ModelError("the population mean and the embedding differ in length".into()));
            }
            for (value, mean) in values.iter_mut().zip(&self.population_mean) {
                *value -= mean;
            }
        }
        Template::from_embedding(self.model.clone(), std::mem::take(&mut *values))
            .map_err(|error| ModelError(error.to_string()))
    }
}

fn unit(values: &[f32]) -> Zeroizing<Vec<f32>> {
    let length = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    Zeroizing::new(values.iter().map(|v| (f64::from(*v) / length) as f32).collect())
}

impl Embedding {
    /// Overwrites what it holds.
    pub(crate) fn wipe(&mut self) {
        self.plain.zeroize();
        self.mirrored.zeroize();
    }
}

/// Turns crops into embeddings. One a thread.
pub struct Embedder {
    model: Box<dyn Model>,
    spec: EmbedderSpec,
    input: Tensor,
}

impl Embedder {
    /// Loads the network from the bytes of the prepared ONNX file.
    ///
    /// # Errors
    /// When the runtime refuses the bytes or the output's name is not there.
    pub fn load(runtime: &Runtime, onnx: &[u8], spec: EmbedderSpec) -> Result<Self, ModelError> {
        Ok(Self::with_model(Box::new(OrtModel::load(runtime, onnx, &spec.input, &[&spec.output])?), spec))
    }

    pub(crate) fn with_model(model: Box<dyn Model>, spec: EmbedderSpec) -> Self {
        Self { model, spec, input: Tensor::default() }
    }

    /// The embedding of a crop, and of its mirror image if wanted.
    ///
    /// # Errors
    /// When the network fails or answers in another shape.
    pub fn embed(&mut self, crop: &Crop, mirror: bool) -> Result<Embedding, ModelError> {
        let plain = self.run(crop, false)?;
        let mirrored = if mirror { Some(self.run(crop, true)?) } else { None };
        Ok(Embedding { plain, mirrored })
    }

    fn run(&mut self, crop: &Crop, mirror: bool) -> Result<Vec<f32>, ModelError> {
        self.spec.pixels.fill(&mut self.input, crop.rgb(), CROP_SIDE_PX, mirror);
        let outputs = self.model.run(&self.input);
        self.input.wipe();
        let output = outputs?.into_iter().next().map(|tensor| tensor.data).unwrap_or_default();
        match output.len() == self.spec.dimension {
            true => Ok(output),
            false => Err(ModelError(format!("an embedding of {}, not {}", output.len(), self.spec.dimension))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(mirror_averaged: bool, population_mean: Vec<f32>) -> Recipe {
        Recipe { model: ModelId::parse("m").expect("valid"), mirror_averaged, population_mean }
    }

    #[test]
    fn averages_unit_vectors_so_that_length_does_not_weigh() {
        let embedding = Embedding { plain: vec![100.0, 0.0], mirrored: Some(vec![0.0, 0.01]) };
        let template = recipe(true, vec![]).template(&embedding).expect("a direction");
        let half = 0.5_f32.sqrt();
        assert!(template.values().iter().all(|v| (v - half).abs() < 1e-6));
    }

    #[test]
    fn centres_after_normalising() {
        let embedding = Embedding { plain: vec![3.0, 4.0], mirrored: None };
        let template = recipe(false, vec![0.6, 0.0]).template(&embedding).expect("a direction");
        assert!(template.values()[0].abs() < 1e-6 && (template.values()[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn refuses_what_has_no_direction_or_no_fit() {
        let zero = Embedding { plain: vec![0.0, 0.0], mirrored: None };
        assert!(recipe(false, vec![]).template(&zero).is_err());
        let short = Embedding { plain: vec![1.0], mirrored: None };
        assert!(recipe(false, vec![0.1, 0.2]).template(&short).is_err());
    }
}
