//! The socket under hyper, with two things put right that hyper leaves to its user, and one found out before it.
//!
//! In HTTP/1, hyper answers by itself what is no HTTP at all, without headers of ours: such an answer is replaced by one
//! from the error table, with a `Request-Id` as every response has. In HTTP/2 such a request is no request yet: its stream
//! is reset, or its connection ended with a reason. And a connection is closed gently: a client that is still sending a
//! body that was refused would otherwise have its connection reset before it reads why.
//!
//! In clear, what a client begins with tells which of the two it speaks. It is read, and read again by hyper.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::socket::Socket;
use crate::error::Case;
use crate::request_id::RequestId;

/// How long to listen to a client that has its answer: as long as uploading the greatest body takes on a usual line.
pub(super) const LINGER_MAX: Duration = Duration::from_secs(10);
/// How long it may be silent during that.
pub(super) const LINGER_SILENCE_MAX: Duration = Duration::from_secs(1);

/// What a client of HTTP/2 begins with (RFC 9113, 3.4): chosen so that no request of HTTP/1 begins so.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A protocol as this crate tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Http1,
    Http2,
}

pub(super) struct Stream {
    socket: Socket,
    version: Version,
    ahead: Ahead,
    instead: Option<Instead>,
    linger: Option<Linger>,
}

/// What was read to find out the protocol.
#[derive(Default)]
struct Ahead {
    bytes: [u8; PREFACE.len()],
    length: usize,
    /// How much of it hyper has read.
    taken: usize,
}

/// What is written instead of what hyper wanted to write.
struct Instead {
    bytes: Vec<u8>,
    written: usize,
    /// How much hyper believes to have written.
    stands_for: usize,
}

struct Linger {
    end: Instant,
    silence: Pin<Box<Sleep>>,
}

impl Stream {
    pub(super) fn new(socket: Socket, version: Version) -> Self {
        Self { socket, version, ahead: Ahead::default(), instead: None, linger: None }
    }

    /// Waits for as many bytes as tell the protocol: one for nearly every request of HTTP/1.
    pub(super) async fn sniffed(mut socket: Socket) -> io::Result<(Self, Version)> {
        let mut ahead = Ahead::default();
        while ahead.length < PREFACE.len() && PREFACE.starts_with(&ahead.bytes[..ahead.length]) {
            match socket.read(&mut ahead.bytes[ahead.length..]).await? {
                0 => break,
                read => ahead.length += read,
            }
        }
        let version = if ahead.bytes == *PREFACE { Version::Http2 } else { Version::Http1 };
        Ok((Self { ahead, ..Self::new(socket, version) }, version))
    }

    fn poll_write_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(instead) = &mut self.instead else { return Poll::Ready(Ok(0)) };
        while instead.written < instead.bytes.len() {
            let rest = &instead.bytes[instead.written..];
            match ready!(Pin::new(&mut self.socket).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => instead.written += written,
            }
        }
        let stands_for = instead.stands_for;
        self.instead = None;
        Poll::Ready(Ok(stands_for))
    }

    /// Reads and forgets until the client has closed too, fallen silent or had its time.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let linger = self.linger.get_or_insert_with(|| Linger {
            end: Instant::now() + LINGER_MAX,
            silence: Box::pin(tokio::time::sleep(LINGER_SILENCE_MAX)),
        });
        let mut bytes = [0; 16 << 10];
        loop {
            if linger.silence.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(self.socket.below()).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    linger.silence.as_mut().reset(linger.end.min(Instant::now() + LINGER_SILENCE_MAX));
                }
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.ahead.taken < self.ahead.length {
            let left = &self.ahead.bytes[self.ahead.taken..self.ahead.length];
            let taken = left.len().min(buffer.remaining());
            buffer.put_slice(&left[..taken]);
            self.ahead.taken += taken;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.instead.is_none() {
            let start = match self.version {
                Version::Http1 => hypers_own_answer(bytes),
                Version::Http2 => None,
            };
            let Some(start) = start else { return Pin::new(&mut self.socket).poll_write(cx, bytes) };
            let replaced = [&bytes[..start], &malformed_answer()].concat();
            self.instead = Some(Instead { bytes: replaced, written: 0, stands_for: bytes.len() });
        }
        self.poll_write_instead(cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.socket).poll_shutdown(cx))?;
        }
        self.poll_linger(cx).map(Ok)
    }
}

/// Where in what is being written an answer begins that hyper made up itself: the last one, a refusal without a body
/// and without a `Request-Id`, which all of ours have.
fn hypers_own_answer(bytes: &[u8]) -> Option<usize> {
    const VERSION: &[u8] = b"HTTP/1.";
    let is_head = bytes.ends_with(b"\r\n\r\n");
    let start = is_head.then(|| bytes.windows(VERSION.len()).rposition(|window| window == VERSION)).flatten()?;
    let head = &bytes[start..];
    // "HTTP/1.1 4": a 100 is hyper's too, and right as it is.
    let is_refusal = head.get(9) == Some(&b'4');
    let has_id = head.windows(11).any(|window| window.eq_ignore_ascii_case(b"request-id:"));
    (is_refusal && !has_id).then_some(start)
}

/// What is said to whoever speaks no HTTP, with the headers that the middleware gives to everybody else.
fn malformed_answer() -> Vec<u8> {
    let id = RequestId::new();
    let case = Case::HttpMalformed;
    tracing::info!(request_id = %id, status = case.status().as_u16(), case = case.word(), "not a request");
    let (code, message) = (case.code().text(), case.code().message());
    let body = format!(r#"{{"code":"{code}","type":"{}","message":"{message}"}}"#, case.word());
    format!(
        "HTTP/1.1 {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nrequest-id: {id}\r\nconnection: close\r\n\r\n{body}",
        case.status(),
        body.len()
    )
    .into_bytes()
}
