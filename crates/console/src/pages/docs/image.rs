//! The example pictures of the image requirements, compiled in.

use axum::body::Body;
use axum::extract::RawPathParams;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::fault::Fault;

macro_rules! images {
    ($($name:literal;)+) => {
        /// Name and content of every picture.
        pub(super) const IMAGES: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../../../../../docs/images/", $name)))),+];
    };
}

images! {
    "good.jpg";
    "no_face.jpg";
    "covered.jpg";
    "several_faces.jpg";
    "too_small.jpg";
    "cut.jpg";
    "turned.jpg";
    "raised.jpg";
    "lowered.jpg";
    "tilted.jpg";
    "blurred.jpg";
    "too_dark.jpg";
    "too_bright.jpg";
    "uneven.jpg";
    "sunglasses.jpg";
    "mouth_open.jpg";
    "eyes_closed.jpg";
    "one_eye_closed.jpg";
}

pub(crate) async fn serve(params: RawPathParams) -> Result<Response, Fault> {
    let name = params.iter().next().map_or("", |(_, name)| name);
    let (_, content) = IMAGES.iter().find(|(known, _)| *known == name).ok_or(Fault::NotFound)?;
    let mut response = Response::new(Body::from(*content));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    Ok(response)
}
