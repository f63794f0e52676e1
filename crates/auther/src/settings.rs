//! Deployment settings: built-in defaults, then a file, then the environment, validated together at start.
//!
//! One table makes the struct, the reading, the documentation and the list that `auther settings` prints.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};

/// Before a setting's name, in capitals, in the environment.
const ENVIRONMENT_PREFIX: &str = "AUTHER_";

/// A line of the table, for people.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) default: &'static str,
    pub(crate) meaning: &'static str,
}

macro_rules! settings {
    ($($(#[doc = $meaning:literal])+ $name:ident: $kind:ty = $default:literal;)+) => {
        /// Every deployment setting.
        #[derive(Clone, Debug)]
        pub(crate) struct Settings {
            $($(#[doc = $meaning])+ pub(crate) $name: $kind,)+
        }

        impl Settings {
            /// The table as it is documented.
            pub(crate) const TABLE: &[Row] =
                &[$(Row { name: stringify!($name), default: $default, meaning: concat!($($meaning,)+) },)+];

            fn from_texts(texts: &BTreeMap<String, String>) -> Outcome<Self> {
                Ok(Self { $($name: parse::<$kind>(texts, stringify!($name), $default)?,)+ })
            }
        }
    };
}

settings! {
    /// Address that the HTTP API listens on.
    listen: SocketAddr = "127.0.0.1:8080";
    /// Folder of the databases.
    data: PathBuf = "data";
    /// Folder of cards and files of models that you bring; empty for none.
    models: PathBuf = "";
    /// Name of the card of the detector.
    detector: String = "yunet_2023mar";
    /// Name of the card of the recognition model; a gallery holds templates of one model only.
    embedder: String = "sface_2021dec";
    /// Threads that work on faces, each with models of its own; 0 for one a core.
    workers: usize = "0";
    /// Requests that may wait for a worker; one more is answered 503.
    queue_jobs_max: usize = "64";
    /// The longest expected wait for a worker in milliseconds; beyond it a request is answered 503.
    queue_wait_ms_max: u64 = "5000";
    /// Encoded image in bytes.
    image_bytes_max: usize = "10485760";
    /// Width times height of an image.
    image_pixels_max: u64 = "40000000";
    /// Shorter side of an image in pixels.
    image_side_px_min: u32 = "100";
    /// Distance between the eyes in an image that is enrolled, in pixels.
    reference_inter_eye_distance_px_min: f64 = "32";
    /// Distance between the eyes in an image that is identified or verified, in pixels.
    probe_inter_eye_distance_px_min: f64 = "20";
    /// Share of the face's box that must lie inside the frame, in percent.
    face_inside_frame_percent_min: f64 = "80";
    /// Requests worked on at once; beyond it 503. Bounds memory.
    requests_in_flight_max: usize = "64";
    /// Connections held at once; more wait in the system's queue.
    connections_max: usize = "1024";
    /// How long a request may take in milliseconds, its arrival included.
    request_ms_max: u64 = "30000";
    /// How long the head of a request may take in milliseconds.
    head_read_ms_max: u64 = "15000";
    /// How long requests may go on after SIGTERM, in milliseconds.
    drain_ms_max: u64 = "25000";
    /// What is logged: error, warn, info, debug, or a filter such as `info,api=debug`.
    log: String = "info";
    /// How it is logged: json or text.
    log_format: String = "json";
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    texts: &BTreeMap<String, String>,
    name: &str,
    default: &str,
) -> Outcome<T> {
    let text = texts.get(name).map_or(default, String::as_str);
    text.parse().map_err(Failure::context(format!("setting {name} = {text:?}")))
}

impl Settings {
    /// Reads the file, if one is named, and the environment over it.
    pub(crate) fn read(file: Option<&Path>) -> Outcome<Self> {
        let mut texts = file.map(read_file).transpose()?.unwrap_or_default();
        for row in Self::TABLE {
            if let Ok(value) = std::env::var(format!("{ENVIRONMENT_PREFIX}{}", row.name.to_uppercase())) {
                texts.insert(row.name.into(), value);
            }
        }
        let settings = Self::from_texts(&texts)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Outcome<()> {
        let refuse = |what: &str| Err(Failure::new(format!("setting {what}; see `auther settings`")));
        if self.requests_in_flight_max == 0 || self.connections_max == 0 || self.queue_jobs_max == 0 {
            return refuse("requests_in_flight_max, connections_max and queue_jobs_max must be at least 1");
        }
        if !(0.0..=100.0).contains(&self.face_inside_frame_percent_min) {
            return refuse("face_inside_frame_percent_min is a percentage, 0 to 100");
        }
        let distances = [self.reference_inter_eye_distance_px_min, self.probe_inter_eye_distance_px_min];
        if !distances.iter().all(|px| (0.0..=10_000.0).contains(px)) {
            return refuse("..._inter_eye_distance_px_min is a number of pixels, 0 to 10000");
        }
        if !["json", "text"].contains(&self.log_format.as_str()) {
            return refuse("log_format is json or text");
        }
        Ok(())
    }
}

fn read_file(path: &Path) -> Outcome<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).map_err(Failure::context(path.display()))?;
    let table: toml::Table = text.parse().map_err(Failure::context(path.display()))?;
    let plain = |(name, value): (String, toml::Value)| {
        if !Settings::TABLE.iter().any(|row| row.name == name) {
            return Err(Failure::new(format!("{}: there is no setting {name}", path.display())));
        }
        let text = match value {
            toml::Value::String(text) => text,
            value @ (toml::Value::Integer(_) | toml::Value::Float(_)) => value.to_string(),
            toml::Value::Boolean(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
                return Err(Failure::new(format!("{}: {name} must be a text or a number", path.display())));
            }
        };
        Ok((name, text))
    };
    table.into_iter().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn the_built_in_defaults_are_valid_and_equal_to_the_rooms_own() {
        let settings = Settings::from_texts(&texts(&[])).expect("parse");
        settings.check().expect("valid");
        let image = face::ImageLimits::default();
        assert_eq!(settings.image_bytes_max, image.bytes_max);
        assert_eq!(settings.image_pixels_max, image.pixels_max);
        assert_eq!(settings.image_side_px_min, image.side_px_min);
        let policy = face::Policy::default();
        assert_eq!(settings.reference_inter_eye_distance_px_min, policy.reference_size.inter_eye_distance_px_min);
        assert_eq!(settings.probe_inter_eye_distance_px_min, policy.probe_size.inter_eye_distance_px_min);
        let api = api::Settings::default();
        assert_eq!(settings.requests_in_flight_max, api.requests_in_flight_max);
        assert_eq!(settings.drain_ms_max, api.drain_ms_max);
    }

    #[test]
    fn a_bad_value_is_named() {
        let error = Settings::from_texts(&texts(&[("workers", "many")])).expect_err("no number").to_string();
        assert!(error.contains("workers") && error.contains("many"), "{error}");
        for (name, value) in [("face_inside_frame_percent_min", "101"), ("log_format", "xml"), ("queue_jobs_max", "0")]
        {
            let settings = Settings::from_texts(&texts(&[(name, value)])).expect("parse");
            assert!(settings.check().expect_err(name).to_string().contains(name));
        }
    }

    #[test]
    fn a_file_with_an_unknown_setting_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "workers = 3\nworker = 4\n").expect("written");
        assert!(read_file(file.path()).expect_err("unknown").to_string().contains("no setting worker"));
        std::fs::write(file.path(), "workers = 3\nlisten = \"[::1]:9\"\n").expect("written");
        let settings = Settings::from_texts(&read_file(file.path()).expect("known")).expect("parse");
        assert_eq!((settings.workers, settings.listen.port()), (3, 9));
    }
}
