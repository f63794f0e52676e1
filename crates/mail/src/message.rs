//! One message: what goes into its head, and nothing else.

use std::error::Error;

use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};

use crate::SendError;

/// The longest subject in characters; more is no subject.
const SUBJECT_CHARS_MAX: usize = 200;

/// The longest recipient in bytes: what SMTP can carry.
const RECIPIENT_BYTES_MAX: usize = 254;

/// Tells out-of-office programs and the like not to answer (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// A message of one recipient. Whatever could begin another line of the head is refused, rather than trusted to be
/// encoded.
pub(crate) fn compose(from: &Mailbox, to: &str, subject: &str, text: &str) -> Result<Message, SendError> {
    if to.len() > RECIPIENT_BYTES_MAX || to.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(SendError::Recipient);
    }
    let to = to.parse().map_err(|_| SendError::Recipient)?;
    let is_line = !subject.contains(char::is_control) && subject.chars().count() <= SUBJECT_CHARS_MAX;
    if !is_line {
        return Err(SendError::Subject);
    }
    if text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
        return Err(SendError::Text);
    }
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(subject)
        .message_id(None)
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
        // The transport ends the last line itself.
        .body(text.strip_suffix('\n').unwrap_or(text).to_owned())
        .map_err(|_| SendError::Text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn composed(to: &str, subject: &str, text: &str) -> Result<String, SendError> {
        let from = "Auther <auther@example.org>".parse().expect("an address");
        let message = compose(&from, to, subject, text)?;
        Ok(String::from_utf8(message.formatted()).expect("text"))
    }

    #[test]
    fn the_head_says_who_and_what() {
        let message = composed("jane@example.org", "Größe ä", "line\n").expect("good");
        let (head, body) = message.split_once("\r\n\r\n").expect("a head and a body");
        for line in ["From: Auther <auther@example.org>", "To: jane@example.org", "Auto-Submitted: auto-generated"] {
            assert!(head.split("\r\n").any(|one| one == line), "{head}");
        }
        assert!(head.contains("Subject: =?utf-8?b?") && head.contains("Date: ") && head.contains("Message-ID: <"));
        assert_eq!(body, "line");
    }

    #[test]
    fn nothing_is_put_into_the_head_by_a_text() {
        let good = "jane@example.org";
        for to in [
            "",
            "jane",
            "jane@example.org\r\nBcc: eve@example.org",
            "jane@example.org, eve@example.org",
            "jane@example.org>\r\nRCPT TO:<eve@example.org",
            "\"jane\r\nx\"@example.org",
            "jane @example.org",
            "Jane <jane@example.org>",
            &format!("{}@example.org", "j".repeat(300)),
        ] {
            assert_eq!(composed(to, "s", "t"), Err(SendError::Recipient), "{to:?}");
        }
        for subject in ["a\r\nBcc: eve@example.org", "a\nb", "a\rb", "a\0b", &"x".repeat(201)] {
            assert_eq!(composed(good, subject, "t"), Err(SendError::Subject), "{subject:?}");
        }
        for text in ["a\rb", "a\0b"] {
            assert_eq!(composed(good, "s", text), Err(SendError::Text), "{text:?}");
        }
    }

    proptest! {
        /// However it is written, the head has the same fields.
        #[test]
        fn the_fields_are_ours(to in ".{0,40}@.{1,40}", subject in ".{0,60}", text in "(.|\n){0,60}") {
            let Ok(message) = composed(&to, &subject, &text) else { return Ok(()) };
            let (head, _) = message.split_once("\r\n\r\n").expect("a head and a body");
            let mut fields: Vec<_> = head
                .split("\r\n")
                .filter(|line| !line.starts_with([' ', '\t']))
                .filter_map(|line| line.split_once(':').map(|(name, _)| name.to_ascii_lowercase()))
                .collect();
            fields.sort();
            let ours = [
                "auto-submitted",
                "content-transfer-encoding",
                "content-type",
                "date",
                "from",
                "message-id",
                "subject",
                "to",
            ];
            prop_assert_eq!(fields, ours);
        }
    }
}
