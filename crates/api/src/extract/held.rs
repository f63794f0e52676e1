//! The body of a request, waiting for whoever reads it first: the check of its signature, or the handler's parameter.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::HttpBody as _;
use http_body_util::BodyExt as _;

use super::buffer::Buffer;
use crate::error::{Case, Detail, Problem};

/// The room that is made for a body of unknown length, to begin with.
const FIRST_BYTES: usize = 64 << 10;

/// A handle that travels with the request; a clone is another handle.
#[derive(Clone)]
pub(crate) struct HeldBody(Arc<Mutex<Held>>);

enum Held {
    /// Nobody has read it.
    Waiting(axum::body::Body),
    /// It was read, and may be taken.
    Read(Buffer),
    /// It was taken.
    Taken,
}

impl HeldBody {
    pub(crate) fn new(body: axum::body::Body) -> Self {
        Self(Arc::new(Mutex::new(Held::Waiting(body))))
    }

    /// Takes the whole body, read within the limit; whoever takes it and does not need it alone puts it back.
    ///
    /// # Errors
    /// It is too large or cut off.
    pub(crate) async fn take(&self, bytes_max: usize) -> Result<Buffer, Problem> {
        let held = std::mem::replace(&mut *self.held(), Held::Taken);
        match held {
            Held::Waiting(body) => read(body, bytes_max).await,
            Held::Read(bytes) => Ok(bytes),
            Held::Taken => Err(Problem::internal("the body is taken twice".to_owned())),
        }
    }

    /// For whoever reads it next.
    pub(crate) fn put_back(&self, bytes: Buffer) {
        *self.held() = Held::Read(bytes);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads it all. A body of declared length gets its room at once, so that each byte is copied once, out of what was read
/// from the connection; the length is within the limit, and room costs nothing until it is filled ([`Buffer`]): whoever
/// declares megabytes and sends none has cost us none. Only a body of unknown length has to move as it grows.
async fn read(mut body: axum::body::Body, bytes_max: usize) -> Result<Buffer, Problem> {
    let declared = body.size_hint();
    if let Some(problem) = too_large(declared.lower(), bytes_max) {
        return Err(problem);
    }
    let room = declared.exact().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(FIRST_BYTES);
    let mut bytes = Buffer::with_capacity(room);
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
