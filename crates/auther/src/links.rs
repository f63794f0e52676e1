//! One-time links, as they are printed and sent.

use accounts::{LinkSecret, Purpose};

/// Where the back-office takes a link.
pub(crate) fn url(public_url: &str, secret: &LinkSecret) -> String {
    format!("{public_url}/console/link/{}", secret.reveal())
}

/// Subject and text of the mail that carries a link.
pub(crate) fn mail(purpose: &Purpose, url: &str, expires: &str) -> (&'static str, String) {
    let (subject, what) = match purpose {
        Purpose::Operator => ("Become the operator", "become the operator of this Auther installation"),
        Purpose::Found { .. } => ("Your organisation on Auther", "make your organisation on Auther"),
        Purpose::Join { .. } => ("You are invited to Auther", "join your organisation on Auther"),
        Purpose::ResetPassword { .. } => ("A new password for Auther", "choose a new password for your Auther account"),
    };
    let text = format!(
        "Open this link to {what}:\n\n{url}\n\nIt works once, until {expires}. Whoever has it may use it: keep it to \
         yourself. If you do not know what this is about, leave it alone.\n"
    );
    (subject, text)
}
