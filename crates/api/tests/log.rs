//! The log: one line for each request, with what an operator needs and without what nobody may keep.

mod common;

use std::io;
use std::sync::{Arc, Mutex};

use common::{FACE, Request, Script, Server};
use serde_json::Value;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_line_for_each_request_and_nothing_personal_in_any() {
    let sink = Sink::default();
    let writer = sink.clone();
    let level = tracing_subscriber::filter::LevelFilter::DEBUG;
    tracing_subscriber::fmt().json().with_max_level(level).with_writer(move || writer.clone()).init();
    let server = Server::start().await;
    let image = "c2VjcmV0IGZhY2U";
    let body = format!(r#"{{"faceImage":"{image}"}}"#);
    let mut ids = Vec::new();
    let mut note = |response: common::Response| ids.push(response.header("request-id").expect("an id").to_owned());
    note(server.post("/person/face/jane.doe?token=query", &body).await);
    note(server.post("/person/face/jane%20doe", &body).await);
    note(server.get("/nowhere/jane.doe").await);
    server.fake.script(Script::Fail(|| engine::Error::Internal("the disk is gone".to_owned())));
    note(server.post("/person/verify-face/jane.doe", &body).await);
    server.fake.script(Script::Panic);
    note(server.get("/person/face/jane.doe").await);
    note(Request::new(server.address, "JANE", "/person/face/jane.doe").json(FACE).send().await);

    let text = String::from_utf8(sink.0.lock().expect("no panic").clone()).expect("text");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for personal in ["jane", "JANE", "doe", image, &server.key, &server.key[3..13], "query", "secret face"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
    let of = |id: &str| {
        let mut found =
            lines.iter().filter(|line| line["span"]["request_id"] == id && line["fields"]["message"] == "request");
        let line = found.next().expect("a line").clone();
        assert!(found.next().is_none(), "one line");
        line
    };
    let field = |id: &str, name: &str| of(id)["fields"][name].clone();
    let span = |id: &str, name: &str| of(id)["span"][name].clone();
    assert_eq!((span(&ids[0], "method"), span(&ids[0], "route")), ("POST".into(), "/person/face/{person_id}".into()));
    assert_eq!(span(&ids[0], "key"), 1);
    assert!(field(&ids[0], "latency_ms").as_f64().expect("a number") > 0.0);
    let codes: Vec<_> = ids.iter().map(|id| field(id, "code")).collect();
    assert_eq!(codes, ["", "R_003", "R_001", "I_001", "I_001", "R_001"]);
    let statuses: Vec<_> = ids.iter().map(|id| field(id, "status")).collect();
    assert_eq!(statuses, [200, 400, 404, 500, 500, 405]);
    assert_eq!(span(&ids[2], "route"), "none");
    assert_eq!(field(&ids[3], "cause"), "the disk is gone");
    assert_eq!(field(&ids[4], "cause"), "panic: the engine panics");
    assert_eq!(span(&ids[5], "method"), "other");
}
