//! `/console/assets/{file}`: style sheets, scripts, pictures.

use axum::extract::RawPathParams;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::assets;
use crate::fault::Fault;

/// The content is part of the address, so what is here never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(crate) async fn serve(params: RawPathParams, headers: HeaderMap) -> Result<Response, Fault> {
    let file = params.iter().next().map_or("", |(_, file)| file);
    let asset = assets::find(file).ok_or(Fault::NotFound)?;
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == asset.etag);
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => asset.content.into_response(),
    };
    let tag = HeaderValue::from_str(&asset.etag).map_err(|error| Fault::internal(error.to_string()))?;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    response.headers_mut().insert(header::ETAG, tag);
    response.headers_mut().insert(header::CACHE_CONTROL, FOR_EVER);
    Ok(response)
}
