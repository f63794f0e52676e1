//! How to make each call, in three languages without anything to install. `$BASE` and `$KEY` stand for the address of the
//! service and the key: the shell takes them from its environment, in the others they are to be replaced.

use serde_json::{Value, json};

use super::call::{Answer, Body, Call};
use super::example::PERSON_ID;

/// The samples of a call.
pub(super) fn all(call: Call) -> Value {
    json!([
        {"lang": "Shell", "label": "curl", "source": shell(call)},
        {"lang": "Python", "label": "Python", "source": python(call)},
        {"lang": "JavaScript", "label": "JavaScript", "source": javascript(call)},
    ])
}

fn url(call: Call) -> String {
    format!("$BASE{}", call.path().replace("{person_id}", PERSON_ID))
}

/// Images go through a pipe: as an argument they would be too long.
fn shell(call: Call) -> String {
    let body = match call.body() {
        None => "",
        Some(Body::FaceImage) => {
            "{\n  printf '{\"faceImage\":\"'; base64 < face.jpg | tr -d '\\n'\n  printf '\"}'\n} | "
        }
        Some(Body::ImagePair) => {
            "{\n  printf '{\"sourceImage\":\"'; base64 < source.jpg | tr -d '\\n'\n  \
            printf '\",\"targetImage\":\"'; base64 < target.jpg | tr -d '\\n'\n  \
            printf '\",\"similarityThreshold\":80}'\n} | "
        }
    };
    let mut words = vec!["curl --fail-with-body".to_owned()];
    match (call.method(), call.body()) {
        // What curl does unless it is told otherwise, without a body and with one.
        ("GET", None) | ("POST", Some(_)) => {}
        (method, _) => words.push(format!("--request {method}")),
    }
    if call.operation().is_some() {
        words.push("--header \"Api-Key: $KEY\"".to_owned());
    }
    if call.body().is_some() {
        words.push("--header \"Content-Type: application/json\"".to_owned());
        words.push("--data-binary @-".to_owned());
    }
    words.push(format!("\"{}\"", url(call)));
    format!("{body}{}\n", words.join(" \\\n  "))
}

fn python(call: Call) -> String {
    let body = call.body().map(|body| match body {
        Body::FaceImage => "{\"faceImage\": image(\"face.jpg\")}",
        Body::ImagePair => {
            "{\n    \"sourceImage\": image(\"source.jpg\"),\n    \"targetImage\": image(\"target.jpg\"),\n    \
            \"similarityThreshold\": 80,\n}"
        }
    });
    let mut text = String::new();
    if body.is_some() {
        text += "import base64\n";
    }
    text += "import json\nimport urllib.error\nimport urllib.request\n\n";
    if let Some(body) = body {
        text += "\ndef image(path):\n    with open(path, \"rb\") as file:\n        \
            return base64.b64encode(file.read()).decode(\"ascii\")\n\n\n";
        text += &format!("body = {body}\n");
    }
    text += &format!("request = urllib.request.Request(\n    \"{}\",\n    method=\"{}\",\n", url(call), call.method());
    let mut headers = Vec::new();
    if call.operation().is_some() {
        headers.push("\"Api-Key\": \"$KEY\"");
    }
    if call.body().is_some() {
        headers.push("\"Content-Type\": \"application/json\"");
    }
    if !headers.is_empty() {
        text += &format!("    headers={{{}}},\n", headers.join(", "));
    }
    if call.body().is_some() {
        text += "    data=json.dumps(body).encode(),\n";
    }
    let answer = match call.answer() {
        Answer::Nothing => "print(response.status)",
        Answer::Person | Answer::FacesMatched | Answer::CheckedImage | Answer::Health | Answer::Document => {
            "print(response.status, json.load(response))"
        }
    };
    text += &format!(
        ")\ntry:\n    with urllib.request.urlopen(request) as response:\n        {answer}\n\
        except urllib.error.HTTPError as error:\n    print(error.code, json.load(error))\n"
    );
    text
}

/// For Node.js and other runtimes that have its file functions; in a browser the images come from an `<input>` or a canvas.
fn javascript(call: Call) -> String {
    let body = call.body().map(|body| match body {
        Body::FaceImage => "{ faceImage: await image(\"face.jpg\") }",
        Body::ImagePair => {
            "{\n    sourceImage: await image(\"source.jpg\"),\n    targetImage: await image(\"target.jpg\"),\n    \
            similarityThreshold: 80,\n  }"
        }
    });
    let mut text = String::new();
    if body.is_some() {
        text += "import { readFile } from \"node:fs/promises\";\n\n\
            const image = async (path) => (await readFile(path)).toString(\"base64\");\n\n";
    }
    let mut options = Vec::new();
    if call.method() != "GET" {
        options.push(format!("  method: \"{}\",\n", call.method()));
    }
    match (call.operation().is_some(), body.is_some()) {
        (true, true) => {
            options.push("  headers: { \"Api-Key\": \"$KEY\", \"Content-Type\": \"application/json\" },\n".to_owned());
        }
        (true, false) => options.push("  headers: { \"Api-Key\": \"$KEY\" },\n".to_owned()),
        (false, _) => {}
    }
    if let Some(body) = body {
        options.push(format!("  body: JSON.stringify({body}),\n"));
    }
    let options = if options.is_empty() { String::new() } else { format!(", {{\n{}}}", options.concat()) };
    text += &format!("const response = await fetch(\"{}\"{options});\n", url(call));
    text += match call.answer() {
        Answer::Nothing => "console.log(response.status, await response.text());\n",
        Answer::Person | Answer::FacesMatched | Answer::CheckedImage | Answer::Health | Answer::Document => {
            "console.log(response.status, await response.json());\n"
        }
    };
    text
}
