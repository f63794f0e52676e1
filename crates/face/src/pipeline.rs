//! The recipe: from the bytes of an image to a template or the reasons why not.

use biometric::Template;

use crate::{
    Crop, Defect, Detector, Embedder, Face, Image, ImageError, ImageLimits, ModelError, Recipe, Rejection, SizeLimits,
    align, decode,
};

/// What an image must keep to, for the two uses that it can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Limits of the image as such.
    pub image: ImageLimits,
    /// Size of the face in an image that becomes a reference.
    pub reference_size: SizeLimits,
    /// Size of the face in an image that is compared: only what recognition needs.
    pub probe_size: SizeLimits,
}

impl Default for Policy {
    fn default() -> Self {
        let inside_frame_percent_min = 80.0;
        Self {
            image: ImageLimits::default(),
            reference_size: SizeLimits { inter_eye_distance_px_min: 32.0, inside_frame_percent_min },
            probe_size: SizeLimits { inter_eye_distance_px_min: 20.0, inside_frame_percent_min },
        }
    }
}

/// What came of an image: a template that may be used when `rejections` is empty.
///
/// A rejected image of exactly one face has a template too, so that whoever is told what is wrong with it can be told in
/// the same answer that the face is enrolled already.
#[derive(Debug)]
pub struct Inspection {
    /// Why the image does not do.
    pub rejections: Vec<Rejection>,
    /// The features of the face, if there was one to take them from.
    pub template: Option<Template>,
}

/// Why an image was not inspected at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are no image that the service accepts.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A network failed: a defect of the installation, not of the image.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Detector, embedder and recipe together. One a thread.
pub struct Pipeline {
    detector: Detector,
    embedder: Embedder,
    recipe: Recipe,
}

impl Pipeline {
    /// Puts the stages together.
    #[must_use]
    pub fn new(detector: Detector, embedder: Embedder, recipe: Recipe) -> Self {
        Self { detector, embedder, recipe }
    }

    /// Inspects an image that is to become a reference: exactly one face, of the reference size.
    ///
    /// # Errors
    /// When the bytes are no acceptable image or a network fails.
    pub fn reference(&mut self, bytes: &[u8], policy: &Policy) -> Result<Inspection, Error> {
        let image = decode(bytes, &policy.image)?;
        let faces = self.detect(&image)?;
        match faces.as_slice() {
            [] => Ok(Inspection { rejections: vec![no_face()], template: None }),
            [face] => self.extract(&image, face, &policy.reference_size),
            several => Ok(Inspection { rejections: vec![several_faces(several.len())], template: None }),
        }
    }

    /// Inspects an image that is to be compared: its largest face, of the probe size.
    ///
    /// # Errors
    /// When the bytes are no acceptable image or a network fails.
    pub fn probe(&mut self, bytes: &[u8], policy: &Policy) -> Result<Inspection, Error> {
        let image = decode(bytes, &policy.image)?;
        match self.detect(&image)?.first() {
            None => Ok(Inspection { rejections: vec![no_face()], template: None }),
            Some(face) => self.extract(&image, face, &policy.probe_size),
        }
    }

    /// The detection stage alone: all faces, the largest first.
    ///
    /// # Errors
    /// When the network fails.
    pub fn detect(&mut self, image: &Image) -> Result<Vec<Face>, ModelError> {
        self.detector.detect(image)
    }

    /// The embedding stage alone.
    ///
    /// # Errors
    /// When the network fails.
    pub fn embed(&mut self, crop: &Crop) -> Result<Template, ModelError> {
        let embedding = self.embedder.embed(crop, self.recipe.mirror_averaged)?;
        self.recipe.template(&embedding)
    }

    /// The stages themselves, for measuring what the recipe is made of.
    pub fn stages(&mut self) -> (&mut Detector, &mut Embedder) {
        (&mut self.detector, &mut self.embedder)
    }

    fn extract(&mut self, image: &Image, face: &Face, size: &SizeLimits) -> Result<Inspection, Error> {
        let rejections = size.check(image, face);
        let template = self.embed(&align(image, face))?;
        Ok(Inspection { rejections, template: Some(template) })
    }
}

fn no_face() -> Rejection {
    Rejection { defect: Defect::NoFace, measure: "face_count", value: 0.0, min: Some(1.0), max: None }
}

fn several_faces(count: usize) -> Rejection {
    Rejection {
        defect: Defect::SeveralFaces,
        measure: "face_count",
        value: count as f64,
        min: Some(1.0),
        max: Some(1.0),
    }
}

#[cfg(test)]
mod tests;
