//! `/console/try`: the API in the browser. What the page sends goes, within this process, through the very router that
//! serves everybody else; only the key is replaced by the session.

use std::net::SocketAddr;
use std::ops::Deref;

use accounts::{Caller, Permissions, Rate};
use askama::Template;
use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, HeaderMap, Uri, header};
use axum::response::Response;
use biometric::TenantId;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::guard::has_token;
use crate::reply::page;
use crate::samples;
use crate::visit::Signed;

/// What every forwarded path begins with here, and what is left of it there.
const HERE: &str = "/console/try/api";

/// The only part of the API that is reached from here.
const PERSONS: &str = "/person/";

/// The call that the camera's pictures go to while it runs.
const CHECK: &str = "/person/check-face";

/// The header by which the page says that a check is one of many while the camera runs: it costs nothing, and a session
/// may have so many of them.
const LIVE: &str = "x-live";
const LIVE_RATE: Rate = Rate { per_second: 3.0, burst: 3 };

/// What a request takes along; a key, a cookie or a proxy's word does not count here.
const HEADERS: [header::HeaderName; 3] = [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ACCEPT];

/// The size of an image that is accepted where the API's description does not say: 10 MiB.
const IMAGE_BYTES_MAX: u64 = 10 << 20;

/// Something to try, and the call that it is.
struct Action {
    /// What links say: `/console/try?do=enrol`.
    word: &'static str,
    label: &'static str,
    says: &'static str,
    /// The call's id in the API's description.
    operation: &'static str,
    method: &'static str,
    path: &'static str,
    needs_id: bool,
    images: usize,
    /// Whether the image only asks who somebody is, so that few of the checks matter.
    is_probe: bool,
}

const ACTIONS: [Action; 8] = [
    Action {
        word: "check",
        label: "Check an image",
        says: "Would this image do for an enrolment? Nothing is kept.",
        operation: "checkFace",
        method: "POST",
        path: "person/check-face",
        needs_id: false,
        images: 1,
        is_probe: false,
    },
    Action {
        word: "enrol",
        label: "Enrol",
        says: "Remember a face under an id of yours. A template is kept, the image is not.",
        operation: "createPerson",
        method: "POST",
        path: "person/face/",
        needs_id: true,
        images: 1,
        is_probe: false,
    },
    Action {
        word: "verify",
        label: "Verify",
        says: "Is this the person who is enrolled under the id?",
        operation: "verifyPerson",
        method: "POST",
        path: "person/verify-face/",
        needs_id: true,
        images: 1,
        is_probe: true,
    },
    Action {
        word: "identify",
        label: "Identify",
        says: "Who of all enrolled persons is this?",
        operation: "identifyPerson",
        method: "POST",
        path: "person/recognize-face",
        needs_id: false,
        images: 1,
        is_probe: true,
    },
    Action {
        word: "compare",
        label: "Compare two images",
        says: "Do two images show the same person? Nothing is looked up and nothing is kept.",
        operation: "comparePersons",
        method: "POST",
        path: "person/compare-face",
        needs_id: false,
        images: 2,
        is_probe: true,
    },
    Action {
        word: "replace",
        label: "Replace the image",
        says: "Give an enrolled person a new image. From then on only the new one counts.",
        operation: "updatePerson",
        method: "PUT",
        path: "person/face/",
        needs_id: true,
        images: 1,
        is_probe: false,
    },
    Action {
        word: "get",
        label: "Look up",
        says: "Is anybody enrolled under the id, and since when?",
        operation: "getPerson",
        method: "GET",
        path: "person/face/",
        needs_id: true,
        images: 0,
        is_probe: false,
    },
    Action {
        word: "remove",
        label: "Remove",
        says: "Forget a person: the id, the times and the template.",
        operation: "removePerson",
        method: "DELETE",
        path: "person/face/",
        needs_id: true,
        images: 0,
        is_probe: false,
    },
];

/// An action as the page has it: with the call as a shell makes it.
struct Shown {
    action: &'static Action,
    curl: String,
}

impl Deref for Shown {
    type Target = Action;

    fn deref(&self) -> &Action {
        self.action
    }
}

#[derive(Template)]
#[template(path = "try_it.html")]
struct Page {
    frame: Frame,
    actions: Vec<Shown>,
    chosen: &'static str,
    person: String,
    image_bytes_max: u64,
    /// The chosen call, for who has no JavaScript.
    without_script: String,
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let (openapi, base) = (&signed.console.openapi, &signed.console.settings().public_url);
    let asked = signed.query("do");
    let action = ACTIONS.iter().find(|action| action.word == asked).unwrap_or(&ACTIONS[0]);
    let curl = |action: &Action| {
        let samples = samples::of(openapi, action.operation, base);
        samples.into_iter().next().map(|sample| sample.source).unwrap_or_default()
    };
    page(&Page {
        frame: signed.frame("Try it", Section::TryIt),
        actions: ACTIONS.iter().map(|action| Shown { action, curl: curl(action) }).collect(),
        chosen: action.word,
        person: signed.query("person").to_owned(),
        image_bytes_max: image_bytes_max(openapi),
        without_script: curl(action),
    })
}

/// The size of an image that the API accepts, as its description has it.
fn image_bytes_max(openapi: &Value) -> u64 {
    let mut limits = openapi["x-limits"].as_array().into_iter().flatten();
    let limit = limits.find(|limit| limit["name"].as_str() == Some("image_bytes"));
    limit.and_then(|limit| limit["max"].as_u64()).unwrap_or(IMAGE_BYTES_MAX)
}

/// Hands a call to the API, and the API's answer back as it is.
pub(crate) async fn forward(signed: Signed, request: Request) -> Result<Response, Fault> {
    // The guard asks it of what changes something; here a GET costs something, too.
    if !has_token(&signed, request.headers(), None) {
        return Err(Fault::ForeignForm);
    }
    let path = request.uri().path().strip_prefix(HERE).filter(|path| is_ours(path)).ok_or(Fault::NotFound)?.to_owned();
    let is_live = path == CHECK && request.headers().contains_key(LIVE);
    if is_live {
        // The limiter counts by number; this one is asked about sessions only.
        let admitted = signed.console.live().admit(TenantId(signed.session().id.0), LIVE_RATE, signed.now);
        admitted.map_err(Fault::Throttled)?;
    }
    let organisation = signed.organisation();
    let caller = move |parts: &crate::Parts| parts.accounts.caller(organisation, Permissions::ALL);
    let caller = signed.console.blocking(caller).await??;
    let call = call(request, &path, Caller { charged: !is_live, ..caller })?;
    match signed.console.api.clone().oneshot(call).await {
        Ok(answer) => Ok(answer),
        Err(never) => match never {},
    }
}

/// The request as the API is to see it.
fn call(request: Request, path: &str, caller: Caller) -> Result<Request, Fault> {
    let (mut parts, body) = request.into_parts();
    parts.uri = path.parse::<Uri>().map_err(|_| Fault::NotFound)?;
    let mut headers = HeaderMap::new();
    for name in HEADERS {
        if let Some(value) = parts.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    parts.headers = headers;
    // What was learnt of the request so far is about this page, not about the call.
    let peer = parts.extensions.remove::<ConnectInfo<SocketAddr>>();
    parts.extensions = Extensions::new();
    parts.extensions.insert(caller);
    if let Some(peer) = peer {
        parts.extensions.insert(peer);
    }
    Ok(Request::from_parts(parts, body))
}

/// Whether the path leads to a person's calls, however it is written: no step up, no empty step, nothing that another
/// decoding would make one of.
fn is_ours(path: &str) -> bool {
    let is_plain = |segment: &str| {
        let escapes = segment.split('%').skip(1);
        let hides = |escape: &str| {
            let code = escape.get(..2).map(str::to_ascii_lowercase);
            code.is_none_or(|code| ["2e", "2f", "5c", "25", "00"].contains(&code.as_str()))
        };
        !matches!(segment, "." | "..") && !segment.contains('\\') && !escapes.into_iter().any(hides)
    };
    path.strip_prefix(PERSONS).is_some_and(|rest| {
        // The id may be missing, as in an empty form: the API says so.
        let mut segments = rest.split('/').rev();
        segments.next().is_some_and(is_plain) && segments.all(|segment| !segment.is_empty() && is_plain(segment))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_reached_and_nothing_else() {
        for path in
            ["/person/face/jane", "/person/face/a~@:+b", "/person/face/a%20b", "/person/face/", "/person/check-face"]
        {
            assert!(is_ours(path), "{path}");
        }
        for path in [
            "",
            "/",
            "/person",
            "/healthz",
            "/openapi.json",
            "/console",
            "//person/face/x",
            "/person//face/x",
            "/person/../console",
            "/person/./face",
            "/person/face/..",
            "/person/%2e%2e/x",
            "/person/face/%2E%2E",
            "/person/face/a%2fb",
            "/person/face/a%5cb",
            "/person/face/a\\b",
            "/person/face/%252e",
            "/person/face/%0",
            "/persons/x",
            "/person/face/%00",
        ] {
            assert!(!is_ours(path), "{path}");
        }
    }
}
