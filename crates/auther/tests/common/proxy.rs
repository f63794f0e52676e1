//! Somebody between client and server, who may do with the answers as they like.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a client may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(1);

/// What is done with one request and its answer.
#[derive(Clone, Copy)]
pub(crate) enum Treat {
    /// Nothing.
    Pass,
    /// The answer is changed on its way: its head without the line's end, and its body.
    Alter(fn(&mut String, &mut Vec<u8>)),
    /// The server is not asked; this is the answer.
    Answer(&'static str),
    /// The server is asked, and its answer lost.
    Lose,
    /// The answer to the request before is given instead of this one's.
    Replay,
}

/// One connection at a time, one request a connection.
pub(crate) struct Proxy {
    pub(crate) base: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Treats the first requests as listed and passes the others.
    pub(crate) fn start(upstream: &str, treats: Vec<Treat>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let upstream = upstream.strip_prefix("http://").expect("http").to_owned();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        std::thread::spawn(move || {
            let mut treats = treats.into_iter();
            let mut last = Vec::new();
            for client in listener.incoming().map_while(Result::ok) {
                // Who connects and asks nothing must not keep others out.
                client.set_read_timeout(Some(SILENCE_MAX)).expect("set");
                let Some((head, body)) = message(&client) else { continue };
                kept.lock().expect("whole").push(head.clone());
                let treat = treats.next().unwrap_or(Treat::Pass);
                let answer = match treat {
                    Treat::Answer(text) => text.as_bytes().to_vec(),
                    Treat::Replay => last.clone(),
                    Treat::Pass | Treat::Alter(_) | Treat::Lose => forward(&upstream, &head, &body),
                };
                last.clone_from(&answer);
                let mut client = client;
                match treat {
                    Treat::Lose => drop(client),
                    Treat::Alter(alter) => {
                        let _ = client.write_all(&altered(&answer, alter));
                    }
                    Treat::Pass | Treat::Answer(_) | Treat::Replay => {
                        let _ = client.write_all(&answer);
                    }
                }
            }
        });
        Self { base, heads }
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.heads.lock().expect("whole").len()
    }

    /// The value of this header in every request that had it.
    pub(crate) fn values(&self, header: &str) -> Vec<String> {
        let heads = self.heads.lock().expect("whole");
        heads.iter().filter_map(|head| value(head, header)).collect()
    }
}

fn value(head: &str, header: &str) -> Option<String> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(name, _)| name.eq_ignore_ascii_case(header)).map(|(_, value)| value.to_owned())
}

/// Hands one request on, and its answer back.
pub(crate) fn relay(client: &mut (impl Read + Write), upstream: &str) -> std::io::Result<()> {
    match message(&mut *client) {
        Some((head, body)) => client.write_all(&forward(upstream, &head, &body)),
        None => Ok(()),
    }
}

/// A head, with the lines' ends but not the empty line, and a body of the length that the head says.
fn message(stream: impl Read) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let length = value(&head, "content-length").map_or(0, |length| length.parse().expect("a number"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

fn forward(upstream: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let mut server = TcpStream::connect(upstream).expect("the server listens");
    server.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).expect("sent");
    server.write_all(body).expect("sent");
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).expect("answered");
    answer
}

fn altered(answer: &[u8], alter: fn(&mut String, &mut Vec<u8>)) -> Vec<u8> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let mut head = String::from_utf8(answer[..end].to_vec()).expect("text");
    let mut body = answer[end + 4..].to_vec();
    alter(&mut head, &mut body);
    [head.as_bytes(), b"\r\n\r\n", &body].concat()
}
