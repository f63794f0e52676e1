//! `auther user`: who may use the back-office.

use std::process::ExitCode;

use accounts::{Accounts, Actor, Email, Purpose, User as Kept};
use biometric::TenantId;
use serde::Serialize;

use super::missing::{Asked, found};
use crate::assembly::{Assembly, now};
use crate::cli::User;
use crate::failure::{Failure, Outcome};
use crate::links;
use crate::output::{note, print, time};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserShown {
    id: i64,
    organisation: i64,
    email: String,
    name: String,
    role: &'static str,
    created: String,
    disabled: Option<String>,
    last_sign_in: Option<String>,
    second_factor: bool,
}

impl UserShown {
    fn new(user: Kept) -> Self {
        Self {
            id: user.id.0,
            organisation: user.organisation.0,
            email: user.email.to_string(),
            name: user.name,
            role: user.role.word(),
            created: time(user.created),
            disabled: user.disabled.map(time),
            last_sign_in: user.last_sign_in.map(time),
            second_factor: user.second_factor,
        }
    }

    fn line(&self) -> String {
        let state = match (&self.disabled, &self.last_sign_in) {
            (Some(at), _) => format!("disabled {at}"),
            (None, Some(at)) => format!("last here {at}"),
            (None, None) => "never here".into(),
        };
        let factor = if self.second_factor { ", second factor" } else { "" };
        format!("{:>4}  {:<9}  {}  {}  {state}{factor}", self.id, self.role, self.email, self.name)
    }
}

/// Of a link: itself, or to whom it went.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkShown {
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_to: Option<String>,
    expires: String,
}

pub(super) fn run(assembly: &Assembly, command: User, json: bool) -> Outcome {
    let accounts = assembly.accounts()?;
    match command {
        User::List { organisation } => {
            let id = organisation.unwrap_or(TenantId::OPERATOR);
            let asked = Asked { organisation: Some(id.0), ..Asked::default() };
            let users = accounts.organisation(id).and_then(|_| accounts.users(id));
            let Some(users) = found(users, asked, json)? else { return Ok(super::answer(false)) };
            let shown: Vec<_> = users.into_iter().map(UserShown::new).collect();
            print(json, &shown, |shown| match shown.as_slice() {
                [] => "nobody yet; `auther user invite` makes a link".into(),
                shown => shown.iter().map(UserShown::line).collect::<Vec<_>>().join("\n"),
            })?;
            Ok(ExitCode::SUCCESS)
        }
        User::Invite { organisation, role, email, mail } => {
            let to = email.clone().filter(|_| mail);
            let purpose = Purpose::Join { organisation, role, email };
            let asked = Asked { organisation: Some(organisation.0), ..Asked::default() };
            give(assembly, &accounts, purpose, to.as_ref(), asked, json)
        }
        User::ResetPassword { email, organisation, mail } => {
            let asked = Asked { email: Some(email.as_str()), ..Asked::default() };
            let Some(user) = found(account(&accounts, &email, organisation)?, asked, json)? else {
                return Ok(super::answer(false));
            };
            let purpose = Purpose::ResetPassword { user: user.id, organisation: user.organisation };
            give(assembly, &accounts, purpose, Some(&email).filter(|_| mail), asked, json)
        }
        User::OperatorLink => give(assembly, &accounts, Purpose::Operator, None, Asked::default(), json),
    }
}

/// The one account of an address that is meant.
fn account(
    accounts: &Accounts,
    email: &Email,
    organisation: Option<TenantId>,
) -> Outcome<Result<Kept, accounts::Error>> {
    let mut users = accounts.accounts_of(email)?;
    users.retain(|user| organisation.is_none_or(|organisation| user.organisation == organisation));
    match (users.pop(), users.as_slice()) {
        (Some(user), []) => Ok(Ok(user)),
        (Some(user), others) => {
            let mut numbers: Vec<_> = others.iter().chain([&user]).map(|user| user.organisation.0).collect();
            numbers.sort_unstable();
            Err(Failure::new(format!(
                "the address has an account in each of the organisations {numbers:?}: name one with --organisation"
            )))
        }
        (None, _) => Ok(Err(accounts::Error::NoSuchUser)),
    }
}

/// Makes a link and prints it, or sends it.
fn give(
    assembly: &Assembly,
    accounts: &Accounts,
    purpose: Purpose,
    to: Option<&Email>,
    asked: Asked<'_>,
    json: bool,
) -> Outcome {
    // Before the link is made: one that cannot be sent would be nobody's.
    let mail = match to {
        Some(_) => {
            let none = || Failure::new("--mail needs the settings smtp_url and mail_from (`auther settings`)");
            Some(assembly.settings.mail()?.ok_or_else(none)?)
        }
        None => None,
    };
    let made = found(accounts.create_link(purpose, &Actor::command_line(), now()), asked, json)?;
    let Some((link, secret)) = made else { return Ok(super::answer(false)) };
    let settings = &assembly.settings;
    let public_url = settings.public_url(settings.listen);
    let url = links::url(&public_url, &secret);
    let expires = time(link.expires);
    let shown = match (mail, to) {
        (Some(mail), Some(to)) => {
            let (subject, text) = links::mail(&link.purpose, &url, &expires);
            mail.send(to.as_str(), subject, &text)?;
            LinkShown { link: None, sent_to: Some(to.to_string()), expires }
        }
        (None, _) | (_, None) => LinkShown { link: Some(url), sent_to: None, expires },
    };
    if !json {
        note(format_args!("Good once, until {}. Who has it may use it.", shown.expires));
        if let (Some(_), false) = (&shown.link, settings.public_url.is_set()) {
            note(format_args!("It begins with {public_url}: set public_url if browsers reach the server elsewhere."));
        }
    }
    print(json, &shown, |shown| match (&shown.link, &shown.sent_to) {
        (Some(link), _) => link.clone(),
        (None, Some(to)) => format!("sent to {to}"),
        (None, None) => String::new(),
    })?;
    Ok(ExitCode::SUCCESS)
}
