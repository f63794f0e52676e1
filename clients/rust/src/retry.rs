//! When a request is sent again, and after how long.

use std::time::{Duration, SystemTime};

/// The bounds of sending a request again: exponential back-off with full jitter, never before `Retry-After`.
///
/// ```
/// use std::time::Duration;
/// use auther_client::Retry;
///
/// let patient = Retry { attempts_max: 10, total_max: Duration::from_secs(300), ..Retry::default() };
/// # let _ = patient;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often a request is sent in all.
    pub attempts_max: u32,
    /// No attempt begins later than this after the first.
    pub total_max: Duration,
    /// The longest wait before the second attempt; it doubles with each attempt.
    pub first_wait_max: Duration,
    /// The wait is not doubled beyond this.
    pub wait_max: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts_max: 4,
            total_max: Duration::from_secs(30),
            first_wait_max: Duration::from_millis(250),
            wait_max: Duration::from_secs(8),
        }
    }
}

impl Retry {
    /// Every request is sent once.
    #[must_use]
    pub fn never() -> Self {
        Self { attempts_max: 1, ..Self::default() }
    }

    /// How long to wait after so many attempts; `None` after the last one. `random` is from 0 to 1.
    pub(crate) fn wait(
        &self,
        attempts: u32,
        elapsed: Duration,
        retry_after: Option<Duration>,
        random: f64,
    ) -> Option<Duration> {
        if attempts >= self.attempts_max {
            return None;
        }
        let doublings = attempts.saturating_sub(1);
        let longest = 2_u32.checked_pow(doublings).and_then(|factor| self.first_wait_max.checked_mul(factor));
        let longest = longest.unwrap_or(self.wait_max).min(self.wait_max);
        // Jitter on top of Retry-After, too: all who were refused at once were told the same.
        let wait = retry_after.unwrap_or_default().checked_add(longest.mul_f64(random))?;
        let begins = elapsed.checked_add(wait)?;
        (begins <= self.total_max).then_some(wait)
    }
}

/// Whether the status promises another answer later.
pub(crate) fn is_temporary(status: u16) -> bool {
    matches!(status, 429 | 503)
}

/// What a `Retry-After` header means: seconds, or a date of HTTP (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text).ok().map(|at| at.duration_since(now).unwrap_or_default()),
    }
}

/// A number from 0 to 1 that nobody foresees; 1 where the system has none to give, which is the longest wait.
pub(crate) fn random() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn the_wait_doubles_up_to_its_limit_and_jitter_takes_any_part_of_it() {
        let retry = Retry { attempts_max: 40, total_max: Duration::from_secs(1_000), ..Retry::default() };
        let wait = |attempts, random| retry.wait(attempts, Duration::ZERO, None, random);
        assert_eq!(
            [1, 2, 3, 6, 7, 39].map(|n| wait(n, 1.0)),
            [250, 500, 1_000, 8_000, 8_000, 8_000].map(|ms| Some(MS(ms)))
        );
        assert_eq!((wait(3, 0.0), wait(3, 0.5)), (Some(Duration::ZERO), Some(MS(500))));
    }

    #[test]
    fn it_ends_by_attempts_and_by_time() {
        let retry = Retry::default();
        assert_eq!(retry.wait(4, Duration::ZERO, None, 0.0), None);
        assert_eq!(Retry::never().wait(1, Duration::ZERO, None, 0.0), None);
        assert_eq!(retry.wait(1, Duration::from_secs(30), None, 0.0), Some(Duration::ZERO));
        assert_eq!(retry.wait(1, Duration::from_secs(30), None, 1.0), None);
        assert_eq!(retry.wait(1, Duration::ZERO, Some(Duration::from_secs(31)), 0.0), None);
        assert_eq!(retry.wait(1, Duration::ZERO, Some(Duration::MAX), 1.0), None);
    }

    #[test]
    fn what_the_service_says_is_the_least_wait() {
        let retry = Retry::default();
        let wait = |random| retry.wait(1, Duration::ZERO, Some(Duration::from_secs(2)), random);
        assert_eq!((wait(0.0), wait(1.0)), (Some(MS(2_000)), Some(MS(2_250))));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let read = |text| retry_after(text, now);
        assert_eq!(read(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:47 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:27 GMT"), Some(Duration::ZERO), "it is over");
        assert_eq!((read("soon"), read("-1"), read("")), (None, None, None));
    }

    #[test]
    fn jitter_is_between_none_and_all() {
        assert!((0..1_000).map(|_| random()).all(|number| (0.0..=1.0).contains(&number)));
    }
}
