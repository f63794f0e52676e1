//! `CompareFaces`: the largest face of one image beside every face of another.

use std::borrow::Cow;

use axum::response::Response;
use biometric::Decision;
use engine::{ComparedFaces, QualityBar};
use serde::{Deserialize, Serialize};

use super::read;
use crate::call::{Call, success};
use crate::exception::Exception;
use crate::face_shape::{BoundingBox, FaceDetail, bounding_box, confidence};
use crate::input::{Attributes, Image, Violations, parse};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields<'a> {
    #[serde(borrow)]
    source_image: Option<Image<'a>>,
    #[serde(borrow)]
    target_image: Option<Image<'a>>,
    similarity_threshold: Option<f64>,
    #[serde(borrow)]
    quality_filter: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SourceFace {
    bounding_box: BoundingBox,
    confidence: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Match {
    similarity: f64,
    face: FaceDetail,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Compared {
    source_image_face: SourceFace,
    face_matches: Vec<Match>,
    unmatched_faces: Vec<FaceDetail>,
}

pub(super) async fn run(mut call: Call) -> Result<Response, Exception> {
    let read = read(&mut call, |body| {
        let fields: Fields<'_> = parse(body)?;
        let mut violations = Violations::default();
        let source = violations.required("sourceImage", fields.source_image);
        let target = violations.required("targetImage", fields.target_image);
        let threshold = violations.threshold("similarityThreshold", fields.similarity_threshold);
        let bar = violations.quality(fields.quality_filter.as_deref(), QualityBar::None);
        let (source, target) = violations.none(|| source.zip(target))?;
        Ok((source.bytes()?, target.bytes()?, threshold, bar))
    });
    let (source, target, threshold, bar) = read.await?;
    let compared = call.app.collections.compare_faces(&call.scope, source, target, bar).await;
    let ComparedFaces { source, target, similarities } = compared.map_err(|error| Exception::of(error, ""))?;
    let mut faces: Vec<_> = target.faces.iter().zip(similarities).collect();
    faces.sort_by(|(_, a), (_, b)| b.percent().total_cmp(&a.percent()));
    let detail = |face| FaceDetail::of(face, (target.width, target.height), Attributes::default());
    let (matched, unmatched): (Vec<_>, Vec<_>) =
        faces.into_iter().partition(|(_, similarity)| similarity.decide(threshold) == Decision::Match);
    let source_image_face = SourceFace {
        bounding_box: bounding_box(&source.face, (source.width, source.height)),
        confidence: confidence(&source.face),
    };
    let matched =
        matched.into_iter().map(|(face, alike)| Match { similarity: alike.percent_shown(), face: detail(face) });
    success(&Compared {
        source_image_face,
        face_matches: matched.collect(),
        unmatched_faces: unmatched.into_iter().map(|(face, _)| detail(face)).collect(),
    })
}
