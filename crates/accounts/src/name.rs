//! Names that people give to things.

use crate::Error;

/// The longest name of anything, in characters.
pub(crate) const CHARS_MAX: usize = 100;

/// A name without the space around it.
///
/// # Errors
/// [`Error::Name`] when nothing is left, it is too long or holds control characters.
pub(crate) fn checked(text: &str) -> Result<&str, Error> {
    let name = text.trim();
    match (1..=CHARS_MAX).contains(&name.chars().count()) && !name.contains(char::is_control) {
        true => Ok(name),
        false => Err(Error::Name { chars_max: CHARS_MAX }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_characters_but_not_too_many_and_none_that_control() {
        assert_eq!(checked("  Ana Müller ").ok(), Some("Ana Müller"));
        assert!(checked(&"ü".repeat(CHARS_MAX)).is_ok());
        for text in ["", "  ", "a\nb", "a\u{0}b", &"x".repeat(CHARS_MAX + 1)] {
            assert!(matches!(checked(text), Err(Error::Name { .. })), "{text:?}");
        }
    }
}
