//! The reference: every call as the description has it.

use serde_json::Value;

use super::{array, text};
use crate::prose;

/// Calls under a common heading.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) says: String,
    pub(super) calls: Vec<Call>,
}

/// A call.
pub(super) struct Call {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) permission: String,
    pub(super) parameters: Vec<Field>,
    pub(super) fields: Vec<Field>,
    pub(super) body: String,
    pub(super) samples: Vec<Sample>,
    pub(super) answer: Answer,
    pub(super) errors: Vec<Failure>,
    order: u64,
}

/// A parameter, or a field of a body.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) is_required: bool,
    pub(super) meaning: String,
}

/// The call in a language.
pub(super) struct Sample {
    /// Unique within the page.
    pub(super) id: String,
    pub(super) label: String,
    pub(super) source: String,
}

/// The answer of success.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) says: String,
    pub(super) schema: String,
    pub(super) example: String,
}

/// A way to fail.
pub(super) struct Failure {
    pub(super) status: String,
    pub(super) code: String,
    pub(super) kind: String,
    pub(super) says: String,
    pub(super) example: String,
}

/// What an object in a body is made of.
pub(super) struct Schema {
    pub(super) name: String,
    pub(super) says: String,
    pub(super) fields: Vec<Field>,
}

/// Every call, in the order of the description.
pub(super) fn groups(openapi: &Value, base: &str) -> Vec<Group> {
    let mut calls: Vec<(String, Call)> = Vec::new();
    for (path, methods) in object(&openapi["paths"]) {
        for (method, call) in object(methods) {
            calls.push((text(&call["tags"][0]).to_owned(), self::call(openapi, path, method, call, base)));
        }
    }
    calls.sort_by_key(|(_, call)| call.order);
    let mut groups: Vec<Group> = array(&openapi["tags"])
        .iter()
        .map(|tag| Group {
            name: text(&tag["name"]).to_owned(),
            says: prose::line(text(&tag["description"])),
            calls: Vec::new(),
        })
        .collect();
    for (tag, call) in calls {
        if let Some(group) = groups.iter_mut().find(|group| group.name == tag) {
            group.calls.push(call);
        }
    }
    groups
}

/// The samples of one call.
pub(super) fn samples(openapi: &Value, operation: &str, base: &str) -> Vec<Sample> {
    let all = object(&openapi["paths"]).flat_map(|(_, methods)| object(methods));
    let found = all.into_iter().find(|(_, call)| call["operationId"].as_str() == Some(operation));
    found.map_or_else(Vec::new, |(_, call)| samples_of(call, operation, base))
}

fn samples_of(call: &Value, operation: &str, base: &str) -> Vec<Sample> {
    let sample = |(i, sample): (usize, &Value)| Sample {
        id: format!("{operation}-sample-{i}"),
        label: text(&sample["label"]).to_owned(),
        // The key stays a placeholder; where the service is, is known here.
        source: text(&sample["source"]).replace("$BASE", base),
    };
    array(&call["x-codeSamples"]).iter().enumerate().map(sample).collect()
}

/// The objects of bodies, by name.
pub(super) fn schemas(openapi: &Value) -> Vec<Schema> {
    let schemas = object(&openapi["components"]["schemas"]);
    schemas
        .map(|(name, schema)| Schema {
            name: name.clone(),
            says: prose::line(text(&schema["description"])),
            fields: fields(schema),
        })
        .collect()
}

fn call(openapi: &Value, path: &str, method: &str, call: &Value, base: &str) -> Call {
    let id = text(&call["operationId"]).to_owned();
    let content = &call["requestBody"]["content"]["application/json"];
    let body = referred(&content["schema"]);
    Call {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&call["summary"]).to_owned(),
        description: prose::html(text(&call["description"])),
        permission: text(&call["x-permission"]).to_owned(),
        parameters: array(&call["parameters"]).iter().map(|parameter| parameter_of(openapi, parameter)).collect(),
        fields: fields(&openapi["components"]["schemas"][&body]),
        body,
        samples: samples_of(call, &id, base),
        answer: answer(&call["responses"]["200"]),
        errors: object(&call["responses"]).filter(|(status, _)| *status != "200").flat_map(failures).collect(),
        order: call["x-order"].as_u64().unwrap_or_default(),
        id,
    }
}

fn parameter_of(openapi: &Value, parameter: &Value) -> Field {
    let parameter = &openapi["components"]["parameters"][&referred(parameter)];
    Field {
        name: text(&parameter["name"]).to_owned(),
        kind: text(&parameter["schema"]["type"]).to_owned(),
        is_required: parameter["required"].as_bool().unwrap_or_default(),
        meaning: prose::line(text(&parameter["description"])),
    }
}

fn fields(schema: &Value) -> Vec<Field> {
    let required: Vec<&str> = array(&schema["required"]).iter().map(text).collect();
    let names = array(&schema["x-order"]).iter().map(text);
    names
        .map(|name| {
            let property = &schema["properties"][name];
            Field {
                name: name.to_owned(),
                kind: kind(property),
                is_required: required.contains(&name),
                meaning: prose::line(text(&property["description"])),
            }
        })
        .collect()
}

/// What a property is, in a word.
fn kind(property: &Value) -> String {
    let referred = referred(property);
    match (&property["type"], referred.as_str()) {
        (_, name) if !name.is_empty() => name.to_owned(),
        (Value::String(kind), _) if kind == "array" => format!("array of {}", self::kind(&property["items"])),
        (Value::String(kind), _) => kind.clone(),
        (Value::Array(kinds), _) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => array(&property["oneOf"]).iter().map(kind).collect::<Vec<_>>().join(" or "),
    }
}

/// The name at the end of a `$ref`; empty when there is none.
fn referred(value: &Value) -> String {
    text(&value["$ref"]).rsplit('/').next().unwrap_or_default().to_owned()
}

fn answer(response: &Value) -> Answer {
    let content = &response["content"]["application/json"];
    let example = object(&content["examples"]).next().map(|(_, example)| pretty(&example["value"]));
    Answer {
        says: prose::line(text(&response["description"])),
        schema: referred(&content["schema"]),
        example: example.unwrap_or_default(),
    }
}

fn failures((status, response): (&String, &Value)) -> Vec<Failure> {
    let examples = &response["content"]["application/json"]["examples"];
    let failure = |kind: &Value| {
        let example = &examples[text(kind)];
        let summary = text(&example["summary"]);
        Failure {
            status: status.clone(),
            code: text(&example["value"]["code"]).to_owned(),
            kind: text(kind).to_owned(),
            says: prose::line(summary.split_once(": ").map_or(summary, |(_, says)| says)),
            example: pretty(&example["value"]),
        }
    };
    array(&response["x-types"]).iter().map(failure).collect()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
