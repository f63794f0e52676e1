//! What settings must keep to, each and together.

use std::ops::RangeInclusive;

use super::Settings;
use crate::failure::{Failure, Outcome};

/// A day in milliseconds: who sets more has mistaken the unit, and no clock overflows below.
const MS_MAX: u64 = 24 * 60 * 60 * 1000;

/// More threads than any machine has cores; each holds the models in memory.
const WORKERS_MAX: u64 = 1024;

/// More connections, requests or jobs than one process can hold.
const COUNT_MAX: u64 = 1_000_000;

/// More requests or persons than anybody counts: all numbers of a plan fit into the database's.
const PLAN_MAX: u64 = 1_000_000_000_000;

/// More requests a second than one machine answers.
const RATE_MAX: f64 = 1_000_000.0;

/// Ten years in days: longer is kept for no good reason.
const DAYS_MAX: u64 = 3_650;

/// A year in minutes, and in days: longer than that, nobody remembers being signed in.
const SESSION_MINUTES_MAX: u64 = 366 * 24 * 60;
const SESSION_DAYS_MAX: u64 = 366;

impl Settings {
    /// Whether they make sense.
    pub(super) fn check(&self) -> Outcome<()> {
        let refuse = |what: &str| Err(Failure::new(format!("setting {what}; see `auther settings`")));
        for (name, value, range) in self.whole_numbers() {
            if !range.contains(&value) {
                let (least, most) = (range.start(), range.end());
                return refuse(&format!("{name} = {value}: it must be {least} to {most}"));
            }
        }
        if !(0.0..=100.0).contains(&self.face_inside_frame_percent_min) {
            return refuse("face_inside_frame_percent_min is a percentage, 0 to 100");
        }
        if !self.probe_inter_eye_distance_px_min.is_finite() {
            return refuse("probe_inter_eye_distance_px_min must be a number");
        }
        if !["json", "text"].contains(&self.log_format.as_str()) {
            return refuse("log_format is json or text");
        }
        if !(self.free_requests_per_second > 0.0 && self.free_requests_per_second <= RATE_MAX) {
            return refuse(&format!("free_requests_per_second must be above 0, up to {RATE_MAX}"));
        }
        self.check_tls().or_else(|what| refuse(&what))?;
        self.mail().map_err(Failure::context("settings smtp_url and mail_from"))?;
        self.check_measures().or_else(|what| refuse(&what))
    }

    /// The ranges outside of which a whole number makes no sense. At zero nothing would ever be answered; the drain
    /// alone may be none.
    fn whole_numbers(&self) -> [(&'static str, u64, RangeInclusive<u64>); 18] {
        let (count, ms) = (1..=COUNT_MAX, 1..=MS_MAX);
        [
            ("workers", self.workers as u64, 0..=WORKERS_MAX),
            ("queue_jobs_max", self.queue_jobs_max as u64, count.clone()),
            ("queue_wait_ms_max", self.queue_wait_ms_max, ms.clone()),
            ("queue_standing_wait_ms_max", self.queue_standing_wait_ms_max, ms.clone()),
            ("image_bytes_max", self.image_bytes_max as u64, 1..=u64::MAX),
            ("image_pixels_max", self.image_pixels_max, 1..=u64::MAX),
            ("free_requests_month_max", self.free_requests_month_max, 1..=PLAN_MAX),
            ("free_persons_max", self.free_persons_max, 1..=PLAN_MAX),
            ("free_burst_requests", self.free_burst_requests.into(), count.clone()),
            ("request_log_days", self.request_log_days.into(), 1..=DAYS_MAX),
            ("usage_days", self.usage_days.into(), 1..=DAYS_MAX),
            ("session_idle_minutes", self.session_idle_minutes.into(), 1..=SESSION_MINUTES_MAX),
            ("session_age_days", self.session_age_days.into(), 1..=SESSION_DAYS_MAX),
            ("requests_in_flight_max", self.requests_in_flight_max as u64, count.clone()),
            ("connections_max", self.connections_max as u64, count),
            ("request_ms_max", self.request_ms_max, ms.clone()),
            ("head_read_ms_max", self.head_read_ms_max, ms),
            ("drain_ms_max", self.drain_ms_max, 0..=MS_MAX),
        ]
    }

    /// Who sends mail, if anybody is to.
    pub(crate) fn mail(&self) -> Result<Option<mail::Smtp>, mail::SetupError> {
        match (self.smtp_url.reveal(), self.mail_from.as_str()) {
            ("", "") => Ok(None),
            (url, from) => mail::Smtp::new(url, from).map(Some),
        }
    }

    /// Whether the files themselves are in order is seen where they are read.
    fn check_tls(&self) -> Result<(), String> {
        let without = |set, missing| Err(format!("{set} is set, but {missing} is not: TLS takes both"));
        match (self.tls_certificate.as_os_str().is_empty(), self.tls_key.as_os_str().is_empty()) {
            (true, true) => Ok(()),
            (false, true) => without("tls_certificate", "tls_key"),
            (true, false) => without("tls_key", "tls_certificate"),
            (false, false) if self.public_url.is_http() => {
                Err("public_url begins with http://, but with tls_certificate the server speaks TLS alone".to_owned())
            }
            (false, false) => Ok(()),
        }
    }

    fn check_measures(&self) -> Result<(), String> {
        let policy = self.policy();
        for measure in face::Measure::ALL {
            let range = policy.reference.range(*measure);
            let ends = [range.min, range.max].into_iter().flatten();
            if !ends.clone().all(f64::is_finite) || !ends.is_sorted() {
                let name = measure.name();
                return Err(format!("of {name}: its limits must be numbers, the least below the greatest"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn the_built_in_defaults_are_valid_and_equal_to_the_rooms_own() {
        let settings = Settings::from_texts(&texts(&[])).expect("parse");
        settings.check().expect("valid");
        assert_eq!(settings.policy(), face::Policy::default());
        let api = api::Settings::default();
        assert_eq!(settings.requests_in_flight_max, api.requests_in_flight_max);
        assert_eq!(settings.drain_ms_max, api.drain_ms_max);
        assert_eq!(settings.pool(), engine::PoolLimits::default());
    }

    #[test]
    fn a_bad_value_is_named() {
        let error = Settings::from_texts(&texts(&[("workers", "many")])).expect_err("no number").to_string();
        assert!(error.contains("workers") && error.contains("many"), "{error}");
        let wrong = [
            ("face_inside_frame_percent_min", "101"),
            ("probe_inter_eye_distance_px_min", "nan"),
            ("log_format", "xml"),
            ("queue_jobs_max", "0"),
            ("queue_wait_ms_max", "0"),
            ("queue_standing_wait_ms_max", "0"),
            ("image_bytes_max", "0"),
            ("image_pixels_max", "0"),
            ("requests_in_flight_max", "0"),
            ("connections_max", "0"),
            ("request_ms_max", "0"),
            ("head_read_ms_max", "0"),
            ("drain_ms_max", "18446744073709551615"),
            ("request_ms_max", "86400001"),
            ("workers", "1025"),
            ("free_requests_month_max", "0"),
            ("free_persons_max", "0"),
            ("free_requests_per_second", "0"),
            ("free_requests_per_second", "nan"),
            ("free_burst_requests", "0"),
            ("request_log_days", "0"),
            ("usage_days", "3651"),
            ("session_idle_minutes", "0"),
            ("session_age_days", "367"),
            ("smtp_url", "http://localhost"),
            ("mail_from", "auther@example.org"),
        ];
        for (name, value) in wrong {
            let settings = Settings::from_texts(&texts(&[(name, value)])).expect("parse");
            assert!(settings.check().expect_err(name).to_string().contains(name));
        }
    }

    #[test]
    fn tls_takes_a_certificate_and_a_key_and_makes_the_public_url_one_of_https() {
        let settings = |pairs: &[(&str, &str)]| Settings::from_texts(&texts(pairs)).expect("parse");
        let (certificate, key) = (("tls_certificate", "c.pem"), ("tls_key", "k.pem"));
        for (one, missing) in [(certificate, "tls_key"), (key, "tls_certificate")] {
            let error = settings(&[one]).check().expect_err("one alone").to_string();
            assert!(error.contains(&format!("{missing} is not")), "{error}");
        }
        let both = settings(&[certificate, key]);
        both.check().expect("valid");
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
        assert_eq!((both.public_url(listen), both.is_https()), ("https://127.0.0.1:9".to_owned(), true));
        let neither = settings(&[]);
        assert_eq!((neither.public_url(listen), neither.is_https()), ("http://127.0.0.1:9".to_owned(), false));
        let outside = settings(&[("public_url", "https://auth.example.org")]);
        assert!(outside.is_https(), "a proxy speaks TLS");
        let error = settings(&[certificate, key, ("public_url", "http://h")]).check().expect_err("in clear");
        assert!(error.to_string().contains("public_url"), "{error}");
    }

    #[test]
    fn words_are_of_a_closed_set() {
        for (name, value) in [
            ("gallery_codes", "f32"),
            ("console", "yes"),
            ("sign_up", "anybody"),
            ("public_url", "h"),
            ("trusted_proxies", "x"),
        ] {
            let error = Settings::from_texts(&texts(&[(name, value)])).expect_err(name).to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn the_password_of_the_mail_server_is_repeated_by_no_error() {
        let settings = Settings::from_texts(&texts(&[("smtp_url", "smtp://u:hunter2@mail.example.org?tls=none")]));
        let settings = settings.expect("parse");
        let error = settings.check().expect_err("in clear").to_string();
        assert!(error.contains("smtp_url") && error.contains("unencrypted") && !error.contains("hunter2"), "{error}");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
