//! As much of HTTP/1.1 (RFC 9112) as a client needs that sends what it has prepared and looks at the answer.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a connection may take to be made, and an answer to go on coming: longer than any system that is measured.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes of an answer that are read at once: more than any of ours has.
const READ_BYTES: usize = 8 << 10;

/// The longest answer that is waited for: an embedding as text is a few kilobytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A connection that is kept.
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    /// Whether it has carried an answer: the other side may have closed it since.
    used: bool,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    /// The other side had closed the connection before it saw the request.
    #[error("the connection was closed while it was idle")]
    Stale,
    /// The connection ended within the answer.
    #[error("the answer is cut off")]
    CutOff,
    /// It is no answer.
    #[error("no HTTP answer: {0}")]
    Malformed(&'static str),
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(ErrorKind),
}

/// What is looked at in an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
    /// Whether it says when to come back.
    pub(super) retry_after: bool,
    /// Whether the connection ends with it.
    pub(super) closes: bool,
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Result<Self, Broken> {
        let io = |error: std::io::Error| Broken::Io(error.kind());
        let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(io)?;
        // A request is written at once: there is nothing to wait for.
        stream.set_nodelay(true).map_err(io)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(io)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(io)?;
        Ok(Self { stream, received: Vec::with_capacity(READ_BYTES), used: false })
    }

    /// Sends a request and waits for its answer.
    pub(super) fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>, Broken> {
        self.received.clear();
        // Who refuses early answers before the request has arrived, and closes: the answer is there all the same.
        let sent = self.stream.write_all(request);
        loop {
            if head_and_length(&self.received)?.is_some() {
                break;
            }
            match (self.receive(), &sent) {
                (Ok(0), _) if self.received.is_empty() && self.used => return Err(Broken::Stale),
                (Ok(0), _) => return Err(Broken::CutOff),
                (Ok(_), _) => {}
                (Err(_), Err(_)) if self.received.is_empty() && self.used => return Err(Broken::Stale),
                (Err(kind), _) if kind == ErrorKind::ConnectionReset && self.received.is_empty() && self.used => {
                    return Err(Broken::Stale);
                }
                (Err(kind), _) => return Err(Broken::Io(kind)),
            }
        }
        self.used = true;
        let mut answer = parse(&self.received)?.ok_or(Broken::CutOff)?;
        // What was not sent whole leaves the connection in the middle of a request.
        answer.closes |= sent.is_err();
        Ok(answer)
    }

    /// Waits for more bytes; 0 when no more will come.
    fn receive(&mut self) -> Result<usize, ErrorKind> {
        let before = self.received.len();
        self.received.resize(before + READ_BYTES, 0);
        let count = loop {
            match self.stream.read(&mut self.received[before..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other.map_err(|error| error.kind()),
            }
        };
        self.received.truncate(before + count.unwrap_or(0));
        count
    }
}

/// The answer, when all of it is there.
fn parse(bytes: &[u8]) -> Result<Option<Answer<'_>>, Broken> {
    let Some((head, body)) = head_and_length(bytes)? else { return Ok(None) };
    let Head { status, retry_after, closes, .. } = head;
    Ok(Some(Answer { status, body: &bytes[body], retry_after, closes }))
}

struct Head {
    status: u16,
    length: Option<usize>,
    retry_after: bool,
    closes: bool,
}

/// What the head says and where the body lies, when all of it is there.
fn head_and_length(bytes: &[u8]) -> Result<Option<(Head, std::ops::Range<usize>)>, Broken> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return match bytes.len() > ANSWER_BYTES_MAX {
            true => Err(Broken::Malformed("its head does not end")),
            false => Ok(None),
        };
    };
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| Broken::Malformed("its head is no text"))?;
    let head = head(text)?;
    // Nothing that is measured answers in parts of unknown length, or without a body.
    let length = head.length.ok_or(Broken::Malformed("it does not say its length"))?;
    if length > ANSWER_BYTES_MAX {
        return Err(Broken::Malformed("it is too long"));
    }
    let body = end + 4..end + 4 + length;
    Ok((bytes.len() >= body.end).then_some((head, body)))
}

fn head(text: &str) -> Result<Head, Broken> {
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let (version, rest) = first.split_once(' ').ok_or(Broken::Malformed("its first line is none"))?;
    let status = rest.get(..3).and_then(|digits| digits.parse().ok());
    let status = status.ok_or(Broken::Malformed("it has no status"))?;
    let closes = match version {
        "HTTP/1.1" => false,
        "HTTP/1.0" => true,
        _ => return Err(Broken::Malformed("its version is not known")),
    };
    let mut head = Head { status, length: None, retry_after: false, closes };
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(Broken::Malformed("a line of its head is none"))?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            let length = value.parse().map_err(|_| Broken::Malformed("its length is no number"))?;
            if head.length.replace(length).is_some_and(|other| other != length) {
                return Err(Broken::Malformed("it has two lengths"));
            }
        } else if name.eq_ignore_ascii_case("connection") {
            head.closes =
                value.eq_ignore_ascii_case("close") || head.closes && !value.eq_ignore_ascii_case("keep-alive");
        } else if name.eq_ignore_ascii_case("retry-after") {
            head.retry_after = true;
        }
    }
    Ok(head)
}

/// A request with a body of JSON, as bytes.
pub(super) fn post(address: SocketAddr, path: &str, key: Option<&str>, body: &str) -> Vec<u8> {
    let key = key.map(|key| format!("Api-Key: {key}\r\n")).unwrap_or_default();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\n{key}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A request without a body, as bytes.
pub(super) fn get(address: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    const FULL: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 4\r\n\r\n{\"a\"";

    #[test]
    fn an_answer_is_there_when_all_of_it_is() {
        for end in 0..FULL.len() {
            assert_eq!(parse(&FULL[..end]), Ok(None), "{end} bytes");
        }
        let answer = Answer { status: 200, body: b"{\"a\"", retry_after: false, closes: false };
        assert_eq!(parse(FULL), Ok(Some(answer)));
    }

    #[test]
    fn what_the_head_says_of_the_connection_is_heeded() {
        let closes = |head: &str| {
            parse(format!("{head}\r\nContent-Length: 0\r\n\r\n").as_bytes()).map(|one| {
                let one = one.expect("whole");
                (one.status, one.closes, one.retry_after)
            })
        };
        assert_eq!(closes("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nconnection: Close"), Ok((503, true, true)));
        assert_eq!(closes("HTTP/1.1 404 Not Found\r\nConnection: keep-alive"), Ok((404, false, false)));
        assert_eq!(closes("HTTP/1.0 200 OK"), Ok((200, true, false)));
        assert_eq!(closes("HTTP/1.0 200 OK\r\nConnection: keep-alive"), Ok((200, false, false)));
    }

    #[test]
    fn what_is_no_answer_is_said_to_be_none() {
        for wrong in [
            "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1\r\n\r\n",
            "HTTP/1.1 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno line\r\n\r\n",
        ] {
            assert!(matches!(parse(wrong.as_bytes()), Err(Broken::Malformed(_))), "{wrong:?}");
        }
    }

    /// A server that reads a request's head and does this with the connection.
    fn server(act: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        std::thread::spawn(move || act(listener.accept().expect("a client").0));
        address
    }

    fn read_request(stream: &mut TcpStream) {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).expect("a request");
        assert!(bytes[..count].starts_with(b"GET / HTTP/1.1\r\n"));
    }

    #[test]
    fn a_connection_is_kept_and_one_that_was_closed_meanwhile_is_known() {
        let address = server(|mut stream| {
            for _ in 0..2 {
                read_request(&mut stream);
                stream.write_all(FULL).expect("sent");
            }
        });
        let mut connection = Connection::open(address).expect("open");
        let request = get(address, "/");
        assert_eq!(connection.exchange(&request).expect("the first").status, 200);
        assert_eq!(connection.exchange(&request).expect("the second").body, b"{\"a\"");
        assert_eq!(connection.exchange(&request), Err(Broken::Stale));
    }

    #[test]
    fn an_answer_that_is_cut_off_is_an_error() {
        let address = server(|mut stream| {
            read_request(&mut stream);
            stream.write_all(&FULL[..FULL.len() - 1]).expect("sent");
        });
        let mut connection = Connection::open(address).expect("open");
        assert_eq!(connection.exchange(&get(address, "/")), Err(Broken::CutOff));
    }

    #[test]
    fn a_refusal_before_the_request_has_arrived_is_read() {
        let address = server(|mut stream| {
            read_request(&mut stream);
            stream.write_all(b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n").expect("sent");
            // Closed with the rest unread: the client's writing fails.
        });
        let mut connection = Connection::open(address).expect("open");
        let mut request = get(address, "/");
        request.resize(64 << 20, b'x');
        let answer = connection.exchange(&request).expect("an answer");
        assert_eq!((answer.status, answer.retry_after, answer.closes), (503, true, true));
    }
}
