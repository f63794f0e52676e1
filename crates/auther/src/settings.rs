//! Deployment settings: built-in defaults, then a file, then the environment, validated together at start.
//!
//! One table makes the struct, the reading, the documentation and the list that `auther settings` prints.

mod check;
mod read;
mod value;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use accounts::Networks;

use crate::failure::Outcome;
use crate::tls;

pub(crate) use value::{Hidden, PublicUrl, SignUp, Switch, address};

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
                Ok(Self { $($name: value::of::<$kind>(texts, stringify!($name), $default)?,)+ })
            }
        }
    };
}

settings! {
    /// Address that the HTTP API listens on.
    listen: SocketAddr = "127.0.0.1:8080";
    /// Address that Amazon Rekognition's wire format is answered on (docs/rekognition.md); empty for none.
    rekognition_listen: Option<SocketAddr> = "";
    /// PEM file of the server's certificate, then of those that issued it: TLS is spoken on both addresses. Read again on SIGHUP; empty to speak HTTP in clear.
    tls_certificate: PathBuf = "";
    /// PEM file of the certificate's private key; it may be the same file.
    tls_key: PathBuf = "";
    /// Folder of the databases.
    data: PathBuf = "data";
    /// File of the master key, under which secrets lie sealed in the database; made once, and worth a backup of its own. Empty for `master.key` beside the databases.
    master_key_file: PathBuf = "";
    /// Folder of cards and files of models that you bring; empty for none.
    models: PathBuf = "";
    /// Name of the card of the detector.
    detector: String = "yunet_2023mar";
    /// Name of the card of the recognition model; a gallery holds templates of one model only.
    embedder: String = "sface_2021dec";
    /// How enrolled templates are coded in memory for the search, which finds the same either way: `v4` takes 68 bytes of a template of 128 values, `u8` 132.
    gallery_codes: search::Tier = "v4";
    /// Threads that work on faces, each with models of its own; 0 for one a core.
    workers: usize = "0";
    /// Requests that may wait for a worker; one more is answered 503.
    queue_jobs_max: usize = "64";
    /// How long a request of a burst may be expected to wait for a worker, in milliseconds, and how long a burst may last: until so long after nobody waited; beyond it 503.
    queue_wait_ms_max: u64 = "1000";
    /// How long a request may be expected to wait when the queue has stood for longer than that, in milliseconds; beyond it 503.
    queue_standing_wait_ms_max: u64 = "250";
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
    /// The back-office, at /console, and the developers' pages, at /docs: on, or off to serve the API alone.
    console: Switch = "on";
    /// Where browsers reach this installation, as `https://auth.example.org`: what links begin with and signed requests name; empty for `http://`, with TLS of its own `https://`, and the address that it listens on.
    public_url: PublicUrl = "";
    /// Proxies whose X-Forwarded-For is believed: addresses and networks, separated by commas; empty for none.
    trusted_proxies: Networks = "";
    /// Who may make an organisation: open (everybody), invitation (whom the operator invited), or closed.
    sign_up: SignUp = "open";
    /// Whom to ask for an account or a new password, shown to whoever cannot sign in; empty for nobody.
    contact: String = "";
    /// Free plan: requests of an organisation in a calendar month (UTC); beyond it `CP_005`.
    free_requests_month_max: u64 = "1000";
    /// Free plan: persons enrolled at once; beyond it `CP_005`.
    free_persons_max: u64 = "100";
    /// Free plan: requests a second in the long run; beyond it `L_001`.
    free_requests_per_second: f64 = "2";
    /// Free plan: requests at once after a pause; beyond it `L_001`.
    free_burst_requests: u32 = "10";
    /// How long the request log keeps a request (never its image), in days.
    request_log_days: u32 = "30";
    /// How long the counts of a day are kept, in days.
    usage_days: u32 = "400";
    /// How long a session in the back-office lasts without a page, in minutes.
    session_idle_minutes: u32 = "720";
    /// How long a session lasts however it is used, in days.
    session_age_days: u32 = "7";
    /// Mail server for invitations and new passwords, as `smtps://user:password@mail.example.org`; empty for none: links are shown to whoever makes them.
    smtp_url: Hidden = "";
    /// Sender of those mails, as `Auther <auther@example.org>`.
    mail_from: String = "";
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

impl Settings {
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

    /// How many requests may wait for a worker, and how long.
    pub(crate) fn pool(&self) -> engine::PoolLimits {
        let wait = engine::WaitLimits {
            burst: Duration::from_millis(self.queue_wait_ms_max),
            standing: Duration::from_millis(self.queue_standing_wait_ms_max),
        };
        engine::PoolLimits { queue_jobs_max: self.queue_jobs_max, wait }
    }

    /// How the gallery is held in memory.
    pub(crate) fn gallery(&self) -> gallery::Options {
        gallery::Options { tier: self.gallery_codes }
    }

    /// Where the master key lies.
    pub(crate) fn master_key(&self) -> PathBuf {
        match self.master_key_file.as_os_str().is_empty() {
            true => self.data.join(accounts::MASTER_KEY_FILE_NAME),
            false => self.master_key_file.clone(),
        }
    }

    /// Where certificate and key lie, if TLS is to be spoken.
    pub(crate) fn tls(&self) -> Option<tls::Files> {
        let (certificate, key) = (self.tls_certificate.clone(), self.tls_key.clone());
        (!certificate.as_os_str().is_empty()).then_some(tls::Files { certificate, key })
    }

    /// What links begin with, on a server that listens here.
    pub(crate) fn public_url(&self, listen: SocketAddr) -> String {
        let scheme = if self.tls().is_some() { "https" } else { "http" };
        self.public_url.or_of(scheme, listen)
    }

    /// Whether browsers come by TLS, ours or that of a proxy.
    pub(crate) fn is_https(&self) -> bool {
        self.tls().is_some() || self.public_url.is_https()
    }
}
