//! A client of HTTP/2: hyper's, which keeps to the protocol. What does not is written frame by frame where it is tested.

use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;

use super::{Request, Response};

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    /// Ends when the connection does.
    pub connection: JoinHandle<hyper::Result<()>>,
}

/// An answer that is waited for.
pub type Answering = JoinHandle<hyper::Result<Response>>;

impl Http2 {
    pub async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
        Self { sender, connection: tokio::spawn(connection) }
    }

    /// Sends it; aborting what comes back resets its stream.
    pub fn begin(&self, request: &Request) -> Answering {
        let (mut sender, request) = (self.sender.clone(), request.http2());
        tokio::spawn(async move {
            sender.ready().await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            Ok(Response::read(&head, &body.collect().await?.to_bytes()))
        })
    }

    /// Sends it and waits for the answer.
    pub async fn try_send(&self, request: &Request) -> hyper::Result<Response> {
        tokio::time::timeout(PATIENCE, self.begin(request)).await.expect("an answer in time").expect("no panic")
    }

    pub async fn send(&self, request: &Request) -> Response {
        self.try_send(request).await.expect("an answer")
    }

    /// Waits until the connection has ended, and takes no longer than this.
    pub async fn ended_within(self, limit: Duration) {
        let _sender = self.sender;
        let ended = tokio::time::timeout(limit, self.connection).await;
        // How it ended is the server's to choose.
        let _ = ended.expect("the connection ends in time").expect("no panic");
    }
}
