//! HTTP/1.1 and HTTP/2 as they are spoken here: hyper's settings, each with its reason.

use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::Settings;

/// HTTP/1.1: the most that is read ahead of whoever reads a body, in bytes. A megabyte of base64 takes twenty reads, and
/// a thousand connections that send faster than they are read hold 64 MiB, where hyper's own 408 KiB would be 400 MiB.
const READ_AHEAD_BYTES_MAX: usize = 64 << 10;

/// The least that hyper takes for that.
const READ_AHEAD_BYTES_MIN: usize = 8 << 10;

/// HTTP/2: requests at once on a connection. RFC 9113 advises against fewer than a hundred; how many of all connections'
/// requests are worked on is not for this to say but for `requests_in_flight_max`.
const STREAMS_MAX: u32 = 128;

/// HTTP/2: how much of all bodies of a connection may lie unread, in bytes. A megabyte a round trip is 20 MB/s over 50
/// ms; and it is all that a connection makes us keep which sends bodies that nobody takes.
const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;

/// HTTP/2: the same of one body. Half of the above, so that one that is not read leaves room for the others.
const STREAM_WINDOW_BYTES: u32 = CONNECTION_WINDOW_BYTES / 2;

/// HTTP/2: how much of one answer is buffered for a client that does not read it, in bytes. The API's answers have a
/// kilobyte; pages go out in a few steps.
const SEND_AHEAD_BYTES_MAX: usize = 64 << 10;

/// HTTP/2: after how long without a frame from the client it is asked whether it is there.
const PING_AFTER: Duration = Duration::from_secs(10);

/// HTTP/2: how long it may take to say yes; then it is dead, or behind a line that is.
const PONG_WITHIN: Duration = Duration::from_secs(10);

/// HTTP/2: streams that a client opened and reset before they were looked at; one more ends the connection ("rapid reset",
/// CVE-2023-44487). It is the default of h2 0.4, said here so that an update cannot take it away.
const RESETS_BEFORE_ACCEPT_MAX: usize = 20;

/// HTTP/2: streams of a connection that we had to reset because the client broke the protocol; one more ends it
/// (RUSTSEC-2024-0003). The default of h2 0.4, said here so that an update cannot take it away. It counts over the life of a
/// connection, and honest clients add to it: data that crosses a reset of ours on its way, once h2 has forgotten the stream.
const RESETS_FOR_ERRORS_MAX: usize = 1_024;

pub(super) fn http1(settings: &Settings) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(settings.head_read_ms_max))
        .max_header_size(settings.head_bytes_max)
        // A head has to fit.
        .max_buf_size(READ_AHEAD_BYTES_MAX.max(settings.head_bytes_max).max(READ_AHEAD_BYTES_MIN))
        .keep_alive(true)
        // A client that closes its side has gone, and its request with it: clients that lost patience try again, and
        // working for both would make an overload last.
        .half_close(false);
    http
}

/// What h2 0.4 sees to by itself besides: no more continuations of a head than the greatest list of headers needs
/// (CVE-2024-27316), a hundred empty frames of a body, and a budget of memory for very small ones.
pub(super) fn http2(settings: &Settings) -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .max_send_buf_size(SEND_AHEAD_BYTES_MAX)
        .max_header_list_size(u32::try_from(settings.head_bytes_max).unwrap_or(u32::MAX))
        .keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PONG_WITHIN)
        .max_pending_accept_reset_streams(RESETS_BEFORE_ACCEPT_MAX)
        .max_local_error_reset_streams(RESETS_FOR_ERRORS_MAX);
    http
}
