//! What goes wrong, in the words that clients know.

mod common;

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use common::{FACE_ID, House, IMAGE, Script, Signer, calls, now, spoilt};
use engine::{CollectionError, Error};
use face::ImageError;
use rekognition::Settings;
use serde_json::{Value, json};

/// What the engine says, the exception's name, and what its message holds.
type Row = (fn() -> CollectionError, &'static str, &'static str);

#[tokio::test]
async fn what_the_engine_says_becomes_the_exception_of_its_name() {
    let house = House::new();
    let search = || json!({"CollectionId": "c", "Image": {"Bytes": IMAGE}});
    let scripts: [Row; 12] = [
        (|| CollectionError::NoFace, "InvalidParameterException", "no faces in the image"),
        (|| CollectionError::NotFound, "ResourceNotFoundException", "The collection id: c does not exist"),
        (|| CollectionError::Exists, "ResourceAlreadyExistsException", "The collection id: c already exists"),
        (
            || CollectionError::TooManyCollections { collections_max: 7 },
            "ServiceQuotaExceededException",
            "7 collections",
        ),
        (|| CollectionError::TooManyFaces { faces_max: 9 }, "ServiceQuotaExceededException", "9 faces"),
        (|| Error::Image(ImageError::UnknownFormat).into(), "InvalidImageFormatException", "JPEG"),
        (|| Error::Image(ImageError::Undecodable("secret".into())).into(), "InvalidImageFormatException", "decoded"),
        (
            || Error::Image(ImageError::TooManyBytes { bytes: 2, bytes_max: 1 }).into(),
            "ImageTooLargeException",
            "2 bytes",
        ),
        (
            || Error::Image(ImageError::TooManyPixels { width: 9, height: 9, pixels_max: 1 }).into(),
            "ImageTooLargeException",
            "9x9",
        ),
        (
            || Error::Image(ImageError::TooSmall { width: 9, height: 9, side_px_min: 100 }).into(),
            "InvalidParameterException",
            "at least 100",
        ),
        (
            || Error::Overloaded { retry_after: Duration::from_secs(1) }.into(),
            "ThrottlingException",
            "temporarily unable",
        ),
        (|| Error::Internal("secret".into()).into(), "InternalServerError", "Try your call again"),
    ];
    for (error, kind, says) in scripts {
        house.fake.script(Script::Fail(error));
        let message = house.call("SearchFacesByImage", search()).await.exception(kind);
        assert!(message.contains(says) && !message.contains("secret"), "{kind}: {message}");
    }
}

#[tokio::test]
async fn what_is_no_call_of_ours_is_an_unknown_operation() {
    let house = House::new();
    for action in ["DescribeCollection", "SearchFaces", "CreateUser", "comparefaces", ""] {
        house.call(action, json!({})).await.exception("UnknownOperationException");
    }
    let good = || house.signer.request("RekognitionService.ListCollections", b"{}", now());
    house.send(spoilt(good(), "content-type", "application/json")).await.exception("UnknownOperationException");
    let mut elsewhere = good();
    *elsewhere.uri_mut() = "/person/face/x".parse().expect("a path");
    house.send(elsewhere).await.exception("UnknownOperationException");
    let mut get = good();
    *get.method_mut() = Method::GET;
    house.send(get).await.exception("UnknownOperationException");
    assert_eq!(house.fake.take_calls(), [], "nothing came to the engine");
    assert!(house.log(house.tenant).is_empty(), "and nothing was charged");
}

#[tokio::test]
async fn fields_that_break_a_constraint_are_all_named() {
    let house = House::new();
    let image = || json!({"Bytes": IMAGE});
    let long = "x".repeat(256);
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("CreateCollection", json!({}), &["1 validation error detected", "'collectionId'", "must not be null"]),
        ("CreateCollection", json!({"CollectionId": ""}), &["'collectionId'"]),
        ("CreateCollection", json!({"CollectionId": "a b"}), &["'collectionId'", "[a-zA-Z0-9_.\\-]+"]),
        ("CreateCollection", json!({"CollectionId": long}), &["'collectionId'"]),
        ("DeleteCollection", json!({"CollectionId": null}), &["'collectionId'"]),
        ("CompareFaces", json!({}), &["2 validation errors", "'sourceImage'", "'targetImage'"]),
        (
            "CompareFaces",
            json!({"SourceImage": image(), "TargetImage": image(), "SimilarityThreshold": 100.5, "QualityFilter": "BEST"}),
            &["'similarityThreshold'", "between 0 and 100", "'qualityFilter'", "NONE, AUTO, LOW, MEDIUM, HIGH"],
        ),
        ("DetectFaces", json!({"Image": image(), "Attributes": ["SHOE_SIZE"]}), &["'attributes'", "EYES_OPEN"]),
        ("DetectFaces", json!({"Image": {"Bytes": ""}}), &["'image.bytes'"]),
        (
            "IndexFaces",
            json!({"CollectionId": "c", "Image": image(), "MaxFaces": 0, "ExternalImageId": "a/b"}),
            &["'maxFaces'", "'externalImageId'"],
        ),
        (
            "SearchFacesByImage",
            json!({"CollectionId": "c", "Image": image(), "MaxFaces": 4097}),
            &["'maxFaces'", "4096"],
        ),
        ("ListFaces", json!({"CollectionId": "c", "MaxResults": -1}), &["'maxResults'"]),
        ("ListFaces", json!({"CollectionId": "c", "FaceIds": []}), &["'faceIds'"]),
        ("ListCollections", json!({"NextToken": "x".repeat(513)}), &["'nextToken'"]),
        ("DeleteFaces", json!({"CollectionId": "c"}), &["'faceIds'"]),
        ("DeleteFaces", json!({"CollectionId": "c", "FaceIds": [FACE_ID.to_uppercase()]}), &["'faceIds'"]),
    ];
    for (action, body, says) in cases {
        let message = house.call(action, body.clone()).await.exception("ValidationException");
        assert!(says.iter().all(|says| message.contains(says)), "{action} {body}: {message}");
    }
    assert_eq!(house.fake.take_calls(), []);
}

#[tokio::test]
async fn images_that_are_none_are_refused_as_what_they_are() {
    let house = House::new();
    let detect = |image: Value| house.call("DetectFaces", json!({"Image": image}));
    let s3 = json!({"S3Object": {"Bucket": "b", "Name": "n"}});
    assert!(detect(s3.clone()).await.exception("InvalidS3ObjectException").contains("Bytes"));
    detect(json!({})).await.exception("InvalidParameterException");
    let both = json!({"Bytes": IMAGE, "S3Object": s3["S3Object"]});
    detect(both).await.exception("InvalidParameterException");
    for text in ["AAE", "A?EC", "AAEC\n", "AAEC===="] {
        detect(json!({"Bytes": text})).await.exception("SerializationException");
    }
    // As clients escape it whose JSON has no bare slash.
    let escaped = house.signer.request("RekognitionService.DetectFaces", br#"{"Image":{"Bytes":"\/+8\u003D"}}"#, now());
    house.send(escaped).await.ok();
    assert_eq!(house.fake.take_calls()[0].1, "survey [255, 239]");
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_not_repeated() {
    let house = House::new();
    let bodies = ["", "[]", "{", r#"{"CollectionId": 7}"#, r#"{"MaxResults": "x"}"#, "\u{0}", r#"{"MaxResults": 1.5}"#];
    for body in bodies {
        for action in ["ListFaces", "ListCollections"] {
            let target = format!("RekognitionService.{action}");
            let answer = house.send(house.signer.request(&target, body.as_bytes(), now())).await;
            if answer.status != 200 && answer.error.as_deref() != Some("ValidationException") {
                assert!(answer.exception("SerializationException").contains("line"), "{action} {body}");
            }
        }
    }
    let secret = house.call("CreateCollection", json!({"CollectionId": {"jane": "doe"}})).await;
    assert!(!secret.exception("SerializationException").contains("jane"));
}

#[tokio::test]
async fn a_body_larger_than_its_images_may_be_is_not_read() {
    let settings = Settings { image_bytes_max: 3_000, ..Settings::default() };
    let house = House::with(settings, 8);
    let body = vec![b' '; (256 << 10) + 3_000 / 3 * 4 + 1];
    let request = house.signer.request("RekognitionService.DetectFaces", &body, now());
    house.send(request).await.exception("RequestEntityTooLargeException");
    let stranger = Signer { access_key: "AUTH0000000000000000".to_owned(), ..house.signer.clone() };
    let request = stranger.request("RekognitionService.DetectFaces", &body, now());
    house.send(request).await.exception("UnrecognizedClientException");
    let request = house.signer.request("RekognitionService.CompareFaces", &body, now());
    house.send(request).await.exception("SerializationException");
}

#[tokio::test]
async fn tokens_of_another_list_and_made_up_ones_are_refused() {
    let house = House::new();
    let first = house.call("ListCollections", json!({"MaxResults": 1})).await.ok();
    let faces = json!({"CollectionId": "c", "NextToken": first["NextToken"]});
    house.call("ListFaces", faces).await.exception("InvalidPaginationTokenException");
    for token in ["", "x", "AAAA", "Yw"] {
        let answer = house.call("ListCollections", json!({"NextToken": token})).await;
        answer.exception("InvalidPaginationTokenException");
    }
    let users = json!({"CollectionId": "c", "UserId": "u"});
    house.call("ListFaces", users).await.exception("InvalidParameterException");
}

#[tokio::test]
async fn a_panic_and_a_call_that_takes_too_long_are_answered_and_not_charged() {
    let house = House::with(Settings { request_ms_max: 300, ..Settings::default() }, 8);
    for (action, body) in calls() {
        house.fake.script(Script::Panic);
        house.call(action, body.clone()).await.exception("InternalServerError");
    }
    house.fake.script(Script::Hang);
    house.call("ListCollections", json!({})).await.exception("ThrottlingException");
    house.fake.script(Script::Succeed);
    house.call("ListCollections", json!({})).await.ok();
    assert_eq!(house.used(house.tenant), 1);
    let statuses: Vec<_> = house.log(house.tenant).iter().map(|line| (line.status, line.code.clone())).collect();
    assert_eq!(statuses[0], (200, String::new()));
    assert_eq!(statuses[1], (500, "U_001".to_owned()));
    assert!(statuses[2..].iter().all(|line| *line == (500, "I_001".to_owned())));
    assert_eq!(statuses.len(), calls().len() + 2);
}

#[tokio::test]
async fn one_call_more_than_may_be_in_flight_is_refused_at_once() {
    let house = House::with(Settings::default(), 1);
    house.fake.script(Script::Hang);
    let hanging = house.call("ListCollections", json!({}));
    let refused = async {
        while house.fake.take_calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        house.send(axum::http::Request::post("/").body(Body::empty()).expect("a request")).await
    };
    tokio::select! {
        _ = hanging => panic!("it hangs"),
        answer = refused => { answer.exception("ThrottlingException"); }
    }
}

#[tokio::test]
async fn what_there_is_no_time_for_is_refused_before_its_body_comes_and_costs_nothing() {
    let house = House::new();
    house.fake.script(Script::Full);
    let (with_image, without): (Vec<_>, Vec<_>) =
        calls().into_iter().partition(|(_, body)| body.to_string().contains("Bytes"));
    assert_eq!((with_image.len(), without.len()), (4, 5));
    for (action, body) in with_image {
        let target = format!("RekognitionService.{action}");
        let (head, _) = house.signer.request(&target, body.to_string().as_bytes(), now()).into_parts();
        let never = Body::from_stream(futures_util::stream::pending::<std::io::Result<Vec<u8>>>());
        house.send(axum::http::Request::from_parts(head, never)).await.exception("ThrottlingException");
    }
    assert_eq!((house.fake.take_calls(), house.used(house.tenant)), (Vec::new(), 0));
    for (action, body) in without {
        house.call(action, body).await.ok();
    }
}
