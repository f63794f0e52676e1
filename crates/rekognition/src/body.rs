//! The body of a call: declared as what it is, read within its limit, overwritten when it is done with.

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use zeroize::Zeroizing;

use crate::exception::{Exception, Kind};

/// The one type of bodies, of requests and answers alike.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The room that is made for a body of unknown length, to begin with.
const FIRST_BYTES: usize = 64 << 10;

/// The room that is made on the mere word of the client.
const FIRST_BYTES_MAX: usize = 1 << 20;

/// Whether the body is declared as what it must be; parameters do not matter.
pub(crate) fn is_declared(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(CONTENT_TYPE)
}

/// Reads the whole body.
pub(crate) async fn read(mut body: Body, bytes_max: usize) -> Result<Zeroizing<Vec<u8>>, Exception> {
    let declared = body.size_hint();
    check_size(declared.lower(), bytes_max)?;
    let room = declared.exact().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(FIRST_BYTES);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.min(FIRST_BYTES_MAX)));
    while let Some(frame) = body.frame().await {
        let cut_off = |_| Exception::new(Kind::SerializationException, "The body was cut off.");
        let Ok(chunk) = frame.map_err(cut_off)?.into_data() else { continue };
        let needed = bytes.len() + chunk.len();
        check_size(needed as u64, bytes_max)?;
        if needed > bytes.capacity() {
            // Moved by hand, so that no copy is left behind where it grew out of.
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(bytes.capacity() * 2)));
            larger.extend_from_slice(&bytes);
            bytes = larger;
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn check_size(bytes: u64, bytes_max: usize) -> Result<(), Exception> {
    match bytes > bytes_max as u64 {
        true => {
            let message = format!("The body is larger than {bytes_max} bytes.");
            Err(Exception::new(Kind::RequestEntityTooLargeException, message))
        }
        false => Ok(()),
    }
}
