//! A web server of a few lines that serves one file, well or badly.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How a request is answered.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// As it should be, from where it is asked to begin.
    Whole,
    /// The line breaks after so many bytes.
    CutAfter(usize),
    /// From the beginning, wherever it is asked to begin.
    NoRanges,
    /// There is no such file.
    NotFound,
}

pub(crate) struct Server {
    port: u16,
    ranges: Arc<Mutex<Vec<usize>>>,
}

impl Server {
    /// Serves these answers, one a request, and then no more.
    pub(crate) fn start(content: Vec<u8>, answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ranges);
        thread::spawn(move || {
            for answer in answers {
                let Ok((stream, _)) = listener.accept() else { return };
                let begin = requested(&stream);
                seen.lock().expect("not poisoned").push(begin);
                respond(stream, answer, &content, begin);
            }
        });
        Self { port, ranges }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/lib.so", self.port)
    }

    /// Where each request began.
    pub(crate) fn ranges(&self) -> Vec<usize> {
        self.ranges.lock().expect("not poisoned").clone()
    }
}

fn requested(stream: &TcpStream) -> usize {
    let lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let lines: Vec<String> = lines.collect();
    let range = lines.iter().find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    range.and_then(|range| range.trim_end_matches('-').parse().ok()).unwrap_or(0)
}

fn respond(mut stream: TcpStream, answer: Answer, content: &[u8], begin: usize) {
    let length = content.len();
    let rest = content.get(begin..).unwrap_or_default();
    let partial =
        format!("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {begin}-{}/{length}\r\n", length.max(1) - 1);
    let ok = "HTTP/1.1 200 OK\r\n".to_owned();
    let (head, body, announced) = match answer {
        Answer::Whole if begin > 0 => (partial, rest, rest.len()),
        Answer::Whole | Answer::NoRanges => (ok, content, length),
        Answer::CutAfter(bytes) => (ok, &content[..bytes], length),
        Answer::NotFound => ("HTTP/1.1 404 Not Found\r\n".to_owned(), &[][..], 0),
    };
    // The client may hang up early: that is its right.
    let _ = write!(stream, "{head}Content-Length: {announced}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(body);
}
