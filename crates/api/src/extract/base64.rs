//! The base64 of an image, from inside a JSON string to bytes.
//!
//! RFC 4648, the standard or the URL-safe alphabet but not both in one text (no encoder mixes them: such a text was
//! damaged on its way); padding right or left out; white space anywhere; `data:image/…;base64,` in front.
//!
//! The usual text is decoded where it stands in the body, in one pass: whether there is anything unusual in it, the decoder
//! tells. One with white space or JSON escapes (`\/` of PHP, `\u002B` of .NET, `\n` of MIME encoders) is then copied without
//! them. Every buffer on the way is overwritten when dropped.

use base64_simd::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use engine::ImageBytes;

use super::buffer::Buffer;

/// The longest `data:` prefix that is looked for, in bytes; the usual is 23.
const PREFIX_BYTES_MAX: usize = 128;

/// Why a text is no image in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// There is nothing to decode.
    Empty,
    /// Not base64, or behind a `data:` that is none of an image.
    NotBase64,
}

/// Decodes the inside of a JSON string, escapes and all.
pub(crate) fn decode(inside: &str) -> Result<ImageBytes, DecodeError> {
    let text = inside.as_bytes();
    match decode_plain(text) {
        // What decodes has nothing of it, but perhaps in the parameters of a prefix, where it changes nothing.
        Err(_) if next_unusual(text).is_some() => {
            let plain = without_escapes_and_space(text).ok_or(DecodeError::NotBase64)?;
            decode_plain(plain.as_slice())
        }
        decoded => decoded,
    }
}

fn is_escape_or_space(byte: &u8) -> bool {
    *byte == b'\\' || byte.is_ascii_whitespace()
}

/// Where the first escape or space is. Looked for in blocks, of which the compiler makes a few instructions each.
fn next_unusual(text: &[u8]) -> Option<usize> {
    const BLOCK: usize = 32;
    let has_one = |block: &[u8]| block.iter().fold(false, |found, byte| found | is_escape_or_space(byte));
    let usual = text.chunks(BLOCK).position(has_one)? * BLOCK;
    text[usual..].iter().position(is_escape_or_space).map(|at| usual + at)
}

fn decode_plain(text: &[u8]) -> Result<ImageBytes, DecodeError> {
    let digits = without_padding(without_prefix(text)?)?;
    match digits.is_empty() {
        true => Err(DecodeError::Empty),
        false => decode_digits(digits),
    }
}

/// Whatever the alphabet: what is in neither, or in both mixed, is refused by both.
fn decode_digits(digits: &[u8]) -> Result<ImageBytes, DecodeError> {
    // Decoded into room as it is, which need not be filled with zeros first.
    let mut bytes = Vec::new();
    let is_decoded =
        [STANDARD_NO_PAD, URL_SAFE_NO_PAD].iter().any(|alphabet| alphabet.decode_append(digits, &mut bytes).is_ok());
    // What was decoded before the fault lies behind the end; all room is overwritten when this is dropped.
    let image = ImageBytes::new(bytes);
    is_decoded.then_some(image).ok_or(DecodeError::NotBase64)
}

fn without_prefix(text: &[u8]) -> Result<&[u8], DecodeError> {
    let starts = |text: &[u8], with: &[u8]| text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    if !starts(text, b"data:") {
        return Ok(text);
    }
    let comma = text.iter().take(PREFIX_BYTES_MAX).position(|b| *b == b',').ok_or(DecodeError::NotBase64)?;
    let (prefix, rest) = (&text[..comma], &text[comma + 1..]);
    let end = prefix.len().saturating_sub(b";base64".len());
    match starts(prefix, b"data:image/") && starts(&prefix[end..], b";base64") {
        true => Ok(rest),
        false => Err(DecodeError::NotBase64),
    }
}

/// Takes the padding away; where there is any, it has to fill the last group of four.
fn without_padding(text: &[u8]) -> Result<&[u8], DecodeError> {
    let padding = text.iter().rev().take_while(|b| **b == b'=').count();
    match padding {
        0 => Ok(text),
        1 | 2 if text.len().is_multiple_of(4) => Ok(&text[..text.len() - padding]),
        _ => Err(DecodeError::NotBase64),
    }
}

/// `None` when there is an escape that stands for no ASCII character: no base64 has one.
fn without_escapes_and_space(text: &[u8]) -> Option<Buffer> {
    let mut plain = Buffer::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = next_unusual(rest) {
        let (usual, unusual) = rest.split_at(at);
        plain.extend(usual);
        let behind = &unusual[1..];
        rest = match unusual[0] {
            b'\\' => {
                let (byte, behind) = unescape(behind)?;
                plain.extend(if byte.is_ascii_whitespace() { &[] } else { std::slice::from_ref(&byte) });
                behind
            }
            _space => behind,
        };
    }
    plain.extend(rest);
    Some(plain)
}

/// What the escape behind a backslash stands for, and what follows it.
fn unescape(behind: &[u8]) -> Option<(u8, &[u8])> {
    let (kind, rest) = behind.split_first()?;
    match kind {
        b'/' | b'"' | b'\\' => Some((*kind, rest)),
        b'n' | b'r' | b't' | b'f' => Some((b' ', rest)),
        b'u' => {
            let (digits, rest) = rest.split_at_checked(4)?;
            let code = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            u8::try_from(code).ok().filter(u8::is_ascii).map(|byte| (byte, rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use base64_simd::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    fn decoded(text: &str) -> Result<Vec<u8>, DecodeError> {
        decode(text).map(|bytes| bytes.as_ref().to_vec())
    }

    #[test]
    fn prefixes_of_images_are_skipped() {
        for prefix in [
            "data:image/jpeg;base64,",
            "DATA:IMAGE/PNG;BASE64,",
            r"data:image\/webp;charset=utf-8;base64,",
            " data:image/png; base64, ",
        ] {
            assert_eq!(decoded(&format!("{prefix}AAEC")), Ok(vec![0, 1, 2]), "{prefix}");
        }
    }

    #[test]
    fn other_prefixes_are_refused() {
        let long = format!("data:image/{};base64,AAEC", "x".repeat(200));
        for text in ["data:text/plain;base64,AAEC", "data:image/png,AAEC", "data:,AAEC", "data:AAEC", "data:", &long] {
            assert_eq!(decoded(text), Err(DecodeError::NotBase64), "{text}");
        }
    }

    #[test]
    fn nothing_is_empty() {
        for text in ["", " ", r"\n", "data:image/png;base64,", "data:image/png;base64, "] {
            assert_eq!(decoded(text), Err(DecodeError::Empty), "{text:?}");
        }
    }

    #[test]
    fn escapes_of_common_encoders_are_understood() {
        assert_eq!(decoded(r"\/\/\u002B\u002b"), decoded("//++"));
        assert_eq!(decoded(r"AA\r\nEC\t"), Ok(vec![0, 1, 2]));
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in [
            "A",
            "AAAAA",
            "=",
            "====",
            "AA=",
            "AA===",
            "A===",
            "AA==AA==",
            "+/-_",
            "AA*A",
            "AAéA",
            r"AA\b",
            r"AA\u00e9A",
        ] {
            assert_eq!(decoded(text), Err(DecodeError::NotBase64), "{text}");
        }
    }

    #[test]
    fn bits_behind_the_last_byte_have_to_be_zero() {
        assert_eq!(decoded("AQ"), Ok(vec![1]));
        assert_eq!(decoded("AR"), Err(DecodeError::NotBase64));
    }

    proptest! {
        #[test]
        fn whatever_was_encoded_comes_back(bytes in prop::collection::vec(any::<u8>(), 1..300), url in any::<bool>(),
                                           pad in any::<bool>(), every in 1_usize..80, space in r"( |\\n|\\r\\n|\\t)?") {
            let alphabet = if url { URL_SAFE } else { STANDARD };
            let text = alphabet.encode_to_string(&bytes);
            let text = if pad { text.as_str() } else { text.trim_end_matches('=') };
            let lines: Vec<&str> = text.as_bytes().chunks(every).map(|c| std::str::from_utf8(c).unwrap()).collect();
            prop_assert_eq!(decoded(&lines.join(&space)), Ok(bytes));
        }

        #[test]
        fn no_text_makes_it_panic(text in r#"(data:|[A-Za-z0-9+/=_-]|\\|u00|[ ,;]|.){0,60}"#) {
            let _ = decoded(&text);
        }

        #[test]
        fn what_is_decoded_encodes_to_the_same_digits(text in "[AQgw+/_-]{1,12}={0,2}") {
            if let Ok(bytes) = decoded(&text) {
                let digits = text.trim_end_matches('=');
                let url = digits.contains(['-', '_']);
                let alphabet = if url { URL_SAFE_NO_PAD } else { STANDARD_NO_PAD };
                prop_assert_eq!(alphabet.encode_to_string(&bytes), digits);
            }
        }
    }
}
