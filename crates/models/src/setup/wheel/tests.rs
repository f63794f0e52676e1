//! Made-up wheels, good and bad.

use std::io::Write as _;

use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;

const NAME: &str = "package/model.onnx";

fn wheel(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, SimpleFileOptions::default()).expect("started");
        writer.write_all(content).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

fn facts(content: &[u8]) -> FileFacts {
    FileFacts { name: "model.onnx".into(), sha256: Sha256::of(content), bytes: content.len() as u64 }
}

fn read(bytes: &[u8], file: &FileFacts) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.whl");
    fs::write(&path, bytes).expect("written");
    member(&path, NAME, file)
}

fn content() -> Vec<u8> {
    (0..5000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

#[test]
fn finds_the_member_among_others() {
    let content = content();
    let bytes = wheel(&[("../../escape", b"x"), (NAME, &content), ("other", b"y")]);
    assert_eq!(read(&bytes, &facts(&content)), Ok(content));
}

#[test]
fn refuses_a_wheel_cut_short_anywhere() {
    let content = content();
    let bytes = wheel(&[(NAME, &content)]);
    for length in (0..bytes.len()).step_by(97).chain(bytes.len() - 30..bytes.len()) {
        assert!(read(&bytes[..length], &facts(&content)).is_err(), "{length}");
    }
}

#[test]
fn never_takes_altered_content() {
    let content = content();
    let bytes = wheel(&[(NAME, &content)]);
    for at in (0..bytes.len()).step_by(101) {
        let mut altered = bytes.clone();
        altered[at] ^= 0x55;
        if let Ok(taken) = read(&altered, &facts(&content)) {
            assert!(taken == content, "{at}");
        }
    }
}

#[test]
fn does_not_unpack_a_bomb() {
    let bomb = wheel(&[(NAME, &vec![0; 64 << 20])]);
    assert!(bomb.len() < 1 << 20);
    let reason = read(&bomb, &facts(&content())).expect_err("a bomb");
    assert!(reason.contains("does not have 20000 bytes"), "{reason}");
}

#[test]
fn says_what_is_missing_or_other() {
    let content = content();
    assert!(read(&wheel(&[("other", &content)]), &facts(&content)).expect_err("no member").contains("a.whl"));
    let reason = read(&wheel(&[(NAME, &content)]), &facts(&vec![1; content.len()])).expect_err("another");
    assert!(reason.contains(&Sha256::of(&content).to_string()), "{reason}");
    assert!(read(b"no zip at all", &facts(&content)).is_err());
}
