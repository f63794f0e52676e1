//! A console with sample data, and browsers that look at it: what every test here begins with.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "shared by all test files; each uses a part")]

mod answer;
mod browser;
mod fake;
mod sample;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use accounts::usage::{Retention, Usage};
use accounts::{Accounts, Actor, Email, NewUser, Password, PlanId, Purpose, Role, SessionLimits, User};
use axum::Router;
use biometric::{TenantId, Timestamp};
use console::{HealthRow, Mailer, ModelRow, Parts, Settings, Status};

pub use answer::Answer;
pub use browser::{Asking, Browser};
pub use fake::Fake;
pub use sample::sample;

/// The password of every user of a [`House`].
pub const PASSWORD: &str = "a quiet afternoon in May";

/// When a [`House`] begins: 2026-11-25T06:00:00Z.
pub const BEGIN: i64 = 1_795_586_400_000;

/// The API's own description, as it is committed.
pub static OPENAPI: LazyLock<serde_json::Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../openapi/auther-check-api.json")).expect("JSON"));

/// An installation with one organisation that has a user of each role, and an operator.
pub struct House {
    pub accounts: Arc<Accounts>,
    pub usage: Arc<Usage>,
    pub operations: Arc<Fake>,
    /// The organisation of the viewer, the developer and the owner.
    pub tenant: TenantId,
    pub mails: Arc<Mails>,
    router: Router,
    clock: Arc<AtomicI64>,
    _directory: tempfile::TempDir,
}

/// The mails that were sent: to whom, about what, which text.
#[derive(Default)]
pub struct Mails(Mutex<Vec<(String, String, String)>>);

impl Mails {
    pub fn take(&self) -> Vec<(String, String, String)> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

impl Mailer for Mails {
    fn send(&self, to: &Email, subject: &str, text: &str) -> Result<(), String> {
        let mail = (to.to_string(), subject.to_owned(), text.to_owned());
        self.0.lock().expect("no panic").push(mail);
        Ok(())
    }
}

struct Well;

impl Status for Well {
    fn health(&self) -> Vec<HealthRow> {
        vec![
            HealthRow { name: "Engine".into(), ok: true, says: "4 workers".into() },
            HealthRow { name: "Disk".into(), ok: false, says: "almost full".into() },
        ]
    }

    fn models(&self) -> Vec<ModelRow> {
        let (name, purpose) = ("detector".into(), "finds faces".into());
        let (licence, source) = ("MIT".into(), "a model zoo".into());
        vec![ModelRow { name, purpose, licence, source, sha256: "ab".repeat(32), bytes: 232_589 }]
    }
}

impl House {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// The same with other settings, or other parts.
    pub fn with(change: impl FnOnce(&mut Parts)) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let accounts = Arc::new(Accounts::open(directory.path()).expect("opens"));
        let retention = Retention { request_log_days: 30, usage_days: 400 };
        let usage = Arc::new(Usage::open(directory.path(), retention).expect("opens"));
        let clock = Arc::new(AtomicI64::new(BEGIN));
        let (operations, mails) = (Arc::new(Fake::default()), Arc::new(Mails::default()));
        let time = clock.clone();
        let limits = SessionLimits { idle_ms_max: 3_600_000, age_ms_max: 43_200_000 };
        let mut parts = Parts {
            accounts: accounts.clone(),
            usage: usage.clone(),
            operations: operations.clone(),
            api: Router::new(),
            openapi: OPENAPI.clone(),
            mailer: Some(mails.clone()),
            status: Arc::new(Well),
            clock: Arc::new(move || Timestamp::from_millis(time.load(Ordering::SeqCst))),
            settings: Settings::new("http://console.example", limits, PlanId::FREE),
        };
        change(&mut parts);
        let mut house = Self {
            accounts,
            usage,
            operations,
            tenant: TenantId::OPERATOR,
            mails,
            router: console::router(parts),
            clock,
            _directory: directory,
        };
        house.people();
        house
    }

    fn people(&mut self) {
        let by = Actor::command_line();
        let (_, secret) = self.accounts.create_link(Purpose::Operator, &by, self.now()).expect("a link");
        let operator = new_user(&email(Role::Operator));
        self.accounts.follow_link(secret.reveal(), operator, None, None, self.now()).expect("an operator");
        self.tenant = self.organisation("Analytical Engines", &email(Role::Owner)).organisation;
        for role in [Role::Developer, Role::Viewer] {
            self.join(self.tenant, role, &email(role));
        }
    }

    /// Another organisation with an owner of this address.
    pub fn organisation(&self, name: &str, owner: &str) -> User {
        let signed_up = self.accounts.sign_up(name, new_user(owner), PlanId::FREE, None, self.now());
        signed_up.expect("an organisation")
    }

    /// Another user.
    pub fn join(&self, organisation: TenantId, role: Role, email: &str) -> User {
        let purpose = Purpose::Join { organisation, role, email: None };
        let (_, secret) = self.accounts.create_link(purpose, &Actor::command_line(), self.now()).expect("a link");
        self.accounts.follow_link(secret.reveal(), new_user(email), None, None, self.now()).expect("joins")
    }

    /// The user of this role.
    pub fn user(&self, role: Role) -> User {
        let found = self.accounts.accounts_of(&Email::parse(&email(role)).expect("an address")).expect("answers");
        found.into_iter().next().expect("every role has a user")
    }

    /// The pages as such.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// A browser that knows nothing yet.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// The browser of the user of this role.
    pub async fn signed_in(&self, role: Role) -> Browser {
        self.signed_in_as(&self.user(role))
    }

    /// The browser of this user.
    pub fn signed_in_as(&self, user: &User) -> Browser {
        let (secret, session) = self.accounts.start_session(user.id, None, "test", self.now()).expect("a session");
        let mut browser = self.browser();
        browser.set_cookie("auther_session", secret.reveal());
        browser.csrf = session.csrf;
        browser
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.load(Ordering::SeqCst))
    }

    /// Lets so many milliseconds pass.
    pub fn pass(&self, millis: i64) {
        self.clock.fetch_add(millis, Ordering::SeqCst);
    }
}

/// The address of the user of this role.
pub fn email(role: Role) -> String {
    format!("{}@engines.example", role.word())
}

/// A user with the common password.
pub fn new_user(email: &str) -> NewUser {
    let name = email.split('@').next().unwrap_or_default().to_owned();
    let password = Password::parse(PASSWORD, &[]).expect("a good password");
    NewUser { email: Email::parse(email).expect("an address"), name, password }
}

/// The code that an authenticator app would show now.
pub fn totp(secret_base32: &str, now: Timestamp) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret_base32).expect("base32");
    let totp = totp_rs::Builder::new().with_secret(secret).build().expect("the usual kind");
    totp.generate(u64::try_from(now.as_millis() / 1_000).expect("after 1970")).to_string()
}

/// Gives the user a second factor; its secret.
pub fn switch_on_second_factor(house: &House, user: &User) -> String {
    let setup = house.accounts.begin_second_factor(user.id, "Auther").expect("begins");
    let code = totp(&setup.secret_base32, house.now());
    house.accounts.confirm_second_factor(user.id, &code, &Actor::system(), house.now()).expect("the code");
    setup.secret_base32.to_string()
}
