//! `/console/team`: who belongs to the organisation, and who is invited.

use accounts::{Actor, Email, Error, Link, LinkId, Purpose, Role, User, UserId};
use askama::Template;
use axum::extract::RawPathParams;
use axum::response::Response;
use biometric::{TenantId, Timestamp};
use zeroize::Zeroizing;

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::pages::number;
use crate::problems::Problems;
use crate::reply::{done, form_again, page};
use crate::visit::Signed;

const HERE: &str = "/console/team";

#[derive(Template)]
#[template(path = "team.html")]
struct Page {
    frame: Frame,
    members: Vec<Member>,
    invitations: Vec<Invitation>,
    /// The roles that the visitor may give: word, meaning.
    roles: Vec<(&'static str, &'static str)>,
    email: String,
    role: String,
    mails: bool,
    problems: Problems,
}

/// A user in the list.
struct Member {
    user: User,
    is_self: bool,
    /// Whether the visitor may change anything about them.
    is_in_reach: bool,
    seen: String,
}

/// An invitation that is open.
struct Invitation {
    id: LinkId,
    email: String,
    role: &'static str,
    expires: Timestamp,
}

/// A link, this once.
#[derive(Template)]
#[template(path = "link_created.html")]
pub(crate) struct LinkPage {
    pub(crate) frame: Frame,
    pub(crate) back: &'static str,
    pub(crate) back_label: &'static str,
    pub(crate) says: String,
    pub(crate) url: Zeroizing<String>,
    pub(crate) expires: Timestamp,
    /// Whom it was sent to, if it was.
    pub(crate) mailed: String,
}

/// One member, and what may be done about them.
#[derive(Template)]
#[template(path = "member.html")]
struct MemberPage {
    frame: Frame,
    user: User,
    is_self: bool,
    roles: Vec<(&'static str, &'static str)>,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "member_remove.html")]
struct RemovePage {
    frame: Frame,
    user: User,
}

/// What a role may do, in a line.
pub(crate) const fn meaning(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Sees usage, keys, persons and requests",
        Role::Developer => "Makes and revokes keys, tries the service, removes persons",
        Role::Owner => "Manages the team, the settings and the data",
        Role::Operator => "Runs the installation",
    }
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    page(&build(&signed, None, Problems::default()).await?)
}

async fn build(signed: &Signed, form: Option<&Form>, problems: Problems) -> Result<Page, Fault> {
    let (organisation, now) = (signed.organisation(), signed.now);
    let found = signed.console.blocking(move |parts| {
        Ok::<_, Error>((parts.accounts.users(organisation)?, parts.accounts.links(organisation, now)?))
    });
    let (users, links) = found.await??;
    let own = signed.user();
    let member = |user: User| Member {
        is_self: user.id == own.id,
        is_in_reach: user.role <= own.role,
        seen: user.last_sign_in.map_or("never".to_owned(), |at| crate::text::ago(&at, &now)),
        user,
    };
    let text = |name: &str, otherwise: &str| form.map_or(otherwise, |form| form.trimmed(name)).to_owned();
    Ok(Page {
        frame: signed.frame("Team", Section::Team),
        members: users.into_iter().map(member).collect(),
        invitations: links.into_iter().filter_map(invitation).collect(),
        roles: reach(signed).map(|role| (role.word(), meaning(role))).collect(),
        email: text("email", ""),
        role: text("role", Role::Developer.word()),
        mails: signed.console.mailer.is_some(),
        problems,
    })
}

fn invitation(link: Link) -> Option<Invitation> {
    match link.purpose {
        Purpose::Join { role, email, .. } => {
            let email = email.map_or("anybody who has the link".to_owned(), |email| email.to_string());
            Some(Invitation { id: link.id, email, role: role.word(), expires: link.expires })
        }
        Purpose::Operator | Purpose::Found { .. } | Purpose::ResetPassword { .. } => None,
    }
}

/// The roles up to the visitor's own; operators are made in the operator's organisation only.
fn reach(signed: &Signed) -> impl Iterator<Item = Role> {
    let own = signed.user().role;
    Role::ALL.into_iter().filter(move |role| *role <= own)
}

fn role(signed: &Signed, form: &Form) -> Option<Role> {
    Role::of_word(form.trimmed("role")).filter(|role| reach(signed).any(|other| other == *role))
}

pub(crate) async fn invite(signed: Signed, form: Form) -> Result<Response, Fault> {
    let mut problems = Problems::default();
    let role = role(&signed, &form);
    if role.is_none() {
        problems.add("role", "Choose a role.");
    }
    let email = match form.trimmed("email") {
        "" => None,
        text => problems.take("email", Email::parse(text)),
    };
    let (Some(role), true) = (role, problems.is_empty()) else {
        return form_again(&build(&signed, Some(&form), problems).await?);
    };
    let organisation = signed.organisation();
    let purpose = Purpose::Join { organisation, role, email: email.clone() };
    let name = &signed.session().organisation.name;
    let says = match &email {
        Some(email) => format!("Whoever opens this link joins {name} as {}, with the address {email}.", role.word()),
        None => format!("Whoever opens this link first joins {name} as {}.", role.word()),
    };
    let mail = (format!("Join {name} on Auther"), format!("You were invited to work with {name} as {}.", role.word()));
    make_link(&signed, purpose, (HERE, "Team"), says, email.map(|email| (email, mail))).await
}

/// Makes a link, mails it if somebody is named and mail is set up, and shows it.
pub(crate) async fn make_link(
    signed: &Signed,
    purpose: Purpose,
    (back, back_label): (&'static str, &'static str),
    says: String,
    mail: Option<(Email, (String, String))>,
) -> Result<Response, Fault> {
    let (by, now) = (signed.actor(), signed.now);
    let base = signed.console.settings().public_url.clone();
    let made = signed.console.blocking(move |parts| {
        let (link, secret) = parts.accounts.create_link(purpose, &by, now)?;
        let url = Zeroizing::new(format!("{base}/console/link/{}", secret.reveal()));
        let mailed = match (&parts.mailer, &mail) {
            (Some(mailer), Some((email, (subject, text)))) => {
                let text = Zeroizing::new(format!("Hello,\n\n{text} This link works once:\n\n{}\n", *url));
                match mailer.send(email, subject, &text) {
                    Ok(()) => email.to_string(),
                    Err(error) => {
                        tracing::warn!(error, "a mail with a link was not sent");
                        String::new()
                    }
                }
            }
            (None, _) | (_, None) => String::new(),
        };
        Ok::<_, Error>((link, url, mailed))
    });
    let (link, url, mailed) = made.await??;
    let frame = signed.frame("Your link", if back == HERE { Section::Team } else { Section::Organisations });
    page(&LinkPage { frame, back, back_label, says, url, expires: link.expires, mailed })
}

pub(crate) async fn withdraw(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let (organisation, id, by, now) =
        (signed.organisation(), LinkId(number(&params, "id")?), signed.actor(), signed.now);
    signed.console.blocking(move |parts| parts.accounts.withdraw_link(organisation, id, &by, now)).await??;
    Ok(done(HERE, Done::LinkWithdrawn))
}

pub(crate) async fn set_role(signed: Signed, params: RawPathParams, form: Form) -> Result<Response, Fault> {
    let role = role(&signed, &form).ok_or(Fault::Unreadable)?;
    act(&signed, &params, Done::RoleChanged, move |accounts, organisation, id, by, now| {
        accounts.set_role(organisation, id, role, by, now).map(drop)
    })
    .await
}

pub(crate) async fn disable(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    act(&signed, &params, Done::UserDisabled, |accounts, organisation, id, by, now| {
        accounts.disable_user(organisation, id, by, now).map(drop)
    })
    .await
}

pub(crate) async fn enable(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    act(&signed, &params, Done::UserEnabled, |accounts, organisation, id, by, now| {
        accounts.enable_user(organisation, id, by, now).map(drop)
    })
    .await
}

pub(crate) async fn show_one(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    page(&member_page(&signed, &params, Problems::default()).await?)
}

async fn member_page(signed: &Signed, params: &RawPathParams, problems: Problems) -> Result<MemberPage, Fault> {
    let user = find(signed, params).await?;
    let roles = reach(signed).map(|role| (role.word(), meaning(role))).collect();
    let is_self = user.id == signed.user().id;
    Ok(MemberPage { frame: signed.frame(user.name.clone(), Section::Team), user, is_self, roles, problems })
}

pub(crate) async fn ask_remove(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let user = find(&signed, &params).await?;
    page(&RemovePage { frame: signed.frame("Remove a member", Section::Team), user })
}

pub(crate) async fn remove(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    act(&signed, &params, Done::UserRemoved, |accounts, organisation, id, by, now| {
        accounts.remove_user(organisation, id, by, now)
    })
    .await
}

pub(crate) async fn reset_link(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let user = find(&signed, &params).await?;
    let purpose = Purpose::ResetPassword { user: user.id, organisation: user.organisation };
    let says = format!("With this link {} chooses a new password.", user.name);
    let mail = ("A new password for your Auther account".to_owned(), "With this you choose a new password.".to_owned());
    make_link(&signed, purpose, (HERE, "Team"), says, Some((user.email, mail))).await
}

async fn find(signed: &Signed, params: &RawPathParams) -> Result<User, Fault> {
    let (organisation, id) = (signed.organisation(), UserId(number(params, "id")?));
    Ok(signed.console.blocking(move |parts| parts.accounts.user(organisation, id)).await??)
}

/// Does something to the member of the path; what the accounts refuse is said on the page.
async fn act(
    signed: &Signed,
    params: &RawPathParams,
    what: Done,
    work: impl FnOnce(&accounts::Accounts, TenantId, UserId, &Actor, Timestamp) -> Result<(), Error> + Send + 'static,
) -> Result<Response, Fault> {
    let (organisation, id) = (signed.organisation(), UserId(number(params, "id")?));
    let (by, now) = (signed.actor(), signed.now);
    let acted = signed.console.blocking(move |parts| work(&parts.accounts, organisation, id, &by, now)).await?;
    match acted {
        Ok(()) => Ok(done(HERE, what)),
        Err(error @ (Error::LastOwner | Error::AboveRole | Error::RoleElsewhere)) => {
            form_again(&member_page(signed, params, Problems::one("", error.to_string())).await?)
        }
        Err(error) => Err(error.into()),
    }
}
