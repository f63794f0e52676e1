//! The closed set of codes.

use std::fmt;
use std::str::FromStr;

use crate::codes::{GROUP_ROWS, Layout};

/// How a template is coded for the search. Both find the same; they differ in memory and speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tier {
    /// A byte for each value: twice the memory, but hardly an original that is looked at in vain.
    U8,
    /// Half a byte for each value: the least memory, so the fastest where memory is the limit.
    #[default]
    V4,
}

impl Tier {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::U8, Self::V4];

    /// The name in settings and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::V4 => "v4",
        }
    }

    /// Bytes that a template of `width` values takes in memory, its bounds included.
    #[must_use]
    pub fn bytes_per_template(self, width: usize) -> usize {
        Layout::new(self, width).group_bytes() / GROUP_ROWS
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tier {
    type Err = TierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|tier| tier.name() == text).ok_or(TierError)
    }
}

/// A name that is no tier's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierError;

impl fmt::Display for TierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("codes are u8 or v4")
    }
}

impl std::error::Error for TierError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_understood_and_nothing_else() {
        for tier in Tier::ALL {
            assert_eq!(tier.to_string().parse(), Ok(tier));
        }
        assert_eq!("V4".parse::<Tier>(), Err(TierError));
    }

    #[test]
    fn a_template_takes_what_the_documentation_says() {
        let bytes = |tier: Tier| [128, 192, 256, 512].map(|width| tier.bytes_per_template(width));
        assert_eq!(bytes(Tier::V4), [68, 100, 132, 260]);
        assert_eq!(bytes(Tier::U8), [132, 196, 260, 516]);
    }
}
