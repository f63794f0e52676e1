//! The client: one method an operation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Uri;
use hyper::header::HeaderValue;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::answer::Comparison;
use crate::exchange::{self, Exchange};
use crate::operation::Operation;
use crate::signature::Clock;
use crate::{CheckedImage, Error, Image, Person, Retry, SetupError, Signing};

/// How long an attempt may take unless said otherwise: a little longer than the service gives a request by default, so that
/// it is the service that says so.
const TIMEOUT: Duration = Duration::from_secs(35);

/// A client of one service under one API key. A clone is another handle: it shares the connections.
#[derive(Clone)]
pub struct Client(Arc<Exchange>);

/// What a [`Client`] is made of.
#[must_use]
pub struct Builder {
    url: String,
    api_key: Zeroizing<String>,
    signing: Option<Signing>,
    retry: Retry,
    timeout: Duration,
}

impl Client {
    /// Begins a client of the service at this URL, `https://auth.example.org`, under this API key.
    pub fn builder(url: impl Into<String>, api_key: impl Into<String>) -> Builder {
        let (url, api_key) = (url.into(), Zeroizing::new(api_key.into()));
        Builder { url, api_key, signing: None, retry: Retry::default(), timeout: TIMEOUT }
    }

    /// Enrols the face on the image under this id: 1 to 128 of `A-Z a-z 0-9 . _ ~ @ : + -`.
    ///
    /// # Errors
    /// [`Error::Api`] when the image is refused ([`is_image_refused`](crate::ApiError::is_image_refused)), the face is
    /// enrolled already ([`is_face_exists`](crate::ApiError::is_face_exists)) or the id is taken
    /// ([`is_person_exists`](crate::ApiError::is_person_exists)); any other [`Error`].
    pub async fn enrol(&self, person_id: &str, image: impl Into<Image>) -> Result<Person, Error> {
        self.ask(&Operation::enrol(person_id, image.into()).await?).await
    }

    /// Replaces a person's reference by the face on the image.
    ///
    /// # Errors
    /// [`Error::Api`] as of [`Client::enrol`], and when there is no such person
    /// ([`is_person_not_found`](crate::ApiError::is_person_not_found)); any other [`Error`].
    pub async fn update(&self, person_id: &str, image: impl Into<Image>) -> Result<Person, Error> {
        self.ask(&Operation::update(person_id, image.into()).await?).await
    }

    /// Forgets a person: id and reference. It cannot be undone.
    ///
    /// # Errors
    /// [`Error::Api`] when there is no such person ([`is_person_not_found`](crate::ApiError::is_person_not_found)); any
    /// other [`Error`].
    pub async fn remove(&self, person_id: &str) -> Result<(), Error> {
        self.0.call(&Operation::remove(person_id)).await?.nothing()
    }

    /// Asks when a person was enrolled and updated.
    ///
    /// # Errors
    /// [`Error::Api`] when there is no such person ([`is_person_not_found`](crate::ApiError::is_person_not_found)); any
    /// other [`Error`].
    pub async fn get(&self, person_id: &str) -> Result<Person, Error> {
        self.ask(&Operation::get(person_id)).await
    }

    /// Finds the enrolled person on the image (1:N): the most similar one, at 98 % or more.
    ///
    /// # Errors
    /// [`Error::Api`] when nobody is similar enough ([`is_not_recognised`](crate::ApiError::is_not_recognised)) or the image
    /// shows no face ([`is_image_refused`](crate::ApiError::is_image_refused)); any other [`Error`].
    pub async fn identify(&self, image: impl Into<Image>) -> Result<Person, Error> {
        self.ask(&Operation::identify(image.into()).await?).await
    }

    /// Verifies that the face on the image is that of a person (1:1), at 80 % or more.
    ///
    /// # Errors
    /// [`Error::Api`] when the face is another's ([`is_face_not_matched`](crate::ApiError::is_face_not_matched)), there is no
    /// such person ([`is_person_not_found`](crate::ApiError::is_person_not_found)) or the image shows no face
    /// ([`is_image_refused`](crate::ApiError::is_image_refused)); any other [`Error`].
    pub async fn verify(&self, person_id: &str, image: impl Into<Image>) -> Result<Person, Error> {
        self.ask(&Operation::verify(person_id, image.into()).await?).await
    }

    /// Compares the largest faces of two images: their similarity in percent, or 0 below 80 %.
    ///
    /// # Errors
    /// [`Error::Api`] when an image shows no face ([`is_image_refused`](crate::ApiError::is_image_refused)); any other
    /// [`Error`].
    pub async fn compare(&self, source: impl Into<Image>, target: impl Into<Image>) -> Result<f64, Error> {
        self.similarity(Operation::compare(source.into(), target.into(), None).await?).await
    }

    /// The same with another threshold than 80 %; with 0 it is always the similarity.
    ///
    /// # Errors
    /// As of [`Client::compare`], and when the threshold is not from 0 to 100.
    pub async fn compare_at(
        &self,
        source: impl Into<Image>,
        target: impl Into<Image>,
        threshold: f64,
    ) -> Result<f64, Error> {
        self.similarity(Operation::compare(source.into(), target.into(), Some(threshold)).await?).await
    }

    /// Measures what an enrolment would measure, and keeps nothing. Whether the image would be accepted is part of the
    /// answer, and no error.
    ///
    /// # Errors
    /// [`Error::Api`] when it is no image; any other [`Error`].
    pub async fn check(&self, image: impl Into<Image>) -> Result<CheckedImage, Error> {
        self.ask(&Operation::check(image.into()).await?).await
    }

    async fn similarity(&self, operation: Operation) -> Result<f64, Error> {
        self.ask(&operation).await.map(|comparison: Comparison| comparison.faces_matched)
    }

    async fn ask<T: DeserializeOwned>(&self, operation: &Operation) -> Result<T, Error> {
        self.0.call(operation).await?.json()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exchange { url, signing, retry, timeout, .. } = &*self.0;
        let mut client = f.debug_struct("Client");
        client.field("url", url).field("signing", signing).field("retry", retry).field("timeout", timeout);
        client.finish_non_exhaustive()
    }
}

impl Builder {
    /// Signs every request and verifies every answer.
    pub fn signing(self, signing: Signing) -> Self {
        Self { signing: Some(signing), ..self }
    }

    /// Sends a request again within these bounds; [`Retry::default`] unless said otherwise.
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// How long one attempt may take, its connection included; 35 seconds unless said otherwise.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Makes the client; nothing is sent.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn build(self) -> Result<Client, SetupError> {
        let Self { url, api_key, signing, retry, timeout } = self;
        let (url, uri) = address(&url)?;
        let api_key = key_header(api_key)?;
        let http = exchange::http(&uri)?;
        Ok(Client(Arc::new(Exchange { http, url, api_key, signing, retry, timeout, clock: Clock::default() })))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, signing, retry, timeout, .. } = self;
        let mut builder = f.debug_struct("Builder");
        builder.field("url", url).field("signing", signing).field("retry", retry).field("timeout", timeout);
        builder.finish_non_exhaustive()
    }
}

/// The URL without a slash at its end, its host in small letters as the server signs it.
fn address(url: &str) -> Result<(String, Uri), SetupError> {
    let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| SetupError::Url)?;
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(SetupError::Url);
    };
    let is_plain = !authority.as_str().contains('@') && !authority.host().is_empty();
    if !is_plain || uri.query().is_some() || url.contains('#') {
        return Err(SetupError::Url);
    }
    let path = uri.path().trim_end_matches('/');
    let text = format!("{scheme}://{}{path}", authority.as_str().to_ascii_lowercase());
    Ok((text, uri))
}

/// The header of an API key; its bytes are overwritten when the last handle is dropped, and no `Debug` shows them.
fn key_header(api_key: Zeroizing<String>) -> Result<HeaderValue, SetupError> {
    if api_key.is_empty() || !api_key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SetupError::ApiKey);
    }
    let bytes = Bytes::from_owner(ApiKey(api_key));
    let mut header = HeaderValue::from_maybe_shared(bytes).map_err(|_| SetupError::ApiKey)?;
    header.set_sensitive(true);
    Ok(header)
}

struct ApiKey(Zeroizing<String>);

impl AsRef<[u8]> for ApiKey {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_brought_into_one_form() {
        let text = |url| address(url).map(|(text, _)| text).ok();
        assert_eq!(text("https://Auth.Example.org/").as_deref(), Some("https://auth.example.org"));
        assert_eq!(text("http://[::1]:8080//").as_deref(), Some("http://[::1]:8080"));
        assert_eq!(text("http://h/Behind/").as_deref(), Some("http://h/Behind"));
        for wrong in
            ["", "auth.example.org", "ftp://h", "https://u:p@h", "https://h?x", "https://h#f", "https://", "/p"]
        {
            assert_eq!(text(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_key_is_shown() {
        let signing = || Signing::hash_only("sk_hidden").expect("signing");
        let builder = Client::builder("http://localhost:1", "ak_hidden").signing(signing());
        let shown = format!("{builder:?}");
        let client = builder.build().expect("a client");
        let shown = format!("{shown} {client:?} {:?}", client.0.api_key);
        assert!(!shown.contains("hidden"), "{shown}");
        for wrong in ["", "a b", "a\n", "\u{e4}"] {
            let error = Client::builder("http://localhost", wrong).build().expect_err("no key");
            assert!(matches!(error, SetupError::ApiKey));
        }
    }
}
