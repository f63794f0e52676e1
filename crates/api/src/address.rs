//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use accounts::{FORWARDED_FOR, Networks, client_address};
use axum::extract::ConnectInfo;
use axum::http::HeaderValue;
use axum::http::request::Parts;

/// The address of the client: that of the connection, or what the trusted proxies in between say. `None` when the request
/// did not come over a connection.
pub(crate) fn of(parts: &Parts, trusted: &Networks) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let forwarded = parts.headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    Some(client_address(peer.ip(), forwarded, trusted))
}
