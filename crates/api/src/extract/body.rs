//! A JSON body: declared as such, read within its limit, parsed off the runtime's threads if it is large.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};

use super::fields::Fields;
use super::held::HeldBody;
use super::payload::Payload;
use crate::app::App;
use crate::error::{Case, Problem};

/// Up to this size a body is parsed where it was read, in bytes: a photograph of one megapixel in base64, and as much again. The
/// one takes a quarter of a millisecond, and to hand it over as much again (`cargo bench -p api`): a thread has to wake up, on a
/// core whose caches do not have the body, and then this one. The worst of this size, with every `/` escaped, keeps the thread
/// from others for two or three milliseconds.
const PARSED_HERE_BYTES_MAX: usize = 1 << 20;

/// What the body of the request says.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: Payload> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        check_content_type(request.headers())?;
        let held = request.extensions().get::<HeldBody>().cloned();
        let held = held.ok_or_else(|| Problem::internal("the body is not held".to_owned()))?;
        let bytes = held.take(app.settings.body_bytes_max(T::IMAGES)).await?;
        let is_small = bytes.as_slice().len() <= PARSED_HERE_BYTES_MAX;
        // The body is dropped, and overwritten, before the engine is called.
        let parse = move || Fields::parse(bytes.as_slice()).and_then(|fields| T::from_fields(&fields));
        if is_small {
            return parse().map(Self);
        }
        match app.admission.compute(parse).await {
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
