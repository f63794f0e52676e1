//! An engine that does what a test tells it to, and remembers what it was asked.

use std::future::pending;
use std::sync::{Arc, Mutex};

use biometric::{ModelId, PersonId, Similarity, TenantId};
use engine::{
    CollectionAnswer, CollectionError, CollectionId, Collections, ComparedFaces, Error, FaceBox, FaceInImage,
    FaceRecord, ImageBytes, IndexedFaces, Indexing, QualityBar, Reason, Rules, Scope, Search, SearchedFaces,
};
use face::{Check, Face, Measure, Point, Policy, Pose, Rect, Survey, SurveyedFace};

#[derive(Clone, Copy, Default)]
pub enum Script {
    #[default]
    Succeed,
    Fail(fn() -> CollectionError),
    Panic,
    /// Never answers.
    Hang,
    /// Has no time for images, and succeeds at everything else.
    Full,
}

#[derive(Default)]
pub struct Fake {
    pub script: Mutex<Script>,
    calls: Mutex<Vec<(TenantId, String)>>,
}

/// A face of 100 x 50 pixels in an image of 400 x 200, whose measures are these where they are not good.
pub fn surveyed(measures: &[(Measure, f64)]) -> SurveyedFace {
    let limits = Policy::default().reference;
    // Good is in the middle, but for these.
    let good = [
        (Measure::Sharpness, 163.0),
        (Measure::LuminanceMean, 53.5),
        (Measure::EyeOpenness, 23.0),
        (Measure::RightEyeOpenness, 23.0),
        (Measure::LeftEyeOpenness, 23.0),
        (Measure::MouthOpenness, 3.0),
        (Measure::EyeContrast, 197.0),
    ];
    let value = |measure| {
        let known = measures.iter().chain(&good).find(|(known, _)| *known == measure);
        known.map_or(50.0, |(_, value)| *value)
    };
    let check = |measure: &Measure| Check { measure: *measure, value: value(*measure), range: limits.range(*measure) };
    let landmarks = [1.0, 2.0, 3.0, 4.0, 5.0].map(|n| Point { x: 40.0 * n, y: 20.0 * n });
    SurveyedFace {
        face: Face { bounds: Rect { x: -40.0, y: 100.0, width: 100.0, height: 50.0 }, landmarks, confidence: 0.75 },
        mesh: vec![Point { x: 200.0, y: 100.0 }; face::MESH_POINTS],
        pupils: [Point { x: 100.0, y: 50.0 }, Point { x: 300.0, y: 50.0 }],
        pose: Pose { yaw_degrees: -12.5, pitch_degrees: 5.0, roll_degrees: -7.0, rotation: [[0.0; 3]; 3] },
        checks: Measure::ALL.iter().map(check).collect(),
    }
}

/// A face with closed eyes, and one whose pose and eyes could not be told.
pub fn survey() -> Survey {
    let closed = surveyed(&[(Measure::LeftEyeOpenness, 0.0), (Measure::MouthOpenness, 28.0)]);
    let mut unclear = surveyed(&[(Measure::EyeOpenness, f64::NAN)]);
    unclear.pose.yaw_degrees = f64::NAN;
    Survey { width: 400, height: 200, faces: vec![closed, unclear] }
}

fn in_image() -> FaceInImage {
    FaceInImage { width: 400, height: 200, face: surveyed(&[]) }
}

pub fn face_record(name: &str) -> FaceRecord {
    let id = |text: &str| PersonId::parse(text).expect("an id");
    FaceRecord {
        id: id(name),
        image_id: id("image"),
        external_image_id: Some("a:b".parse().expect("a name")),
        bounds: FaceBox { left: 0.25, top: 0.5, width: 0.125, height: 0.1 },
        confidence: 75.0,
    }
}

impl Fake {
    pub fn script(&self, script: Script) {
        *self.script.lock().expect("no panic") = script;
    }

    /// What was asked since the last time.
    pub fn take_calls(&self) -> Vec<(TenantId, String)> {
        std::mem::take(&mut *self.calls.lock().expect("no panic"))
    }

    fn answer<T: Send + 'static>(&self, scope: &Scope, call: String, success: T) -> CollectionAnswer<'_, T> {
        self.calls.lock().expect("no panic").push((scope.tenant, call));
        let script = *self.script.lock().expect("no panic");
        Box::pin(async move {
            match script {
                Script::Succeed | Script::Full => Ok(success),
                Script::Fail(error) => Err(error()),
                Script::Panic => panic!("the engine panics"),
                Script::Hang => pending().await,
            }
        })
    }
}

fn percent(percent: f64) -> Similarity {
    Similarity::from_percent(percent).expect("a percentage")
}

impl Collections for Fake {
    fn survey<'a>(&'a self, scope: &'a Scope, image: ImageBytes) -> CollectionAnswer<'a, Survey> {
        self.answer(scope, format!("survey {:?}", image.as_ref()), survey())
    }

    fn compare_faces<'a>(
        &'a self,
        scope: &'a Scope,
        source: ImageBytes,
        target: ImageBytes,
        bar: QualityBar,
    ) -> CollectionAnswer<'a, ComparedFaces> {
        let compared = ComparedFaces {
            source: in_image(),
            target: Survey { width: 400, height: 200, faces: vec![surveyed(&[]); 3] },
            similarities: vec![percent(79.999), percent(81.239), percent(98.0)],
        };
        self.answer(scope, format!("compare {:?} {:?} {bar:?}", source.as_ref(), target.as_ref()), compared)
    }

    fn create_collection<'a>(&'a self, scope: &'a Scope, id: CollectionId) -> CollectionAnswer<'a, ()> {
        self.answer(scope, format!("create {}", id.as_str()), ())
    }

    fn delete_collection<'a>(&'a self, scope: &'a Scope, id: CollectionId) -> CollectionAnswer<'a, ()> {
        self.answer(scope, format!("delete {}", id.as_str()), ())
    }

    fn collections<'a>(
        &'a self,
        scope: &'a Scope,
        after: Option<CollectionId>,
        limit: usize,
    ) -> CollectionAnswer<'a, Vec<CollectionId>> {
        let all = ["a", "b", "c"].map(|id| id.parse::<CollectionId>().expect("a name"));
        let rest = all.into_iter().filter(|id| after.as_ref().is_none_or(|after| id > after)).take(limit).collect();
        self.answer(scope, format!("collections {limit}"), rest)
    }

    fn index_faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        image: ImageBytes,
        indexing: Indexing,
    ) -> CollectionAnswer<'a, IndexedFaces> {
        let Indexing { bar, faces_max, external_image_id } = indexing;
        let external = external_image_id.as_ref().map_or("", |id| id.as_str());
        let call = format!("index {} {:?} {bar:?} {faces_max} {external}", id.as_str(), image.as_ref());
        let all = vec![
            Reason::ExceedsFacesMax,
            Reason::Pose,
            Reason::Brightness,
            Reason::Sharpness,
            Reason::Confidence,
            Reason::Size,
            Reason::Quality,
        ];
        let indexed = vec![(face_record("1"), surveyed(&[]))];
        self.answer(
            scope,
            call,
            IndexedFaces { width: 400, height: 200, indexed, unindexed: vec![(surveyed(&[]), all)] },
        )
    }

    fn search_faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        image: ImageBytes,
        search: Search,
    ) -> CollectionAnswer<'a, SearchedFaces> {
        let Search { bar, count, similarity_min } = search;
        let least = similarity_min.percent();
        let call = format!("search {} {:?} {bar:?} {count} {least}", id.as_str(), image.as_ref());
        let mut plain = face_record("2");
        plain.external_image_id = None;
        let matches = vec![(face_record("1"), percent(99.999)), (plain, percent(80.0))];
        self.answer(scope, call, SearchedFaces { searched: in_image(), matches })
    }

    fn faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        after: Option<PersonId>,
        limit: usize,
        only: Option<Vec<PersonId>>,
    ) -> CollectionAnswer<'a, Vec<FaceRecord>> {
        let all = ["1", "2", "3"].map(face_record);
        let rest =
            all.into_iter().filter(|face| after.as_ref().is_none_or(|after| face.id > *after)).take(limit).collect();
        self.answer(scope, format!("faces {} {limit} {:?}", id.as_str(), only.map(|ids| ids.len())), rest)
    }

    fn delete_faces<'a>(
        &'a self,
        scope: &'a Scope,
        id: CollectionId,
        faces: Vec<PersonId>,
    ) -> CollectionAnswer<'a, Vec<PersonId>> {
        let call = format!("delete faces {} {}", id.as_str(), faces.len());
        self.answer(scope, call, faces.into_iter().take(1).collect())
    }

    fn sweep_collections(&self) -> CollectionAnswer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn admits(&self) -> Result<(), Error> {
        match *self.script.lock().expect("no panic") {
            Script::Full => Err(Error::Overloaded { retry_after: std::time::Duration::from_secs(1) }),
            Script::Succeed | Script::Fail(_) | Script::Panic | Script::Hang => Ok(()),
        }
    }

    fn face_model(&self) -> ModelId {
        ModelId::parse("fake").expect("an id")
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::default()
    }
}
