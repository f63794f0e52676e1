//! When a timestamp is accepted.

/// How far a timestamp may be from the server's clock, either way, in milliseconds: the contract's five minutes.
pub const WINDOW_MS: i64 = 5 * 60 * 1_000;

/// The most digits of a timestamp: enough until the year 2286, and nothing overflows.
const DIGITS_MAX: usize = 13;

/// Why a timestamp is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// It is no number of milliseconds.
    #[error("a timestamp is milliseconds since 1970 as decimal digits")]
    Unreadable,
    /// It is too far from now.
    #[error("the timestamp is {away_ms} ms from the server's clock; {WINDOW_MS} ms are allowed")]
    Outside {
        /// How far, in milliseconds: negative for the past.
        away_ms: i64,
    },
}

/// Reads a timestamp and holds it against `now`, both in milliseconds since the epoch. Returned is until when it would be
/// accepted: so long its signature has to be remembered.
///
/// Zeros in front are refused: every time is written in one way.
///
/// # Errors
/// [`WindowError`].
pub fn accept(timestamp: &str, now_ms: i64) -> Result<i64, WindowError> {
    let is_digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits || !(1..=DIGITS_MAX).contains(&timestamp.len()) || timestamp.starts_with('0') {
        return Err(WindowError::Unreadable);
    }
    let at_ms: i64 = timestamp.parse().map_err(|_| WindowError::Unreadable)?;
    let away_ms = at_ms.saturating_sub(now_ms);
    match away_ms.unsigned_abs() <= WINDOW_MS.unsigned_abs() {
        true => Ok(at_ms + WINDOW_MS),
        false => Err(WindowError::Outside { away_ms }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_764_000_000_000;

    #[test]
    fn the_window_is_five_minutes_either_way_to_the_millisecond() {
        let at = |away: i64| accept(&(NOW + away).to_string(), NOW);
        assert_eq!(at(0), Ok(NOW + 300_000));
        assert_eq!((at(300_000), at(-300_000)), (Ok(NOW + 600_000), Ok(NOW)));
        assert_eq!(at(300_001), Err(WindowError::Outside { away_ms: 300_001 }));
        assert_eq!(at(-300_001), Err(WindowError::Outside { away_ms: -300_001 }));
        assert_eq!(accept("1", NOW), Err(WindowError::Outside { away_ms: 1 - NOW }));
    }

    #[test]
    fn what_is_no_plain_number_is_refused() {
        for text in
            ["", " ", "+1764000000000", "-1", "01764000000000", "1764000000000.0", "1e12", "17640000000000", "x"]
        {
            assert_eq!(accept(text, NOW), Err(WindowError::Unreadable), "{text}");
        }
    }
}
