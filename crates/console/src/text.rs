//! Numbers and times in words, as templates show them.

use std::time::Duration;

use biometric::Timestamp;
use jiff::Timestamp as Instant;
use jiff::tz::TimeZone;

/// A time to the minute, in UTC: `25 Nov 2026, 06:33`. Times that no calendar has are a dash.
pub(crate) fn when(time: &Timestamp) -> String {
    format(*time, "%-d %b %Y, %H:%M")
}

/// A day: `25 Nov 2026`.
pub(crate) fn day(time: &Timestamp) -> String {
    format(*time, "%-d %b %Y")
}

/// A day of this year: `25 Nov`.
pub(crate) fn short_day(time: &Timestamp) -> String {
    format(*time, "%-d %b")
}

/// A day for machines: `2026-11-25`.
pub(crate) fn iso_day(time: &Timestamp) -> String {
    format(*time, "%Y-%m-%d")
}

/// A time to the second, in UTC, as logs are read: `2026-11-25 06:33:08`.
pub(crate) fn exactly(time: &Timestamp) -> String {
    format(*time, "%Y-%m-%d %H:%M:%S")
}

/// A time for machines: RFC 3339 in UTC with milliseconds.
pub(crate) fn rfc3339(time: &Timestamp) -> String {
    format(*time, "%Y-%m-%dT%H:%M:%S.%3fZ")
}

fn format(time: Timestamp, pattern: &str) -> String {
    let zoned = Instant::from_millisecond(time.as_millis()).map(|instant| instant.to_zoned(TimeZone::UTC));
    zoned.map_or_else(|_| "–".to_owned(), |zoned| zoned.strftime(pattern).to_string())
}

/// How long ago, roughly: `3 minutes ago`.
pub(crate) fn ago(time: &Timestamp, now: &Timestamp) -> String {
    let seconds = (now.as_millis() - time.as_millis()).max(0) / 1_000;
    match seconds {
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} ago", counted(seconds / 60, "minute")),
        3_600..86_400 => format!("{} ago", counted(seconds / 3_600, "hour")),
        _ => format!("{} ago", counted(seconds / 86_400, "day")),
    }
}

/// How long to wait, rounded up: never too early.
pub(crate) fn wait(wait: Duration) -> String {
    let seconds = i64::try_from(seconds(wait)).unwrap_or(i64::MAX);
    match seconds {
        0..=90 => counted(seconds, "second"),
        _ => counted(seconds.saturating_add(59) / 60, "minute"),
    }
}

/// The same for machines.
pub(crate) fn seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
}

fn counted(count: i64, of: &str) -> String {
    if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") }
}

/// A count with its thousands apart: `12,345`.
pub(crate) fn count(count: &u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What an error says, as a sentence: with a capital and a full stop.
pub(crate) fn sentence(says: &str) -> String {
    let mut characters = says.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if says.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Timestamp = Timestamp::from_millis(1_599_149_108_938);

    #[test]
    fn times_read_well() {
        assert_eq!(when(&TIME), "3 Sep 2020, 16:05");
        assert_eq!(day(&TIME), "3 Sep 2020");
        assert_eq!(rfc3339(&TIME), "2020-09-03T16:05:08.938Z");
        assert_eq!(when(&Timestamp::from_millis(i64::MAX)), "–");
    }

    #[test]
    fn spans_read_well() {
        let ago = |seconds: i64| ago(&TIME, &Timestamp::from_millis(TIME.as_millis() + seconds * 1_000));
        assert_eq!((ago(-5), ago(59), ago(60)), ("just now".into(), "just now".into(), "1 minute ago".into()));
        assert_eq!((ago(7_200), ago(86_400 * 3)), ("2 hours ago".into(), "3 days ago".into()));
        let wait = |millis| wait(Duration::from_millis(millis));
        assert_eq!((wait(1), wait(1_001), wait(90_500)), ("1 second".into(), "2 seconds".into(), "2 minutes".into()));
    }

    #[test]
    fn errors_become_sentences() {
        assert_eq!(sentence("the code is not right"), "The code is not right.");
        assert_eq!(sentence("Really?"), "Really?");
        assert_eq!(sentence("über"), "Über.");
    }

    #[test]
    fn thousands_are_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(&(number as u64)), text);
        }
    }
}
