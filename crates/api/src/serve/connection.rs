//! One connection: opened within its time, served in its protocol, ended when the server ends or nobody asks anything.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::activity::Activity;
use super::protocol;
use super::rest::Rest;
use super::socket::Socket;
use super::stream::{Stream, Version};
use super::tls::{self, Tls};
use crate::Settings;

type Request<B = Incoming> = hyper::Request<B>;

/// How every connection of a listener is served.
pub(super) struct Connections {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    router: Router,
    tls: Option<Arc<Tls>>,
    head_read_max: Duration,
}

impl Connections {
    pub(super) fn new(router: Router, settings: &Settings, tls: Option<Arc<Tls>>) -> Self {
        Self {
            http1: protocol::http1(settings),
            http2: protocol::http2(settings),
            router,
            tls,
            head_read_max: Duration::from_millis(settings.head_read_ms_max),
        }
    }

    /// Serves it until the client goes, or until `closing` has no sender any more and what is in flight is answered.
    pub(super) async fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        closing: watch::Receiver<()>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let opened = tokio::select! {
            biased;
            () = over(closing.clone()) => return Ok(()),
            opened = tokio::time::timeout(self.head_read_max, self.open(stream)) => opened??,
        };
        let (stream, version) = opened;
        let (stream, router) = (TokioIo::new(stream), self.router.clone());
        match version {
            // hyper's own time limit is for each head, the first and those that follow on a connection kept open.
            Version::Http1 => {
                let service = service(router, peer);
                let whole = service_fn(move |request: Request| service.call(request.map(Body::new)));
                let connection = self.http1.serve_connection(stream, whole);
                Ok(drive(connection, over(closing), pending).await?)
            }
            Version::Http2 => {
                let activity = Activity::new();
                let connection = self.http2.serve_connection(stream, counted(service(router, peer), activity.clone()));
                Ok(drive(connection, over(closing), || activity.idle_for(self.head_read_max)).await?)
            }
        }
    }

    /// Goes as far as it takes to know which protocol is spoken.
    async fn open(&self, stream: TcpStream) -> io::Result<(Stream, Version)> {
        match &self.tls {
            Some(tls) => {
                let stream = tls.accept(stream).await?;
                let version = tls::version(&stream);
                Ok((Stream::new(Socket::Tls(Box::new(stream)), version), version))
            }
            None => Stream::sniffed(Socket::Clear(stream)).await,
        }
    }
}

/// Ready once the sender is gone.
async fn over(mut closing: watch::Receiver<()>) {
    while closing.changed().await.is_ok() {}
}

/// Serves to the end; tells the client to ask nothing more when the server closes, or when it has asked nothing for long.
async fn drive<C: GracefulConnection, I: Future<Output = ()>>(
    connection: C,
    closing: impl Future<Output = ()>,
    idle: impl Fn() -> I,
) -> Result<(), C::Error> {
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = closing => {}
        () = idle() => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        ended = connection => ended,
        // It was told to go, had nothing to wait for, and stayed.
        () = idle() => Ok(()),
    }
}

/// The router, which is told with each request where its connection comes from.
fn service(
    router: Router,
    peer: SocketAddr,
) -> impl Service<Request<Body>, Response = Response, Error = Infallible, Future: Send + 'static> {
    let router = TowerToHyperService::new(router);
    service_fn(move |mut request: Request<Body>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
    })
}

/// The service for HTTP/2: its requests are counted, and look to all behind it like those of HTTP/1.1.
fn counted(
    service: impl Service<Request<Body>, Response = Response, Error = Infallible, Future: Send + 'static>,
    activity: Activity,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send + 'static> {
    service_fn(move |mut request: Request| {
        let busy = activity.begin();
        name_host(&mut request);
        let answer = service.call(request.map(|body| Body::new(Rest::new(body))));
        async move { answer.await.map(|response| busy.answered(response)) }
    })
}

/// HTTP/2 names the host in `:authority`. Signatures of Amazon's kind and the guard of the pages' forms look into `Host`.
fn name_host(request: &mut Request) {
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        // Whoever sends both and means different hosts gets the one that the protocol goes by.
        request.headers_mut().insert(header::HOST, host);
    }
}
