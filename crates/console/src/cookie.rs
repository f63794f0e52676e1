//! The cookie that holds a session's secret.

use accounts::SessionSecret;
use axum::http::{HeaderMap, HeaderValue, header};

/// Over TLS the name has the prefix with which browsers refuse it from elsewhere than this very host.
const fn name(is_https: bool) -> &'static str {
    if is_https { "__Host-auther_session" } else { "auther_session" }
}

/// The secret that the browser sent. Two cookies of the name are none: one of them was planted.
pub(crate) fn presented(headers: &HeaderMap, is_https: bool) -> Option<&str> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name(is_https)).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        (None | Some(_), _) => None,
    }
}

/// What gives the browser its session. It ends when the browser is closed, or here.
pub(crate) fn given(secret: &SessionSecret, is_https: bool) -> Option<HeaderValue> {
    value(&format!("{}={}", name(is_https), secret.reveal()), is_https)
}

/// What takes it away.
pub(crate) fn taken(is_https: bool) -> Option<HeaderValue> {
    value(&format!("{}=; Max-Age=0", name(is_https)), is_https)
}

fn value(begin: &str, is_https: bool) -> Option<HeaderValue> {
    let secure = if is_https { "; Secure" } else { "" };
    let mut value = HeaderValue::from_str(&format!("{begin}; Path=/; HttpOnly; SameSite=Lax{secure}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cookies: &[&'static str], is_https: bool) -> Option<String> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::COOKIE, HeaderValue::from_static(cookie));
        }
        presented(&headers, is_https).map(str::to_owned)
    }

    #[test]
    fn exactly_one_of_the_right_name_counts() {
        assert_eq!(found(&["a=b; auther_session=s; c=d"], false).as_deref(), Some("s"));
        assert_eq!(found(&["a=b", "auther_session=s"], false).as_deref(), Some("s"));
        assert_eq!(found(&["auther_session=s; auther_session=t"], false), None);
        assert_eq!(found(&["auther_session=s"], true), None, "what plain HTTP could have planted");
        assert_eq!(found(&["__Host-auther_session=s"], true).as_deref(), Some("s"));
        assert_eq!(found(&["xauther_session=s", ""], false), None);
    }
}
