//! `/console/try`: the API in the browser. What the page sends goes, within this process, through the very router that
//! serves everybody else; only the key is replaced by the session.

use accounts::{Caller, Permissions, Rate};
use askama::Template;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use tower::ServiceExt as _;

use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::guard::has_token;
use crate::reply::page;
use crate::visit::Signed;

/// What every forwarded path begins with here, and what is left of it there.
const HERE: &str = "/console/try/api";

/// The only part of the API that is reached from here.
const PERSONS: &str = "/person/";

/// The call that the camera's pictures go to while it runs.
const CHECK: &str = "/person/check-face";

/// The header by which the page says that a check is one of many while the camera runs: it costs nothing, and there may
/// be so many of them.
const LIVE: &str = "x-live";
const LIVE_RATE: Rate = Rate { per_second: 3.0, burst: 6 };

/// What a request takes along; a key, a cookie or a proxy's word does not count here.
const HEADERS: [header::HeaderName; 3] = [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ACCEPT];

/// Something to try: word, label, method, path, whether it needs a person id, how many images, and what it does.
struct Action {
    word: &'static str,
    label: &'static str,
    method: &'static str,
    path: &'static str,
    needs_id: bool,
    images: usize,
    says: &'static str,
}

const ACTIONS: &[Action] = &[
    Action {
        word: "check",
        label: "Check an image",
        method: "POST",
        path: "person/check-face",
        needs_id: false,
        images: 1,
        says: "Would this image do for an enrolment? Nothing is kept.",
    },
    Action {
        word: "enrol",
        label: "Enrol",
        method: "POST",
        path: "person/face/",
        needs_id: true,
        images: 1,
        says: "Remembers the face under an id that you choose. The image is not kept.",
    },
    Action {
        word: "verify",
        label: "Verify",
        method: "POST",
        path: "person/verify-face/",
        needs_id: true,
        images: 1,
        says: "Is this the person that is enrolled under the id?",
    },
    Action {
        word: "identify",
        label: "Identify",
        method: "POST",
        path: "person/recognize-face",
        needs_id: false,
        images: 1,
        says: "Who of all enrolled persons is this?",
    },
    Action {
        word: "compare",
        label: "Compare two images",
        method: "POST",
        path: "person/compare-face",
        needs_id: false,
        images: 2,
        says: "Do two images show the same person? Nothing is kept.",
    },
    Action {
        word: "replace",
        label: "Replace an image",
        method: "PUT",
        path: "person/face/",
        needs_id: true,
        images: 1,
        says: "Gives an enrolled person a new reference.",
    },
    Action {
        word: "get",
        label: "Look up",
        method: "GET",
        path: "person/face/",
        needs_id: true,
        images: 0,
        says: "Is anybody enrolled under the id, and since when?",
    },
    Action {
        word: "remove",
        label: "Remove",
        method: "DELETE",
        path: "person/face/",
        needs_id: true,
        images: 0,
        says: "Forgets the person: the id, the times and the template.",
    },
];

#[derive(Template)]
#[template(path = "try_it.html")]
struct Page {
    frame: Frame,
    actions: &'static [Action],
    chosen: String,
    person: String,
    base: String,
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let asked = signed.query("do");
    let chosen = ACTIONS.iter().find(|action| action.word == asked).map_or("check", |action| action.word);
    page(&Page {
        frame: signed.frame("Try it", Section::TryIt),
        actions: ACTIONS,
        chosen: chosen.to_owned(),
        person: signed.query("person").to_owned(),
        base: signed.console.settings().public_url.clone(),
    })
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
        let admitted = signed.console.live().admit(signed.organisation(), LIVE_RATE, signed.now);
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
    let peer = parts.extensions.remove::<ConnectInfo<std::net::SocketAddr>>();
    parts.extensions = axum::http::Extensions::new();
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
