//! The rest of a body that was refused before it was read, over HTTP/2.
//!
//! A stream whose body nobody takes is reset, and what the client has sent meanwhile then counts as its fault: a few dozen
//! uploads refused at once would end the connection, and every other request on it. So the rest is read and forgotten for a
//! while, as it is over HTTP/1.1 when the connection is closed.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::timeout;

use super::stream::{LINGER_MAX, LINGER_SILENCE_MAX};

/// The body of a request; what nobody has read of it when it is dropped is read and forgotten.
pub(super) struct Rest(Option<Incoming>);

impl Rest {
    pub(super) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if let Some(body) = self.0.take().filter(|body| !body.is_end_stream()) {
            // There is a runtime wherever a connection is served.
            tokio::spawn(timeout(LINGER_MAX, forget(body)));
        }
    }
}

/// Until it ends, breaks or falls silent.
async fn forget(mut body: Incoming) {
    while let Ok(Some(Ok(_))) = timeout(LINGER_SILENCE_MAX, body.frame()).await {}
}

impl HttpBody for Rest {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }
}
