//! A JSON body: declared as such, read within its limit, parsed off the runtime's threads.

use axum::body::HttpBody as _;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;

use super::buffer::Buffer;
use super::fields::Fields;
use super::payload::Payload;
use crate::app::App;
use crate::error::{Case, Detail, Problem};

/// The room that is made for a body of unknown length, to begin with.
const FIRST_BYTES: usize = 64 << 10;

/// The room that is made on the mere word of the client: most images fit, and whoever declares more and sends nothing
/// costs us no more than this.
const FIRST_BYTES_MAX: usize = 1 << 20;

/// What the body of the request says.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: Payload> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        check_content_type(request.headers())?;
        let bytes = read(request.into_body(), app.settings.body_bytes_max(T::IMAGES)).await?;
        // Megabytes of base64 take milliseconds. The body is dropped, and overwritten, before the engine is called.
        let parse = move || Fields::parse(bytes.as_slice()).and_then(|fields| T::from_fields(&fields));
        match tokio::task::spawn_blocking(parse).await {
            Ok(parsed) => parsed.map(Self),
            Err(error) => Err(Problem::internal(format!("body: {error}"))),
        }
    }
}

/// Exactly one `Content-Type`, and it is JSON; parameters do not matter, the body has to be UTF-8 in any case.
fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let text = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    match essence.eq_ignore_ascii_case("application/json") && values.next().is_none() {
        true => Ok(()),
        false => Err(Problem::new(Case::ContentType)),
    }
}

async fn read(mut body: axum::body::Body, bytes_max: usize) -> Result<Buffer, Problem> {
    let declared = body.size_hint();
    if let Some(problem) = too_large(declared.lower(), bytes_max) {
        return Err(problem);
    }
    let room = declared.exact().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(FIRST_BYTES);
    let mut bytes = Buffer::with_capacity(room.min(FIRST_BYTES_MAX));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(Case::BodyCutOff))?;
        let Ok(chunk) = frame.into_data() else { continue };
        if let Some(problem) = too_large((bytes.as_slice().len() + chunk.len()) as u64, bytes_max) {
            return Err(problem);
        }
        bytes.extend(&chunk);
    }
    Ok(bytes)
}

fn too_large(bytes: u64, bytes_max: usize) -> Option<Problem> {
    let detail = || Detail::measured(Case::BodyTooLarge, "body_bytes", bytes as f64, None, bytes_max as f64);
    (bytes > bytes_max as u64).then(|| detail().into())
}
