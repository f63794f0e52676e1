//! A server in place of this installation: its client, and what its answers are to the command line.

use std::cell::OnceCell;
use std::fmt::Write as _;
use std::future::Future;
use std::path::Path;

use api::Case;
use auther_client::{ApiError, Client, Code, Detail, Error, SetupError, SignatureVersion, Signing, Untrusted};
use engine::Refusal;
use tokio::runtime::Runtime;

use super::no::{No, Reason};
use crate::cli::{Command, Common, Remote as Words};
use crate::failure::{Failure, Outcome};
use crate::output::PersonShown;

/// Names the server where `--server` does not.
const SERVER_VARIABLE: &str = "AUTHER_SERVER";
/// Holds the API key where `--api-key-file` names no file: what stands on a command line, everybody on the machine reads.
const API_KEY_VARIABLE: &str = "AUTHER_API_KEY";

/// A server that is to be asked. Keys are read when it is: what is not asked of a server is told without them.
pub(super) struct Remote {
    url: String,
    words: Words,
    connection: OnceCell<Connection>,
}

struct Connection {
    client: Client,
    runtime: Runtime,
}

impl Remote {
    /// The server that is to be asked, if one is: `--server` names it for any command, `AUTHER_SERVER` for those about faces.
    pub(super) fn named(common: &Common, command: &Command) -> Outcome<Option<Self>> {
        let words = &common.remote;
        let by_variable = || variable(SERVER_VARIABLE).filter(|_| command.asks_about_faces());
        match (words.server.clone().or_else(by_variable), words.typed()) {
            (Some(_), _) if common.data.is_some() => Err(Failure::new(format!(
                "--data names a folder of this machine, and a server has its own: leave out --data, or --server (and \
                 {SERVER_VARIABLE} unset)"
            ))),
            (Some(url), _) => Ok(Some(Self { url, words: words.clone(), connection: OnceCell::new() })),
            (None, Some(word)) => {
                Err(Failure::new(format!("{word} is for a server: name it with --server URL, or in {SERVER_VARIABLE}")))
            }
            (None, None) => Ok(None),
        }
    }

    fn connection(&self) -> Outcome<&Connection> {
        match self.connection.get() {
            Some(connection) => Ok(connection),
            None => {
                let made = self.connect()?;
                Ok(self.connection.get_or_init(|| made))
            }
        }
    }

    fn connect(&self) -> Outcome<Connection> {
        let Self { url, words, .. } = self;
        let mut client = Client::builder(url, api_key(words)?);
        if let Some(signing) = signing(words)? {
            client = client.signing(signing);
        }
        let client = client.build().map_err(|error| {
            let place = match error {
                SetupError::ApiKey => key_place(words),
                SetupError::Url | SetupError::Certificates(_) => format!("--server {url}"),
                SetupError::SigningKey | SetupError::PrivateKey | SetupError::ServerKey(_) => "signing".to_owned(),
            };
            Failure::new(format!("{place}: {error}"))
        })?;
        Ok(Connection { client, runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()? })
    }

    /// Asks, and tells a no from a failure.
    pub(super) fn ask<'a, T, F>(&'a self, question: impl FnOnce(&'a Client) -> F) -> Outcome<Result<T, No>>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let Connection { client, runtime } = self.connection()?;
        match runtime.block_on(question(client)) {
            Ok(answer) => Ok(Ok(answer)),
            Err(error) => self.no(error).map(Err),
        }
    }

    /// The same of a question whose answer is a person.
    pub(super) fn person<'a, F>(&'a self, question: impl FnOnce(&'a Client) -> F) -> Outcome<Result<PersonShown, No>>
    where
        F: Future<Output = Result<auther_client::Person, Error>>,
    {
        Ok(self.ask(question)?.map(|person| PersonShown {
            person_id: person.person_id,
            created: person.created,
            updated: person.updated,
        }))
    }

    fn no(&self, error: Error) -> Outcome<No> {
        match error {
            Error::Api(error) => no(&error).ok_or_else(|| self.failure(&error.to_string(), &api_advice(&error))),
            Error::Untrusted(error) => Err(self.failure(&error.to_string(), untrusted_advice(&error))),
            error @ Error::Unexpected { .. } => {
                Err(self.failure(&error.to_string(), "is the URL that of an Auther server, and all between in order?"))
            }
            Error::Transport(error) => {
                Err(self.failure(&error.to_string(), "is the server running, and can this machine reach it?"))
            }
            // These are of this machine, and in the words that they have without a server.
            error @ (Error::Image { .. } | Error::Threshold | Error::Sign(_)) => Err(error.into()),
        }
    }

    fn failure(&self, what: &str, advice: &str) -> Failure {
        Failure::new(format!("{}: {what}; {advice}", self.url))
    }
}

/// The no in what the service refused; `None` when it is none: nothing was decided then.
fn no(error: &ApiError) -> Option<No> {
    if error.is_person_not_found() {
        return Some(No::NotFound);
    }
    if error.is_face_not_matched() || error.is_not_recognised() {
        return Some(No::NotMatched);
    }
    let is_about_image = error.kind.starts_with("image_") || error.kind == "body_too_large";
    let is_unusable = is_about_image && matches!(error.code, Code::BodyInvalid | Code::FieldsInvalid);
    let is_refusal = error.is_image_refused() || error.is_face_exists() || error.is_person_exists() || is_unusable;
    let reasons: Vec<_> = error.details.iter().filter_map(|detail| reason(&detail.code, error, Some(detail))).collect();
    let reasons = if reasons.is_empty() { reason(&error.code, error, None).into_iter().collect() } else { reasons };
    (is_refusal && !reasons.is_empty()).then(|| No::refused(reasons))
}

/// A reason in the words that this installation has for it; `None` for a code that is newer than this program.
fn reason(code: &Code, error: &ApiError, detail: Option<&Detail>) -> Option<Reason> {
    let code = *api::Code::ALL.iter().find(|known| known.text() == code.as_str())?;
    let numbers = detail.map(numbers).unwrap_or_default();
    // The message of R_003 does not say what it is: the case does.
    let case =
        Case::ALL.iter().find(|case| case.word() == error.kind && [api::Code::R002, api::Code::R003].contains(&code));
    match (code, case) {
        (api::Code::CP002, _) => Some(Reason::from(Refusal::PersonTaken)),
        (api::Code::F012, _) => Some(Reason::from(Refusal::FaceEnrolled)),
        (_, Some(case)) => {
            let says = api::meaning(*case).trim_end_matches('.');
            Some(Reason { code, message: format!("{}: {says}{numbers}", code.text()) })
        }
        (_, None) => Some(Reason { code, message: format!("{} {}{numbers}", code.text(), code.message()) }),
    }
}

fn numbers(detail: &Detail) -> String {
    let Detail { check, value, min, max, .. } = detail;
    let mut text = String::new();
    if let Some(value) = value {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {check} is {value:.1}");
        let _ = min.map(|min| write!(text, ", at least {min}"));
        let _ = max.map(|max| write!(text, ", at most {max}"));
    }
    text
}

/// What to do about an answer that is neither yes nor no.
fn api_advice(error: &ApiError) -> String {
    match (&error.code, error.kind.as_str()) {
        (Code::KeyMissing | Code::KeyUnknown, _) => format!(
            "put a key of that server into {API_KEY_VARIABLE} or a file for --api-key-file; `auther key create` on its \
             machine makes one"
        ),
        (Code::KeyNotAllowed, _) => "use another key, or ask whoever runs the server for the permission".into(),
        (Code::SignatureMissing, _) => {
            "the key takes signed requests only: sign with --private-key and --server-public-key, or with \
             --signing-key-file"
                .into()
        }
        (Code::SignatureWrong, "signing_not_set_up") => {
            "signing is off for the key: leave the options for signing out, or turn it on with `auther signing set` on the \
             server's machine"
                .into()
        }
        (Code::SignatureWrong, "signature_version_wrong") => {
            "the key takes length-prefixed lines only: leave --signature-version out".into()
        }
        (Code::SignatureWrong, _) => {
            "is it the key's own client key, and signed as `auther signing show` on the server's machine says? Is the \
             server's public_url the URL of --server? If not, say it with --signed-url"
                .into()
        }
        (Code::TimestampRefused, _) => "set the clock of this machine, or the server's".into(),
        (Code::TooManyRequests | Code::Unavailable, _) => match error.retry_after {
            Some(after) => format!("try again in {} s", after.as_secs().max(1)),
            None => "try again later".into(),
        },
        (Code::QuotaExhausted, _) => match error.details.iter().find_map(|detail| detail.resets.as_deref()) {
            Some(resets) => format!("the count starts again at {resets}; whoever runs the server may change the plan"),
            None => "remove persons, or ask whoever runs the server to change the plan".into(),
        },
        (Code::RouteUnknown, _) => "is the URL that of an Auther server, without a path?".into(),
        (_, _) => "quote the request when you report it to whoever runs the server".into(),
    }
}

fn untrusted_advice(error: &Untrusted) -> &'static str {
    match error.reason {
        auther_client::Distrust::Unsigned | auther_client::Distrust::Timestamp => {
            "do not believe it; if nothing stands between, the server does not know the API key or how it signs"
        }
        auther_client::Distrust::Clock { .. } => "do not believe it; set the clock of this machine, or the server's",
        auther_client::Distrust::Signature => {
            "do not believe it; is the key to verify by the server's own (`auther signing server-keys` on its machine \
             prints it), and its public_url the URL of --server, or that of --signed-url?"
        }
    }
}

fn api_key(words: &Words) -> Outcome<String> {
    let key = match &words.api_key_file {
        Some(file) => Some(secret(file)?),
        None => variable(API_KEY_VARIABLE),
    };
    key.ok_or_else(|| {
        Failure::new(format!(
            "a server wants an API key: put it into {API_KEY_VARIABLE}, or a file that --api-key-file names; `auther key \
             create` on the server's machine makes one"
        ))
    })
}

fn key_place(words: &Words) -> String {
    match &words.api_key_file {
        Some(file) => format!("--api-key-file {}", file.display()),
        None => API_KEY_VARIABLE.to_owned(),
    }
}

fn signing(words: &Words) -> Outcome<Option<Signing>> {
    let signing = match (&words.private_key, &words.server_public_key, &words.signing_key_file) {
        (None, None, None) => {
            return match (words.signature_version, &words.signed_url) {
                (None, None) => Ok(None),
                (Some(_), _) => Err(unsigned("--signature-version")),
                (None, Some(_)) => Err(unsigned("--signed-url")),
            };
        }
        (Some(private), Some(public), None) => {
            Signing::hash_then_rsa(&secret(private)?, &text(public)?).map_err(|error| {
                let is_of_server = matches!(error, SetupError::ServerKey(_));
                let (word, file) =
                    if is_of_server { ("--server-public-key", public) } else { ("--private-key", private) };
                Failure::new(format!("{word} {}: {error}", file.display()))
            })?
        }
        (None, None, Some(file)) => {
            let context = Failure::context(format!("--signing-key-file {}", file.display()));
            Signing::hash_only(secret(file)?).map_err(context)?
        }
        (Some(_), None, None) => {
            return Err(Failure::new(
                "--private-key goes with --server-public-key, by which answers are verified: `auther signing server-keys` on \
                 the server's machine prints it",
            ));
        }
        (None, Some(_), None) => {
            return Err(Failure::new(
                "--server-public-key goes with --private-key: only signed requests have signed answers",
            ));
        }
        (_, _, Some(_)) => {
            return Err(Failure::new(
                "--signing-key-file (hash-only) goes without --private-key and --server-public-key (hash-then-RSA): a key is \
                 set to one of both; `auther signing show` on the server's machine tells",
            ));
        }
    };
    let version = match words.signature_version {
        Some(1) => SignatureVersion::Plain,
        Some(_) | None => SignatureVersion::LengthPrefixed,
    };
    let signing = signing.version(version);
    Ok(Some(match &words.signed_url {
        Some(url) => signing.public_url(url),
        None => signing,
    }))
}

fn unsigned(word: &str) -> Failure {
    Failure::new(format!(
        "{word} is for signed requests: sign with --private-key and --server-public-key, or with --signing-key-file"
    ))
}

/// A secret in a file: what is around it, the end of the line above all, is no part of it.
fn secret(file: &Path) -> Outcome<String> {
    let mut secret = text(file)?;
    secret.truncate(secret.trim_end().len());
    Ok(secret)
}

fn text(file: &Path) -> Outcome<String> {
    std::fs::read_to_string(file).map_err(Failure::context(file.display()))
}

/// A variable that is there and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
