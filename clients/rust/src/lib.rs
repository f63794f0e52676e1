//! A client of the Auther Check API: enrol a face under an id, verify 1:1, identify 1:N, compare, check an image.
//!
//! ```no_run
//! use auther_client::{Client, Error, Image};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder("https://auth.example.org", std::env::var("AUTHER_API_KEY")?).build()?;
//! client.enrol("mark", Image::path("mark.jpg")).await?;
//! match client.verify("mark", Image::path("somebody.jpg")).await {
//!     Ok(person) => println!("it is {}", person.person_id),
//!     Err(Error::Api(no)) if no.is_face_not_matched() => println!("it is somebody else"),
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A [`Client`] is cheap to clone and keeps its connections: make one and share it. It needs a Tokio runtime.
//!
//! # Images
//!
//! An [`Image`] is a file ([`Image::path`]), the bytes of one ([`Image::bytes`]) or a text in base64 ([`Image::base64`]).
//! What is accepted, the service says.
//!
//! # Errors
//!
//! [`Error::Api`] holds what the service answered: a [`Code`] of its error table, the case (`kind`), and in `details`
//! every check that failed with its value and limits. No error and no `Debug` shows a key or an image.
//!
//! # Retries
//!
//! A request that is refused with 429 or 503 is sent again, never before `Retry-After`, with exponential back-off and full
//! jitter, within the bounds of a [`Retry`]. A request whose answer was lost is sent again only where a second time does no
//! harm: not [`Client::enrol`] and [`Client::remove`], which would then be told that the id is taken, or unknown.
//!
//! # Signing
//!
//! With a [`Signing`] every attempt is signed anew, and an answer that the service did not sign, or not for this very
//! request, is refused ([`Error::Untrusted`]).
//!
//! ```no_run
//! use auther_client::{Client, Signing};
//!
//! # fn example(key: String) -> Result<Client, Box<dyn std::error::Error>> {
//! let mine = std::fs::read_to_string("client.pem")?;
//! let server = std::fs::read_to_string("server-public.pem")?;
//! let signing = Signing::hash_then_rsa(&mine, &server)?;
//! let client = Client::builder("https://auth.example.org", key).signing(signing).build()?;
//! # Ok(client)
//! # }
//! ```

mod answer;
mod client;
mod code;
mod error;
mod exchange;
mod image;
mod operation;
mod retry;
mod signature;

pub use answer::{Bounds, Check, CheckedImage, FacePlace, Landmarks, Person, Point, Size};
pub use client::{Builder, Client};
pub use code::Code;
pub use error::{ApiError, Detail, Distrust, Error, SetupError, TransportError, Untrusted};
pub use image::Image;
pub use retry::Retry;
pub use signature::Signing;
pub use signing::{KeyError, Version as SignatureVersion};

/// The examples of the README are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
