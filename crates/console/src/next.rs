//! Where to go after signing in: the page that was asked for, if it is one of ours.

/// The longest address of a page that is remembered.
const BYTES_MAX: usize = 512;

/// The address, if it is a page of the console or of the documentation; never another host.
///
/// `//host`, `/\host` and what browsers make of control characters lead elsewhere: only what is plainly below one of our
/// two roots counts.
pub(crate) fn own(wish: &str) -> Option<&str> {
    let below =
        |root: &str| wish.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_plain = wish.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#');
    let climbs = wish.contains("//") || wish.contains("/.") || wish.contains("%2e") || wish.contains("%2E");
    (wish.len() <= BYTES_MAX && is_plain && !climbs && (below("/console") || below("/docs"))).then_some(wish)
}

/// The address of the sign-in page that comes back to this one.
pub(crate) fn sign_in(back_to: &str) -> String {
    match own(back_to) {
        Some(page) if page != "/console" => {
            let encoded: String = form_urlencoded::byte_serialize(page.as_bytes()).collect();
            format!("/console/sign-in?next={encoded}")
        }
        Some(_) | None => "/console/sign-in".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn own_pages_are_kept() {
        for page in ["/console", "/docs", "/console/keys", "/console/requests?code=F_002&before=7", "/docs/errors"] {
            assert_eq!(own(page), Some(page));
        }
    }

    #[test]
    fn all_else_is_not() {
        for page in [
            "",
            "/",
            "//evil.example",
            "/console//evil.example",
            "https://evil.example/console",
            "/\\evil.example",
            "/consolex",
            "/console/../x",
            "/console\\x",
            "/console/\u{7}",
            "/console\r\nX: y",
            "/console/%2e%2e/x",
            "console",
            "/console/ü",
            "javascript:alert(1)",
            "/person/face/1",
            "/console#x",
        ] {
            assert_eq!(own(page), None, "{page:?}");
        }
        assert_eq!(own(&format!("/console/{}", "x".repeat(BYTES_MAX))), None);
    }

    #[test]
    fn sign_in_takes_the_page_along() {
        assert_eq!(sign_in("/console/keys?a=b&c=d"), "/console/sign-in?next=%2Fconsole%2Fkeys%3Fa%3Db%26c%3Dd");
        assert_eq!(sign_in("//evil.example"), "/console/sign-in");
        assert_eq!(sign_in("/console"), "/console/sign-in");
    }

    proptest! {
        /// Whatever is kept stays on this host however a browser reads it.
        #[test]
        fn nothing_leads_elsewhere(text in "(/console|/docs|/|//|\\\\|https?:)?[/\\\\a-z.:@?#%\\x00-\\x20]{0,24}") {
            if let Some(page) = own(&text) {
                prop_assert!(page.starts_with("/console") || page.starts_with("/docs"));
                prop_assert!(!page.contains("//") && !page.contains('\\') && !page.contains(char::is_control));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = (own(&text), sign_in(&text));
        }
    }
}
