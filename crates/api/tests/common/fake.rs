//! An engine that does what a test tells it to, and remembers what it was asked.

use std::future::pending;
use std::sync::Mutex;

use api::{Answer, Operations};
use biometric::{Person, PersonId, Similarity, TenantId, Timestamp};
use engine::{Error, ImageBytes};
use face::{Check, Examination, ExaminedFace, Face, Measure, Point, Pose, Range, Rect};

#[derive(Clone, Copy, Default)]
pub enum Script {
    #[default]
    Succeed,
    /// Compare answers so many percent.
    Percent(f64),
    Fail(fn() -> Error),
    Panic,
    /// Never answers.
    Hang,
    /// Answers after so many milliseconds.
    Slow(u64),
}

/// What was asked: the operation, for whom, about whom, with which images.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub operation: &'static str,
    pub tenant: Option<TenantId>,
    pub id: Option<String>,
    pub images: Vec<Vec<u8>>,
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
        self.calls.lock().expect("no panic").push(call);
        let script = *self.script.lock().expect("no panic");
        Box::pin(async move {
            match script {
                Script::Succeed | Script::Percent(_) => Ok(success),
                Script::Fail(error) => Err(error()),
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
            Script::Succeed | Script::Fail(_) | Script::Panic | Script::Hang | Script::Slow(_) => 87.654_321,
        };
        Similarity::from_percent(percent).expect("a percentage")
    }
}

fn call<const N: usize>(
    operation: &'static str,
    tenant: Option<TenantId>,
    id: Option<&PersonId>,
    images: &[ImageBytes; N],
) -> Call {
    let images = images.iter().map(|image| image.as_ref().to_vec()).collect();
    Call { operation, tenant, id: id.map(ToString::to_string), images }
}

impl Operations for Fake {
    fn enrol(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Answer<'_, Person> {
        self.answer(call("enrol", Some(tenant), Some(&id), &[image]), person(id.as_str()))
    }

    fn update(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Answer<'_, Person> {
        self.answer(call("update", Some(tenant), Some(&id), &[image]), person(id.as_str()))
    }

    fn remove<'a>(&'a self, tenant: TenantId, id: &'a PersonId) -> Answer<'a, ()> {
        self.answer(call("remove", Some(tenant), Some(id), &[]), ())
    }

    fn get<'a>(&'a self, tenant: TenantId, id: &'a PersonId) -> Answer<'a, Person> {
        self.answer(call("get", Some(tenant), Some(id), &[]), person(id.as_str()))
    }

    fn identify(&self, tenant: TenantId, image: ImageBytes) -> Answer<'_, Person> {
        self.answer(call("identify", Some(tenant), None, &[image]), person("best"))
    }

    fn verify(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Answer<'_, Person> {
        self.answer(call("verify", Some(tenant), Some(&id), &[image]), person(id.as_str()))
    }

    fn compare(&self, source: ImageBytes, target: ImageBytes) -> Answer<'_, Similarity> {
        let similarity = self.percent();
        self.answer(call("compare", None, None, &[source, target]), similarity)
    }

    fn check(&self, image: ImageBytes) -> Answer<'_, Examination> {
        self.answer(call("check", None, None, &[image]), examination())
    }

    fn ready(&self) -> Answer<'_, ()> {
        self.answer(call("ready", None, None, &[]), ())
    }
}
