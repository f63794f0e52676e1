//! Signing with the whole program: the command line that sets it up, the page that explains it, and a restart in between.

mod common;

use std::fs;
use std::process::Command;

use common::{Server, auther, create_key, printed, run, said};
use serde_json::json;

/// The id of the only key of a folder.
const KEY: &str = "1";

#[test]
fn client_keys_are_made_handed_in_listed_and_removed() {
    let data = tempfile::tempdir().expect("a folder");
    create_key(data.path(), &[]);
    let (message, status) = said(&run(&data, &["signing", "generate", KEY]));
    assert!(status == Some(1) && message.contains("signing is off"), "{message}");
    let set = printed(&run(&data, &["signing", "set", KEY, "--algorithm", "hash-then-rsa", "--required"]));
    assert_eq!(
        (&set["algorithm"], &set["required"], &set["lengthPrefixed"]),
        (&json!("hash-then-rsa"), &json!(true), &json!(false))
    );
    let made = printed(&run(&data, &["signing", "generate", KEY]));
    assert!(made["privateKey"].as_str().expect("a key").starts_with("-----BEGIN PRIVATE KEY-----"));
    fs::write(data.path().join("key.pem"), made["privateKey"].as_str().expect("a key")).expect("written");
    let pem = data.path().join("key.pem");
    let (message, status) = said(&run(&data, &["signing", "upload", KEY, pem.to_str().expect("text")]));
    assert!(status == Some(1) && message.contains("private key"), "{message}");
    let public = data.path().join("public.pem");
    let openssl = Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&pem).arg("-out").arg(&public).status();
    assert!(openssl.expect("openssl").success());
    let (message, status) = said(&run(&data, &["signing", "upload", KEY, public.to_str().expect("text")]));
    assert!(status == Some(1) && message.contains("there already"), "{message}");
    let shown = printed(&run(&data, &["signing", "show", KEY]));
    assert_eq!(shown["clientKeys"][0]["fingerprint"], made["fingerprint"]);
    assert!(shown["clientKeys"][0].get("privateKey").is_none(), "never again");
    let left = printed(&run(&data, &["signing", "remove", KEY, &made["id"].to_string()]));
    assert_eq!(left["clientKeys"], json!([]));
    assert_eq!(run(&data, &["signing", "show", "9"]).status.code(), Some(2), "there is no such key");

    let shared = printed(&run(&data, &["signing", "set", KEY, "--algorithm", "hash-only"]));
    assert!(shared["signingKey"].as_str().expect("a key").starts_with("sk_"));
    let again = printed(&run(&data, &["signing", "set", KEY, "--algorithm", "hash-only", "--length-prefixed"]));
    assert!(again.get("signingKey").is_none() && again["lengthPrefixed"] == true, "the key stays the same");
    let off = printed(&run(&data, &["signing", "set", KEY, "--algorithm", "off"]));
    assert_eq!((&off["algorithm"], off["clientKeys"].as_array().map(Vec::len)), (&json!("off"), Some(1)));
}

#[test]
fn the_servers_pair_and_access_keys_are_the_command_lines_too() {
    let data = tempfile::tempdir().expect("a folder");
    create_key(data.path(), &[]);
    let first = printed(&run(&data, &["signing", "server-keys"]));
    assert_eq!((first.as_array().map(Vec::len), &first[0]["current"]), (Some(1), &json!(true)));
    let next = printed(&run(&data, &["signing", "rotate-server-key", "--in", "7d"]));
    assert_eq!(next["current"], false);
    let both = printed(&run(&data, &["signing", "server-keys"]));
    assert_eq!((&both[0]["name"], &both[1]["name"]), (&first[0]["name"], &next["name"]));
    // For people: a file that openssl reads.
    let text = auther().args(["signing", "server-keys", "--data"]).arg(data.path()).output().expect("runs").stdout;
    let file = data.path().join("server.pem");
    fs::write(&file, text).expect("written");
    let read = Command::new("openssl").args(["pkey", "-pubin", "-noout", "-in"]).arg(&file).status();
    assert!(read.expect("openssl").success());
    let made = printed(&run(&data, &["signing", "access-key", KEY]));
    let id = made["accessKeyId"].as_str().expect("an id");
    assert!(id.len() == 20 && made["secretAccessKey"].as_str().expect("a secret").len() >= 40);
    let left = printed(&run(&data, &["signing", "remove-access-key", KEY, id]));
    assert_eq!(left["accessKeys"], json!([]));
}

#[test]
fn the_master_key_may_lie_elsewhere_and_is_missed_when_it_is_gone() {
    let (data, vault) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = vault.path().join("auther.key");
    let list = || {
        let mut command = auther();
        command.args(["key", "list", "--json", "--data"]).arg(data.path());
        command.env("AUTHER_MASTER_KEY_FILE", &file).output().expect("runs")
    };
    assert!(list().status.success() && file.exists() && !data.path().join("master.key").exists());
    fs::remove_file(&file).expect("removed");
    let (message, status) = said(&list());
    assert!(status == Some(1) && message.contains("restore it from the backup") && !file.exists(), "{message}");
}

/// The text between these tags of a page, as a browser shows it.
fn sample(page: &str, id: &str) -> String {
    let (_, rest) = page.split_once(&format!("<code id=\"{id}\">")).expect("the sample");
    let (text, _) = rest.split_once("</code>").expect("its end");
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&amp;", "&")
}

/// What the page says runs as it stands, and what the server keeps of it outlives its end.
#[test]
fn the_samples_of_the_page_run_as_printed_and_no_restart_lets_one_be_repeated() {
    let server = Server::start();
    let data = &server.data;
    let set = run(data, &["signing", "set", KEY, "--algorithm", "hash-then-rsa", "--required"]);
    assert!(set.status.success());
    let work = tempfile::tempdir().expect("a folder");
    let file = |name: &str| work.path().join(name);
    let private = printed(&run(data, &["signing", "generate", KEY]))["privateKey"].as_str().expect("a key").to_owned();
    let public = printed(&run(data, &["signing", "server-keys"]))[0]["publicKey"].as_str().expect("a key").to_owned();
    fs::write(file("key.pem"), private).expect("written");
    fs::write(file("auther-server-keys.pem"), public).expect("written");
    fs::write(file("face.jpg"), common::photo("A000369_a.jpg")).expect("written");
    let page =
        Command::new("curl").args(["-s", &format!("{}/docs/signing", server.base)]).output().expect("curl").stdout;
    let page = String::from_utf8(page).expect("text");
    let script = format!(
        "set -e\n{}\n{}\necho \"$SIGNATURE $TIMESTAMP\" > signed\n",
        sample(&page, "sign"),
        sample(&page, "verify")
    );
    let output = Command::new("bash").args(["-c", &script]).env("KEY", &server.key).current_dir(work.path()).output();
    let output = output.expect("runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("Verified OK"),
        "{said} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let answer = fs::read_to_string(file("answer.json")).expect("read");
    assert!(answer.contains("\"personId\":\"jane\""), "{answer}");

    let signed = fs::read_to_string(file("signed")).expect("read");
    let (signature, timestamp) = signed.trim().split_once(' ').expect("both");
    let base = server.base.clone();
    let repeat = |to: &str| {
        let headers = [format!("Signature: {signature}"), format!("Timestamp: {timestamp}")];
        let mut curl = Command::new("curl");
        curl.args(["-s", "-d", "@body.json", "-H", "Content-Type: application/json"]).current_dir(work.path());
        curl.args(["-H", &format!("Api-Key: {}", server.key), "-H", &headers[0], "-H", &headers[1]]);
        let output = curl.arg(format!("{to}/person/face/jane")).output().expect("curl");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON")["type"].clone()
    };
    assert_eq!(repeat(&base), "signature_replayed");
    // The base URL is part of the line, so the next server is told to go by the name of this one.
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(data.path()).expect("readable") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("copied");
    }
    let next = Server::start_in(folder, server.key.clone(), &[("AUTHER_PUBLIC_URL", &base)]);
    assert_eq!(repeat(&next.base), "signature_replayed");
}
