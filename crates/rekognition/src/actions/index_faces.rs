//! `IndexFaces`: the faces of an image into a collection.

use std::borrow::Cow;

use axum::response::Response;
use engine::{FACES_MAX, Indexing, QualityBar, Reason};
use serde::{Deserialize, Serialize};

use super::read;
use crate::call::{Call, success};
use crate::exception::Exception;
use crate::face_shape::{Face, FaceDetail};
use crate::input::{Image, Violations, parse};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields<'a> {
    #[serde(borrow)]
    collection_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    image: Option<Image<'a>>,
    #[serde(borrow)]
    external_image_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    detection_attributes: Option<Vec<Cow<'a, str>>>,
    max_faces: Option<i64>,
    #[serde(borrow)]
    quality_filter: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    face: Face,
    face_detail: FaceDetail,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unindexed {
    reasons: Vec<&'static str>,
    face_detail: FaceDetail,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Indexed {
    face_records: Vec<Record>,
    face_model_version: String,
    unindexed_faces: Vec<Unindexed>,
}

pub(super) async fn run(mut call: Call) -> Result<Response, Exception> {
    let read = read(&mut call, |body| {
        let fields: Fields<'_> = parse(body)?;
        let mut violations = Violations::default();
        let collection = violations.collection(fields.collection_id.as_deref());
        let image = violations.required("image", fields.image);
        let external_image_id = violations.external_image_id(fields.external_image_id.as_deref());
        let attributes = violations.attributes("detectionAttributes", fields.detection_attributes.as_deref());
        let faces_max = violations.count("maxFaces", fields.max_faces, 1, usize::MAX).unwrap_or(FACES_MAX);
        let bar = violations.quality(fields.quality_filter.as_deref(), QualityBar::Medium);
        let (collection, image) = violations.none(|| collection.zip(image))?;
        Ok((collection, image.bytes()?, Indexing { bar, faces_max, external_image_id }, attributes))
    });
    let (id, image, indexing, attributes) = read.await?;
    let indexed = call.app.collections.index_faces(&call.scope, id.clone(), image, indexing).await;
    let indexed = indexed.map_err(|error| Exception::of(error, id.as_str()))?;
    let detail = |face: &_| FaceDetail::of(face, (indexed.width, indexed.height), attributes);
    let model = call.app.collections.face_model().to_string();
    let unindexed = indexed.unindexed.iter().map(|(face, reasons)| Unindexed {
        reasons: reasons.iter().copied().map(word).collect(),
        face_detail: detail(face),
    });
    let unindexed_faces = unindexed.collect();
    let record = |(record, face)| Record { face_detail: detail(&face), face: Face::of(record) };
    let face_records = indexed.indexed.into_iter().map(record).collect();
    success(&Indexed { face_records, face_model_version: model, unindexed_faces })
}

const fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::ExceedsFacesMax => "EXCEEDS_MAX_FACES",
        Reason::Pose => "EXTREME_POSE",
        Reason::Brightness => "LOW_BRIGHTNESS",
        Reason::Sharpness => "LOW_SHARPNESS",
        Reason::Confidence => "LOW_CONFIDENCE",
        Reason::Size => "SMALL_BOUNDING_BOX",
        Reason::Quality => "LOW_FACE_QUALITY",
    }
}
