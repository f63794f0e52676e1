//! What the words for the back-office may be followed by.

use std::str::FromStr;
use std::time::Duration;

use accounts::{Email, Role};
use biometric::TenantId;

/// How many, or as many as they like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Unlimited,
    AtMost(u64),
}

impl Count {
    pub(crate) fn limit(self) -> Option<u64> {
        match self {
            Self::Unlimited => None,
            Self::AtMost(most) => Some(most),
        }
    }
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "unlimited" => Ok(Self::Unlimited),
            text => text.parse().map(Self::AtMost).map_err(|_| "it is a whole number, or unlimited".to_owned()),
        }
    }
}

/// The number of an organisation; whether there is one is for the database to say.
pub(super) fn organisation(text: &str) -> Result<TenantId, String> {
    text.parse().map(TenantId).map_err(|_| "it is the number that `auther organisation list` shows".to_owned())
}

pub(super) fn role(text: &str) -> Result<Role, String> {
    Role::of_word(text).ok_or_else(|| "it is viewer, developer, owner or operator".to_owned())
}

pub(super) fn email(text: &str) -> Result<Email, String> {
    Email::parse(text).map_err(|error| error.to_string())
}

pub(super) fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate >= 0.0);
    rate.ok_or_else(|| "it is a number of requests, as 2.5".to_owned())
}

/// A number and its unit: seconds, minutes, hours or days.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number and s, m, h or d, as 24h".to_owned();
    let (count, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let is_number = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    let count: u64 = is_number.then(|| count.parse().ok()).flatten().ok_or_else(wrong)?;
    count.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        let seconds = |text| duration(text).map(|duration| duration.as_secs());
        assert_eq!(
            (seconds("24h"), seconds("30m"), seconds("7d"), seconds("0s")),
            (Ok(86_400), Ok(1_800), Ok(604_800), Ok(0))
        );
        for text in ["", "h", "24", "-1h", "1.5h", "24 h", "24ä", "+1h", "99999999999999999999d", "999999999999999999d"]
        {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_count_may_be_unlimited() {
        assert_eq!("unlimited".parse(), Ok(Count::Unlimited));
        assert_eq!("5".parse::<Count>().map(Count::limit), Ok(Some(5)));
        assert!("-5".parse::<Count>().is_err() && "".parse::<Count>().is_err());
    }

    #[test]
    fn a_rate_is_a_number() {
        assert_eq!(rate("2.5"), Ok(2.5));
        for text in ["", "inf", "nan", "-1"] {
            assert!(rate(text).is_err(), "{text:?}");
        }
    }
}
