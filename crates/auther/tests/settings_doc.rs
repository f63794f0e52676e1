//! docs/settings.md is what `auther settings` prints.

#[test]
fn the_page_is_the_table() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_auther")).arg("settings").output().expect("runs");
    let page = include_str!("../../../docs/settings.md");
    let table = String::from_utf8(output.stdout).expect("text");
    assert!(page.ends_with(&table), "put what `auther settings` prints at the end of docs/settings.md");
}
