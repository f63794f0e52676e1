//! The faces of an image into a collection.

use std::sync::Arc;

use biometric::{PersonId, Score, Template};
use face::{ImageBytes, Pipeline, Policy, SurveyedFace};
use gallery::{Collection, CollectionId, FaceBox, FaceRecord, Leftover};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::survey::{embed, look};
use super::{CollectionError, FACES_MAX, IndexedFaces, Indexing, Reason};
use crate::{Engine, Error, Scope};

/// No two faces are this similar: whether a face is in a collection already is nobody's question.
const NEVER: Score = Score(f32::INFINITY);

/// What a look at the image found: the faces to be indexed with their templates, and the others.
struct Chosen {
    width: u32,
    height: u32,
    chosen: Vec<(SurveyedFace, Template)>,
    unindexed: Vec<(SurveyedFace, Vec<Reason>)>,
}

impl Engine {
    /// Puts the faces of an image into a collection. Durable when it returns `Ok`.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`] or [`CollectionError::TooManyFaces`]; no face is in the collection then.
    pub async fn index_faces(
        &self,
        scope: &Scope,
        id: CollectionId,
        image: ImageBytes,
        indexing: Indexing,
    ) -> Result<IndexedFaces, CollectionError> {
        let organisation = scope.tenant;
        let collection = self.stored(move |store| store.find(organisation, &id)).await?;
        let Indexing { bar, faces_max, external_image_id } = indexing;
        let policy = scope.rules.policy;
        let choose = move |pipeline: &mut Pipeline| {
            choose(pipeline, &image, &policy, |face| bar.reasons(face, &policy), faces_max)
        };
        let Chosen { width, height, chosen, unindexed } = self.shared.pool.run(choose).await??;
        let image_id = fresh_id()?;
        let size = (width, height);
        let record = |face: &SurveyedFace| {
            let (image_id, external_image_id) = (image_id.clone(), external_image_id.clone());
            let confidence = 100.0 * f64::from(face.face.confidence);
            Ok(FaceRecord { id: fresh_id()?, image_id, external_image_id, bounds: bounds(face, size), confidence })
        };
        let records = chosen.iter().map(|(face, _)| record(face)).collect::<Result<Vec<_>, Error>>()?;
        let (faces, templates): (Vec<_>, Vec<_>) = chosen.into_iter().unzip();
        if !records.is_empty() {
            let persons = self.shared.gallery.count(organisation).await?;
            let room = scope.persons_max.map(|persons_max| persons_max.saturating_sub(persons));
            let (this, records) = (self.clone(), records.clone());
            // On its own: what was begun is ended or undone also when the client does not wait for it.
            let kept = tokio::spawn(async move { this.keep(collection, records, templates, room).await }).await;
            kept.map_err(|error| Error::Internal(format!("indexing: {error}")))??;
        }
        Ok(IndexedFaces { width, height, indexed: records.into_iter().zip(faces).collect(), unindexed })
    }

    /// Row, template, row: in this order nothing is ever seen that is not whole.
    pub(super) async fn keep(
        &self,
        collection: Collection,
        records: Vec<FaceRecord>,
        templates: Vec<Template>,
        faces_max: Option<u64>,
    ) -> Result<(), CollectionError> {
        let (now, records) = ((self.shared.clock)(), Arc::new(records));
        let reserved = Arc::clone(&records);
        self.stored(move |store| store.reserve(collection, &reserved, faces_max, now)).await?;
        let kept = self.enrol_and_publish(collection, &records, templates).await;
        if kept.is_err() {
            let left = |face: &FaceRecord| Leftover { collection, face: face.id.clone() };
            if let Err(error) = self.remove_leftovers(records.iter().map(left).collect()).await {
                tracing::warn!(%error, "faces that could not be indexed are removed later");
            }
        }
        kept
    }

    async fn enrol_and_publish(
        &self,
        collection: Collection,
        records: &Arc<Vec<FaceRecord>>,
        templates: Vec<Template>,
    ) -> Result<(), CollectionError> {
        let now = (self.shared.clock)();
        // At once: they share a commit.
        let mut enrolments = JoinSet::new();
        for (record, template) in records.iter().zip(templates) {
            let (gallery, id) = (Arc::clone(&self.shared.gallery), record.id.clone());
            enrolments.spawn(async move { gallery.enrol(collection.space(), id, template, NEVER, now, None).await });
        }
        // All are waited for, whatever came of the others: what is undone must have been done.
        let mut failure = None;
        while let Some(enrolled) = enrolments.join_next().await {
            let enrolled = enrolled.map_err(|error| Error::Internal(format!("indexing: {error}")));
            failure = failure.or(enrolled.and_then(|enrolled| Ok(enrolled?)).err());
        }
        if let Some(failure) = failure {
            return Err(failure.into());
        }
        let published = Arc::clone(records);
        self.stored(move |store| store.publish(collection, &published)).await
    }
}

/// The faces that pass, the largest first, until there are enough of them.
fn choose(
    pipeline: &mut Pipeline,
    image: &ImageBytes,
    policy: &Policy,
    reasons: impl Fn(&SurveyedFace) -> Vec<Reason>,
    faces_max: usize,
) -> Result<Chosen, Error> {
    let (mut picture, survey) = look(pipeline, image, policy, FACES_MAX)?;
    let (width, height) = (survey.width, survey.height);
    let (mut chosen, mut unindexed) = (Vec::new(), Vec::new());
    for face in survey.faces {
        match reasons(&face) {
            reasons if !reasons.is_empty() => unindexed.push((face, reasons)),
            _ if chosen.len() >= faces_max => unindexed.push((face, vec![Reason::ExceedsFacesMax])),
            _ => {
                let template = embed(pipeline, &mut picture, &face)?;
                chosen.push((face, template));
            }
        }
    }
    Ok(Chosen { width, height, chosen, unindexed })
}

fn bounds(face: &SurveyedFace, (width, height): (u32, u32)) -> FaceBox {
    let (bounds, width, height) = (&face.face.bounds, f64::from(width), f64::from(height));
    FaceBox {
        left: f64::from(bounds.x) / width,
        top: f64::from(bounds.y) / height,
        width: f64::from(bounds.width) / width,
        height: f64::from(bounds.height) / height,
    }
}

/// A UUID of version 4: says nothing about when it was made, or after which other.
fn fresh_id() -> Result<PersonId, Error> {
    let text = Uuid::new_v4().hyphenated().to_string();
    PersonId::parse(&text).map_err(|error| Error::Internal(error.to_string()))
}
