//! The recipe: from the bytes of an image to a template or the reasons why not.

use biometric::Template;

use crate::{
    Check, CheckLimits, Crop, Detector, Embedder, Face, FaceMesh, Frame, ImageError, ImageLimits, Landmarker,
    ModelError, Picture, Pose, Recipe, Rejection, SizeLimits, Wanted, align, checks,
};

/// What an image must keep to, for the two uses that it can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Limits of the image as such.
    pub image: ImageLimits,
    /// What is accepted of an image that becomes a reference.
    pub reference: CheckLimits,
    /// Size of the face in an image that is compared: only what recognition needs.
    pub probe_size: SizeLimits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            image: ImageLimits::default(),
            reference: CheckLimits::default(),
            probe_size: SizeLimits { inter_eye_distance_px_min: 20.0, inside_frame_percent_min: 80.0 },
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

/// Everything that was measured on an image, whether it does or not.
#[derive(Clone, Debug)]
pub struct Examination {
    /// Width of the upright image in pixels.
    pub width: u32,
    /// Height of the upright image in pixels.
    pub height: u32,
    /// Every check; of an image without a face only the count.
    pub checks: Vec<Check>,
    /// The largest face, if there is one.
    pub face: Option<ExaminedFace>,
}

/// The face that was examined.
#[derive(Clone, Debug)]
pub struct ExaminedFace {
    /// What the detector found.
    pub face: Face,
    /// How many faces of the image count, this one included.
    pub count: usize,
    /// The mesh's points in pixels of the upright image, in the numbering of MediaPipe's face mesh.
    pub mesh: Vec<crate::Point>,
    /// How the head is held.
    pub pose: Pose,
}

/// All faces of an image, each measured as if it were the only one.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Width of the upright image in pixels.
    pub width: u32,
    /// Height of the upright image in pixels.
    pub height: u32,
    /// The faces, the largest first.
    pub faces: Vec<SurveyedFace>,
}

/// One face of a survey.
#[derive(Clone, Debug)]
pub struct SurveyedFace {
    /// What the detector found.
    pub face: Face,
    /// The mesh's points in pixels of the upright image, in the numbering of MediaPipe's face mesh.
    pub mesh: Vec<crate::Point>,
    /// The centre of each iris in pixels of the upright image, the person's right eye first.
    pub pupils: [crate::Point; 2],
    /// How the head is held.
    pub pose: Pose,
    /// Every check of it.
    pub checks: Vec<Check>,
}

impl SurveyedFace {
    /// The check of this measure; every face has them all.
    #[must_use]
    pub fn check(&self, measure: crate::Measure) -> Option<&Check> {
        self.checks.iter().find(|check| check.measure == measure)
    }
}

impl Examination {
    /// Why the image does not do; empty when it does.
    #[must_use]
    pub fn rejections(&self) -> Vec<Rejection> {
        self.checks.iter().filter_map(Rejection::of).collect()
    }
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

/// Detector, landmarker, embedder and recipe together. One a thread.
pub struct Pipeline {
    detector: Detector,
    landmarker: Landmarker,
    embedder: Embedder,
    recipe: Recipe,
}

impl Pipeline {
    /// Puts the stages together.
    #[must_use]
    pub fn new(detector: Detector, landmarker: Landmarker, embedder: Embedder, recipe: Recipe) -> Self {
        Self { detector, landmarker, embedder, recipe }
    }

    /// Inspects an image that is to become a reference: exactly one face that passes every check.
    ///
    /// # Errors
    /// When the bytes are no acceptable image or a network fails.
    pub fn reference(&mut self, bytes: &[u8], policy: &Policy) -> Result<Inspection, Error> {
        let mut picture = Picture::open(bytes, &policy.image)?;
        let faces = self.detect(&mut picture, Wanted::Counted)?;
        let examination = self.examine_faces(&mut picture, &faces, &policy.reference)?;
        let rejections = examination.rejections();
        // Of several faces nobody can say whose template it would be.
        let template = match examination.face.filter(|examined| examined.count == 1) {
            Some(examined) => Some(self.embed(&align(&mut picture, &examined.face)?)?),
            None => None,
        };
        Ok(Inspection { rejections, template })
    }

    /// Measures everything on an image that might become a reference, and makes no template.
    ///
    /// # Errors
    /// When the bytes are no acceptable image or a network fails.
    pub fn examine(&mut self, bytes: &[u8], policy: &Policy) -> Result<Examination, Error> {
        let mut picture = Picture::open(bytes, &policy.image)?;
        let faces = self.detect(&mut picture, Wanted::Counted)?;
        self.examine_faces(&mut picture, &faces, &policy.reference)
    }

    /// Inspects an image that is to be compared: its largest face, of the probe size.
    ///
    /// # Errors
    /// When the bytes are no acceptable image or a network fails.
    pub fn probe(&mut self, bytes: &[u8], policy: &Policy) -> Result<Inspection, Error> {
        let mut picture = Picture::open(bytes, &policy.image)?;
        match self.detect(&mut picture, Wanted::Largest)?.first() {
            None => {
                let rejection = Rejection::of(&checks::no_face(&policy.reference));
                Ok(Inspection { rejections: rejection.into_iter().collect(), template: None })
            }
            Some(face) => {
                let rejections =
                    policy.probe_size.checks(picture.frame(), face).iter().filter_map(Rejection::of).collect();
                Ok(Inspection { rejections, template: Some(self.embed(&align(&mut picture, face)?)?) })
            }
        }
    }

    /// Decodes what the detection stage will look at first, which it otherwise does itself: for measuring one without the
    /// other.
    ///
    /// # Errors
    /// When the picture cannot be decoded.
    pub fn decode(&self, picture: &mut Picture<'_>) -> Result<(), Error> {
        self.detector.decode(picture)
    }

    /// The detection stage alone: the largest face first.
    ///
    /// # Errors
    /// When the picture cannot be decoded or the network fails.
    pub fn detect(&mut self, picture: &mut Picture<'_>, wanted: Wanted) -> Result<Vec<Face>, Error> {
        self.detector.detect(picture, wanted)
    }

    /// The landmark stage alone.
    ///
    /// # Errors
    /// When the picture cannot be decoded or a network fails.
    pub fn look(&mut self, picture: &mut Picture<'_>, face: &Face) -> Result<FaceMesh, Error> {
        self.landmarker.look(picture, face)
    }

    /// The checks of the largest of these faces, which are those of [`Self::detect`] with [`Wanted::Counted`].
    ///
    /// # Errors
    /// When the picture cannot be decoded or a network fails.
    pub fn examine_faces(
        &mut self,
        picture: &mut Picture<'_>,
        faces: &[Face],
        limits: &CheckLimits,
    ) -> Result<Examination, Error> {
        let frame = picture.frame();
        let Frame { width, height } = frame;
        let Some(face) = faces.first() else {
            return Ok(Examination { width, height, checks: vec![checks::no_face(limits)], face: None });
        };
        let is_face = |face: &Face| {
            Ok::<_, Error>(f64::from(self.landmarker.presence(picture, face)?) >= limits.face_presence_min)
        };
        let count = checks::count(frame, faces, is_face)?;
        let mesh = self.look(picture, face)?;
        let checks = checks::examine(frame, face, count, &mesh, limits);
        let face = ExaminedFace { face: *face, count, mesh: mesh.in_image(), pose: checks::pose::measure(&mesh) };
        Ok(Examination { width, height, checks, face: Some(face) })
    }

    /// Measures every face of an image, at most so many; what neither network takes for a face is left out.
    ///
    /// # Errors
    /// When the picture cannot be decoded or a network fails.
    pub fn survey(
        &mut self,
        picture: &mut Picture<'_>,
        limits: &CheckLimits,
        faces_max: usize,
    ) -> Result<Survey, Error> {
        let frame = picture.frame();
        let mut faces = Vec::new();
        // What is no face costs a look, too: no more of those than of the others.
        for face in self.detect(picture, Wanted::All)?.into_iter().take(faces_max.saturating_mul(2)) {
            if faces.len() == faces_max {
                break;
            }
            let mesh = self.look(picture, &face)?;
            if !checks::is_face(&face, &mesh) {
                continue;
            }
            let checks = checks::examine(frame, &face, 1, &mesh, limits);
            let (pupils, pose) = (mesh.pupils_in_image(), checks::pose::measure(&mesh));
            faces.push(SurveyedFace { face, mesh: mesh.in_image(), pupils, pose, checks });
        }
        Ok(Survey { width: frame.width, height: frame.height, faces })
    }

    /// The embedding stage alone.
    ///
    /// # Errors
    /// When the network fails.
    pub fn embed(&mut self, crop: &Crop) -> Result<Template, ModelError> {
        let mut embedding = self.embedder.embed(crop, self.recipe.mirror_averaged)?;
        let template = self.recipe.template(&embedding);
        embedding.wipe();
        template
    }

    /// The stages themselves, for measuring what the recipe is made of.
    pub fn stages(&mut self) -> (&mut Detector, &mut Embedder) {
        (&mut self.detector, &mut self.embedder)
    }
}

#[cfg(test)]
mod tests;
