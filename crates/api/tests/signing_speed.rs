//! What signing adds to a request: the same call without a signature and with each kind of it, in turn, over one connection at a
//! time. `make bench-signing` prints the table, on the release build and on one core.

mod common;

use std::time::{Duration, Instant};

use accounts::Signing;
use api::Settings;
use common::{Server, SignedKey};
use signing::Algorithm;

/// The promise: RSA-2048 verified and signed, and the signature remembered on the disk.
const ADDED_MAX: Duration = Duration::from_millis(3);

const ROUNDS: usize = 150;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_signature_adds_less_than_three_milliseconds() {
    let server = Server::start().await;
    let base = Settings::default().public_url;
    let of = |algorithm, is_length_prefixed| Signing { algorithm, is_required: true, is_length_prefixed };
    let ways = [
        ("hash-then-RSA", of(Algorithm::HashThenRsa, false)),
        ("hash-then-RSA, length-prefixed", of(Algorithm::HashThenRsa, true)),
        ("hash-only", of(Algorithm::HashOnly, false)),
    ];
    let keys = ways.map(|(name, signing)| (name, SignedKey::new(&server, signing, &base)));
    let uri = "/person/face/jane";
    let mut plain = Vec::new();
    let mut signed = vec![Vec::new(); keys.len()];
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        assert_eq!(server.get(uri).await.status, 200);
        plain.push(begun.elapsed());
        for ((_, key), times) in keys.iter().zip(&mut signed) {
            // What the client does for it is not the server's time.
            let request = key.request(&server, "GET", uri, "");
            let begun = Instant::now();
            assert_eq!(request.send().await.status, 200);
            times.push(begun.elapsed());
        }
    }
    let plain = median(plain);
    println!("{:<32} {:>9}  {:>9}", "GET over loopback, median", "us", "added us");
    println!("{:<32} {:>9}", "not signed", plain.as_micros());
    for ((name, _), times) in keys.iter().zip(signed) {
        let median = median(times);
        let added = median.saturating_sub(plain);
        println!("{name:<32} {:>9}  {:>9}", median.as_micros(), added.as_micros());
        // Unoptimised and beside other work it takes longer.
        assert!(cfg!(debug_assertions) || added < ADDED_MAX, "{name}: {added:?}");
    }
}
