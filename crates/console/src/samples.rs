//! The calls of the API in other languages, as its description has them.

use serde_json::Value;

/// A call in a language, ready to run where the environment has the key as `KEY`.
pub(crate) struct Sample {
    /// Unique within a page.
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) source: String,
}

/// The samples of the call with this id, for the service at `base`; none for a call that is not described.
pub(crate) fn of(openapi: &Value, operation: &str, base: &str) -> Vec<Sample> {
    let paths = openapi["paths"].as_object().into_iter().flatten();
    let mut calls = paths.flat_map(|(_, methods)| methods.as_object().into_iter().flatten());
    let call = calls.find(|(_, call)| call["operationId"].as_str() == Some(operation));
    let samples = call.and_then(|(_, call)| call["x-codeSamples"].as_array()).into_iter().flatten();
    let sample = |(i, sample): (usize, &Value)| {
        let text = |name: &str| sample[name].as_str().unwrap_or_default();
        let source = with_key(text("lang"), &text("source").replace("$BASE", base));
        Sample { id: format!("{operation}-{i}"), label: text("label").to_owned(), source }
    };
    samples.enumerate().map(sample).collect()
}

/// A shell finds the key in the environment by itself; the others are told to look there.
fn with_key(language: &str, source: &str) -> String {
    match language {
        "Python" => source.replace("\"$KEY\"", "os.environ[\"KEY\"]").replacen(
            "import urllib.error",
            "import os\nimport urllib.error",
            1,
        ),
        "JavaScript" => source.replace("\"$KEY\"", "process.env.KEY"),
        _ => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openapi() -> Value {
        serde_json::from_str(include_str!("../../../openapi/auther-check-api.json")).expect("JSON")
    }

    #[test]
    fn every_sample_takes_the_key_from_the_environment() {
        for operation in ["createPerson", "removePerson", "comparePersons", "checkFace"] {
            let samples = of(&openapi(), operation, "http://base.example");
            assert_eq!(samples.len(), 3);
            for Sample { label, source, .. } in samples {
                assert!(source.contains("http://base.example/person/") && !source.contains("$BASE"), "{source}");
                let expected = match label.as_str() {
                    "curl" => "Api-Key: $KEY",
                    "Python" => "import os\n",
                    "JavaScript" => "process.env.KEY",
                    other => panic!("{other}"),
                };
                assert!(source.contains(expected), "{source}");
                assert_eq!(source.contains("$KEY"), label == "curl", "{source}");
            }
        }
    }

    #[test]
    fn what_is_not_described_has_none() {
        assert!(of(&openapi(), "none", "").is_empty());
        assert!(of(&Value::Null, "createPerson", "").is_empty());
    }
}
