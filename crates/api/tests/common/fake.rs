//! An engine that does what a test tells it to, and remembers what it was asked.

use std::future::pending;
use std::sync::{Arc, Mutex};

use biometric::{Person, PersonId, Similarity, TenantId, Timestamp};
use engine::{Answer, Error, ImageBytes, Operations, Refusal, Rules, Scope};
use face::{Check, Defect, Examination, ExaminedFace, Face, Measure, Point, Pose, Range, Rect};

#[derive(Clone, Copy, Default)]
pub enum Script {
    #[default]
    Succeed,
    /// Compare answers so many percent.
    Percent(f64),
    /// Fails so whatever the engine can fail at so, and succeeds at everything else.
    Fail(fn() -> Error),
    Panic,
    /// Never answers.
    Hang,
    /// Has no time for images, and succeeds at everything else and at what was begun before.
    Full,
    /// Answers after so many milliseconds.
    Slow(u64),
}

/// What was asked: the operation, for whom, about whom, with which images.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub operation: &'static str,
    pub scope: Option<Asked>,
    pub id: Option<String>,
    pub images: Vec<Vec<u8>>,
}

/// For whom, and under which rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub tenant: TenantId,
    pub rules: Rules,
    pub persons_max: Option<u64>,
}

#[derive(Default)]
pub struct Fake {
    script: Mutex<Script>,
    calls: Mutex<Vec<Call>>,
}

/// The person that the fake answers with.
pub fn person(id: &str) -> Person {
    let (created, updated) = (Timestamp::from_millis(1_599_149_108_938), Timestamp::from_millis(1_599_235_508_938));
    Person { id: PersonId::parse(id).expect("an id"), created, updated }
}

/// What the fake has measured: a face that is turned too far and sharp enough.
pub fn examination() -> Examination {
    let check = |measure, value, range| Check { measure, value, range };
    let landmarks = [1.0, 2.0, 3.0, 4.0, 5.04].map(|x| Point { x, y: 9.96 });
    let bounds = Rect { x: -0.5, y: 10.0, width: 80.25, height: 99.0 };
    let face = Face { bounds, landmarks, confidence: 0.9 };
    let pose = Pose { yaw_degrees: 30.0, pitch_degrees: 0.0, roll_degrees: 0.0, rotation: [[0.0; 3]; 3] };
    Examination {
        width: 640,
        height: 480,
        checks: vec![
            check(Measure::Yaw, 30.004, Range::within(20.0)),
            check(Measure::Sharpness, 190.0, Range::from(130.0)),
            check(Measure::HeadWidth, f64::NAN, Range::ANY),
        ],
        face: Some(ExaminedFace { face, count: 1, mesh: Vec::new(), pose }),
    }
}

impl Fake {
    pub fn script(&self, script: Script) {
        *self.script.lock().expect("no panic") = script;
    }

    /// What was asked since the last time.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().expect("no panic"))
    }

    fn answer<T: Send + 'static>(&self, call: Call, success: T) -> Answer<'_, T> {
        let operation = call.operation;
        self.calls.lock().expect("no panic").push(call);
        let script = *self.script.lock().expect("no panic");
        Box::pin(async move {
            match script {
                Script::Succeed | Script::Full | Script::Percent(_) => Ok(success),
                Script::Fail(error) => match error() {
                    error if can_fail(operation, &error) => Err(error),
                    _ => Ok(success),
                },
                Script::Panic => panic!("the engine panics"),
                Script::Hang => pending().await,
                Script::Slow(millis) => {
                    tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
                    Ok(success)
                }
            }
        })
    }

    fn percent(&self) -> Similarity {
        let percent = match *self.script.lock().expect("no panic") {
            Script::Percent(percent) => percent,
            Script::Succeed | Script::Full | Script::Fail(_) | Script::Panic | Script::Hang | Script::Slow(_) => {
                87.654_321
            }
        };
        Similarity::from_percent(percent).expect("a percentage")
    }
}

/// Whether the engine can fail at an operation in this way, as its methods say of themselves.
fn can_fail(operation: &str, error: &Error) -> bool {
    let enrols = ["enrol", "update"].contains(&operation);
    let recognises = ["identify", "verify"].contains(&operation);
    let (compares, checks) = (operation == "compare", operation == "check");
    let can_refuse = |refusal: &Refusal| match refusal {
        Refusal::PersonTaken => operation == "enrol",
        Refusal::FaceEnrolled => enrols,
        Refusal::Face(rejection) => match rejection.defect {
            Defect::NoFace => enrols || recognises || compares,
            Defect::FaceSize => enrols || recognises,
            Defect::FaceUnclear
            | Defect::FaceCovered
            | Defect::SeveralFaces
            | Defect::Yaw
            | Defect::Pitch
            | Defect::Roll
            | Defect::Sharpness
            | Defect::TooDark
            | Defect::TooBright
            | Defect::LowContrast
            | Defect::UnevenLight
            | Defect::Sunglasses
            | Defect::MouthOpen
            | Defect::EyesClosed => enrols,
        },
    };
    match error {
        Error::Image(_) | Error::Overloaded { .. } => enrols || recognises || compares || checks,
        Error::Refused(refusals) => refusals.iter().all(can_refuse),
        Error::PersonNotFound => ["update", "remove", "get", "verify"].contains(&operation),
        Error::FaceNotMatched => operation == "verify",
        Error::NoPersonMatched => operation == "identify",
        Error::GalleryFull { .. } => operation == "enrol",
        Error::Unavailable(_) | Error::Internal(_) => true,
    }
}

fn call<const N: usize>(
    operation: &'static str,
    scope: &Scope,
    id: Option<&PersonId>,
    images: &[ImageBytes; N],
) -> Call {
    let images = images.iter().map(|image| image.as_ref().to_vec()).collect();
    let Scope { tenant, rules, persons_max } = scope.clone();
    let scope = Some(Asked { tenant, rules: (*rules).clone(), persons_max });
    Call { operation, scope, id: id.map(ToString::to_string), images }
}

impl Operations for Fake {
    fn enrol<'a>(&'a self, scope: &'a Scope, id: PersonId, image: ImageBytes) -> Answer<'a, Person> {
        self.answer(call("enrol", scope, Some(&id), &[image]), person(id.as_str()))
    }

    fn update<'a>(&'a self, scope: &'a Scope, id: PersonId, image: ImageBytes) -> Answer<'a, Person> {
        self.answer(call("update", scope, Some(&id), &[image]), person(id.as_str()))
    }

    fn remove<'a>(&'a self, scope: &'a Scope, id: &'a PersonId) -> Answer<'a, ()> {
        self.answer(call("remove", scope, Some(id), &[]), ())
    }

    fn get<'a>(&'a self, scope: &'a Scope, id: &'a PersonId) -> Answer<'a, Person> {
        self.answer(call("get", scope, Some(id), &[]), person(id.as_str()))
    }

    fn list<'a>(&'a self, scope: &'a Scope, _: Option<&'a PersonId>, _: usize) -> Answer<'a, Vec<Person>> {
        self.answer(call("list", scope, None, &[]), Vec::new())
    }

    fn count<'a>(&'a self, scope: &'a Scope) -> Answer<'a, u64> {
        self.answer(call("count", scope, None, &[]), 0)
    }

    fn identify<'a>(&'a self, scope: &'a Scope, image: ImageBytes) -> Answer<'a, Person> {
        self.answer(call("identify", scope, None, &[image]), person("best"))
    }

    fn verify<'a>(&'a self, scope: &'a Scope, id: PersonId, image: ImageBytes) -> Answer<'a, Person> {
        self.answer(call("verify", scope, Some(&id), &[image]), person(id.as_str()))
    }

    fn compare<'a>(&'a self, scope: &'a Scope, source: ImageBytes, target: ImageBytes) -> Answer<'a, Similarity> {
        let similarity = self.percent();
        self.answer(call("compare", scope, None, &[source, target]), similarity)
    }

    fn check<'a>(&'a self, scope: &'a Scope, image: ImageBytes) -> Answer<'a, Examination> {
        self.answer(call("check", scope, None, &[image]), examination())
    }

    fn erase_collections<'a>(&'a self, scope: &'a Scope) -> Answer<'a, ()> {
        self.answer(call("erase_collections", scope, None, &[]), ())
    }

    fn admits(&self) -> Result<(), Error> {
        match *self.script.lock().expect("no panic") {
            Script::Full => Err(Error::Overloaded { retry_after: std::time::Duration::from_millis(1_200) }),
            Script::Succeed | Script::Percent(_) | Script::Fail(_) | Script::Panic | Script::Hang | Script::Slow(_) => {
                Ok(())
            }
        }
    }

    fn ready(&self) -> Answer<'_, ()> {
        self.answer(Call { operation: "ready", scope: None, id: None, images: Vec::new() }, ())
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::default()
    }
}
