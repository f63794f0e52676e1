//! The server loop: accepts connections, has each served in the protocol that its client speaks, drains them at the end.

mod activity;
mod connection;
mod protocol;
mod rest;
mod socket;
mod stream;
mod tls;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use self::connection::Connections;
use crate::Settings;

pub use self::tls::{Tls, TlsError};

/// How long to wait after accepting failed for want of file descriptors or memory: until some are free again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` is ready, then lets requests in flight end for as long as the settings allow.
///
/// With `tls`, TLS is all that is spoken, and HTTP/2 or HTTP/1.1 in it as the client chooses (ALPN). Without it, a
/// connection that begins as HTTP/2 does (prior knowledge) speaks that, and every other one HTTP/1.1.
///
/// # Errors
/// When the listener itself is broken.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    tls: Option<Arc<Tls>>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    // A listener that cannot tell its address cannot accept either: said at once rather than in the log for ever.
    listener.local_addr()?;
    let served = Arc::new(Connections::new(router, settings, tls));
    let slots = Arc::new(Semaphore::new(settings.connections_max.min(Semaphore::MAX_PERMITS)));
    // The end has come when the sender is dropped.
    let (open, closing) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer, slot) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let (served, closing) = (Arc::clone(&served), closing.clone());
        connections.spawn(async move {
            // Errors here are the client's: it went away, was too slow, or spoke no HTTP.
            if let Err(error) = served.serve(stream, peer, closing).await {
                tracing::debug!(error, "connection");
            }
            drop(slot);
        });
        while connections.try_join_next().is_some() {}
    }
    drop((listener, open));
    drain(connections, Duration::from_millis(settings.drain_ms_max)).await;
    Ok(())
}

/// The next connection, once there is room for one.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is always a permit in the end.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and whole: waiting to fill a packet would only delay them.
                let _ = stream.set_nodelay(true);
                return (stream, peer, slot);
            }
            Err(error) if is_the_connections(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether it is only the connection that failed, before it was accepted.
fn is_the_connections(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    [ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind())
}

async fn drain(mut connections: JoinSet<()>, limit: Duration) {
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limit, ended).await.is_err() {
        tracing::warn!(connections = connections.len(), "shut down with requests in flight");
    }
    connections.shutdown().await;
}
