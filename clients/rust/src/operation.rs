//! What is asked of the service: one request, before it is addressed and signed.

use bytes::Bytes;
use hyper::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{Error, Image, TransportError};

/// What stands for itself in the last segment of a path: the characters of person ids.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b':').remove(b'+');

/// Room for what stands around the images in a body, so that it need not grow: growing would leave copies behind.
const AROUND_IMAGES_BYTES: usize = 256;

/// One request.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// The path as it goes over the wire.
    pub(crate) uri: String,
    /// Overwritten when the last handle is dropped.
    pub(crate) body: Bytes,
    /// Whether a second time does no harm when the first had come through after all.
    pub(crate) is_repeatable: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FaceImage<'a> {
    face_image: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImagePair<'a> {
    source_image: &'a str,
    target_image: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    similarity_threshold: Option<f64>,
}

impl Operation {
    pub(crate) async fn enrol(person_id: &str, image: Image) -> Result<Self, Error> {
        Self::with_image(Method::POST, face(person_id), image, false).await
    }

    pub(crate) async fn update(person_id: &str, image: Image) -> Result<Self, Error> {
        Self::with_image(Method::PUT, face(person_id), image, true).await
    }

    pub(crate) fn remove(person_id: &str) -> Self {
        Self { method: Method::DELETE, uri: face(person_id), body: Bytes::new(), is_repeatable: false }
    }

    pub(crate) fn get(person_id: &str) -> Self {
        Self { method: Method::GET, uri: face(person_id), body: Bytes::new(), is_repeatable: true }
    }

    pub(crate) async fn identify(image: Image) -> Result<Self, Error> {
        Self::with_image(Method::POST, "/person/recognize-face".into(), image, true).await
    }

    pub(crate) async fn verify(person_id: &str, image: Image) -> Result<Self, Error> {
        let uri = format!("/person/verify-face/{}", segment(person_id));
        Self::with_image(Method::POST, uri, image, true).await
    }

    pub(crate) async fn check(image: Image) -> Result<Self, Error> {
        Self::with_image(Method::POST, "/person/check-face".into(), image, true).await
    }

    pub(crate) async fn compare(source: Image, target: Image, threshold: Option<f64>) -> Result<Self, Error> {
        // JSON has no word for these but `null`, which would mean the default.
        if threshold.is_some_and(|threshold| !threshold.is_finite()) {
            return Err(Error::Threshold);
        }
        let body = off_thread(move || {
            let (source, target) = (source.into_base64()?, target.into_base64()?);
            let pair = ImagePair { source_image: &source, target_image: &target, similarity_threshold: threshold };
            Ok(json(&pair, source.len() + target.len()))
        });
        let uri = "/person/compare-face".into();
        Ok(Self { method: Method::POST, uri, body: body.await?, is_repeatable: true })
    }

    async fn with_image(method: Method, uri: String, image: Image, is_repeatable: bool) -> Result<Self, Error> {
        let body = off_thread(move || {
            let image = image.into_base64()?;
            Ok(json(&FaceImage { face_image: &image }, image.len()))
        });
        Ok(Self { method, uri, body: body.await?, is_repeatable })
    }
}

/// Files are slow, and base64 of megabytes takes milliseconds.
async fn off_thread(work: impl FnOnce() -> Result<Bytes, Error> + Send + 'static) -> Result<Bytes, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Transport(TransportError::new("the runtime is ending".into(), false))),
        },
    }
}

fn json(fields: &impl Serialize, image_chars: usize) -> Bytes {
    let mut body = Zeroizing::new(Vec::with_capacity(image_chars + AROUND_IMAGES_BYTES));
    // Texts and a number: there is no JSON that these do not have.
    serde_json::to_writer(&mut *body, fields).expect("texts and a number are JSON");
    Bytes::from_owner(body)
}

fn face(person_id: &str) -> String {
    format!("/person/face/{}", segment(person_id))
}

/// What would mean "here" or "above" in a path is a person id like any other.
fn segment(person_id: &str) -> String {
    match person_id {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        other => utf8_percent_encode(other, PLAIN).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_id_is_one_segment_whatever_it_is() {
        assert_eq!(face("Mark.O_1~x@example.org:a+b-c"), "/person/face/Mark.O_1~x@example.org:a+b-c");
        assert_eq!(
            (face(".."), face("a/b?c#d%")),
            ("/person/face/%2E%2E".into(), "/person/face/a%2Fb%3Fc%23d%25".into())
        );
        assert_eq!(face("\u{e4} "), "/person/face/%C3%A4%20");
    }

    #[tokio::test]
    async fn a_body_is_json_whatever_the_text_of_an_image() {
        let check = Operation::check(Image::base64("a\"b\n")).await.expect("an operation");
        assert_eq!(&check.body[..], br#"{"faceImage":"a\"b\n"}"#);
        let pair =
            Operation::compare(Image::bytes(*b"a"), Image::bytes(*b"b"), Some(98.5)).await.expect("an operation");
        assert_eq!(&pair.body[..], br#"{"sourceImage":"YQ==","targetImage":"Yg==","similarityThreshold":98.5}"#);
        let none = Operation::compare(Image::bytes(*b"a"), Image::bytes(*b"b"), Some(f64::NAN)).await;
        assert!(matches!(none, Err(Error::Threshold)));
    }
}
