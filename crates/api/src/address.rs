//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use accounts::{Networks, client_address};
use axum::extract::ConnectInfo;
use axum::http::request::Parts;

/// The header in which proxies say for whom they ask.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the client: that of the connection, or what the trusted proxies in between say. `None` when the request
/// did not come over a connection.
pub(crate) fn of(parts: &Parts, trusted: &Networks) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let forwarded = parts.headers.get_all(FORWARDED_FOR).iter();
    // What is no text is kept, as something that cannot be read: the proxy has appended to it whom it asks for, and a line
    // left out would make its client pass for the proxy.
    let forwarded: Vec<_> = forwarded.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    let forwarded: Vec<&str> = forwarded.iter().map(|value| &**value).collect();
    Some(client_address(peer.ip(), &forwarded, trusted))
}
