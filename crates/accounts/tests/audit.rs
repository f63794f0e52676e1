//! The log: every act is written down once, with who did it to whom from where, and no secret with it.

mod common;

use std::time::Duration;

use accounts::{
    Act, Actor, ClientKeyId, Error, KeyId, Limits, Networks, NewKey, Permissions, PlanId, Purpose, Role, Signing, User,
    UserId, Who,
};
use biometric::TenantId;
use common::{DAY, HOUR, House, LIMITS, MINUTE, NOW, OTHER_PASSWORD, PASSWORD, after, by, email, ip, new, password};
use signing::Algorithm;

const LINE: Actor = Actor::command_line();

/// An organisation with an owner and a developer, in a house with an operator.
struct Scene {
    house: House,
    op: User,
    ana: User,
    bob: User,
    org: TenantId,
}

/// The line that is expected: in whose log, by whom, of what, from where.
struct Line {
    organisation: TenantId,
    actor: String,
    subject: String,
    address: Option<String>,
}

impl Scene {
    fn new() -> Self {
        let house = House::new();
        let (op, ana) = (house.operator(), house.organisation("a"));
        let bob = house.join(ana.organisation, Role::Developer, "bob@a.example");
        let org = ana.organisation;
        Self { house, op, ana, bob, org }
    }

    /// In the organisation's log, over the network.
    fn line(&self, actor: &User, subject: &str) -> Line {
        self.line_of(self.org, actor, subject)
    }

    fn line_of(&self, organisation: TenantId, actor: &User, subject: &str) -> Line {
        let (actor, address) = (actor.email.to_string(), Some(ip(9).to_string()));
        Line { organisation, actor, subject: subject.to_owned(), address }
    }

    fn key(&self) -> accounts::Key {
        let wish = NewKey {
            name: "gate".to_owned(),
            tenant: self.org,
            permissions: Permissions::ALL,
            expires: None,
            networks: Networks::NONE,
        };
        self.house.accounts.create_key(wish, &by(&self.bob), NOW).expect("made").0
    }

    /// A key whose requests are signed so.
    fn signed(&self, signing: Option<Signing>) -> KeyId {
        let key = self.key().id;
        self.house.accounts.set_signing(Some(self.org), key, signing, &by(&self.bob), NOW).expect("set");
        key
    }

    fn client_key(&self) -> (KeyId, ClientKeyId) {
        let signing = Signing { algorithm: Algorithm::HashOnly, is_required: true, is_length_prefixed: false };
        let key = self.signed(Some(signing));
        let made = self.house.accounts.generate_client_key(Some(self.org), key, &by(&self.bob), NOW);
        (key, made.expect("made").0.id)
    }

    /// Does what is to be written down, and nothing else that is written down as the same.
    fn act(&self, act: Act) -> Line {
        let Self { house, op, ana, bob, org } = self;
        let (accounts, org) = (&house.accounts, *org);
        let (their, bobs) = (bob.email.as_str(), by(bob));
        let join = Purpose::Join { organisation: org, role: Role::Viewer, email: None };
        match act {
            Act::OrganisationCreated => {
                let made = accounts.create_organisation("New", PlanId::FREE, &by(op), NOW).expect("done");
                self.line_of(made.id, op, "New")
            }
            Act::OrganisationSuspended => {
                for _ in 0..2 {
                    accounts.suspend(org, &by(op), NOW).expect("done");
                }
                self.line(op, "")
            }
            Act::OrganisationResumed => {
                accounts.suspend(org, &by(op), NOW).expect("suspended");
                for _ in 0..2 {
                    accounts.resume(org, &by(op), NOW).expect("done");
                }
                self.line(op, "")
            }
            Act::ErasureBegun => {
                accounts.begin_erasure(org, &by(ana), NOW).expect("done");
                self.line(ana, "")
            }
            Act::OrganisationErased => {
                accounts.begin_erasure(org, &by(ana), NOW).expect("begun");
                accounts.finish_erasure(org, NOW).expect("done");
                let (actor, subject) = ("system".to_owned(), format!("organisation {}", org.0));
                Line { organisation: TenantId::OPERATOR, actor, subject, address: None }
            }
            Act::PlanChanged => {
                accounts.set_plan(org, PlanId::OPERATOR, &by(op), NOW).expect("done");
                self.line(op, "Operator")
            }
            Act::PlanCreated => {
                accounts.create_plan("Small", Limits::default(), &by(op), NOW).expect("done");
                self.line_of(TenantId::OPERATOR, op, "Small")
            }
            Act::PlanEdited => {
                let plan = accounts.create_plan("Small", Limits::default(), &by(op), NOW).expect("made").id;
                accounts.edit_plan(plan, "Smaller", Limits::default(), &by(op), NOW).expect("done");
                self.line_of(TenantId::OPERATOR, op, "Smaller")
            }
            Act::UserJoined => {
                let (_, secret) = accounts.create_link(join, &LINE, NOW).expect("a link");
                let wish = new("cem@a.example", PASSWORD);
                let cem = accounts.follow_link(secret.reveal(), wish, None, Some(ip(9)), NOW).expect("done");
                self.line(&cem, "cem@a.example")
            }
            Act::UserRenamed => {
                accounts.rename_user(org, bob.id, "Bobby", &bobs, NOW).expect("done");
                self.line(bob, their)
            }
            Act::RoleChanged => {
                for _ in 0..2 {
                    accounts.set_role(org, bob.id, Role::Viewer, &by(ana), NOW).expect("done");
                }
                self.line(ana, their)
            }
            Act::UserDisabled => {
                for _ in 0..2 {
                    accounts.disable_user(org, bob.id, &by(ana), NOW).expect("done");
                }
                self.line(ana, their)
            }
            Act::UserEnabled => {
                accounts.disable_user(org, bob.id, &by(ana), NOW).expect("disabled");
                for _ in 0..2 {
                    accounts.enable_user(org, bob.id, &by(ana), NOW).expect("done");
                }
                self.line(ana, their)
            }
            Act::UserRemoved => {
                let cem = house.join(org, Role::Owner, "cem@a.example");
                accounts.remove_user(org, cem.id, &by(&cem), NOW).expect("done");
                self.line(&cem, "cem@a.example")
            }
            Act::PasswordChanged => {
                let new = password(OTHER_PASSWORD);
                accounts.change_password(org, bob.id, PASSWORD, new, None, &bobs, NOW).expect("done");
                self.line(bob, their)
            }
            Act::PasswordReset => {
                let purpose = Purpose::ResetPassword { user: bob.id, organisation: org };
                let (_, secret) = accounts.create_link(purpose, &by(ana), NOW).expect("a link");
                accounts.reset_password(secret.reveal(), password(OTHER_PASSWORD), Some(ip(9)), NOW).expect("done");
                self.line(bob, their)
            }
            Act::SecondFactorEnabled => {
                house.second_factor(bob);
                self.line(bob, their)
            }
            Act::SecondFactorRemoved => {
                let (_, codes) = house.second_factor(bob);
                accounts.remove_second_factor(bob.id, codes[0].reveal(), &bobs, NOW).expect("done");
                self.line(bob, their)
            }
            Act::RecoveryCodesRenewed => {
                let (_, codes) = house.second_factor(bob);
                accounts.renew_recovery_codes(bob.id, codes[0].reveal(), &bobs, NOW).expect("done");
                self.line(bob, their)
            }
            Act::SignedIn => {
                let (_, codes) = house.second_factor(bob);
                // Half the way is not written down.
                let (half, _) = accounts.sign_in(their, PASSWORD, Some(ip(9)), "", NOW).expect("half in");
                accounts.second_factor(half.reveal(), codes[0].reveal(), NOW).expect("done");
                self.line(bob, their)
            }
            Act::SessionEnded => {
                house.session(bob);
                let id = accounts.sessions(bob.id).expect("listed")[0].id;
                accounts.end_session(bob.id, id, &bobs, NOW).expect("done");
                self.line(bob, their)
            }
            Act::SignedOutEverywhere => {
                accounts.sign_out_everywhere(bob.id, None, &bobs, NOW).expect("done");
                self.line(bob, their)
            }
            Act::LinkCreated => {
                accounts.create_link(join, &by(ana), NOW).expect("done");
                self.line(ana, "anybody as viewer")
            }
            Act::LinkWithdrawn => {
                let invited = Some(email("cem@a.example"));
                let purpose = Purpose::Join { organisation: org, role: Role::Owner, email: invited };
                let (link, _) = accounts.create_link(purpose, &by(ana), NOW).expect("a link");
                accounts.withdraw_link(org, link.id, &by(ana), NOW).expect("done");
                self.line(ana, "cem@a.example as owner")
            }
            Act::KeyCreated => {
                self.key();
                self.line(bob, "gate")
            }
            Act::KeyRotated => {
                accounts.rotate_key(org, self.key().id, Duration::ZERO, &bobs, NOW).expect("done");
                self.line(bob, "gate")
            }
            Act::KeyDisabled => {
                let id = self.key().id;
                for _ in 0..2 {
                    accounts.disable_key(Some(org), id, &bobs, NOW).expect("done");
                }
                self.line(bob, "gate")
            }
            Act::RulesChanged => {
                accounts.set_rules(org, &[("verify".to_owned(), 90.0)], &by(ana), NOW).expect("done");
                self.line(ana, "")
            }
            Act::SigningChanged => {
                self.signed(None);
                self.line(bob, "gate")
            }
            Act::ClientKeyAdded => {
                self.client_key();
                self.line(bob, "gate")
            }
            Act::ClientKeyRemoved => {
                let (key, client_key) = self.client_key();
                accounts.remove_client_key(Some(org), key, client_key, &bobs, NOW).expect("done");
                self.line(bob, "gate")
            }
            Act::ServerKeyRotated => {
                let made = accounts.rotate_server_key(NOW, &by(op), NOW).expect("done");
                self.line_of(TenantId::OPERATOR, op, &made.name)
            }
            Act::AccessKeyCreated => {
                accounts.create_access_key(Some(org), self.key().id, &bobs, NOW).expect("done");
                self.line(bob, "gate")
            }
            Act::AccessKeyRemoved => {
                let key = self.key().id;
                let (made, _) = accounts.create_access_key(Some(org), key, &bobs, NOW).expect("made");
                accounts.remove_access_key(Some(org), key, &made.id, &bobs, NOW).expect("done");
                self.line(bob, "gate")
            }
            // These are done elsewhere, and noted.
            Act::PersonRemoved | Act::DataExported => {
                accounts.note(org, &bobs, act, "person-7", "by hand", NOW).expect("done");
                self.line(bob, "person-7")
            }
        }
    }
}

#[test]
fn every_act_is_written_down_once() {
    for act in Act::ALL {
        let scene = Scene::new();
        let expected = scene.act(*act);
        let log = scene.house.accounts.audit(expected.organisation, None, 1000).expect("read");
        let lines: Vec<_> = log.into_iter().filter(|line| line.act == *act).collect();
        let [line] = &lines[..] else { panic!("{act:?}: {lines:?}") };
        assert_eq!(line.organisation, expected.organisation, "{act:?}");
        assert_eq!((&line.actor, &line.subject), (&expected.actor, &expected.subject), "{act:?}");
        assert_eq!((&line.address, line.at), (&expected.address, NOW), "{act:?}");
        let elsewhere = if line.organisation == scene.org { TenantId::OPERATOR } else { scene.org };
        let others = scene.house.accounts.audit(elsewhere, None, 1000).expect("read");
        assert!(others.iter().all(|other| other.id != line.id), "{act:?}");
    }
}

#[test]
fn words_are_one_each() {
    let mut words: Vec<_> = Act::ALL.iter().map(|act| act.word()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Act::ALL.len());
}

#[test]
fn what_is_refused_is_not_written_down() {
    let Scene { house, op, ana, bob, org } = Scene::new();
    let accounts = &house.accounts;
    let count = || [TenantId::OPERATOR, org].map(|of| accounts.audit(of, None, 1000).expect("read").len());
    let before = count();
    let owners = Purpose::Join { organisation: org, role: Role::Owner, email: None };
    assert!(accounts.set_role(org, ana.id, Role::Viewer, &by(&ana), NOW).is_err());
    assert!(accounts.disable_user(org, ana.id, &by(&bob), NOW).is_err());
    assert!(accounts.remove_user(TenantId::OPERATOR, op.id, &by(&op), NOW).is_err());
    assert!(accounts.create_link(owners, &by(&bob), NOW).is_err());
    assert!(accounts.change_password(org, bob.id, "wrong", password(OTHER_PASSWORD), None, &by(&bob), NOW).is_err());
    assert!(accounts.sign_in(bob.email.as_str(), "wrong", None, "", NOW).is_err());
    assert!(accounts.confirm_second_factor(bob.id, "000000", &by(&bob), NOW).is_err());
    assert!(accounts.set_rules(org, &[("a".to_owned(), f64::NAN)], &by(&ana), NOW).is_err());
    assert!(accounts.set_plan(org, PlanId(99), &by(&op), NOW).is_err());
    assert!(accounts.create_plan("Free", Limits::default(), &by(&op), NOW).is_err());
    assert!(accounts.begin_erasure(TenantId::OPERATOR, &by(&op), NOW).is_err());
    assert_eq!(count(), before);
    let nobodys = accounts.note(TenantId(99), &LINE, Act::DataExported, "", "", NOW);
    assert!(matches!(nobodys, Err(Error::NoSuchOrganisation)));
}

#[test]
fn the_log_says_who_it_was_after_they_are_gone() {
    let Scene { house, ana, bob, org, .. } = Scene::new();
    house.accounts.note(org, &by(&bob), Act::DataExported, "", "", NOW).expect("noted");
    house.accounts.remove_user(org, bob.id, &by(&ana), NOW).expect("removed");
    let actor = Actor { who: Who::User(UserId(bob.id.0)), address: None };
    house.accounts.note(org, &actor, Act::DataExported, "", "", NOW).expect("noted late");
    let log = house.accounts.audit(org, None, 3).expect("read");
    let actors: Vec<_> = log.iter().map(|line| line.actor.as_str()).collect();
    assert_eq!(actors, [&format!("user {}", bob.id), ana.email.as_str(), bob.email.as_str()]);
}

#[test]
fn the_log_is_read_page_by_page_the_newest_first() {
    let Scene { house, org, .. } = Scene::new();
    for i in 0..7 {
        house.accounts.note(org, &LINE, Act::DataExported, &i.to_string(), "", after(-i * DAY)).expect("noted");
    }
    let (mut before, mut subjects) = (None, Vec::new());
    loop {
        let page = house.accounts.audit(org, before, 3).expect("read");
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        assert!(page.len() <= 3);
        subjects.extend(page.into_iter().filter(|line| line.act == Act::DataExported).map(|line| line.subject));
    }
    // The order is that of writing, also while the clock is set back.
    assert_eq!(subjects, ["6", "5", "4", "3", "2", "1", "0"]);
    assert!(house.accounts.audit(org, None, 0).expect("read").is_empty());
    assert!(house.accounts.audit(org, None, usize::MAX).expect("read").len() > 7);
}

/// All that is secret, by what it is; and whatever else is done with it meanwhile.
fn secrets(house: &House) -> Vec<(&'static str, String)> {
    let accounts = &house.accounts;
    let mut secrets = vec![("password", PASSWORD.to_owned()), ("password", OTHER_PASSWORD.to_owned())];
    let mut add = |what, text: &str| secrets.push((what, text.to_owned()));
    let ana = accounts.sign_up("A", new("ana@a.example", PASSWORD), PlanId::FREE, Some(ip(1)), NOW).expect("signed up");
    let org = ana.organisation;
    let hidden = |secret: &accounts::Secret| secret.reveal()[14..].to_owned();
    let wish = NewKey {
        name: "gate".to_owned(),
        tenant: org,
        permissions: Permissions::ALL,
        expires: None,
        networks: Networks::NONE,
    };
    let (key, secret) = accounts.create_key(wish, &by(&ana), NOW).expect("made");
    add("key", &hidden(&secret));
    let (_, secret) = accounts.rotate_key(org, key.id, Duration::ZERO, &by(&ana), NOW).expect("replaced");
    add("key", &hidden(&secret));
    let reset = Purpose::ResetPassword { user: ana.id, organisation: org };
    let join = Purpose::Join { organisation: org, role: Role::Viewer, email: Some(email("bob@a.example")) };
    for purpose in [Purpose::Operator, Purpose::Found { plan: PlanId::FREE }, join.clone()] {
        add("link", accounts.create_link(purpose, &LINE, NOW).expect("made").1.reveal());
    }
    let (_, secret) = accounts.create_link(join, &LINE, NOW).expect("made");
    add("link", secret.reveal());
    accounts.follow_link(secret.reveal(), new("bob@a.example", OTHER_PASSWORD), None, None, NOW).expect("joined");
    let (app, codes) = house.second_factor(&ana);
    let (half, _) = accounts.sign_in("ana@a.example", PASSWORD, Some(ip(1)), "", NOW).expect("half in");
    let (full, session) = accounts.second_factor(half.reveal(), codes[0].reveal(), NOW).expect("in");
    add("session", half.reveal());
    add("session", full.reveal());
    assert!(accounts.session(full.reveal(), LIMITS, after(MINUTE)).expect("read").is_some());
    for wrong in ["a wrong guess of a password", "123456"] {
        assert!(accounts.sign_in("ana@a.example", wrong, None, "", NOW).is_err());
        add("guess", wrong);
    }
    assert!(accounts.second_factor(half.reveal(), "mistyped-code", NOW).is_err());
    add("guess", "mistyped-code");
    let renewed =
        accounts.renew_recovery_codes(ana.id, &app.code(after(HOUR)), &by(&ana), after(HOUR)).expect("renewed");
    for code in codes.iter().chain(&renewed) {
        add("recovery code", code.reveal());
        add("recovery code", &code.reveal().replace('-', ""));
    }
    let (_, secret) = accounts.create_link(reset, &LINE, NOW).expect("made");
    add("link", secret.reveal());
    let chosen = "lantern porridge";
    accounts.reset_password(secret.reveal(), password(chosen), None, NOW).expect("reset");
    let changed = "marmalade bicycle";
    let keep = Some(session.id);
    accounts.change_password(org, ana.id, chosen, password(changed), keep, &by(&ana), NOW).expect("changed");
    add("password", chosen);
    add("password", changed);
    secrets
}

#[test]
fn no_secret_is_written_down_or_stands_in_any_file() {
    let house = House::new();
    let secrets = secrets(&house);
    assert!(house.holds("ana@a.example") && house.holds("$argon2id$"), "what does stand there is found");
    let organisations = house.accounts.organisations(None, 100).expect("listed");
    let log: Vec<_> =
        organisations.iter().flat_map(|of| house.accounts.audit(of.id, None, 1000).expect("read")).collect();
    assert!(log.len() > 10);
    for (what, secret) in secrets {
        assert!(!house.holds(&secret), "a {what} stands in a file: {secret}");
        let has = |text: &str| text.contains(&secret);
        let line = log.iter().find(|line| has(&line.subject) || has(&line.detail) || has(&line.actor));
        assert!(line.is_none(), "a {what} is in the log: {line:?}");
    }
}
