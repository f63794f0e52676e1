//! Comparison of two images, without a gallery.

use biometric::{Similarity, Template};
use face::ImageBytes;

use crate::{Engine, Error, Refusal, Scope};

impl Engine {
    /// The similarity of the largest faces of two images, whatever it is: the caller applies its threshold.
    ///
    /// Any face that is found is compared, however small: the contract knows no size limit here.
    ///
    /// # Errors
    /// [`Error::Refused`] when an image has no face.
    pub async fn compare(&self, scope: &Scope, source: ImageBytes, target: ImageBytes) -> Result<Similarity, Error> {
        let policy = scope.rules.policy;
        let inspect = move |pipeline: &mut face::Pipeline| -> Result<_, Error> {
            let source = pipeline.probe(source.as_ref(), &policy)?;
            let target = pipeline.probe(target.as_ref(), &policy)?;
            Ok((source, target))
        };
        let (source, target) = self.shared.pool.run(inspect).await??;
        match (source.template, target.template) {
            (Some(source), Some(target)) => self.similarity(&source, &target),
            (source_template, target_template) => {
                let source = source_template.is_none().then_some(source.rejections);
                let target = target_template.is_none().then_some(target.rejections);
                Err(Error::Refused(source.into_iter().chain(target).flatten().map(Refusal::Face).collect()))
            }
        }
    }

    pub(crate) fn similarity(&self, source: &Template, target: &Template) -> Result<Similarity, Error> {
        let score = source.compare(target).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.shared.calibration.similarity(score))
    }
}
