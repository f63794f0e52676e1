//! Whatever is sent, nothing is ever a defect of ours.

mod common;

use common::{Response, Server, calls_with_body, exchange};
use proptest::prelude::*;
use tokio::runtime::Runtime;

/// Bodies from noise to nearly right.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\"faceImage\"",
        "\"sourceImage\"",
        "\"sourcetImage\"",
        "\"targetImage\"",
        "\"similarityThreshold\"",
        "null",
        "80",
        "-1e999",
        "\"AAEC\"",
        "\"\"",
        "\"\\u0041AEC\"",
        "\"data:image/png;base64,AAEC\"",
        "\u{feff}",
        " ",
        "\"\\ud800\"",
        "NaN",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat().into_bytes()),
        (any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(|(at, byte, pair)| {
            let mut body = if pair { common::PAIR } else { common::FACE }.as_bytes().to_vec();
            let at = at.index(body.len());
            body[at] = byte;
            body
        }),
    ]
}

#[test]
fn no_body_is_a_defect() {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(Server::start());
    let calls: Vec<_> = calls_with_body().collect();
    proptest!(ProptestConfig::with_cases(1_000), |(body in bodies(), call in 0..calls.len())| {
        let (method, path, _) = calls[call];
        let response = runtime.block_on(server.request(method, path).json(&body).send());
        let is_expected = response.status == 200 || matches!(response.code().as_str(), "R_002" | "R_003");
        prop_assert!(is_expected && response.status < 500, "{:?}", response);
    });
}

#[test]
fn no_bytes_at_all_are_a_defect() {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(Server::start());
    let right = server.request("POST", "/person/face/jane").header("Connection", "close").json(common::FACE).bytes();
    let changes = prop::collection::vec((0..right.len(), any::<u8>()), 1..6);
    proptest!(ProptestConfig::with_cases(150), |(changes in changes, cut in 0..right.len())| {
        let mut bytes = right.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        // Ends the head whatever became of it, so that the server need not wait for more.
        bytes.truncate(cut.max(right.len() / 2));
        bytes.extend(b"\r\n\r\n");
        let answer = runtime.block_on(async {
            let stream = server.connect().await;
            tokio::time::timeout(std::time::Duration::from_millis(200), exchange(stream, &bytes)).await.unwrap_or_default()
        });
        if let Some((response, _)) = Response::parse(&answer, false) {
            prop_assert!(response.status < 500, "{:?}", response);
        }
    });
}
