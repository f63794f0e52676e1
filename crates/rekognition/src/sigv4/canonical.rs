//! A request in the one form that both sides hash.

use super::Request;

/// Method, path, query, headers, names of headers and hash of the body; `None` when a header that is said to be signed is
/// not there.
pub(super) fn request(request: &Request<'_>, signed_headers: &[&str], payload: &str) -> Option<Vec<u8>> {
    let mut canonical = Vec::new();
    for part in [request.method, &path(request.path), &query(request.query)] {
        canonical.extend_from_slice(part.as_bytes());
        canonical.push(b'\n');
    }
    for name in signed_headers {
        canonical.extend_from_slice(name.as_bytes());
        canonical.push(b':');
        let mut values = request.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| *value);
        push_trimmed(&mut canonical, values.next()?);
        for value in values {
            canonical.push(b',');
            push_trimmed(&mut canonical, value);
        }
        canonical.push(b'\n');
    }
    canonical.push(b'\n');
    canonical.extend_from_slice(signed_headers.join(";").as_bytes());
    canonical.push(b'\n');
    canonical.extend_from_slice(payload.as_bytes());
    Some(canonical)
}

/// Without space at the ends, and one space for several.
fn push_trimmed(canonical: &mut Vec<u8>, value: &[u8]) {
    let mut was_space = false;
    for byte in value.trim_ascii() {
        let is_space = *byte == b' ';
        if !(is_space && was_space) {
            canonical.push(*byte);
        }
        was_space = is_space;
    }
}

/// Dot segments and doubled slashes resolved, then encoded once more: only one service of AWS does otherwise.
fn path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let mut canonical = String::from("/");
    canonical.push_str(&segments.iter().map(|segment| encoded(segment.bytes())).collect::<Vec<_>>().join("/"));
    let is_folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if is_folder && canonical.len() > 1 {
        canonical.push('/');
    }
    canonical
}

/// Parameters sorted by name and then by value, both encoded in one way.
fn query(query: &str) -> String {
    let parameter = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (encoded(decoded(name)), encoded(decoded(value)))
    };
    let mut parameters: Vec<_> = query.split('&').filter(|text| !text.is_empty()).map(parameter).collect();
    parameters.sort_unstable();
    parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
fn encoded(bytes: impl IntoIterator<Item = u8>) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// A `%` that no two digits follow stands for itself.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match value.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    bytes
}
