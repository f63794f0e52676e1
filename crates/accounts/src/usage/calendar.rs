//! Calendar months and days, in UTC.

use biometric::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// A calendar month: how many have passed since January 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CalendarMonth(pub(crate) i64);

impl CalendarMonth {
    /// The month in which a moment lies.
    pub(crate) fn of(at: Timestamp) -> Self {
        let (year, month) = year_and_month(day(at));
        Self((year - 1970) * 12 + month)
    }

    /// Its first moment.
    fn begins(self) -> Timestamp {
        let (year, month) = (1970 + self.0.div_euclid(12), self.0.rem_euclid(12));
        Timestamp::from_millis(first_day(year, month).saturating_mul(DAY_MS))
    }

    /// The first moment after it: when its quota comes back.
    pub(crate) fn ends(self) -> Timestamp {
        Self(self.0 + 1).begins()
    }
}

/// The day of a moment, in days since 1970-01-01.
#[must_use]
pub fn day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MS)
}

// Both after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March there, so that the leap
// day is the last of its year, and repeat every 400 years, which are 146,097 days.
const ERA_DAYS: i64 = 146_097;
/// From 0000-03-01 to 1970-01-01, in days.
const EPOCH_DAY: i64 = 719_468;

/// The Gregorian year of a day and its month, counted from 0.
fn year_and_month(day: i64) -> (i64, i64) {
    let shifted = day + EPOCH_DAY;
    let (era, day_of_era) = (shifted.div_euclid(ERA_DAYS), shifted.rem_euclid(ERA_DAYS));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = (month_from_march + 2) % 12;
    (era * 400 + year_of_era + i64::from(month < 2), month)
}

/// The day on which a month, counted from 0, of a Gregorian year begins.
fn first_day(year: i64, month: i64) -> i64 {
    let year = year - i64::from(month < 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 10) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5;
    era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH_DAY
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond())
    }

    #[test]
    fn a_month_ends_when_the_next_begins() {
        for (moment, end) in [
            ("1970-01-01T00:00:00Z", "1970-02-01T00:00:00Z"),
            ("1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z"),
            ("2024-02-29T12:00:00Z", "2024-03-01T00:00:00Z"),
            ("2026-11-30T23:59:59.999Z", "2026-12-01T00:00:00Z"),
            ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2100-02-28T23:59:59.999Z", "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(CalendarMonth::of(at(moment)).ends(), at(end), "{moment}");
        }
        for edge in [i64::MIN, i64::MAX] {
            assert!(CalendarMonth::of(Timestamp::from_millis(edge)).ends() >= Timestamp::from_millis(edge), "no panic");
        }
        assert_eq!(CalendarMonth::of(at("1970-01-31T23:59:59Z")), CalendarMonth(0));
        assert_eq!(day(at("1970-01-02T00:00:00Z")), 1);
        assert_eq!(day(at("1969-12-31T23:59:59.999Z")), -1);
    }

    proptest! {
        /// Against an implementation of the calendar that is not ours.
        #[test]
        fn every_moment_lies_in_its_month(millis in -60_000_000_000_000_i64..250_000_000_000_000) {
            let civil = jiff::Timestamp::from_millisecond(millis).expect("in range").to_zoned(TimeZone::UTC).date();
            let month = CalendarMonth::of(Timestamp::from_millis(millis));
            prop_assert_eq!(month.0, (i64::from(civil.year()) - 1970) * 12 + i64::from(civil.month()) - 1);
            let begins = date(civil.year(), civil.month(), 1).to_zoned(TimeZone::UTC).expect("in range");
            prop_assert_eq!(month.begins().as_millis(), begins.timestamp().as_millisecond());
        }
    }
}
