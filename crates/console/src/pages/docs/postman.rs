//! The Postman collection and its environment, compiled in; the environment knows where this installation is.

use axum::body::Body;
use axum::extract::RawPathParams;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::Value;

use crate::fault::Fault;
use crate::visit::Visit;

/// The names of the files, as Postman's own end.
const COLLECTION: &str = "auther-check-api.postman_collection.json";
const ENVIRONMENT: &str = "auther.postman_environment.json";

pub(crate) async fn serve(visit: Visit, params: RawPathParams) -> Result<Response, Fault> {
    let name = params.iter().next().map_or("", |(_, name)| name);
    let (name, body) = match name {
        COLLECTION => {
            let collection: &[u8] = include_bytes!("../../../../../postman/auther-check-api.postman_collection.json");
            (COLLECTION, Body::from(collection))
        }
        ENVIRONMENT => (ENVIRONMENT, Body::from(environment(&visit.console.settings().public_url)?)),
        _ => return Err(Fault::NotFound),
    };
    let attachment = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let attachment = attachment.map_err(|error| Fault::internal(error.to_string()))?;
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, attachment);
    Ok(response)
}

/// The environment with this installation's address in it.
fn environment(base_url: &str) -> Result<String, Fault> {
    let defect = |error: serde_json::Error| Fault::internal(format!("the Postman environment: {error}"));
    let text = include_str!("../../../../../postman/auther.postman_environment.json");
    let mut environment: Value = serde_json::from_str(text).map_err(defect)?;
    for variable in environment["values"].as_array_mut().into_iter().flatten() {
        if variable["key"] == "base_url" {
            variable["value"] = base_url.into();
        }
    }
    serde_json::to_string_pretty(&environment).map_err(defect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_knows_where_this_installation_is() {
        let environment: Value =
            serde_json::from_str(&environment("https://auth.example.org").expect("JSON")).expect("JSON");
        let values = environment["values"].as_array().expect("values");
        let of =
            |key: &str| values.iter().find(|variable| variable["key"] == key).map(|variable| variable["value"].clone());
        assert_eq!(of("base_url"), Some("https://auth.example.org".into()));
        assert_eq!(of("api_key"), Some("".into()), "no key is given away");
    }
}
