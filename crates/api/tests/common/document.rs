//! The document as a client reads it: its calls, and what it says of an answer.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Request, Response, Server};

/// The person of the document's examples.
pub const PERSON: &str = "jane.doe";

/// A call as the document has it.
pub struct Call {
    pub method: String,
    pub path: String,
    pub operation: Value,
}

impl Call {
    pub fn id(&self) -> &str {
        self.operation["operationId"].as_str().expect("an operationId")
    }

    /// Whether the call is one of the contract's, not one of the service's own.
    pub fn needs_key(&self) -> bool {
        self.operation.get("security").is_none()
    }

    pub fn names_person(&self) -> bool {
        self.path.contains("{person_id}")
    }

    /// The path with a person in it.
    pub fn path_of(&self, person: &str) -> String {
        self.path.replace("{person_id}", person)
    }

    pub fn body_examples(&self) -> Option<&Map<String, Value>> {
        self.operation["requestBody"]["content"]["application/json"]["examples"].as_object()
    }

    pub fn body(&self) -> Option<String> {
        let example = self.body_examples()?.values().next().expect("an example");
        Some(example["value"].to_string())
    }

    /// A request that the server answers with success, not yet sent.
    pub fn request(&self, server: &Server) -> Request {
        let request = server.request(&self.method, &self.path_of(PERSON));
        match self.body() {
            Some(body) => request.json(body),
            None => request,
        }
    }

    pub fn responses(&self) -> &Map<String, Value> {
        self.operation["responses"].as_object().expect("responses")
    }

    /// The example of an error that came.
    pub fn example_of(&self, response: &Response) -> Option<&Value> {
        let word = response.json()["type"].as_str()?.to_owned();
        let media = &self.responses().get(&response.status.to_string())?["content"]["application/json"];
        media["examples"].get(word).map(|example| &example["value"])
    }

    pub fn documented_types(&self) -> BTreeSet<String> {
        let types = self.responses().values().filter_map(|response| response["x-types"].as_array()).flatten();
        types.map(|word| word.as_str().expect("text").to_owned()).collect()
    }

    pub fn codes(&self) -> Vec<&str> {
        texts(&self.operation["x-error-codes"])
    }
}

pub fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("text")).collect()
}

/// Every call of the document in reading order.
pub fn calls() -> Vec<Call> {
    let document = api::openapi();
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let (method, path, operation) = (method.to_uppercase(), path.clone(), operation.clone());
            calls.push(Call { method, path, operation });
        }
    }
    calls.sort_by_key(|call| call.operation["x-order"].as_u64());
    calls
}

pub fn resolve<'a>(document: &'a Value, reference: &str) -> &'a Value {
    let pointer = reference.strip_prefix('#').expect("a reference within the document");
    document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// Holds a value to a schema, and the schema to the part of JSON Schema that is used. Stricter than JSON Schema: what
/// the schema does not name must not be there, so that nothing is left undocumented.
#[track_caller]
pub fn check(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema_fields = schema.as_object().expect("a schema");
    let number = |field: &Value| field.as_f64().expect("a number");
    for (keyword, field) in schema_fields {
        match keyword.as_str() {
            "$ref" => check(document, resolve(document, field.as_str().expect("text")), value, at),
            "oneOf" => {
                let is_null = |schema: &&Value| schema["type"] == "null";
                let schemas = field.as_array().expect("schemas");
                let schema = schemas.iter().find(|schema| is_null(schema) == value.is_null()).expect("one");
                check(document, schema, value, at);
            }
            "type" => {
                let types = if field.is_array() { texts(field) } else { vec![field.as_str().expect("a type")] };
                assert!(types.into_iter().any(|name| is_of_type(value, name)), "{at}: {value} is no {field}");
            }
            "enum" => assert!(field.as_array().expect("a list").contains(value), "{at}: {value} is none of {field}"),
            "required" => {
                for name in texts(field) {
                    assert!(value.get(name).is_some(), "{at}: {name} is missing in {value}");
                    assert!(schema["properties"].get(name).is_some(), "{at}: {name} is required and not described");
                }
            }
            "properties" => {
                for (name, value) in value.as_object().expect("an object") {
                    let schema = field.get(name).unwrap_or_else(|| panic!("{at}: {name} is not described"));
                    assert!(schema["description"].is_string(), "{at}: {name} has no description");
                    check(document, schema, value, &format!("{at}.{name}"));
                }
            }
            "items" => {
                let list = value.as_array().expect("a list").iter().enumerate();
                list.for_each(|(i, value)| check(document, field, value, &format!("{at}[{i}]")));
            }
            "minItems" => assert!(value.as_array().expect("a list").len() as f64 >= number(field), "{at}"),
            "minimum" => assert!(value.as_f64().expect("a number") >= number(field), "{at}"),
            "maximum" => assert!(value.as_f64().expect("a number") <= number(field), "{at}"),
            "minLength" => assert!(value.as_str().expect("text").len() as f64 >= number(field), "{at}"),
            "maxLength" => assert!(value.as_str().expect("text").len() as f64 <= number(field), "{at}"),
            // The only one, which a test beside it holds to PersonId.
            "pattern" => assert!(biometric::PersonId::parse(value.as_str().expect("text")).is_ok(), "{at}"),
            "format" => match field.as_str().expect("text") {
                "date-time" => assert_eq!(value.as_str().map(str::len), Some("2020-09-03T16:05:08.938Z".len()), "{at}"),
                "uuid" => assert!(uuid::Uuid::parse_str(value.as_str().expect("text")).is_ok(), "{at}"),
                other => panic!("{other} is no format"),
            },
            "x-order" => {
                let order: BTreeSet<&str> = texts(field).into_iter().collect();
                assert_eq!(order, schema["properties"].as_object().expect("some").keys().map(String::as_str).collect());
            }
            "description" | "contentEncoding" | "default" | "deprecated" | "examples" => {}
            other => panic!("{at}: the keyword {other} is not checked"),
        }
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    }
}
