//! Times as signatures have them: `20150830T123600Z`.

use std::fmt;

use biometric::Timestamp;

const SECONDS_PER_DAY: i64 = 86_400;

/// From 0000-03-01 to 1970-01-01, in days.
const DAYS_TO_EPOCH: i64 = 719_468;

/// Days of 400 years of the Gregorian calendar.
const DAYS_PER_ERA: i64 = 146_097;

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
            all.then(|| digits.iter().fold(0, |number, digit| 10 * number + i64::from(digit - b'0')))
        };
        let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
        let (hour, minute, second) = (number(9, 11)?, number(11, 13)?, number(13, 15)?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days(year, month, day);
        // A day that the month has not would come back as one of the next month.
        (date(days) == (year, month, day))
            .then(|| Self { seconds: days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second })
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.seconds * 1_000
    }
}

impl fmt::Display for BasicTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.seconds.div_euclid(SECONDS_PER_DAY));
        let rest = self.seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }
}

/// Days since 1970; years begin in March, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let year_of_era = year.rem_euclid(400);
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year.div_euclid(400) * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
}

/// The other way round.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_EPOCH;
    let (era, day_of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}
