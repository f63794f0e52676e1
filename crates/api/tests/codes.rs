//! Every way in which a call can end, as the document lists them, is produced over HTTP: each scenario is tried on each
//! call, and what comes of it is what the document says, no less and no more. A case added without a scenario does not
//! compile.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use accounts::{Actor, Limits, Networks, Permission, Rate, Signing};
use api::{Case, Settings};
use biometric::Timestamp;
use common::document::{Call, PERSON, calls, check};
use common::{FACE, Response, Script, Server, SignedKey, exchange, timestamp};
use engine::{Error, Refusal};
use face::{CheckLimits, Defect, ImageError, Measure, Rejection};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use signing::Algorithm;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// Few enough that one organisation's share of them is taken quickly.
const IN_FLIGHT_MAX: usize = 8;

/// Images so small that a body of a megabyte is too large for two.
const IMAGE_BYTES_MAX: usize = 64 << 10;
const TOO_MANY_BYTES: usize = 1 << 20;

/// Longer than any test takes.
const HOUR_MS: u64 = 3_600_000;

/// The servers that the scenarios play on.
struct Stage {
    server: Server,
    /// Its engine never answers, and the time for a request is short.
    slow: Server,
    /// Its one place is taken, for as long as the connection is open.
    full: Server,
    _in_the_place: TcpStream,
}

impl Stage {
    async fn set() -> Self {
        let few =
            Settings { requests_in_flight_max: IN_FLIGHT_MAX, image_bytes_max: IMAGE_BYTES_MAX, ..Settings::default() };
        let slow = Server::with(Settings { request_ms_max: 1_000, ..Settings::default() }).await;
        slow.fake.script(Script::Hang);
        let full =
            Server::with(Settings { requests_in_flight_max: 1, request_ms_max: HOUR_MS, ..Settings::default() }).await;
        full.fake.script(Script::Hang);
        let mut stream = full.connect().await;
        stream.write_all(&full.request("POST", "/person/face/jane").json(FACE).bytes()).await.expect("written");
        while full.fake.take_calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        full.fake.script(Script::Succeed);
        Self { server: Server::with(few).await, slow, full, _in_the_place: stream }
    }
}

/// A refusal for a measure that shows the defect, which misses its usual limit.
fn rejection(defect: Defect) -> Refusal {
    let rejected = Measure::ALL.iter().find_map(|measure| {
        let range = CheckLimits::default().range(*measure);
        let below = range.min.filter(|_| measure.defect(true) == defect).map(|min| min - 1.0);
        let above = range.max.filter(|_| measure.defect(false) == defect).map(|max| max + 1.0);
        let (min, max) = (range.min, range.max);
        below.or(above).map(|value| Rejection { defect, measure: measure.name(), value, min, max })
    });
    Refusal::Face(rejected.expect("every defect is measured"))
}

fn rejected(defect: Defect) -> Error {
    Error::Refused(vec![rejection(defect)])
}

/// Makes the call in such a way that it ends in this case, if it can.
async fn provoke(stage: &Stage, call: &Call, case: Case) -> Response {
    let server = &stage.server;
    let good = || call.request(server);
    let keyed = |key: &str| good().without("Api-Key").header("Api-Key", key);
    let at = |path: &str| server.request(&call.method, path).json(call.body().unwrap_or_default());
    let with = |body: &str| server.request(&call.method, &call.path_of(PERSON)).json(body);
    let bodied = || call.body().unwrap_or_else(|| FACE.to_owned());
    let limited = |limits: Limits| server.organisation(limits, Networks::NONE).1;
    let signing = || {
        let signing = Signing { algorithm: Algorithm::HashOnly, is_required: true, is_length_prefixed: false };
        SignedKey::new(server, signing, &Settings::default().public_url)
    };
    let sent = call.body().unwrap_or_default();
    let signed = |key: &SignedKey, body: &str, timestamp: &str| {
        let headers = key.sign(&call.method, &call.path_of(PERSON), body.as_bytes(), timestamp, None);
        headers.iter().fold(good().without("Api-Key"), |request, (name, value)| request.header(name, value))
    };
    // Where the engine is never asked, the script changes nothing.
    let failing = |error: fn() -> Error| {
        server.fake.script(Script::Fail(error));
        good()
    };
    let request = match case {
        Case::HttpMalformed => return malformed(server, call).await,
        Case::ContentType => server.request(&call.method, &call.path_of(PERSON)).body(bodied()),
        Case::BodyEmpty => with(""),
        Case::BodyNotJson => with("nonsense"),
        Case::BodyCutOff => with(&bodied()[..bodied().len() - 1]),
        Case::BodyTooLarge => with(&" ".repeat(TOO_MANY_BYTES)),
        Case::BodyNotObject => with("[1]"),
        Case::PersonIdInvalid => at(&call.path_of("jane%20doe")),
        Case::FieldMissing => with(&changed(&bodied(), Value::Null)),
        Case::FieldType => with(&changed(&bodied(), json!(5))),
        Case::FieldEmpty => with(&changed(&bodied(), json!(""))),
        Case::FieldNotBase64 => with(&changed(&bodied(), json!("*"))),
        Case::FieldRange => with(&bodied().replace('}', r#","similarityThreshold":101}"#)),
        Case::FieldDuplicate => with(&format!(r#"{{"{}":"AAEC",{}"#, field(&bodied()), &bodied()[1..])),
        Case::FieldConflict => with(&bodied().replace('}', r#","sourcetImage":"AAEC"}"#)),
        Case::KeyMissing => good().without("Api-Key"),
        Case::KeyUnknown => keyed("ak_no"),
        Case::KeyDisabled => {
            let (id, key) = server.key_with(&Permission::ALL, None);
            let disabled = server.accounts.disable_key(None, id, &Actor::system(), Timestamp::from_millis(1));
            disabled.expect("disabled");
            keyed(&key)
        }
        Case::KeyExpired => keyed(&server.key_with(&Permission::ALL, Some(Timestamp::from_millis(1))).1),
        Case::KeyNotPermitted => {
            let needed = call.operation["x-permission"].as_str();
            let others = Permission::ALL.into_iter().filter(|other| Some(other.word()) != needed);
            keyed(&server.key_with(&others.collect::<Vec<_>>(), None).1)
        }
        Case::KeyNetwork => {
            keyed(&server.organisation(Limits::default(), "192.0.2.0/24".parse().expect("a network")).1)
        }
        Case::OrganisationSuspended => {
            let (tenant, key) = server.organisation(Limits::default(), Networks::NONE);
            server.accounts.suspend(tenant, &Actor::system(), Timestamp::from_millis(1)).expect("suspended");
            keyed(&key)
        }
        Case::SignatureMissing => keyed(&signing().api_key),
        Case::SignatureWrong => signed(&signing(), "another body", &timestamp()),
        Case::SignatureVersion => signed(&signing(), &sent, &timestamp()).header("Signature-Version", "3"),
        Case::SigningNotSetUp => good().header("Signature", "AAAA").header("Timestamp", &timestamp()),
        Case::TimestampInvalid => signed(&signing(), &sent, "soon"),
        // A day in 2025.
        Case::TimestampOutside => signed(&signing(), &sent, "1764000000000"),
        Case::SignatureReplayed => {
            let (key, now) = (signing(), timestamp());
            assert_eq!(signed(&key, &sent, &now).send().await.status, 200);
            signed(&key, &sent, &now)
        }
        Case::TooManySignatures => {
            let (key, max) = (signing(), accounts::usage::SIGNATURES_MAX.cast_signed());
            let file = rusqlite::Connection::open(server.dir.path().join(accounts::usage::FILE_NAME)).expect("opens");
            // As if so many had come.
            file.execute("INSERT INTO signature_count (key, count) VALUES (?, ?)", (key.id.0, max)).expect("written");
            signed(&key, &sent, &timestamp())
        }
        Case::RateExceeded => {
            let rate = Some(Rate { per_second: 0.01, burst: 1 });
            let key = limited(Limits { rate, ..Limits::default() });
            assert_eq!(keyed(&key).send().await.status, 200);
            keyed(&key)
        }
        Case::TooManyInFlight => {
            let rate = Some(Rate { per_second: 1_000.0, burst: 1_000 });
            let key = limited(Limits { rate, ..Limits::default() });
            server.fake.script(Script::Slow(500));
            let mut answers = join_all((0..IN_FLIGHT_MAX).map(|_| keyed(&key).send())).await;
            // The first that was refused; one of those that were served when none was.
            answers.sort_by_key(|answer| answer.status == 200);
            return answers.swap_remove(0);
        }
        Case::RequestsExhausted => {
            let key = limited(Limits { requests_month_max: Some(1), ..Limits::default() });
            assert_eq!(keyed(&key).send().await.status, 200);
            keyed(&key)
        }
        Case::UnknownRoute => at(&format!("{}/x", call.path_of(PERSON))),
        Case::WrongMethod => server.request("BREW", &call.path_of(PERSON)),
        Case::Overloaded => call.request(&stage.full),
        Case::TimedOut => call.request(&stage.slow),
        Case::ImageFormat => failing(|| ImageError::UnknownFormat.into()),
        Case::ImageUndecodable => failing(|| ImageError::Undecodable("inside".to_owned()).into()),
        Case::ImageBytes => failing(|| ImageError::TooManyBytes { bytes: 11, bytes_max: 10 }.into()),
        Case::ImagePixels => failing(|| ImageError::TooManyPixels { width: 10, height: 20, pixels_max: 100 }.into()),
        Case::ImageSide => failing(|| ImageError::TooSmall { width: 99, height: 200, side_px_min: 100 }.into()),
        Case::PersonTaken => failing(|| Error::Refused(vec![Refusal::PersonTaken])),
        Case::PersonsExhausted => failing(|| Error::GalleryFull { persons_max: 100 }),
        Case::NoFace => failing(|| rejected(Defect::NoFace)),
        Case::SeveralFaces => failing(|| rejected(Defect::SeveralFaces)),
        Case::FaceSize => failing(|| rejected(Defect::FaceSize)),
        Case::FaceUnclear => failing(|| rejected(Defect::FaceUnclear)),
        Case::FaceCovered => failing(|| rejected(Defect::FaceCovered)),
        Case::Yaw => failing(|| rejected(Defect::Yaw)),
        Case::Pitch => failing(|| rejected(Defect::Pitch)),
        Case::Roll => failing(|| rejected(Defect::Roll)),
        Case::NotSharp => failing(|| rejected(Defect::Sharpness)),
        Case::TooDark => failing(|| rejected(Defect::TooDark)),
        Case::TooBright => failing(|| rejected(Defect::TooBright)),
        Case::LowContrast => failing(|| rejected(Defect::LowContrast)),
        Case::UnevenLight => failing(|| rejected(Defect::UnevenLight)),
        // Dark glasses hide the eyes, so that they do not pass for open ones either.
        Case::Sunglasses => {
            failing(|| Error::Refused(vec![rejection(Defect::EyesClosed), rejection(Defect::Sunglasses)]))
        }
        Case::MouthOpen => failing(|| rejected(Defect::MouthOpen)),
        Case::EyesClosed => failing(|| rejected(Defect::EyesClosed)),
        Case::FaceEnrolled => failing(|| Error::Refused(vec![Refusal::FaceEnrolled])),
        Case::PersonNotFound => failing(|| Error::PersonNotFound),
        Case::FaceNotMatched => failing(|| Error::FaceNotMatched),
        Case::NoPersonMatched => failing(|| Error::NoPersonMatched),
        Case::Unavailable => failing(|| Error::Unavailable("inside".to_owned())),
        Case::Internal => failing(|| Error::Internal("inside".to_owned())),
    };
    request.send().await
}

/// The call without a version of HTTP.
async fn malformed(server: &Server, call: &Call) -> Response {
    let head = format!("{} {} nonsense\r\n\r\n", call.method, call.path_of(PERSON));
    let answer = exchange(server.connect().await, head.as_bytes()).await;
    Response::parse(&answer, false).expect("a whole response").0
}

/// The first field of a body, as refusals name it.
fn field(body: &str) -> &'static str {
    ["faceImage", "sourceImage"].into_iter().find(|name| body.contains(name)).expect("a field")
}

/// The body with another value in its first field.
fn changed(body: &str, value: Value) -> String {
    let mut object: Map<String, Value> = serde_json::from_str(body).expect("an object");
    object.insert(field(body).to_owned(), value);
    Value::from(object).to_string()
}

/// What an error looks like: everything but the numbers and the time.
fn shape(error: &Value) -> Value {
    let mut error = error.clone();
    for detail in error.get_mut("details").and_then(Value::as_array_mut).into_iter().flatten() {
        for number in ["value", "min", "max", "resets"] {
            if let Some(number) = detail.get_mut(number) {
                *number = Value::Null;
            }
        }
    }
    error
}

/// Code, status and message as the contract has them.
const CONTRACT: &[(&str, u16, &str)] = &[
    ("F_001", 400, "Should be one face"),
    ("F_002", 400, "Most likely face doesn't exist"),
    ("F_003", 400, "Eyes are closed"),
    ("F_004", 400, "Mouth is open"),
    ("F_005", 400, "Sunglasses exists"),
    ("F_006", 400, "Brightness is bad"),
    ("F_007", 400, "Sharpness is bad"),
    ("F_008", 400, "Wrong face roll"),
    ("F_009", 400, "Wrong face pitch"),
    ("F_010", 400, "Wrong face yaw"),
    ("F_011", 400, "Wrong face size when image check"),
    ("F_012", 400, "Face exists"),
    ("CP_005", 400, "Number of available requests exceeded"),
    ("L_001", 429, "Too many requests, try again later"),
    ("CP_002", 400, "Customer profile already exists with id jane.doe"),
    ("R_002", 400, "Request body exception"),
    ("R_002", 413, "Request body exception"),
    ("R_003", 400, "Fields validation exception"),
    ("NF_001", 404, "Face not found in collection"),
    ("RF_001", 410, "No person matched"),
    ("A_001", 401, "Api key is missing"),
    ("A_002", 401, "Api key is unknown"),
    ("A_003", 403, "Api key is not allowed to do this"),
    ("S_001", 401, "Signature is missing"),
    ("S_002", 401, "Signature is wrong"),
    ("S_003", 401, "Timestamp is outside the window or the signature was used before"),
    ("R_001", 404, "No such route or method"),
    ("R_001", 405, "No such route or method"),
    ("U_001", 503, "Service is unavailable, try again later"),
    ("I_001", 500, "Internal server error"),
];

#[tokio::test]
async fn every_end_of_a_call_is_produced_as_it_is_documented_and_no_other() {
    let stage = Stage::set().await;
    let (document, calls) = (api::openapi(), calls());
    let (mut produced, mut rows) = (BTreeSet::new(), BTreeSet::new());
    for case in Case::ALL {
        for call in &calls {
            let response = provoke(&stage, call, *case).await;
            stage.server.fake.script(Script::Succeed);
            if response.status == 200 {
                continue;
            }
            let at = format!("{} {}", call.id(), case.word());
            response.assert_error(case.status().as_u16(), case.code().text(), case.word());
            let error = response.json();
            assert!(!error.to_string().contains("inside"), "{at}: the inside stays inside");
            let message = error["message"].as_str().expect("a message").to_owned();
            rows.insert((response.code(), response.status, message));
            // What the document does not know at all is among the differences below.
            if let Some(example) = call.example_of(&response) {
                let documented = &call.responses()[&response.status.to_string()];
                check(&document, &documented["content"]["application/json"]["schema"], &error, &at);
                assert_eq!(shape(&error), shape(example), "{at}");
                for name in documented["headers"].as_object().expect("headers").keys() {
                    let is_required = document["components"]["headers"][name]["required"] == true;
                    assert!(!is_required || response.header(&name.to_lowercase()).is_some(), "{at}: {name}");
                }
            }
            produced.insert((call.id().to_owned(), case.word().to_owned()));
        }
    }
    let pairs = |call: &Call| {
        let id = call.id().to_owned();
        call.documented_types().into_iter().map(move |word| (id.clone(), word))
    };
    let documented: BTreeSet<_> = calls.iter().flat_map(pairs).collect();
    let unproduced: Vec<_> = documented.difference(&produced).collect();
    let undocumented: Vec<_> = produced.difference(&documented).collect();
    assert!(
        unproduced.is_empty() && undocumented.is_empty(),
        "documented, and no scenario produces them: {unproduced:?}; produced, and not documented: {undocumented:?}"
    );
    let contract = CONTRACT.iter().map(|(code, status, says)| (code.to_string(), *status, says.to_string()));
    assert_eq!(rows, contract.collect::<BTreeSet<_>>());
}
