//! Every action: what the engine is asked, and how its answer looks.

mod common;

use common::{FACE_ID, House, IMAGE};
use serde_json::{Value, json};

fn image() -> Value {
    json!({"Bytes": IMAGE})
}

async fn asked(house: &House, action: &str, body: Value) -> (Value, String) {
    let answer = house.call(action, body).await.ok();
    let mut calls = house.fake.take_calls();
    assert_eq!(calls.len(), 1, "one call of the engine");
    let (tenant, call) = calls.remove(0);
    assert_eq!(tenant, house.tenant);
    (answer, call)
}

fn bounding_box() -> Value {
    json!({"Width": 0.25, "Height": 0.25, "Left": -0.1, "Top": 0.5})
}

fn five_landmarks() -> Value {
    let landmark = |(kind, share): (&str, f64)| json!({"Type": kind, "X": share, "Y": share});
    let five = [("eyeLeft", 0.1), ("eyeRight", 0.2), ("nose", 0.3), ("mouthLeft", 0.4), ("mouthRight", 0.5)];
    five.map(landmark).to_vec().into()
}

/// What `DEFAULT` asks for.
fn detail() -> Value {
    json!({
        "BoundingBox": bounding_box(), "Confidence": 75.0, "Landmarks": five_landmarks(),
        "Pose": {"Roll": -7.0, "Yaw": 12.5, "Pitch": 5.0},
        "Quality": {"Brightness": 53.5, "Sharpness": 75.0},
    })
}

fn face(id: &str) -> Value {
    json!({
        "FaceId": id, "ImageId": "image", "ExternalImageId": "a:b", "Confidence": 75.0,
        "BoundingBox": {"Width": 0.125, "Height": 0.1, "Left": 0.25, "Top": 0.5},
    })
}

#[tokio::test]
async fn compare_faces_sorts_and_divides_by_the_threshold() {
    let house = House::new();
    let (answer, call) =
        asked(&house, "CompareFaces", json!({"SourceImage": image(), "TargetImage": {"Bytes": "AwQF"}})).await;
    assert_eq!(call, "compare [0, 1, 2] [3, 4, 5] None");
    let matched = |similarity: f64| json!({"Similarity": similarity, "Face": detail()});
    let expected = json!({
        "SourceImageFace": {"BoundingBox": bounding_box(), "Confidence": 75.0},
        "FaceMatches": [matched(98.0), matched(81.23)],
        "UnmatchedFaces": [detail()],
    });
    assert_eq!(answer, expected);
    let strict = json!({
        "SourceImage": image(), "TargetImage": image(), "SimilarityThreshold": 98.5, "QualityFilter": "HIGH",
    });
    let (answer, call) = asked(&house, "CompareFaces", strict).await;
    assert!(call.ends_with("High"));
    assert_eq!((&answer["FaceMatches"], answer["UnmatchedFaces"].as_array().map(Vec::len)), (&json!([]), Some(3)));
}

#[tokio::test]
async fn detect_faces_tells_what_is_asked_for_and_only_what_was_measured() {
    let house = House::new();
    let (answer, call) = asked(&house, "DetectFaces", json!({"Image": image()})).await;
    assert_eq!(call, "survey [0, 1, 2]");
    let mut unclear = detail();
    unclear.as_object_mut().expect("an object").remove("Pose");
    assert_eq!(answer, json!({"FaceDetails": [detail(), unclear]}));

    let (all, _) = asked(&house, "DetectFaces", json!({"Image": image(), "Attributes": ["ALL"]})).await;
    let first = &all["FaceDetails"][0];
    assert_eq!(first["EyesOpen"], json!({"Value": false, "Confidence": 100.0 - 36.11111111}));
    assert_eq!(first["MouthOpen"], json!({"Value": false, "Confidence": 50.0}));
    assert_eq!(first["Sunglasses"], json!({"Value": false, "Confidence": 100.0}));
    let landmarks = first["Landmarks"].as_array().expect("landmarks");
    assert_eq!(landmarks.len(), 30);
    assert_eq!(
        landmarks[28..],
        [json!({"Type": "leftPupil", "X": 0.25, "Y": 0.25}), json!({"Type": "rightPupil", "X": 0.75, "Y": 0.25}),]
    );
    assert!(all["FaceDetails"][1].get("EyesOpen").is_none(), "what could not be measured is not told");
    let known = ["BoundingBox", "Confidence", "Landmarks", "Pose", "Quality", "EyesOpen", "MouthOpen", "Sunglasses"];
    assert!(first.as_object().expect("an object").keys().all(|key| known.contains(&key.as_str())));

    let some = json!({"Image": image(), "Attributes": ["DEFAULT", "MOUTH_OPEN", "AGE_RANGE", "EMOTIONS"]});
    let (some, _) = asked(&house, "DetectFaces", some).await;
    let mut expected = detail();
    expected["MouthOpen"] = json!({"Value": false, "Confidence": 50.0});
    assert_eq!(some["FaceDetails"][0], expected);
}

#[tokio::test]
async fn collections_are_made_listed_and_deleted() {
    let house = House::new();
    let (answer, call) =
        asked(&house, "CreateCollection", json!({"CollectionId": "my.faces-1_", "Tags": {"a": "b"}})).await;
    assert_eq!(call, "create my.faces-1_");
    let account = house.tenant.0;
    let expected = json!({
        "StatusCode": 200, "FaceModelVersion": "fake",
        "CollectionArn": format!("aws:rekognition:eu-central-1:{account:012}:collection/my.faces-1_"),
    });
    assert_eq!(answer, expected);
    let (answer, call) = asked(&house, "DeleteCollection", json!({"CollectionId": "x"})).await;
    assert_eq!((answer, call.as_str()), (json!({"StatusCode": 200}), "delete x"));

    let (first, call) = asked(&house, "ListCollections", json!({"MaxResults": 2})).await;
    assert_eq!(call, "collections 3");
    assert_eq!(first["CollectionIds"], json!(["a", "b"]));
    assert_eq!(first["FaceModelVersions"], json!(["fake", "fake"]));
    let (second, _) = asked(&house, "ListCollections", json!({"MaxResults": 2, "NextToken": first["NextToken"]})).await;
    assert_eq!(second, json!({"CollectionIds": ["c"], "FaceModelVersions": ["fake"]}), "the last page has no token");
    let (all, call) = asked(&house, "ListCollections", json!({"MaxResults": 0, "NextToken": null})).await;
    assert_eq!((all["CollectionIds"].as_array().map(Vec::len), call.as_str()), (Some(3), "collections 1001"));
}

#[tokio::test]
async fn index_faces_tells_what_is_kept_and_why_the_rest_is_not() {
    let house = House::new();
    let (answer, call) = asked(&house, "IndexFaces", json!({"CollectionId": "c", "Image": image()})).await;
    assert_eq!(call, "index c [0, 1, 2] Medium 100 ");
    let reasons = [
        "EXCEEDS_MAX_FACES",
        "EXTREME_POSE",
        "LOW_BRIGHTNESS",
        "LOW_SHARPNESS",
        "LOW_CONFIDENCE",
        "SMALL_BOUNDING_BOX",
        "LOW_FACE_QUALITY",
    ];
    let expected = json!({
        "FaceRecords": [{"Face": face("1"), "FaceDetail": detail()}],
        "UnindexedFaces": [{"Reasons": reasons, "FaceDetail": detail()}],
        "FaceModelVersion": "fake",
    });
    assert_eq!(answer, expected);
    let full = json!({
        "CollectionId": "c", "Image": image(), "ExternalImageId": "me:1", "MaxFaces": 2, "QualityFilter": "NONE",
        "DetectionAttributes": ["ALL"], "ClientRequestToken": "ignored",
    });
    let (answer, call) = asked(&house, "IndexFaces", full).await;
    assert_eq!(call, "index c [0, 1, 2] None 2 me:1");
    assert_eq!(answer["FaceRecords"][0]["FaceDetail"]["EyesOpen"]["Value"], true);
    for (word, bar) in [("AUTO", "Medium"), ("LOW", "Low"), ("MEDIUM", "Medium"), ("HIGH", "High")] {
        let body = json!({"CollectionId": "c", "Image": image(), "QualityFilter": word});
        assert!(asked(&house, "IndexFaces", body).await.1.contains(bar), "{word}");
    }
}

#[tokio::test]
async fn search_faces_by_image_tells_matches_with_similarity() {
    let house = House::new();
    let (answer, call) = asked(&house, "SearchFacesByImage", json!({"CollectionId": "c", "Image": image()})).await;
    assert_eq!(call, "search c [0, 1, 2] None 80 80");
    let mut second = face("2");
    second.as_object_mut().expect("an object").remove("ExternalImageId");
    let expected = json!({
        "SearchedFaceBoundingBox": bounding_box(), "SearchedFaceConfidence": 75.0, "FaceModelVersion": "fake",
        "FaceMatches": [{"Similarity": 99.99, "Face": face("1")}, {"Similarity": 80.0, "Face": second}],
    });
    assert_eq!(answer, expected);
    let full = json!({
        "CollectionId": "c", "Image": image(), "MaxFaces": 7, "FaceMatchThreshold": 98, "QualityFilter": "LOW",
    });
    assert_eq!(asked(&house, "SearchFacesByImage", full).await.1, "search c [0, 1, 2] Low 7 98");
}

#[tokio::test]
async fn faces_are_listed_by_pages_and_deleted_by_ids() {
    let house = House::new();
    let (first, call) = asked(&house, "ListFaces", json!({"CollectionId": "c", "MaxResults": 2})).await;
    assert_eq!((call.as_str(), &first["Faces"]), ("faces c 3 None", &json!([face("1"), face("2")])));
    let next = json!({"CollectionId": "c", "MaxResults": 2, "NextToken": first["NextToken"]});
    let (second, _) = asked(&house, "ListFaces", next).await;
    assert_eq!(second, json!({"Faces": [face("3")], "FaceModelVersion": "fake"}));
    let only = json!({"CollectionId": "c", "FaceIds": [FACE_ID, FACE_ID]});
    assert_eq!(asked(&house, "ListFaces", only).await.1, "faces c 1001 Some(2)");

    let other = FACE_ID.replace('0', "1");
    let body = json!({"CollectionId": "c", "FaceIds": [FACE_ID, other, FACE_ID]});
    let (answer, call) = asked(&house, "DeleteFaces", body).await;
    assert_eq!(call, "delete faces c 2", "each is deleted once");
    let expected = json!({
        "DeletedFaces": [FACE_ID],
        "UnsuccessfulFaceDeletions": [{"FaceId": other, "Reasons": ["FACE_NOT_FOUND"]}],
    });
    assert_eq!(answer, expected);
}
