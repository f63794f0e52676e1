//! Every row of the error table and of its cases is produced over HTTP: a row added without a scenario does not compile,
//! a scenario that does not produce its row fails.

mod common;

use std::collections::HashSet;
use std::time::Duration;

use accounts::{Actor, Limits, Networks, Permission, Rate, Signing};
use api::{Case, Code, Settings};
use biometric::Timestamp;
use common::{FACE, PAIR, Request, Response, Script, Server, SignedKey, exchange, timestamp};
use engine::{Error, Refusal};
use face::{Defect, ImageError, Rejection};
use futures_util::future::join_all;
use signing::Algorithm;

/// Few enough that one organisation's share of them is taken quickly.
const IN_FLIGHT_MAX: usize = 8;

fn rejected(defect: Defect) -> Error {
    let rejection = Rejection { defect, measure: "measure_px", value: 5.0, min: Some(6.0), max: None };
    Error::Refused(vec![Refusal::Face(rejection)])
}

/// What the engine says where it is the engine that refuses.
fn engine_error(case: Case) -> Option<fn() -> Error> {
    let error: fn() -> Error = match case {
        Case::ImageFormat => || ImageError::UnknownFormat.into(),
        Case::ImageUndecodable => || ImageError::Undecodable("inside".to_owned()).into(),
        Case::ImageBytes => || ImageError::TooManyBytes { bytes: 11, bytes_max: 10 }.into(),
        Case::ImagePixels => || ImageError::TooManyPixels { width: 10, height: 20, pixels_max: 100 }.into(),
        Case::ImageSide => || ImageError::TooSmall { width: 99, height: 200, side_px_min: 100 }.into(),
        Case::PersonTaken => || Error::Refused(vec![Refusal::PersonTaken]),
        Case::NoFace => || rejected(Defect::NoFace),
        Case::SeveralFaces => || rejected(Defect::SeveralFaces),
        Case::FaceSize => || rejected(Defect::FaceSize),
        Case::FaceUnclear => || rejected(Defect::FaceUnclear),
        Case::FaceCovered => || rejected(Defect::FaceCovered),
        Case::Yaw => || rejected(Defect::Yaw),
        Case::Pitch => || rejected(Defect::Pitch),
        Case::Roll => || rejected(Defect::Roll),
        Case::NotSharp => || rejected(Defect::Sharpness),
        Case::TooDark => || rejected(Defect::TooDark),
        Case::TooBright => || rejected(Defect::TooBright),
        Case::LowContrast => || rejected(Defect::LowContrast),
        Case::UnevenLight => || rejected(Defect::UnevenLight),
        Case::Sunglasses => || rejected(Defect::Sunglasses),
        Case::MouthOpen => || rejected(Defect::MouthOpen),
        Case::EyesClosed => || rejected(Defect::EyesClosed),
        Case::PersonsExhausted => || Error::GalleryFull { persons_max: 100 },
        Case::FaceEnrolled => || Error::Refused(vec![Refusal::FaceEnrolled]),
        Case::PersonNotFound => || Error::PersonNotFound,
        Case::FaceNotMatched => || Error::FaceNotMatched,
        Case::NoPersonMatched => || Error::NoPersonMatched,
        Case::Overloaded => || Error::Overloaded { retry_after: Duration::from_millis(2_001) },
        Case::Unavailable => || Error::Unavailable("inside".to_owned()),
        Case::Internal => || Error::Internal("inside".to_owned()),
        Case::HttpMalformed
        | Case::ContentType
        | Case::BodyEmpty
        | Case::BodyNotJson
        | Case::BodyCutOff
        | Case::BodyTooLarge
        | Case::BodyNotObject
        | Case::PersonIdInvalid
        | Case::FieldMissing
        | Case::FieldType
        | Case::FieldEmpty
        | Case::FieldNotBase64
        | Case::FieldRange
        | Case::FieldDuplicate
        | Case::FieldConflict
        | Case::KeyMissing
        | Case::KeyUnknown
        | Case::KeyDisabled
        | Case::KeyExpired
        | Case::KeyNotPermitted
        | Case::KeyNetwork
        | Case::OrganisationSuspended
        | Case::SignatureMissing
        | Case::SignatureWrong
        | Case::SignatureVersion
        | Case::SigningNotSetUp
        | Case::TimestampInvalid
        | Case::TimestampOutside
        | Case::SignatureReplayed
        | Case::TooManySignatures
        | Case::RateExceeded
        | Case::TooManyInFlight
        | Case::RequestsExhausted
        | Case::UnknownRoute
        | Case::WrongMethod
        | Case::TimedOut => return None,
    };
    Some(error)
}

/// The request that is refused before the engine, or by its silence.
async fn provoke(server: &Server, case: Case) -> Response {
    let enrol = || server.request("POST", "/person/face/jane");
    let with = |body: &'static str| enrol().json(body).send();
    let pair = |rest: &str| PAIR.replace('}', rest);
    let keyed = |key: &str| enrol().without("Api-Key").header("Api-Key", key).json(FACE).send();
    match case {
        Case::HttpMalformed => malformed(server).await,
        Case::ContentType => enrol().body(FACE).send().await,
        Case::BodyEmpty => with("").await,
        Case::BodyNotJson => with("nonsense").await,
        Case::BodyNotObject => with("[1]").await,
        Case::BodyCutOff => with(r#"{"faceImage":"AA"#).await,
        Case::BodyTooLarge => enrol().json(vec![b' '; 20 << 20]).send().await,
        Case::PersonIdInvalid => server.post("/person/face/a%20b", FACE).await,
        Case::FieldMissing => with("{}").await,
        Case::FieldType => with(r#"{"faceImage":5}"#).await,
        Case::FieldEmpty => with(r#"{"faceImage":""}"#).await,
        Case::FieldNotBase64 => with(r#"{"faceImage":"*"}"#).await,
        Case::FieldRange => server.post("/person/compare-face", pair(r#","similarityThreshold":101}"#)).await,
        Case::FieldDuplicate => with(r#"{"faceImage":"AAEC","faceImage":"AAEC"}"#).await,
        Case::FieldConflict => server.post("/person/compare-face", pair(r#","sourcetImage":"BBBB"}"#)).await,
        Case::KeyMissing => enrol().without("Api-Key").json(FACE).send().await,
        Case::KeyUnknown => keyed("ak_no").await,
        Case::KeyDisabled => {
            let (id, key) = server.key_with(&Permission::ALL, None);
            server
                .accounts
                .disable_key(None, id, &accounts::Actor::system(), Timestamp::from_millis(1))
                .expect("disabled");
            keyed(&key).await
        }
        Case::KeyExpired => keyed(&server.key_with(&Permission::ALL, Some(Timestamp::from_millis(1))).1).await,
        Case::KeyNotPermitted => keyed(&server.key_with(&[Permission::Read], None).1).await,
        Case::KeyNetwork => {
            keyed(&server.organisation(Limits::default(), "192.0.2.0/24".parse().expect("a network")).1).await
        }
        Case::OrganisationSuspended => {
            let (tenant, key) = server.organisation(Limits::default(), Networks::NONE);
            server.accounts.suspend(tenant, &Actor::system(), Timestamp::from_millis(1)).expect("suspended");
            keyed(&key).await
        }
        Case::SignatureMissing
        | Case::SignatureWrong
        | Case::SignatureVersion
        | Case::SigningNotSetUp
        | Case::TimestampInvalid
        | Case::TimestampOutside
        | Case::SignatureReplayed
        | Case::TooManySignatures => badly_signed(server, case).await,
        Case::RateExceeded => {
            let rate = Some(Rate { per_second: 0.01, burst: 1 });
            let (_, key) = server.organisation(Limits { rate, ..Limits::default() }, Networks::NONE);
            assert_eq!(keyed(&key).await.status, 200);
            keyed(&key).await
        }
        Case::TooManyInFlight => {
            let rate = Some(Rate { per_second: 1_000.0, burst: 1_000 });
            let (_, key) = server.organisation(Limits { rate, ..Limits::default() }, Networks::NONE);
            server.fake.script(Script::Slow(500));
            let answers = join_all((0..IN_FLIGHT_MAX).map(|_| keyed(&key))).await;
            answers.into_iter().find(|answer| answer.status != 200).expect("more than the share")
        }
        Case::RequestsExhausted => {
            let limits = Limits { requests_month_max: Some(1), ..Limits::default() };
            let (_, key) = server.organisation(limits, Networks::NONE);
            assert_eq!(keyed(&key).await.status, 200);
            keyed(&key).await
        }
        Case::UnknownRoute => server.get("/nowhere").await,
        Case::WrongMethod => server.get("/person/compare-face").await,
        Case::TimedOut => {
            server.fake.script(Script::Hang);
            with(FACE).await
        }
        Case::ImageFormat
        | Case::ImageUndecodable
        | Case::ImageBytes
        | Case::ImagePixels
        | Case::ImageSide
        | Case::PersonTaken
        | Case::PersonsExhausted
        | Case::NoFace
        | Case::SeveralFaces
        | Case::FaceSize
        | Case::FaceUnclear
        | Case::FaceCovered
        | Case::Yaw
        | Case::Pitch
        | Case::Roll
        | Case::NotSharp
        | Case::TooDark
        | Case::TooBright
        | Case::LowContrast
        | Case::UnevenLight
        | Case::Sunglasses
        | Case::MouthOpen
        | Case::EyesClosed
        | Case::FaceEnrolled
        | Case::PersonNotFound
        | Case::FaceNotMatched
        | Case::NoPersonMatched
        | Case::Overloaded
        | Case::Unavailable
        | Case::Internal => {
            server.fake.script(Script::Fail(engine_error(case).expect("the engine's")));
            with(FACE).await
        }
    }
}

/// A request that has this wrong with its signature, and nothing else.
async fn badly_signed(server: &Server, case: Case) -> Response {
    let signing = Signing { algorithm: Algorithm::HashOnly, is_required: true, is_length_prefixed: false };
    let key = SignedKey::new(server, signing, &Settings::default().public_url);
    let uri = "/person/face/jane";
    let sign = |timestamp: &str| key.sign("POST", uri, FACE.as_bytes(), timestamp, None);
    let with = |headers: Vec<(&str, String)>| {
        let request = server.request("POST", uri).without("Api-Key").json(FACE);
        headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
    };
    let now = timestamp();
    match case {
        Case::SignatureMissing => with(vec![("Api-Key", key.api_key.clone())]).await,
        Case::SignatureWrong => with(key.sign("POST", uri, b"another body", &now, None)).await,
        Case::SignatureVersion => with([sign(&now), vec![("Signature-Version", "3".to_owned())]].concat()).await,
        Case::TimestampInvalid => with(sign("soon")).await,
        Case::TimestampOutside => with(sign("1764000000000")).await,
        Case::SignatureReplayed => {
            assert_eq!(with(sign(&now)).await.status, 200);
            with(sign(&now)).await
        }
        Case::TooManySignatures => {
            let file = rusqlite::Connection::open(server.dir.path().join(accounts::usage::FILE_NAME)).expect("opens");
            let sql = "INSERT INTO signature_count (key, count) VALUES (?, ?)";
            // As if so many had come.
            file.execute(sql, (key.id.0, accounts::usage::SIGNATURES_MAX.cast_signed())).expect("written");
            with(sign(&now)).await
        }
        _ => {
            assert_eq!(case, Case::SigningNotSetUp);
            let (_, unsigned) = server.key_with(&Permission::ALL, None);
            with(vec![("Api-Key", unsigned), ("Signature", "AAAA".to_owned()), ("Timestamp", now)]).await
        }
    }
}

async fn malformed(server: &Server) -> Response {
    let answer = exchange(server.connect().await, b"nonsense\r\n\r\n").await;
    Response::parse(&answer, false).expect("a whole response").0
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
    ("CP_002", 400, "Customer profile already exists with id jane"),
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
async fn every_row_is_produced_and_is_the_contracts() {
    let server =
        Server::with(Settings { request_ms_max: 3_000, requests_in_flight_max: IN_FLIGHT_MAX, ..Settings::default() })
            .await;
    let mut seen = HashSet::new();
    for case in Case::ALL {
        let response = provoke(&server, *case).await;
        server.fake.script(Script::Succeed);
        response.assert_error(case.status().as_u16(), case.code().text(), case.word());
        let message = response.json()["message"].as_str().expect("a message").to_owned();
        let row = (response.code(), response.status, message);
        assert!(CONTRACT.iter().any(|(c, s, m)| (*c, *s, *m) == (&*row.0, row.1, &*row.2)), "{row:?}");
        assert!(!String::from_utf8_lossy(&response.body).contains("inside"), "the inside stays inside");
        seen.insert(row);
    }
    assert_eq!(seen.len(), CONTRACT.len(), "every row of the contract's table was seen");
    assert!(Code::ALL.iter().all(|code| seen.iter().any(|(seen, ..)| seen == code.text())));
}

#[tokio::test]
async fn several_refusals_are_all_listed_in_the_order_of_precedence() {
    fn refuse() -> Error {
        let size = Rejection {
            defect: Defect::FaceSize,
            measure: "inter_eye_distance_px",
            value: 41.239,
            min: Some(60.0),
            max: None,
        };
        let faces = Rejection { defect: Defect::SeveralFaces, measure: "faces", value: 2.0, min: None, max: Some(1.0) };
        let (size, faces) = (Refusal::Face(size), Refusal::Face(faces));
        Error::Refused(vec![Refusal::FaceEnrolled, size, Refusal::PersonTaken, faces])
    }
    let server = Server::start().await;
    server.fake.script(Script::Fail(refuse));
    let response = server.post("/person/face/jane", FACE).await;
    response.assert_error(400, "CP_002", "person_taken");
    assert_eq!(
        response.details(),
        serde_json::json!([
            {"code": "CP_002", "check": "person_id"},
            {"code": "F_001", "check": "faces", "value": 2, "max": 1},
            {"code": "F_011", "check": "inter_eye_distance_px", "value": 41.23, "min": 60},
            {"code": "F_012", "check": "face_enrolled"},
        ])
    );
}

#[tokio::test]
async fn every_wrong_field_is_listed() {
    let server = Server::start().await;
    let body = r#"{"sourceImage":"","similarityThreshold":100.5}"#;
    let response = server.post("/person/compare-face", body).await;
    response.assert_error(400, "R_003", "field_empty");
    assert_eq!(
        response.details(),
        serde_json::json!([
            {"code": "R_003", "check": "sourceImage"},
            {"code": "R_003", "check": "targetImage"},
            {"code": "R_003", "check": "similarityThreshold", "value": 100.5, "min": 0, "max": 100},
        ])
    );
}

#[tokio::test]
async fn the_measures_of_an_image_are_listed() {
    let server = Server::start().await;
    for (case, expected) in [
        (Case::ImageBytes, r#"[{"check":"image_bytes","code":"R_003","max":10,"value":11}]"#),
        (Case::ImagePixels, r#"[{"check":"image_pixels","code":"R_003","max":100,"value":200}]"#),
        (Case::ImageSide, r#"[{"check":"image_side_px","code":"R_003","min":100,"value":99}]"#),
        (Case::ImageFormat, r#"[{"check":"image_format","code":"R_003"}]"#),
    ] {
        let response = provoke(&server, case).await;
        assert_eq!(response.details().to_string(), expected);
    }
}

#[tokio::test]
async fn retry_after_is_the_engines_rounded_up() {
    let server = Server::start().await;
    let response = provoke(&server, Case::Overloaded).await;
    assert_eq!(response.header("retry-after"), Some("3"));
    assert_eq!(provoke(&server, Case::Unavailable).await.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_refusal_without_a_reason_is_a_defect() {
    let server = Server::start().await;
    server.fake.script(Script::Fail(|| Error::Refused(Vec::new())));
    server.post("/person/face/jane", FACE).await.assert_error(500, "I_001", "internal");
}

#[tokio::test]
async fn errors_without_details_do_not_show_the_word() {
    let server = Server::start().await;
    let response = Request::new(server.address, "GET", "/nowhere").send().await;
    assert!(response.json().get("details").is_none());
}
