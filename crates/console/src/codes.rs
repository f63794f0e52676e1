//! What the codes of the API mean, as its own description has it.

use serde_json::Value;

/// The meaning of a code, in a sentence; empty for one that is not described.
pub(crate) fn meaning<'a>(openapi: &'a Value, code: &str) -> &'a str {
    let rows = openapi["x-error-codes"].as_array().map_or(&[][..], Vec::as_slice);
    let row = rows.iter().find(|row| row["code"].as_str() == Some(code));
    row.and_then(|row| row["meaning"].as_str()).unwrap_or_default()
}

/// Every code that is described, in its order.
pub(crate) fn all(openapi: &Value) -> Vec<String> {
    let rows = openapi["x-error-codes"].as_array().map_or(&[][..], Vec::as_slice);
    rows.iter().filter_map(|row| row["code"].as_str().map(str::to_owned)).collect()
}
