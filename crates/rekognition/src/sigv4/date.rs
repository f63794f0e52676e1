//! Times as signatures have them: `20150830T123600Z`.

use std::fmt;

use biometric::Timestamp;
use jiff::SignedDuration;
use jiff::civil::{DateTime, datetime};

/// As a date without a zone: UTC has none of its own, and `jiff::Timestamp` ends a day before the year 9999 does.
const EPOCH: DateTime = datetime(1970, 1, 1, 0, 0, 0, 0);

/// A time of whole seconds, UTC, in ISO 8601's basic form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BasicTime {
    seconds: i64,
}

/// The time as signatures write it, its milliseconds dropped.
#[must_use]
pub fn basic_time(timestamp: Timestamp) -> BasicTime {
    BasicTime { seconds: timestamp.as_millis().div_euclid(1_000) }
}

impl BasicTime {
    /// Reads `YYYYMMDDThhmmssZ`; `None` of anything else, and of times that there are not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
        if (bytes[8], bytes[15]) != (b'T', b'Z') {
            return None;
        }
        let number = |from: usize, to: usize| {
            let digits = &bytes[from..to];
            let all = digits.iter().all(u8::is_ascii_digit);
            all.then(|| digits.iter().fold(0_i16, |number, digit| 10 * number + i16::from(digit - b'0')))
        };
        let small = |from: usize, to: usize| number(from, to).and_then(|number| i8::try_from(number).ok());
        let (month, day) = (small(4, 6)?, small(6, 8)?);
        let (hour, minute, second) = (small(9, 11)?, small(11, 13)?, small(13, 15)?);
        let civil = DateTime::new(number(0, 4)?, month, day, hour, minute, second, 0).ok()?;
        Some(Self { seconds: civil.duration_since(EPOCH).as_secs() })
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.seconds * 1_000
    }
}

impl fmt::Display for BasicTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Times that no calendar has are shown as the last that it has.
        let civil = EPOCH.checked_add(SignedDuration::from_secs(self.seconds)).unwrap_or(DateTime::MAX);
        write!(f, "{}", civil.strftime("%Y%m%dT%H%M%SZ"))
    }
}
