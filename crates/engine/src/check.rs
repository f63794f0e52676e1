//! The checks of an enrolment, without one.

use face::{Examination, ImageBytes};

use crate::{Engine, Error, Scope};

impl Engine {
    /// Everything that an enrolment would measure on this image, whether it would be accepted or not. Nothing is kept, and
    /// nobody is searched for: whether the face is enrolled already is not told.
    ///
    /// # Errors
    /// [`Error::Image`] when the bytes are no image that the service accepts.
    pub async fn check(&self, scope: &Scope, image: ImageBytes) -> Result<Examination, Error> {
        let policy = scope.rules.policy;
        Ok(self.shared.pool.run(move |pipeline| pipeline.examine(image.as_ref(), &policy)).await??)
    }
}
