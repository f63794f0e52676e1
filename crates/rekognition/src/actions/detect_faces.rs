//! `DetectFaces`: everything that is measured on every face of an image.

use std::borrow::Cow;

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::read;
use crate::call::{Call, success};
use crate::exception::Exception;
use crate::face_shape::FaceDetail;
use crate::input::{Image, Violations, parse};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields<'a> {
    #[serde(borrow)]
    image: Option<Image<'a>>,
    #[serde(borrow)]
    attributes: Option<Vec<Cow<'a, str>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Detected {
    face_details: Vec<FaceDetail>,
}

pub(super) async fn run(mut call: Call) -> Result<Response, Exception> {
    let read = read(&mut call, |body| {
        let fields: Fields<'_> = parse(body)?;
        let mut violations = Violations::default();
        let image = violations.required("image", fields.image);
        let attributes = violations.attributes("attributes", fields.attributes.as_deref());
        Ok((violations.none(|| image)?.bytes()?, attributes))
    });
    let (image, attributes) = read.await?;
    let survey = call.app.collections.survey(&call.scope, image).await;
    let survey = survey.map_err(|error| Exception::of(error, ""))?;
    let detail = |face| FaceDetail::of(face, (survey.width, survey.height), attributes);
    success(&Detected { face_details: survey.faces.iter().map(detail).collect() })
}
