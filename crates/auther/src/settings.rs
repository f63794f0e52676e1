//! Deployment settings: built-in defaults, then a file, then the environment, validated together at start.
//!
//! One table makes the struct, the reading, the documentation and the list that `auther settings` prints.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};

/// Before a setting's name, in capitals, in the environment.
const ENVIRONMENT_PREFIX: &str = "AUTHER_";

/// Variables with our prefix that are no settings: where the settings are, and where the models are.
const OTHER_VARIABLES: [&str; 2] = ["AUTHER_CONFIG", "AUTHER_CACHE"];

/// A day in milliseconds: who sets more has mistaken the unit, and no clock overflows below.
const MS_MAX: u64 = 24 * 60 * 60 * 1000;

/// More threads than any machine has cores; each holds the models in memory.
const WORKERS_MAX: u64 = 1024;

/// More connections, requests or jobs than one process can hold.
const COUNT_MAX: u64 = 1_000_000;

/// One wrong letter in so many is a misspelling; more make another name.
const LETTERS_PER_SLIP: usize = 3;

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
                Ok(Self { $($name: read::<$kind>(texts, stringify!($name), $default)?,)+ })
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
    /// Distance between the eyes in an image that is identified or verified, in pixels.
    probe_inter_eye_distance_px_min: f64 = "20";
    /// Share of the face's box that must lie inside the frame, in percent.
    face_inside_frame_percent_min: f64 = "80";
    /// Distance between the eyes in an image that is enrolled, in pixels.
    reference_inter_eye_distance_px_min: f64 = "32";
    /// Enrolment: least distance of the face to the frame, in percent of its width; at 0 it may touch.
    reference_margin_percent_min: f64 = "0";
    /// Enrolment: least confidence of the detector in percent.
    reference_detector_confidence_percent_min: f64 = "87";
    /// Enrolment: least presence of a face as the landmark network has it, as a logit.
    reference_face_presence_min: f64 = "8";
    /// Enrolment: so far the head may be turned either way, in degrees.
    reference_yaw_degrees_max: f64 = "20";
    /// Enrolment: so far the head may be raised or lowered, in degrees.
    reference_pitch_degrees_max: f64 = "18";
    /// Enrolment: so far the head may be tilted either way, in degrees.
    reference_roll_degrees_max: f64 = "20";
    /// Enrolment: least sharpness in percent.
    reference_sharpness_percent_min: f64 = "130";
    /// Enrolment: least mean luminance of the face in percent.
    reference_luminance_mean_percent_min: f64 = "18";
    /// Enrolment: greatest mean luminance of the face in percent.
    reference_luminance_mean_percent_max: f64 = "87";
    /// Enrolment: least contrast of the face in percent.
    reference_luminance_contrast_percent_min: f64 = "4.5";
    /// Enrolment: so much of the face may be nearly black, in percent.
    reference_under_exposed_percent_max: f64 = "35";
    /// Enrolment: so much of the face may be nearly white, in percent.
    reference_over_exposed_percent_max: f64 = "15";
    /// Enrolment: least light on one half of the face by that on the other, in percent.
    reference_illumination_uniformity_percent_min: f64 = "20";
    /// Enrolment: least contrast of the eyes in percent; dark glasses lower it.
    reference_eye_contrast_percent_min: f64 = "55";
    /// Enrolment: least openness of both eyes in percent of their width.
    reference_eye_openness_percent_min: f64 = "10.2";
    /// Enrolment: least openness of either eye alone in percent of its width.
    reference_each_eye_openness_percent_min: f64 = "5";
    /// Enrolment: greatest openness of the mouth in percent of its width.
    reference_mouth_openness_percent_max: f64 = "28";
    /// Enrolment: least visibility of the mouth in points; a mask lowers it.
    reference_mouth_visibility_min: f64 = "14";
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

/// What a setting may be made of.
trait Value: Sized {
    fn read(text: &str) -> Result<Self, String>;
}

macro_rules! parsed_values {
    ($($kind:ty)+) => {
        $(impl Value for $kind {
            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|error: <$kind as std::str::FromStr>::Err| error.to_string())
            }
        })+
    };
}

parsed_values! { String PathBuf usize u64 u32 f64 }

impl Value for SocketAddr {
    fn read(text: &str) -> Result<Self, String> {
        address(text)
    }
}

/// An address to listen on. Of a host's several addresses it is the first of IPv4: a client that was told 127.0.0.1
/// must find what listens on localhost.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |why: &str| format!("{why}; write HOST:PORT, as 127.0.0.1:8080");
    let found: Vec<_> = text.to_socket_addrs().map_err(|error| wrong(&error.to_string()))?.collect();
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| wrong("the host has no address"))
}

fn read<T: Value>(texts: &BTreeMap<String, String>, name: &str, default: &str) -> Outcome<T> {
    let text = texts.get(name).map_or(default, String::as_str);
    T::read(text).map_err(Failure::context(format!("setting {name} = {text:?}")))
}

impl Settings {
    /// Reads the file, if one is named, and the environment over it.
    pub(crate) fn read(file: Option<&Path>) -> Outcome<Self> {
        let mut texts = file.map(read_file).transpose()?.unwrap_or_default();
        texts.extend(read_environment(std::env::vars_os())?);
        let settings = Self::from_texts(&texts)?;
        settings.check()?;
        Ok(settings)
    }

    /// What images must keep to.
    pub(crate) fn policy(&self) -> face::Policy {
        let size = |inter_eye_distance_px_min| face::SizeLimits {
            inter_eye_distance_px_min,
            inside_frame_percent_min: self.face_inside_frame_percent_min,
        };
        face::Policy {
            image: face::ImageLimits {
                bytes_max: self.image_bytes_max,
                pixels_max: self.image_pixels_max,
                side_px_min: self.image_side_px_min,
            },
            reference: face::CheckLimits {
                size: size(self.reference_inter_eye_distance_px_min),
                margin_percent_min: self.reference_margin_percent_min,
                detector_confidence_percent_min: self.reference_detector_confidence_percent_min,
                face_presence_min: self.reference_face_presence_min,
                yaw_degrees_max: self.reference_yaw_degrees_max,
                pitch_degrees_max: self.reference_pitch_degrees_max,
                roll_degrees_max: self.reference_roll_degrees_max,
                sharpness_percent_min: self.reference_sharpness_percent_min,
                luminance_mean_percent_min: self.reference_luminance_mean_percent_min,
                luminance_mean_percent_max: self.reference_luminance_mean_percent_max,
                luminance_contrast_percent_min: self.reference_luminance_contrast_percent_min,
                under_exposed_percent_max: self.reference_under_exposed_percent_max,
                over_exposed_percent_max: self.reference_over_exposed_percent_max,
                illumination_uniformity_percent_min: self.reference_illumination_uniformity_percent_min,
                eye_contrast_percent_min: self.reference_eye_contrast_percent_min,
                eye_openness_percent_min: self.reference_eye_openness_percent_min,
                each_eye_openness_percent_min: self.reference_each_eye_openness_percent_min,
                mouth_openness_percent_max: self.reference_mouth_openness_percent_max,
                mouth_visibility_min: self.reference_mouth_visibility_min,
            },
            probe_size: size(self.probe_inter_eye_distance_px_min),
        }
    }

    fn check(&self) -> Outcome<()> {
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
        self.check_measures().or_else(|what| refuse(&what))
    }

    /// The ranges outside of which a whole number makes no sense. At zero nothing would ever be answered; the drain
    /// alone may be none.
    fn whole_numbers(&self) -> [(&'static str, u64, RangeInclusive<u64>); 10] {
        let (count, ms) = (1..=COUNT_MAX, 1..=MS_MAX);
        [
            ("workers", self.workers as u64, 0..=WORKERS_MAX),
            ("queue_jobs_max", self.queue_jobs_max as u64, count.clone()),
            ("queue_wait_ms_max", self.queue_wait_ms_max, ms.clone()),
            ("image_bytes_max", self.image_bytes_max as u64, 1..=u64::MAX),
            ("image_pixels_max", self.image_pixels_max, 1..=u64::MAX),
            ("requests_in_flight_max", self.requests_in_flight_max as u64, count.clone()),
            ("connections_max", self.connections_max as u64, count),
            ("request_ms_max", self.request_ms_max, ms.clone()),
            ("head_read_ms_max", self.head_read_ms_max, ms),
            ("drain_ms_max", self.drain_ms_max, 0..=MS_MAX),
        ]
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

/// The settings among the variables. A name that is nearly a setting's is refused: it would be obeyed by nobody. One that is
/// not is somebody else's (a script's, or Kubernetes' words about a service named `auther`) and is left alone.
fn read_environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Outcome<BTreeMap<String, String>> {
    let variable_of = |row: &Row| format!("{ENVIRONMENT_PREFIX}{}", row.name.to_uppercase());
    let mut texts = BTreeMap::new();
    for (variable, value) in variables {
        let variable = variable.to_string_lossy();
        let Some(name) = variable.strip_prefix(ENVIRONMENT_PREFIX) else { continue };
        if OTHER_VARIABLES.contains(&&*variable) {
            continue;
        }
        let Some(row) = Settings::TABLE.iter().find(|row| variable_of(row) == variable) else {
            match nearest(&name.to_lowercase()) {
                Some(meant) => return Err(no_setting("environment", &variable, Some(variable_of(meant)))),
                None => continue,
            }
        };
        let value = value.into_string().map_err(|_| Failure::new(format!("environment: {variable} is not UTF-8")))?;
        texts.insert(row.name.to_owned(), value);
    }
    Ok(texts)
}

/// The setting that was probably meant, if any is near.
fn nearest(unknown: &str) -> Option<&'static Row> {
    let best = Settings::TABLE.iter().min_by_key(|row| edits(unknown, row.name));
    best.filter(|row| edits(unknown, row.name) <= unknown.len() / LETTERS_PER_SLIP)
}

fn no_setting(place: impl std::fmt::Display, name: &str, meant: Option<String>) -> Failure {
    let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
    Failure::new(format!("{place}: there is no setting {name}{meant} (`auther settings` lists them)"))
}

/// How many bytes must be put in, taken out or changed to make one text of the other (Levenshtein's distance).
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.bytes().enumerate() {
            let least = (diagonal + usize::from(a != b)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], least);
        }
    }
    row[to.len()]
}

fn read_file(path: &Path) -> Outcome<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).map_err(Failure::context(path.display()))?;
    let table: toml::Table = text.parse().map_err(Failure::context(path.display()))?;
    let plain = |(name, value): (String, toml::Value)| {
        if !Settings::TABLE.iter().any(|row| row.name == name) {
            let meant = nearest(&name).map(|row| row.name.to_owned());
            return Err(no_setting(path.display(), &name, meant));
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
        assert_eq!(settings.policy(), face::Policy::default());
        let api = api::Settings::default();
        assert_eq!(settings.requests_in_flight_max, api.requests_in_flight_max);
        assert_eq!(settings.drain_ms_max, api.drain_ms_max);
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
            ("image_bytes_max", "0"),
            ("image_pixels_max", "0"),
            ("requests_in_flight_max", "0"),
            ("connections_max", "0"),
            ("request_ms_max", "0"),
            ("head_read_ms_max", "0"),
            ("drain_ms_max", "18446744073709551615"),
            ("request_ms_max", "86400001"),
            ("workers", "1025"),
        ];
        for (name, value) in wrong {
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
    #[test]
    fn the_environment_is_read_and_a_misspelt_name_refused_with_the_right_one() {
        let environment = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
            read_environment(pairs.into_iter())
        };
        let read =
            environment(&[("AUTHER_WORKERS", "3"), ("AUTHER_CACHE", "/c"), ("AUTHER_CONFIG", "f"), ("HOME", "/h")]);
        assert_eq!(read.expect("known"), texts(&[("workers", "3")]));
        for others in ["AUTHER_SERVICE_HOST", "AUTHER_PORT", "AUTHER_BIN", "AUTHER_URL", "AUTHER_API_KEY", "AUTHER_"] {
            assert_eq!(environment(&[(others, "1")]).expect("another's"), texts(&[]), "{others}");
        }
        let misspelt = environment(&[("AUTHER_LISTENN", "1")]).expect_err("unknown").to_string();
        assert!(misspelt.contains("AUTHER_LISTENN; did you mean AUTHER_LISTEN?"), "{misspelt}");
    }

    #[test]
    fn a_host_may_be_named() {
        assert_eq!(address("localhost:80").map(|address| address.port()), Ok(80));
        assert_eq!(address("127.0.0.1:9"), Ok(SocketAddr::from(([127, 0, 0, 1], 9))));
        assert!(address("localhost").expect_err("no port").contains("127.0.0.1:8080"));
    }
}
