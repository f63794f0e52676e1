//! What a request costs that is neither decoding nor inference: HTTP, the key, the charge, the body, JSON, base64, the answer and
//! what is written down. The server is whole, its databases are on a disk, and only the engine is a fake that answers at once.
//!
//! `cargo bench -p api` prints the time of all threads of the process, client included, and the time on the clock; for the
//! instructions of one request run it under callgrind with two numbers of rounds and divide the difference:
//! `cargo bench -p api -- 20`.

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use base64_simd::STANDARD;
use common::{Server, read_response};
use tokio::io::AsyncWriteExt as _;

/// A JPEG of one megapixel, as bytes go that do not repeat.
const IMAGE_BYTES: usize = 350_000;

/// So often unless said otherwise.
const ROUNDS: usize = 500;

/// Processor time of all threads of this process that live.
fn processor_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux");
    let nanoseconds = |task: std::io::Result<std::fs::DirEntry>| -> u64 {
        // A thread may have ended meanwhile.
        let text = std::fs::read_to_string(task.expect("an entry").path().join("schedstat")).unwrap_or_default();
        text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
    };
    Duration::from_nanos(tasks.map(nanoseconds).sum())
}

fn image() -> Vec<u8> {
    let mut state = 1_u32;
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*state >> 24) as u8
    };
    (0..IMAGE_BYTES).map(|_| next(&mut state)).collect()
}

async fn measure(name: &str, server: &Server, request: &[u8], rounds: usize) {
    let mut stream = server.connect().await;
    let (mut walls, mut processor) = (Vec::with_capacity(rounds), Duration::ZERO);
    // The first ones warm up.
    for round in 0..rounds + rounds / 10 {
        if round == rounds / 10 {
            (walls, processor) = (Vec::with_capacity(rounds), processor_time());
        }
        let begun = Instant::now();
        stream.write_all(request).await.expect("written");
        assert_eq!(read_response(&mut stream).await.status, 200);
        walls.push(begun.elapsed());
        // The engine remembers what it was asked; megabytes of it would be measured too.
        server.fake.take_calls();
    }
    let processor = (processor_time() - processor).as_micros() / rounds as u128;
    walls.sort_unstable();
    println!("{name:<44} {processor:>9} {:>9}", walls[rounds / 2].as_micros());
}

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let server = Server::start().await;
        let text = STANDARD.encode_to_string(image());
        let verify = |text: &str| {
            let body = format!(r#"{{"faceImage":"{text}"}}"#);
            server.request("POST", "/person/verify-face/jane").json(body).bytes()
        };
        println!("{:<44} {:>9} {:>9}", "a request, client and fake engine included", "us of CPU", "us");
        measure("GET of a person", &server, &server.request("GET", "/person/face/jane").bytes(), rounds).await;
        measure("verify, 350 KB of image", &server, &verify(&text), rounds).await;
        measure("verify, the same with / escaped", &server, &verify(&text.replace('/', r"\/")), rounds).await;
        server.stop();
    });
}
