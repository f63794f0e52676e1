//! `/docs/reference`: every call as the description has it.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use serde_json::Value;

use super::{Anchor, Contents, Doc, array, json, number, object, text};
use crate::fault::Fault;
use crate::frame::Frame;
use crate::samples::{self, Sample};
use crate::visit::Visit;
use crate::{prose, reply};

/// Calls under a common heading.
struct Group {
    name: String,
    says: String,
    calls: Vec<Call>,
}

/// A call.
struct Call {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    /// What a key needs; empty where none is needed.
    permission: String,
    parameters: Vec<Field>,
    /// The schema of the body; empty where there is none.
    body: String,
    fields: Vec<Field>,
    samples: Vec<Sample>,
    success: Success,
    /// Codes of this call, in their order.
    codes: Vec<String>,
    /// The errors that not all calls share.
    errors: Vec<Failure>,
    order: u64,
}

/// A parameter, a field of a body, a header.
struct Field {
    name: String,
    kind: String,
    /// The schema that it is one of, or a list of; empty for what is none.
    schema: String,
    is_required: bool,
    is_deprecated: bool,
    meaning: String,
    accepted: String,
}

/// The answer of success.
struct Success {
    says: String,
    schema: String,
    examples: Vec<Example>,
}

/// A body, and what it stands for.
struct Example {
    says: String,
    json: String,
}

/// A way to be refused.
struct Failure {
    status: String,
    code: String,
    kind: String,
    says: String,
    json: String,
}

/// What bodies are made of.
struct Schema {
    name: String,
    says: String,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "docs/reference.html")]
struct Page {
    frame: Frame,
    contents: Contents,
    base: String,
    about: String,
    key: String,
    headers: Vec<Field>,
    groups: Vec<Group>,
    /// The errors of every call that takes a key, and those of every call that takes an image.
    shared: Vec<Failure>,
    schemas: Vec<Schema>,
}

pub(super) fn page(visit: &Visit) -> Result<Response, Fault> {
    let (openapi, base) = (&visit.console.openapi, &visit.console.settings().public_url);
    let shared = Shared::of(openapi);
    let groups = groups(openapi, base, &shared);
    let schemas = schemas(openapi);
    let mut anchors = vec![Anchor::new("general", "In general")];
    for group in &groups {
        anchors.push(Anchor::new(group.name.to_lowercase(), group.name.clone()));
        anchors.extend(group.calls.iter().map(|call| Anchor::below(call.id.clone(), call.summary.clone())));
    }
    anchors.extend([Anchor::new("shared-errors", "Errors of every call"), Anchor::new("objects", "Objects")]);
    anchors.extend(schemas.iter().map(|schema| Anchor::below(schema.name.clone(), schema.name.clone())));
    reply::page(&Page {
        frame: Doc::Reference.frame(visit),
        contents: Contents::of(Doc::Reference, anchors),
        base: base.clone(),
        about: prose::html(text(&openapi["info"]["description"])),
        key: prose::html(text(&openapi["components"]["securitySchemes"]["ApiKey"]["description"])),
        headers: object(&openapi["components"]["headers"])
            .map(|(name, header)| field(name, header, &header["schema"], true))
            .collect(),
        groups,
        shared: shared.failures,
        schemas,
    })
}

/// Errors that would be repeated at every call.
struct Shared {
    types: BTreeSet<String>,
    failures: Vec<Failure>,
}

impl Shared {
    /// What all calls that take a key have in common, or all of them that take a body.
    fn of(openapi: &Value) -> Self {
        let calls = object(&openapi["paths"]).flat_map(|(_, methods)| object(methods)).map(|(_, call)| call);
        let calls: Vec<&Value> = calls.filter(|call| call["x-permission"].is_string()).collect();
        let with_body: Vec<&Value> = calls.iter().copied().filter(|call| call["requestBody"].is_object()).collect();
        // The one with the most comes first, so that the errors of bodies are in it.
        let mut failures: Vec<Failure> = Vec::new();
        for call in with_body.iter().chain(&calls) {
            for failure in self::failures(openapi, call) {
                let is_in = |call: &&&Value| types_of(call).any(|kind| kind == failure.kind);
                let everywhere = [&calls, &with_body].iter().any(|all| all.iter().filter(is_in).count() == all.len());
                if everywhere && failures.iter().all(|known| known.kind != failure.kind) {
                    failures.push(failure);
                }
            }
        }
        Self { types: failures.iter().map(|failure| failure.kind.clone()).collect(), failures }
    }
}

fn types_of(call: &Value) -> impl Iterator<Item = &str> {
    object(&call["responses"]).flat_map(|(_, response)| array(&response["x-types"])).map(text)
}

/// Every call, in the order of the description.
fn groups(openapi: &Value, base: &str, shared: &Shared) -> Vec<Group> {
    let group = |tag: &Value| {
        let name = text(&tag["name"]);
        let all = object(&openapi["paths"]).flat_map(|(path, methods)| {
            object(methods).map(move |(method, call)| (path.as_str(), method.as_str(), call))
        });
        let own = all.filter(|(_, _, call)| array(&call["tags"]).iter().any(|tag| text(tag) == name));
        let mut calls: Vec<Call> =
            own.map(|(path, method, call)| self::call(openapi, base, path, method, call, shared)).collect();
        calls.sort_by_key(|call| call.order);
        Group { name: name.to_owned(), says: prose::line(text(&tag["description"])), calls }
    };
    array(&openapi["tags"]).iter().map(group).collect()
}

fn call(openapi: &Value, base: &str, path: &str, method: &str, call: &Value, shared: &Shared) -> Call {
    let id = text(&call["operationId"]);
    let body = referred(&call["requestBody"]["content"]["application/json"]["schema"]);
    let parameter = |parameter: &Value| {
        let parameter = &openapi["components"]["parameters"][referred(parameter)];
        let is_required = parameter["required"].as_bool().unwrap_or_default();
        field(text(&parameter["name"]), parameter, &parameter["schema"], is_required)
    };
    let errors = failures(openapi, call).into_iter().filter(|failure| !shared.types.contains(&failure.kind));
    Call {
        id: id.to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&call["summary"]).to_owned(),
        description: prose::html(text(&call["description"])),
        permission: text(&call["x-permission"]).to_owned(),
        parameters: array(&call["parameters"]).iter().map(parameter).collect(),
        fields: fields(&openapi["components"]["schemas"][body]),
        body: body.to_owned(),
        samples: samples::of(openapi, id, base),
        success: success(openapi, &call["responses"]["200"]),
        codes: array(&call["x-error-codes"]).iter().map(|code| text(code).to_owned()).collect(),
        errors: errors.collect(),
        order: call["x-order"].as_u64().unwrap_or_default(),
    }
}

fn success(openapi: &Value, response: &Value) -> Success {
    let content = &response["content"]["application/json"];
    let example = |(_, example): (&String, &Value)| Example {
        says: prose::line(text(&example["summary"])),
        json: json::pretty(openapi, &example["value"]),
    };
    Success {
        says: prose::line(text(&response["description"])),
        schema: referred(&content["schema"]).to_owned(),
        examples: object(&content["examples"]).map(example).collect(),
    }
}

fn failures(openapi: &Value, call: &Value) -> Vec<Failure> {
    let responses = object(&call["responses"]);
    let of = |(status, response): (&String, &Value)| -> Vec<Failure> {
        let failure = |kind: &Value| {
            let example = &response["content"]["application/json"]["examples"][text(kind)];
            let summary = text(&example["summary"]);
            Failure {
                status: status.clone(),
                code: text(&example["value"]["code"]).to_owned(),
                kind: text(kind).to_owned(),
                // The summary begins with the code, which stands beside it.
                says: prose::line(summary.split_once(": ").map_or(summary, |(_, says)| says)),
                json: json::pretty(openapi, &example["value"]),
            }
        };
        array(&response["x-types"]).iter().map(failure).collect()
    };
    responses.flat_map(of).collect()
}

/// The objects of bodies, by name.
fn schemas(openapi: &Value) -> Vec<Schema> {
    let schema = |(name, schema): (&String, &Value)| Schema {
        name: name.clone(),
        says: prose::line(text(&schema["description"])),
        fields: fields(schema),
    };
    object(&openapi["components"]["schemas"]).map(schema).collect()
}

fn fields(schema: &Value) -> Vec<Field> {
    let required: Vec<&str> = array(&schema["required"]).iter().map(text).collect();
    let names = array(&schema["x-order"]).iter().map(text);
    names
        .map(|name| {
            let property = &schema["properties"][name];
            field(name, property, property, required.contains(&name))
        })
        .collect()
}

/// `about` holds the description, `schema` the type.
fn field(name: &str, about: &Value, schema: &Value, is_required: bool) -> Field {
    let (kind, referred) = kind(schema);
    Field {
        name: name.to_owned(),
        kind,
        schema: referred.to_owned(),
        is_required,
        is_deprecated: schema["deprecated"].as_bool().unwrap_or_default(),
        meaning: prose::line(text(&about["description"])),
        accepted: accepted(schema),
    }
}

/// What a value is, in words, and the schema that it is one of.
fn kind(schema: &Value) -> (String, &str) {
    let referred = referred(schema);
    if !referred.is_empty() {
        return (referred.to_owned(), referred);
    }
    let types = array(&schema["type"]);
    if !types.is_empty() {
        return (types.iter().map(text).collect::<Vec<_>>().join(" or "), "");
    }
    match text(&schema["type"]) {
        "array" => {
            let (kind, referred) = kind(&schema["items"]);
            (format!("list of {kind}"), referred)
        }
        "" => {
            let kinds: Vec<_> = array(&schema["oneOf"]).iter().map(kind).collect();
            let words: Vec<_> = kinds.iter().map(|(kind, _)| kind.as_str()).collect();
            let referred = kinds.iter().map(|(_, referred)| *referred).find(|referred| !referred.is_empty());
            (words.join(" or "), referred.unwrap_or_default())
        }
        "string" if text(&schema["format"]) == "date-time" => ("time".to_owned(), ""),
        "string" if !text(&schema["contentEncoding"]).is_empty() => (text(&schema["contentEncoding"]).to_owned(), ""),
        kind => (kind.to_owned(), ""),
    }
}

/// The bounds of a number, and what is taken where there is none.
fn accepted(schema: &Value) -> String {
    let bound = |name: &str| schema[name].as_f64().map(number);
    let range = match (bound("minimum"), bound("maximum")) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("{min} or more"),
        (None, Some(max)) => format!("up to {max}"),
        (None, None) => String::new(),
    };
    match bound("default") {
        Some(default) if range.is_empty() => format!("{default} by default"),
        Some(default) => format!("{range}, {default} by default"),
        None => range,
    }
}

/// The name at the end of a `$ref`; empty when there is none.
fn referred(value: &Value) -> &str {
    text(&value["$ref"]).rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openapi() -> Value {
        serde_json::from_str(include_str!("../../../../../openapi/auther-check-api.json")).expect("JSON")
    }

    #[test]
    fn every_error_of_every_call_is_shared_or_its_own() {
        let openapi = openapi();
        let shared = Shared::of(&openapi);
        assert!(shared.types.contains("key_missing") && shared.types.contains("field_missing"));
        assert!(!shared.types.contains("no_face") && !shared.types.contains("person_not_found"));
        for call in groups(&openapi, "", &shared).into_iter().flat_map(|group| group.calls) {
            let source = object(&openapi["paths"]).flat_map(|(_, methods)| object(methods));
            let (_, source) = source.into_iter().find(|(_, other)| text(&other["operationId"]) == call.id).expect("it");
            for kind in types_of(source) {
                let is_own = call.errors.iter().any(|failure| failure.kind == kind);
                assert!(is_own != shared.types.contains(kind), "{} {kind}", call.id);
            }
        }
    }

    #[test]
    fn kinds_and_bounds_are_in_words() {
        let of = |schema: &str, field: &str| {
            let fields = fields(&openapi()["components"]["schemas"][schema]);
            let field = fields.into_iter().find(|known| known.name == field).expect("a field");
            (field.kind, field.schema, field.accepted)
        };
        let words =
            |kind: &str, schema: &str, accepted: &str| (kind.to_owned(), schema.to_owned(), accepted.to_owned());
        assert_eq!(of("ImagePair", "similarityThreshold"), words("number or null", "", "0 to 100, 80 by default"));
        assert_eq!(of("ImagePair", "sourceImage"), words("base64", "", ""));
        assert_eq!(of("CheckedImage", "checks"), words("list of Check", "Check", ""));
        assert_eq!(of("CheckedImage", "face"), words("FacePlace or null", "FacePlace", ""));
        assert_eq!(of("Person", "created"), words("time", "", ""));
    }
}
