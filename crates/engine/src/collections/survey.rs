//! All faces of an image, and one face beside all of another image.

use biometric::{Similarity, Template};
use face::{ImageBytes, Picture, Pipeline, Policy, Survey, SurveyedFace, align};

use super::{CollectionError, ComparedFaces, FACES_MAX, FaceInImage, QualityBar};
use crate::{Engine, Error, Scope};

impl Engine {
    /// Every face of an image with everything that is measured on it, at most [`FACES_MAX`].
    ///
    /// # Errors
    /// [`Error::Image`] when the bytes are no image that the service accepts.
    pub async fn survey(&self, scope: &Scope, image: ImageBytes) -> Result<Survey, CollectionError> {
        let policy = scope.rules.policy;
        let survey = move |pipeline: &mut Pipeline| Ok(look(pipeline, &image, &policy, FACES_MAX)?.1);
        self.shared.pool.run(survey).await?
    }

    /// The largest face of the source beside every face of the target.
    ///
    /// # Errors
    /// [`CollectionError::NoFace`] when either has no face that passes the bar.
    pub async fn compare_faces(
        &self,
        scope: &Scope,
        source: ImageBytes,
        target: ImageBytes,
        bar: QualityBar,
    ) -> Result<ComparedFaces, CollectionError> {
        let policy = scope.rules.policy;
        let look_at_both = move |pipeline: &mut Pipeline| {
            let (source, source_template) = largest(pipeline, &source, &policy, bar)?;
            let (mut picture, mut target) = look(pipeline, &target, &policy, FACES_MAX)?;
            target.faces.retain(|face| bar.reasons(face, &policy).is_empty());
            if target.faces.is_empty() {
                return Err(CollectionError::NoFace);
            }
            let templates = target.faces.iter().map(|face| embed(pipeline, &mut picture, face));
            let templates = templates.collect::<Result<Vec<_>, _>>()?;
            Ok((source, source_template, target, templates))
        };
        let (source, source_template, target, templates) = self.shared.pool.run(look_at_both).await??;
        let similarity = |template: &Template| self.similarity(&source_template, template);
        let similarities = templates.iter().map(similarity).collect::<Result<Vec<Similarity>, _>>()?;
        Ok(ComparedFaces { source, target, similarities })
    }
}

/// Decodes an image and measures its faces, at most so many.
pub(super) fn look<'a>(
    pipeline: &mut Pipeline,
    image: &'a ImageBytes,
    policy: &Policy,
    faces_max: usize,
) -> Result<(Picture<'a>, Survey), Error> {
    let mut picture = Picture::open(image.as_ref(), &policy.image)?;
    let survey = pipeline.survey(&mut picture, &policy.reference, faces_max)?;
    Ok((picture, survey))
}

/// The largest face of an image, if it passes the bar.
pub(super) fn largest(
    pipeline: &mut Pipeline,
    image: &ImageBytes,
    policy: &Policy,
    bar: QualityBar,
) -> Result<(FaceInImage, Template), CollectionError> {
    let (mut picture, mut survey) = look(pipeline, image, policy, 1)?;
    let face = survey.faces.pop().filter(|face| bar.reasons(face, policy).is_empty());
    let face = face.ok_or(CollectionError::NoFace)?;
    let template = embed(pipeline, &mut picture, &face)?;
    Ok((FaceInImage { width: survey.width, height: survey.height, face }, template))
}

/// The template of a face that was measured.
pub(super) fn embed(
    pipeline: &mut Pipeline,
    picture: &mut Picture<'_>,
    face: &SurveyedFace,
) -> Result<Template, Error> {
    Ok(pipeline.embed(&align(picture, &face.face)?).map_err(face::Error::from)?)
}
