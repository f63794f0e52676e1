//! Who asks: prepared requests in turn, over connections that are kept, and what came of each.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::http::{Broken, Connection};

/// The status of an answer that says yes, and of one of a server that has enough to do.
const OK: u16 = 200;
const UNAVAILABLE: u16 = 503;

/// So much of a wrong answer is shown.
const SHOWN_BYTES: usize = 200;

/// A request and how to know the right answer to it.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// All its bytes.
    pub(super) bytes: Vec<u8>,
    /// What the body of the right answer holds.
    pub(super) expected: String,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was answered rightly.
    Right,
    /// The server had enough to do.
    Refused {
        /// Whether it said when to come back.
        retry_after: bool,
    },
    /// Neither: a wrong answer, or none.
    Wrong(String),
}

/// What came of many requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Counts {
    /// Answered rightly.
    pub right: usize,
    /// Refused with 503.
    pub refused: usize,
    /// Those of the refused that said when to come back.
    pub refused_with_retry_after: usize,
    /// Answered wrongly, or not at all.
    pub wrong: usize,
    /// What was wrong with the first of them.
    pub first_wrong: Option<String>,
}

impl Counts {
    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Right => self.right += 1,
            Outcome::Refused { retry_after } => {
                self.refused += 1;
                self.refused_with_retry_after += usize::from(retry_after);
            }
            Outcome::Wrong(what) => {
                self.wrong += 1;
                self.first_wrong.get_or_insert(what);
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.right += other.right;
        self.refused += other.refused;
        self.refused_with_retry_after += other.refused_with_retry_after;
        self.wrong += other.wrong;
        self.first_wrong = self.first_wrong.take().or(other.first_wrong);
    }
}

/// A client of many threads.
pub(super) struct Client {
    address: SocketAddr,
    requests: Vec<Request>,
    /// Connections that wait for a request; the one that was used last is taken first, so that there are no more of them
    /// than requests under way.
    idle: Mutex<Vec<Connection>>,
}

impl Client {
    pub(super) fn new(address: SocketAddr, requests: Vec<Request>) -> Self {
        Self { address, requests, idle: Mutex::new(Vec::new()) }
    }

    /// Sends the request whose turn it is at this number.
    pub(super) fn send(&self, number: usize) -> Outcome {
        let request = &self.requests[number % self.requests.len()];
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = kept {
            match self.exchange(connection, request) {
                // The server closes connections that are idle for long: nothing has happened yet.
                Err(Broken::Stale) => {}
                other => return other.unwrap_or_else(|broken| Outcome::Wrong(broken.to_string())),
            }
        }
        let fresh = Connection::open(self.address).and_then(|connection| self.exchange(connection, request));
        fresh.unwrap_or_else(|broken| Outcome::Wrong(broken.to_string()))
    }

    fn exchange(&self, mut connection: Connection, request: &Request) -> Result<Outcome, Broken> {
        let answer = connection.exchange(&request.bytes)?;
        let closes = answer.closes;
        let outcome = match answer.status {
            OK if holds(answer.body, request.expected.as_bytes()) => Outcome::Right,
            UNAVAILABLE => Outcome::Refused { retry_after: answer.retry_after },
            status => {
                let body = &answer.body[..answer.body.len().min(SHOWN_BYTES)];
                Outcome::Wrong(format!("status {status}: {}", String::from_utf8_lossy(body)))
            }
        };
        if !closes {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        Ok(outcome)
    }
}

fn holds(body: &[u8], expected: &[u8]) -> bool {
    expected.is_empty() || body.windows(expected.len()).any(|window| window == expected)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;

    use super::super::http::post;
    use super::*;

    /// A server that answers each request with what it is told to, after the time that takes.
    pub(crate) fn server(answer: impl Fn() -> &'static str + Send + Sync + 'static) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || serve(stream, &*answer));
            }
        });
        address
    }

    fn serve(mut stream: TcpStream, answer: &dyn Fn() -> &'static str) {
        let mut lines = BufReader::new(stream.try_clone().expect("the same"));
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if lines.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    length = value.trim().parse().expect("a number");
                }
                if line == "\r\n" {
                    break;
                }
            }
            lines.read_exact(&mut vec![0; length]).expect("a body");
            let text = answer();
            if stream.write_all(text.as_bytes()).is_err() || text.contains("Connection: close") {
                return;
            }
        }
    }

    pub(crate) const RIGHT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes";
    pub(crate) const BUSY: &str = "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";

    pub(crate) fn client(address: SocketAddr) -> Client {
        let bytes = post(address, "/", Some("key"), "{}");
        Client::new(address, vec![Request { bytes, expected: "yes".into() }])
    }

    #[test]
    fn what_came_of_a_request_is_told_apart() {
        let outcome = |answer| client(server(move || answer)).send(0);
        assert_eq!(outcome(RIGHT), Outcome::Right);
        assert_eq!(outcome(BUSY), Outcome::Refused { retry_after: true });
        let plain = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(outcome(plain), Outcome::Refused { retry_after: false });
        let no = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno";
        assert_eq!(outcome(no), Outcome::Wrong("status 200: no".into()));
        let cut = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nyes";
        assert_eq!(outcome(cut), Outcome::Wrong(Broken::CutOff.to_string()));
    }

    #[test]
    fn connections_are_kept_unless_the_server_closes_them() {
        let keeps = client(server(|| RIGHT));
        let closes = client(server(|| "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nyes"));
        for (client, kept) in [(keeps, 1), (closes, 0)] {
            assert_eq!([client.send(0), client.send(1)], [Outcome::Right, Outcome::Right]);
            assert_eq!(client.idle.lock().expect("whole").len(), kept);
        }
    }

    #[test]
    fn counts_add_up_and_keep_the_first_reason() {
        let mut counts = Counts::default();
        let wrong = |what: &str| Outcome::Wrong(what.into());
        for outcome in [Outcome::Right, wrong("a"), Outcome::Refused { retry_after: true }, wrong("b")] {
            counts.add(outcome);
        }
        let mut sum = Counts::default();
        sum.merge(counts.clone());
        sum.merge(counts);
        let expected =
            Counts { right: 2, refused: 2, refused_with_retry_after: 2, wrong: 4, first_wrong: Some("a".into()) };
        assert_eq!(sum, expected);
    }
}
