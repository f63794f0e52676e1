//! `SearchFacesByImage`: the largest face of an image among those of a collection.

use std::borrow::Cow;

use axum::response::Response;
use engine::{QualityBar, Search};
use serde::{Deserialize, Serialize};

use super::read;
use crate::call::{Call, success};
use crate::exception::Exception;
use crate::face_shape::{BoundingBox, Face, bounding_box, confidence};
use crate::input::{Image, PAGE_MAX, Violations, parse};

/// Faces that are told when nobody says how many.
const COUNT_DEFAULT: usize = 80;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields<'a> {
    #[serde(borrow)]
    collection_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    image: Option<Image<'a>>,
    max_faces: Option<i64>,
    face_match_threshold: Option<f64>,
    #[serde(borrow)]
    quality_filter: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Match {
    similarity: f64,
    face: Face,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    searched_face_bounding_box: BoundingBox,
    searched_face_confidence: f64,
    face_matches: Vec<Match>,
    face_model_version: String,
}

pub(super) async fn run(mut call: Call) -> Result<Response, Exception> {
    let read = read(&mut call, |body| {
        let fields: Fields<'_> = parse(body)?;
        let mut violations = Violations::default();
        let collection = violations.collection(fields.collection_id.as_deref());
        let image = violations.required("image", fields.image);
        let count = violations.count("maxFaces", fields.max_faces, 1, PAGE_MAX).unwrap_or(COUNT_DEFAULT);
        let similarity_min = violations.threshold("faceMatchThreshold", fields.face_match_threshold);
        let bar = violations.quality(fields.quality_filter.as_deref(), QualityBar::None);
        let (collection, image) = violations.none(|| collection.zip(image))?;
        Ok((collection, image.bytes()?, Search { bar, count, similarity_min }))
    });
    let (id, image, search) = read.await?;
    let found = call.app.collections.search_faces(&call.scope, id.clone(), image, search).await;
    let found = found.map_err(|error| Exception::of(error, id.as_str()))?;
    let (searched, model) = (&found.searched, call.app.collections.face_model().to_string());
    let matches = found.matches.into_iter();
    success(&Found {
        searched_face_bounding_box: bounding_box(&searched.face, (searched.width, searched.height)),
        searched_face_confidence: confidence(&searched.face),
        face_matches: matches
            .map(|(face, alike)| Match { similarity: alike.percent_shown(), face: Face::of(face) })
            .collect(),
        face_model_version: model,
    })
}
