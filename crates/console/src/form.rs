//! A form as a browser sends it.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use zeroize::Zeroizing;

use crate::fault::Fault;

/// The fields of a form, in their order. Values may be passwords: they are overwritten when dropped, and `Debug` shows
/// names only.
///
/// The guard reads the form, because it looks for the token in it; handlers find it among the extensions. Its fields are
/// looked up by name, and a missing one is empty: what to say about an empty field is for the page.
#[derive(Clone, Default)]
pub(crate) struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// Takes a form apart.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let fields = form_urlencoded::parse(bytes);
        Self(fields.map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned()))).collect())
    }

    /// The first value of this name; empty when there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        let first = self.0.iter().find(|(field, _)| field == name);
        first.map_or("", |(_, value)| value.as_str())
    }

    /// The same without white space around it: for everything but passwords.
    pub(crate) fn trimmed(&self, name: &str) -> &str {
        self.get(name).trim()
    }

    /// All values of this name: check boxes.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl<S: Sync> FromRequestParts<S> for Form {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.remove::<Self>().ok_or(Fault::Unreadable)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Form {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Fault> {
        Ok(parts.extensions.remove::<Self>())
    }
}

/// Whether the body says of itself that it is a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Reads a form's body within its limit.
pub(crate) async fn read(mut body: axum::body::Body, bytes_max: usize) -> Result<Form, Fault> {
    // Growing leaves copies behind, and there may be a password in it: room for the whole from the start.
    let mut bytes = Zeroizing::new(Vec::with_capacity(bytes_max.min(64 << 10)));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Fault::Unreadable)?;
        let Ok(chunk) = frame.into_data() else { continue };
        if bytes.len() + chunk.len() > bytes_max {
            return Err(Fault::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Form::parse(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_decoded() {
        let form = Form::parse(b"a=1&b=x+y%26z&a=2&empty=&%C3%A9=%E2%82%AC");
        assert_eq!(form.get("a"), "1");
        assert_eq!(form.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((form.get("b"), form.get("é"), form.get("none")), ("x y&z", "€", ""));
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", Form::parse(b"password=hunter2")), r#"["password"]"#);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Form::parse(&bytes).get("csrf");
        }
    }
}
