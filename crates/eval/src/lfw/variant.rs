//! The ways from an embedding to a template that are compared.

use biometric::{ModelId, Template};
use face::Embedding;
use serde::Serialize;

use super::dataset::Dataset;
use crate::Error;

/// A recipe without its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// The embedding, normalised.
    Plain,
    /// The mean with the embedding of the mirror image.
    Mirror,
    /// Less the population mean, normalised again.
    Centred,
    /// Averaged with the mirror image, then centred.
    Both,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Mirror, Self::Centred, Self::Both];

    /// Which of them a recipe is.
    #[must_use]
    pub fn of(recipe: models::Recipe) -> Self {
        match (recipe.mirror_averaged, recipe.centred) {
            (false, false) => Self::Plain,
            (true, false) => Self::Mirror,
            (false, true) => Self::Centred,
            (true, true) => Self::Both,
        }
    }

    /// The recipe, as a calibration file states it.
    #[must_use]
    pub fn recipe(self) -> models::Recipe {
        models::Recipe { centred: self.centred(), mirror_averaged: self.mirror_averaged() }
    }

    /// Whether the population mean is subtracted.
    #[must_use]
    pub fn centred(self) -> bool {
        match self {
            Self::Centred | Self::Both => true,
            Self::Plain | Self::Mirror => false,
        }
    }

    /// Whether the mirror image is averaged in.
    #[must_use]
    pub fn mirror_averaged(self) -> bool {
        match self {
            Self::Mirror | Self::Both => true,
            Self::Plain | Self::Centred => false,
        }
    }

    /// How it is written on a command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Mirror => "mirror",
            Self::Centred => "centred",
            Self::Both => "both",
        }
    }

    /// A short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Mirror => "mirror",
            Self::Centred => "centred",
            Self::Both => "centred and mirror",
        }
    }
}

impl std::str::FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = || Self::ALL.map(Self::word).join(", ");
        Self::ALL.into_iter().find(|variant| variant.word() == text).ok_or_else(|| format!("one of {}", words()))
    }
}

/// The embeddings of a data set, ready to become templates by any recipe.
pub(crate) struct Embeddings<'a> {
    data: &'a Dataset,
    embeddings: Vec<Option<Embedding>>,
}

impl<'a> Embeddings<'a> {
    pub(crate) fn new(data: &'a Dataset, embeddings: Vec<Option<Embedding>>) -> Self {
        Self { data, embeddings }
    }

    /// Templates of all images, made by the product's own code; the mean is that of `population`, empty when the variant
    /// is not centred.
    pub(crate) fn templates(
        &self,
        variant: Variant,
        population: impl Fn(usize) -> bool,
    ) -> Result<(Vec<Option<Template>>, Vec<f32>), Error> {
        let mean = match variant.centred() {
            true => self.population_mean(variant, population)?,
            false => Vec::new(),
        };
        Ok((self.by_recipe(&recipe(variant, mean.clone())?)?, mean))
    }

    fn by_recipe(&self, recipe: &face::Recipe) -> Result<Vec<Option<Template>>, Error> {
        let template = |embedding: &Option<Embedding>| embedding.as_ref().map(|e| recipe.template(e)).transpose();
        Ok(self.embeddings.iter().map(template).collect::<Result<_, _>>()?)
    }

    /// The mean over people of the mean over a person's images: nobody counts twice for being photographed often.
    fn population_mean(&self, variant: Variant, population: impl Fn(usize) -> bool) -> Result<Vec<f32>, Error> {
        let uncentred = self.by_recipe(&recipe(variant, Vec::new())?)?;
        let mut people: Vec<(u32, Vec<f64>)> = vec![(0, Vec::new()); self.data.people.len()];
        for (image, template) in uncentred.iter().enumerate() {
            let person = self.data.person_of[image];
            if let Some(template) = template.as_ref().filter(|_| population(person)) {
                let (count, sum) = &mut people[person];
                sum.resize(template.values().len(), 0.0);
                sum.iter_mut().zip(template.values()).for_each(|(sum, value)| *sum += f64::from(*value));
                *count += 1;
            }
        }
        people.retain(|(count, _)| *count > 0);
        let dimension = people.first().map(|(_, sum)| sum.len());
        let dimension = dimension.ok_or_else(|| Error::TooLittle("nobody to take the population mean of".into()))?;
        let persons = people.len() as f64;
        let value = |at: usize| people.iter().map(|(count, sum)| sum[at] / f64::from(*count)).sum::<f64>() / persons;
        Ok((0..dimension).map(|at| value(at) as f32).collect())
    }
}

fn recipe(variant: Variant, population_mean: Vec<f32>) -> Result<face::Recipe, Error> {
    // Templates made here are compared with each other and never leave.
    let model = ModelId::parse("eval").map_err(|error| Error::TooLittle(error.to_string()))?;
    Ok(face::Recipe { model, mirror_averaged: variant.mirror_averaged(), population_mean })
}
