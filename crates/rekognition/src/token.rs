//! Where a list goes on, as a text that clients hand back.

use base64_simd::URL_SAFE_NO_PAD;

use crate::exception::{Exception, Kind};

/// The list that a token belongs to, as its first letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Collections,
    Faces,
}

impl List {
    const fn letter(self) -> char {
        match self {
            Self::Collections => 'c',
            Self::Faces => 'f',
        }
    }
}

/// A token for what follows `last`. It opens nothing: whose list it is, the key says.
pub(crate) fn of(list: List, last: &str) -> String {
    URL_SAFE_NO_PAD.encode_to_string(format!("{}{last}", list.letter()))
}

/// After what a list goes on.
pub(crate) fn after<T: std::str::FromStr>(list: List, token: &str) -> Result<T, Exception> {
    let bytes = URL_SAFE_NO_PAD.decode_to_vec(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let last = text.as_deref().and_then(|text| text.strip_prefix(list.letter())).and_then(|last| last.parse().ok());
    last.ok_or_else(|| Exception::new(Kind::InvalidPaginationTokenException, "The pagination token is not valid."))
}

#[cfg(test)]
mod tests {
    use engine::CollectionId;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_comes_back_as_what_it_was_made_of() {
        let token = of(List::Collections, "my-faces.2");
        assert_eq!(after::<CollectionId>(List::Collections, &token).expect("valid").as_str(), "my-faces.2");
        assert!(after::<CollectionId>(List::Faces, &token).is_err(), "it is of another list");
        assert!(!token.contains("faces"));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(token in ".{0,300}") {
            if let Ok(last) = after::<CollectionId>(List::Collections, &token) {
                prop_assert_eq!(of(List::Collections, last.as_str()), token);
            }
        }
    }
}
