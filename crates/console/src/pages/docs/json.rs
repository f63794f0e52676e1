//! JSON as people read it: fields in the order of the description, and on one line what fits there.

use serde_json::Value;

use super::{array, object, text};

/// The longest line of an example, in characters: on a phone one scrolls, at a desk one does not.
const WIDTH: usize = 82;

const INDENT: &str = "  ";

/// A value with the fields of its objects in the order of the schema that has them all.
pub(super) fn pretty(openapi: &Value, value: &Value) -> String {
    let schemas: Vec<Vec<&str>> = object(&openapi["components"]["schemas"])
        .map(|(_, schema)| array(&schema["x-order"]).iter().map(text).collect())
        .collect();
    Writer { schemas }.write(value, 0)
}

struct Writer<'a> {
    /// The names of the fields of each schema, in their order.
    schemas: Vec<Vec<&'a str>>,
}

impl Writer<'_> {
    fn write(&self, value: &Value, depth: usize) -> String {
        let line = self.line(value);
        if depth * INDENT.len() + line.len() <= WIDTH {
            return line;
        }
        let inner = INDENT.repeat(depth + 1);
        let (parts, [open, close]): (Vec<String>, _) = match value {
            Value::Object(_) => {
                let field = |(name, value): (&String, &Value)| {
                    format!("{inner}{}: {}", Value::from(name.as_str()), self.write(value, depth + 1))
                };
                (self.fields(value).into_iter().map(field).collect(), ["{", "}"])
            }
            Value::Array(values) => {
                (values.iter().map(|value| format!("{inner}{}", self.write(value, depth + 1))).collect(), ["[", "]"])
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return line,
        };
        format!("{open}\n{}\n{}{close}", parts.join(",\n"), INDENT.repeat(depth))
    }

    fn line(&self, value: &Value) -> String {
        match value {
            Value::Object(_) => {
                let field =
                    |(name, value): (&String, &Value)| format!("{}: {}", Value::from(name.as_str()), self.line(value));
                let fields: Vec<_> = self.fields(value).into_iter().map(field).collect();
                if fields.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", fields.join(", ")) }
            }
            Value::Array(values) => {
                format!("[{}]", values.iter().map(|value| self.line(value)).collect::<Vec<_>>().join(", "))
            }
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar.to_string(),
        }
    }

    /// The fields in the order of the smallest schema that has them all; of none, in the order that they are in.
    fn fields<'a>(&self, value: &'a Value) -> Vec<(&'a String, &'a Value)> {
        let mut fields: Vec<_> = object(value).collect();
        let has_all = |order: &&Vec<&str>| fields.iter().all(|(name, _)| order.contains(&name.as_str()));
        if let Some(order) = self.schemas.iter().filter(has_all).min_by_key(|order| order.len()) {
            fields.sort_by_key(|(name, _)| order.iter().position(|known| known == name));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn openapi() -> Value {
        serde_json::from_str(include_str!("../../../../../openapi/auther-check-api.json")).expect("JSON")
    }

    #[test]
    fn fields_are_in_the_order_of_their_schema() {
        let value = json!({ "updated": "b", "created": "a", "personId": "jane" });
        assert_eq!(pretty(&openapi(), &value), r#"{ "personId": "jane", "created": "a", "updated": "b" }"#);
        let unknown = json!({ "b": [1, null], "a": {} });
        assert_eq!(pretty(&openapi(), &unknown), r#"{ "a": {}, "b": [1, null] }"#);
    }

    #[test]
    fn what_does_not_fit_is_broken_once() {
        let details: Vec<Value> = (0..2)
            .map(|i| json!({ "check": "yaw_degrees", "code": "F_010", "value": 50.5 + f64::from(i), "max": 20 }))
            .collect();
        let value = json!({ "details": details, "code": "F_010" });
        let expected = r#"{
  "code": "F_010",
  "details": [
    { "code": "F_010", "check": "yaw_degrees", "value": 50.5, "max": 20 },
    { "code": "F_010", "check": "yaw_degrees", "value": 51.5, "max": 20 }
  ]
}"#;
        assert_eq!(pretty(&openapi(), &value), expected);
    }

    #[test]
    fn every_example_of_the_description_stays_the_same_json() {
        let openapi = openapi();
        let responses = object(&openapi["paths"]).flat_map(|(_, methods)| object(methods)).flat_map(|(_, call)| {
            object(&call["responses"])
                .flat_map(|(_, response)| object(&response["content"]["application/json"]["examples"]))
        });
        let mut count = 0;
        for (_, example) in responses {
            let text = pretty(&openapi, &example["value"]);
            assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), example["value"]);
            count += 1;
        }
        assert!(count > 100);
    }
}
