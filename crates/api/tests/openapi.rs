//! The `OpenAPI` document: it is the committed one, it is valid, and it says what the server does.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use accounts::{Actor, Limits, Networks, Permission, Rate};
use api::{Case, Code};
use biometric::Timestamp;
use common::{Request, Response, Script, Server, exchange};
use engine::{Error, Refusal};
use serde_json::{Map, Value, json};

/// The person of the document's examples.
const PERSON: &str = "jane.doe";

/// A call as the document has it.
struct Call {
    method: String,
    path: String,
    operation: Value,
}

impl Call {
    fn id(&self) -> &str {
        self.operation["operationId"].as_str().expect("an operationId")
    }

    /// Whether the call is one of the contract's, not one of the service's own.
    fn needs_key(&self) -> bool {
        self.operation.get("security").is_none()
    }

    fn names_person(&self) -> bool {
        self.path.contains("{person_id}")
    }

    /// The path with a person in it.
    fn path_of(&self, person: &str) -> String {
        self.path.replace("{person_id}", person)
    }

    fn body_examples(&self) -> Option<&Map<String, Value>> {
        self.operation["requestBody"]["content"]["application/json"]["examples"].as_object()
    }

    fn body(&self) -> Option<String> {
        let example = self.body_examples()?.values().next().expect("an example");
        Some(example["value"].to_string())
    }

    /// A request that the server answers with success, not yet sent.
    fn request(&self, server: &Server) -> Request {
        let request = server.request(&self.method, &self.path_of(PERSON));
        match self.body() {
            Some(body) => request.json(body),
            None => request,
        }
    }

    fn responses(&self) -> &Map<String, Value> {
        self.operation["responses"].as_object().expect("responses")
    }

    /// The example of an error that came.
    fn example_of(&self, response: &Response) -> Option<&Value> {
        let word = response.json()["type"].as_str()?.to_owned();
        let media = &self.responses().get(&response.status.to_string())?["content"]["application/json"];
        media["examples"].get(word).map(|example| &example["value"])
    }

    fn documented_types(&self) -> BTreeSet<String> {
        let types = self.responses().values().filter_map(|response| response["x-types"].as_array()).flatten();
        types.map(|word| word.as_str().expect("text").to_owned()).collect()
    }

    fn codes(&self) -> Vec<&str> {
        texts(&self.operation["x-error-codes"])
    }
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("text")).collect()
}

/// Every call of the document in reading order.
fn calls() -> Vec<Call> {
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

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_committed_document_is_this_one() {
    let path = root().join("openapi/auther-check-api.json");
    let made = api::openapi();
    if std::env::var_os("AUTHER_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&made).expect("JSON") + "\n";
        std::fs::write(&path, text).expect("written");
    }
    let committed: Option<Value> = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    assert!(
        committed == Some(made),
        "openapi/auther-check-api.json is out of date: run AUTHER_BLESS=1 cargo test -p api --test openapi"
    );
}

#[tokio::test]
async fn the_server_serves_it_without_a_key() {
    let server = Server::start().await;
    let response = Request::new(server.address, "GET", "/openapi.json").send().await;
    assert_eq!((response.status, response.json()), (200, api::openapi()));
}

// What it says of the routes.

#[tokio::test]
async fn every_documented_call_is_there_and_no_other_method_of_its_path() {
    let server = Server::start().await;
    let mut methods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in calls() {
        let response = call.request(&server).send().await;
        assert_eq!(response.status, 200, "{}", call.id());
        let methods = methods.entry(call.path).or_default();
        // GET brings HEAD along.
        methods.extend((call.method == "GET").then(|| "HEAD".to_owned()));
        methods.insert(call.method);
    }
    for (path, methods) in methods {
        let path = path.replace("{person_id}", PERSON);
        let options = server.request("OPTIONS", &path).send().await;
        let allow = options.header("allow").expect("Allow").split(',').map(|method| method.trim().to_owned());
        assert_eq!(allow.collect::<BTreeSet<_>>(), methods, "{path}");
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "BREW"] {
            if !methods.contains(method) {
                server.request(method, &path).send().await.assert_error(405, "R_001", "wrong_method");
            }
        }
    }
}

#[test]
fn every_route_of_the_router_is_documented() {
    // axum does not tell its routes; the one file that makes them does.
    let source = include_str!("../src/router.rs");
    let documented: BTreeSet<String> = calls().into_iter().map(|call| call.path).collect();
    let routes = source.split(".route(").skip(1).map(|rest| rest.split(',').next().expect("a path").trim());
    let paths: BTreeSet<String> = routes
        .map(|path| match path {
            "health::LIVE" => "/healthz".to_owned(),
            "health::READY" => "/readyz".to_owned(),
            "openapi::PATH" => "/openapi.json".to_owned(),
            literal => literal.trim_matches('"').to_owned(),
        })
        // The route of an empty person id, which refuses it.
        .map(|path| if path.ends_with('/') { path + "{person_id}" } else { path })
        .collect();
    assert_eq!(paths, documented);
}

// What it says of errors.

#[test]
fn every_code_can_end_a_call_and_every_case_has_an_example() {
    let document = api::openapi();
    let calls = calls();
    let rows = document["x-error-codes"].as_array().expect("rows");
    assert_eq!(rows.len(), Code::ALL.len());
    for (row, code) in rows.iter().zip(Code::ALL) {
        assert_eq!(row["code"], code.text());
        let with: Vec<&str> = calls.iter().filter(|call| call.codes().contains(&code.text())).map(Call::id).collect();
        assert!(!with.is_empty(), "{code:?} ends no call");
        assert_eq!(texts(&row["operations"]), with, "{code:?}");
    }
    let types: BTreeSet<String> = calls.iter().flat_map(Call::documented_types).collect();
    let cases: BTreeSet<String> = Case::ALL.iter().map(|case| case.word().to_owned()).collect();
    assert_eq!(types, cases);
}

#[test]
fn examples_of_errors_are_of_their_status_and_type_and_codes_are_in_order() {
    let place = |text: &str| Code::ALL.iter().position(|code| code.text() == text).expect("a code");
    for call in calls() {
        let mut of_all = BTreeSet::new();
        for (status, response) in call.responses().iter().filter(|(status, _)| *status != "200") {
            let examples = response["content"]["application/json"]["examples"].as_object().expect("examples");
            let types = texts(&response["x-types"]);
            assert_eq!(types.iter().copied().collect::<BTreeSet<_>>(), examples.keys().map(String::as_str).collect());
            let mut codes: Vec<&str> = Vec::new();
            for word in types {
                let case = Case::ALL.iter().find(|case| case.word() == word).expect("a case");
                let value = &examples[word]["value"];
                assert_eq!((&value["type"], &value["code"]), (&json!(word), &json!(case.code().text())));
                assert_eq!(case.status().as_str(), status);
                codes.push(case.code().text());
            }
            assert!(codes.is_sorted_by_key(|code| place(code)), "{codes:?}");
            codes.dedup();
            assert_eq!(texts(&response["x-codes"]), codes);
            of_all.extend(codes);
        }
        assert_eq!(call.codes().into_iter().collect::<BTreeSet<_>>(), of_all, "{}", call.id());
        assert!(call.codes().is_sorted_by_key(|code| place(code)));
    }
}

/// The column 'its errors' of the contract.
const CONTRACT: [(&str, &str); 8] = [
    (
        "createPerson",
        "F_001 F_002 F_003 F_004 F_005 F_006 F_007 F_008 F_009 F_010 F_011 F_012 CP_002 CP_005 R_002 R_003",
    ),
    (
        "updatePerson",
        "F_001 F_002 F_003 F_004 F_005 F_006 F_007 F_008 F_009 F_010 F_011 F_012 CP_005 R_002 R_003 NF_001",
    ),
    ("removePerson", "NF_001 CP_005 R_003"),
    ("getPerson", "NF_001 CP_005 R_003"),
    ("identifyPerson", "RF_001 F_002 F_011 CP_005 R_002 R_003"),
    ("verifyPerson", "NF_001 F_002 F_011 CP_005 R_002 R_003"),
    ("comparePersons", "F_002 CP_005 R_002 R_003"),
    ("checkFace", "CP_005 R_002 R_003"),
];

/// What the contract adds for every call. The page lists `R_002` for calls without a body, too: what is no HTTP is so.
const ADDITIONS: &str = "R_002 A_001 A_002 A_003 S_001 S_002 S_003 R_001 L_001 U_001 I_001";

#[test]
fn the_codes_of_each_call_are_the_contracts() {
    let existing: BTreeSet<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    let calls = calls();
    for (id, codes) in CONTRACT {
        let call = calls.iter().find(|call| call.id() == id).expect("a call");
        let expected: BTreeSet<&str> = codes.split(' ').chain(ADDITIONS.split(' ')).collect();
        assert!(expected.is_subset(&existing), "{id}");
        assert_eq!(call.codes().into_iter().collect::<BTreeSet<_>>(), expected, "{id}");
    }
    assert_eq!(calls.iter().filter(|call| call.needs_key()).count(), CONTRACT.len());
}

/// Requests that are refused before anything is done, each once for every call that it can be made of.
async fn refusals(server: &Server, call: &Call) -> Vec<Response> {
    let path = call.path_of(PERSON);
    let good = || call.request(server);
    let keyed = |key: &str| good().without("Api-Key").header("Api-Key", key);
    let permission = call.operation["x-permission"].as_str().expect("a permission");
    let others: Vec<_> = Permission::ALL.into_iter().filter(|other| other.word() != permission).collect();
    let mut requests = vec![
        good().without("Api-Key"),
        keyed("ak_no"),
        keyed(&server.key_with(&others, None).1),
        server.request("BREW", &path),
        server.request(&call.method, &format!("{path}/x")),
    ];
    if call.names_person() {
        requests.push(server.request(&call.method, &call.path_of("jane%20doe")).json(call.body().unwrap_or_default()));
    }
    if let Some(body) = call.body() {
        let with = |body: &str| server.request(&call.method, &path).json(body);
        let object: Map<String, Value> = serde_json::from_str(&body).expect("an object");
        // The first field, as refusals name it.
        let field = ["faceImage", "sourceImage"].into_iter().find(|name| object.contains_key(*name)).expect("a field");
        let changed = |value: Value| {
            let mut changed = object.clone();
            changed.insert(field.to_owned(), value);
            with(&Value::from(changed).to_string())
        };
        requests.extend([
            server.request(&call.method, &path).body(&body),
            with(""),
            with("nonsense"),
            with(&body[..body.len() - 1]),
            with("[1]"),
            changed(Value::Null),
            changed(json!(5)),
            changed(json!("")),
            changed(json!("*")),
            with(&format!("{{\"{field}\":\"AAEC\",{}", &body[1..])),
            server.request(&call.method, &path).json(vec![b' '; 40 << 20]),
        ]);
        if field == "sourceImage" {
            requests.push(with(&body.replace('}', ",\"similarityThreshold\":101}")));
            requests.push(with(&body.replace('}', ",\"sourcetImage\":\"AAEC\"}")));
        }
    }
    let mut responses = Vec::new();
    for request in requests {
        responses.push(request.send().await);
    }
    let malformed = exchange(server.connect().await, b"nonsense\r\n\r\n").await;
    responses.push(Response::parse(&malformed, false).expect("a whole response").0);
    responses
}

/// What a refusal looks like: everything but the numbers and the time.
fn shape(error: &Value) -> Value {
    let mut error = error.clone();
    for detail in error.get_mut("details").and_then(Value::as_array_mut).into_iter().flatten() {
        for number in ["value", "min", "max", "resets"] {
            if let Some(number) = detail.get_mut(number) {
                *number = Value::Null;
            }
        }
    }
    error
}

#[tokio::test]
async fn refusals_of_requests_are_documented_as_they_are() {
    let server = Server::start().await;
    // Those that are about the request itself; the table of contract.md and the tests of codes tell of the others.
    let told_here = |word: &str| {
        let case = Case::ALL.iter().find(|case| case.word() == word).expect("a case");
        let is_of_request = [Code::R001, Code::R002, Code::R003, Code::A001, Code::A002].contains(&case.code());
        (is_of_request && !word.starts_with("image_")) || word == "key_not_permitted"
    };
    for call in calls().iter().filter(|call| call.needs_key()) {
        let mut seen = BTreeSet::new();
        for response in refusals(&server, call).await {
            let error = response.json();
            let example = call.example_of(&response).unwrap_or_else(|| panic!("{} has no {error}", call.id()));
            assert_eq!(shape(&error), shape(example), "{}", call.id());
            seen.insert(error["type"].as_str().expect("text").to_owned());
        }
        let documented: BTreeSet<String> = call.documented_types().into_iter().filter(|word| told_here(word)).collect();
        assert_eq!(seen, documented, "{}", call.id());
    }
    assert!(server.fake.take_calls().is_empty(), "nothing reached the engine");
}

#[tokio::test]
async fn refusals_of_the_engine_are_documented_as_they_are() {
    type Failure = (fn() -> Error, &'static str);
    let failures: [Failure; 10] = [
        (|| Error::PersonNotFound, "person_not_found"),
        (|| Error::FaceNotMatched, "face_not_matched"),
        (|| Error::NoPersonMatched, "no_person_matched"),
        (|| Error::Refused(vec![Refusal::PersonTaken]), "person_taken"),
        (|| Error::Refused(vec![Refusal::FaceEnrolled]), "face_enrolled"),
        (|| face::ImageError::UnknownFormat.into(), "image_format"),
        (|| face::ImageError::Undecodable(String::new()).into(), "image_undecodable"),
        (|| Error::GalleryFull { persons_max: 5 }, "persons_exhausted"),
        (|| Error::Unavailable(String::new()), "unavailable"),
        (|| Error::Internal(String::new()), "internal"),
    ];
    let server = Server::start().await;
    for (failure, word) in failures {
        let mut seen = 0;
        for call in calls().iter().filter(|call| call.documented_types().contains(word)) {
            server.fake.script(Script::Fail(failure));
            let response = call.request(&server).send().await;
            let example = call.example_of(&response).unwrap_or_else(|| panic!("{} has no {word}", call.id()));
            assert_eq!(shape(&response.json()), shape(example), "{}", call.id());
            seen += 1;
        }
        assert!(seen > 0, "{word}");
    }
}

#[tokio::test]
async fn refusals_of_a_plan_are_documented_as_they_are() {
    let server = Server::start().await;
    let (everywhere, elsewhere) = (Networks::NONE, "192.0.2.0/24".parse().expect("a network"));
    let few = Limits { requests_month_max: Some(1), ..Limits::default() };
    let slow = Limits { rate: Some(Rate { per_second: 0.01, burst: 1 }), ..Limits::default() };
    let (few_key, slow_key) =
        (server.organisation(few, everywhere.clone()).1, server.organisation(slow, everywhere.clone()).1);
    for key in [&few_key, &slow_key] {
        assert_eq!(server.request_with(key, "GET", "/person/face/jane").send().await.status, 200);
    }
    let (suspended, suspended_key) = server.organisation(Limits::default(), everywhere);
    server.accounts.suspend(suspended, &Actor::system(), Timestamp::from_millis(0)).expect("suspended");
    for (key, word) in [
        (few_key, "requests_exhausted"),
        (slow_key, "rate_exceeded"),
        (server.organisation(Limits::default(), elsewhere).1, "key_network"),
        (suspended_key, "organisation_suspended"),
    ] {
        for call in calls().iter().filter(|call| call.needs_key()) {
            let response = call.request(&server).without("Api-Key").header("Api-Key", &key).send().await;
            assert_eq!(response.json()["type"], word, "{}", call.id());
            let example = call.example_of(&response).unwrap_or_else(|| panic!("{} has no {word}", call.id()));
            assert_eq!(shape(&response.json()), shape(example), "{}", call.id());
        }
    }
}

#[test]
fn headers_are_documented_where_they_come() {
    for call in calls() {
        for (status, response) in call.responses() {
            let headers: Vec<&String> = response["headers"].as_object().expect("headers").keys().collect();
            let expected: &[&str] = match status.as_str() {
                "405" => &["Allow"],
                "429" | "503" => &["Retry-After"],
                _ => &[],
            };
            let signed = ["Request-Id", "Signature", "Signature-Key", "Timestamp"];
            let expected: BTreeSet<&str> = expected.iter().copied().chain(signed).collect();
            let headers: BTreeSet<&str> = headers.into_iter().map(String::as_str).collect();
            assert_eq!(headers, expected, "{} {status}", call.id());
        }
    }
}

// What it says of successes.

/// The names in a value, at any depth, of objects and of those in lists.
fn names(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let at = format!("{at}.{name}");
                names(value, &at, found);
                found.insert(at);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| names(value, &format!("{at}[]"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn successes_are_documented_as_they_are() {
    let server = Server::start().await;
    let document = api::openapi();
    for call in calls() {
        let response = call.request(&server).send().await;
        assert_eq!(response.status, 200);
        let Some(media) = call.responses()["200"].get("content").map(|content| &content["application/json"]) else {
            assert!(response.body.is_empty(), "{}", call.id());
            continue;
        };
        check(&document, &media["schema"], &response.json(), call.id());
        if call.id() == "getOpenapi" {
            continue;
        }
        let (mut answered, mut shown) = (BTreeSet::new(), BTreeSet::new());
        names(&response.json(), "", &mut answered);
        for example in media["examples"].as_object().expect("examples").values() {
            names(&example["value"], "", &mut shown);
        }
        assert_eq!(answered, shown, "{}", call.id());
    }
}

// Whether it is a document that tools can read.

#[test]
fn every_reference_resolves() {
    fn walk(document: &Value, value: &Value, count: &mut usize) {
        match value {
            Value::Object(object) => {
                if let Some(reference) = object.get("$ref") {
                    resolve(document, reference.as_str().expect("text"));
                    *count += 1;
                }
                object.values().for_each(|value| walk(document, value, count));
            }
            Value::Array(list) => list.iter().for_each(|value| walk(document, value, count)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let (document, mut count) = (api::openapi(), 0);
    walk(&document, &document, &mut count);
    assert!(count > 100);
}

fn resolve<'a>(document: &'a Value, reference: &str) -> &'a Value {
    let pointer = reference.strip_prefix('#').expect("a reference within the document");
    document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// Holds a value to a schema, and the schema to the part of JSON Schema that is used. Stricter than JSON Schema: what
/// the schema does not name must not be there, so that nothing is left undocumented.
#[track_caller]
fn check(document: &Value, schema: &Value, value: &Value, at: &str) {
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
                let is = match field.as_str().expect("one type") {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "number" => value.is_number(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("{other} is no type"),
                };
                assert!(is, "{at}: {value} is no {field}");
            }
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

#[test]
fn every_example_is_of_its_schema() {
    let document = api::openapi();
    let mut count = 0;
    let mut check_media = |holder: &Value, at: &str| {
        let media = &holder["content"]["application/json"];
        for (name, example) in media["examples"].as_object().expect("examples") {
            assert!(example["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{at} {name}");
            check(&document, &media["schema"], &example["value"], &format!("{at} {name}"));
            count += 1;
        }
    };
    for call in calls() {
        if call.operation.get("requestBody").is_some() {
            check_media(&call.operation["requestBody"], call.id());
        }
        for (status, response) in call.responses().iter().filter(|(_, response)| response.get("content").is_some()) {
            check_media(response, &format!("{} {status}", call.id()));
        }
    }
    assert!(count > 200);
    for kind in ["parameters", "headers"] {
        for (name, part) in document["components"][kind].as_object().expect("parts") {
            check(&document, &part["schema"], &part["example"], name);
        }
    }
}

/// The rules of `OpenAPI` 3.1 that a mistake could break.
#[test]
fn the_rules_of_openapi_are_kept() {
    fn has_only(value: &Value, fields: &[&str], at: &str) {
        for name in value.as_object().expect("an object").keys() {
            assert!(name.starts_with("x-") || fields.contains(&name.as_str()), "{at}: {name}");
        }
    }
    let document = api::openapi();
    assert_eq!(document["openapi"], "3.1.0");
    has_only(&document, &["openapi", "info", "servers", "tags", "security", "paths", "components"], "the document");
    has_only(&document["info"], &["title", "version", "summary", "description"], "info");
    has_only(&document["components"], &["schemas", "parameters", "headers", "securitySchemes"], "components");
    for (kind, parts) in document["components"].as_object().expect("components") {
        for (name, part) in parts.as_object().expect("parts") {
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{kind} {name}");
            assert!(part["description"].is_string(), "{kind} {name}");
        }
    }
    for server in document["servers"].as_array().expect("servers") {
        let url = server["url"].as_str().expect("text");
        let variables = server.get("variables").and_then(Value::as_object);
        let named = url.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        assert_eq!(named.is_some(), variables.is_some(), "{url}");
        assert!(named.is_none_or(|name| variables.is_some_and(|v| v[name]["default"].is_string())), "{url}");
    }
    for requirement in document["security"].as_array().expect("security") {
        let names = requirement.as_object().expect("an object").keys();
        names.for_each(|name| assert!(document["components"]["securitySchemes"].get(name).is_some(), "{name}"));
    }
    let tags: Vec<&Value> = document["tags"].as_array().expect("tags").iter().map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for (place, call) in calls().iter().enumerate() {
        let (id, operation) = (call.id(), &call.operation);
        let fields =
            ["operationId", "summary", "description", "tags", "parameters", "requestBody", "responses", "security"];
        has_only(operation, &fields, id);
        assert!(ids.insert(id.to_owned()), "{id} twice");
        assert_eq!(operation["x-order"], place + 1, "{id}");
        assert!(operation["tags"].as_array().expect("tags").iter().all(|tag| tags.contains(&tag)), "{id}");
        assert_eq!(operation.get("parameters").is_some(), call.names_person(), "{id}");
        assert_eq!(operation.get("x-permission").is_some(), call.needs_key(), "{id}");
        for (status, response) in call.responses() {
            assert!(status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)), "{id} {status}");
            has_only(response, &["description", "headers", "content"], id);
            assert!(response["description"].is_string(), "{id} {status}");
        }
    }
}

// Whether its samples can be used as they stand.

/// Runs a sample in a folder that has the images, and returns what it printed.
async fn run(server: &Server, folder: &Path, program: &str, sample: String) -> Output {
    let base = format!("http://{}", server.address);
    let mut command = Command::new(program);
    command.current_dir(folder).env("BASE", &base).env("KEY", &server.key);
    // The shell takes them from its environment.
    let sample = match program {
        "sh" => sample,
        _ => sample.replace("$BASE", &base).replace("$KEY", &server.key),
    };
    command.arg("-c").arg(sample);
    tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("runs")
}

#[tokio::test]
async fn the_samples_for_shell_and_python_work() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    // As large as photographs are: what does not fit into one argument of a command.
    let picture = |first: u8| [vec![first; 200_000], b"\0\xff".to_vec()].concat();
    for (name, first) in [("face.jpg", 0), ("source.jpg", 1), ("target.jpg", 2)] {
        std::fs::write(folder.path().join(name), picture(first)).expect("written");
    }
    for call in calls() {
        for (language, program) in [("Shell", "sh"), ("Python", "python3")] {
            let samples = call.operation["x-codeSamples"].as_array().expect("samples");
            let sample = samples.iter().find(|sample| sample["lang"] == language).expect("a sample");
            let output = run(&server, folder.path(), program, sample["source"].as_str().expect("text").into()).await;
            let printed = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{} {language}: {output:?}", call.id());
            if language == "Python" {
                assert!(printed.starts_with("200"), "{}: {printed}", call.id());
            }
            let asked = server.fake.take_calls();
            if call.needs_key() {
                let expected: &[u8] = match (call.body(), call.id()) {
                    (None, _) => &[],
                    (Some(_), "comparePersons") => &[1, 2],
                    (Some(_), _) => &[0],
                };
                assert_eq!(asked.len(), 1, "{} {language}", call.id());
                assert_eq!(asked[0].images, expected.iter().map(|first| picture(*first)).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn every_call_has_a_sample_in_each_language() {
    for call in calls() {
        let samples = call.operation["x-codeSamples"].as_array().expect("samples");
        let languages: Vec<&Value> = samples.iter().map(|sample| &sample["lang"]).collect();
        assert_eq!(languages, ["Shell", "Python", "JavaScript"], "{}", call.id());
        for sample in samples {
            let source = sample["source"].as_str().expect("text");
            assert!(source.contains(&call.path_of(PERSON)), "{source}");
            assert_eq!(source.contains("$KEY"), call.needs_key(), "{source}");
        }
    }
}
