//! An installation with people in it, and what tests look for in its files.

#![allow(dead_code, unreachable_pub, reason = "every test binary uses its own part")]

use std::net::IpAddr;
use std::path::Path;
use std::sync::OnceLock;

use accounts::{
    Accounts, Actor, Email, Error, NewUser, Password, PlanId, RecoveryCode, Role, Session, SessionLimits,
    SessionSecret, SignInError, User, UserId, Who,
};
use biometric::{TenantId, Timestamp};

pub const NOW: Timestamp = Timestamp::from_millis(1_600_000_000_000);
pub const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

pub const PASSWORD: &str = "vermilion kettle";
pub const OTHER_PASSWORD: &str = "umbrella sandwich";

/// As long as the settings might say.
pub const LIMITS: SessionLimits = SessionLimits { idle_ms_max: 2 * HOUR, age_ms_max: DAY };

pub fn after(ms: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + ms)
}

pub fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

pub fn password(text: &str) -> Password {
    Password::parse(text, &[]).expect("a good password")
}

pub fn new(address: &str, secret: &str) -> NewUser {
    NewUser { email: email(address), name: "Somebody".to_owned(), password: password(secret) }
}

pub fn ip(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

pub fn by(user: &User) -> Actor {
    Actor { who: Who::User(user.id), address: Some(ip(9)) }
}

pub struct House {
    pub dir: tempfile::TempDir,
    pub accounts: Accounts,
}

impl House {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let accounts = Accounts::open(dir.path()).expect("opens");
        Self { dir, accounts }
    }

    /// Another process, as it were.
    pub fn again(&self) -> Accounts {
        Accounts::open(self.dir.path()).expect("opens again")
    }

    /// An organisation and its first owner, who signs in by `owner@NAME.example`.
    pub fn organisation(&self, name: &str) -> User {
        let made = self.accounts.create_organisation(name, PlanId::FREE, &Actor::command_line(), NOW).expect("made");
        self.join(made.id, Role::Owner, &format!("owner@{name}.example"))
    }

    pub fn operator(&self) -> User {
        self.join(TenantId::OPERATOR, Role::Operator, "op@house.example")
    }

    /// Somebody with [`PASSWORD`], put into the file as the crate would have: it hashes five passwords for each, which is
    /// its business but not that of every test.
    pub fn join(&self, organisation: TenantId, role: Role, address: &str) -> User {
        let sql = "INSERT INTO user (organisation, email, name, role, password, created)
                   VALUES (?, ?, 'Somebody', ?, ?, ?)";
        let file = self.file();
        file.execute(sql, (organisation.0, address, role.word(), kept(), NOW.as_millis())).expect("written");
        self.accounts.user(organisation, UserId(file.last_insert_rowid())).expect("there")
    }

    /// The file, as it is beneath.
    pub fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir.path().join(accounts::FILE_NAME)).expect("opens")
    }

    pub fn sign_in(&self, user: &User, now: Timestamp) -> Result<(SessionSecret, Session), SignInError> {
        self.accounts.sign_in(user.email.as_str(), PASSWORD, Some(ip(1)), "Browser", now)
    }

    pub fn session(&self, user: &User) -> SessionSecret {
        self.accounts.start_session(user.id, Some(ip(1)), "Browser", NOW).expect("a session").0
    }

    pub fn is_signed_in(&self, secret: &SessionSecret, now: Timestamp) -> bool {
        self.accounts.session(secret.reveal(), LIMITS, now).expect("read").is_some()
    }

    /// Sets up a second factor, with the code of [`NOW`].
    pub fn second_factor(&self, user: &User) -> (App, Vec<RecoveryCode>) {
        let setup = self.accounts.begin_second_factor(user.id, "House").expect("begun");
        let app = App::new(&setup.secret_base32);
        let codes = self.accounts.confirm_second_factor(user.id, &app.code(NOW), &by(user), NOW).expect("confirmed");
        (app, codes)
    }

    /// Whether these bytes stand in any file, in either way that text is kept.
    pub fn holds(&self, needle: &str) -> bool {
        holds(self.dir.path(), needle)
    }
}

/// What is kept of [`PASSWORD`], hashed once.
fn kept() -> &'static str {
    static KEPT: OnceLock<String> = OnceLock::new();
    KEPT.get_or_init(|| {
        let house = House::new();
        house.accounts.sign_up("A", new("a@a.example", PASSWORD), PlanId::FREE, None, NOW).expect("signed up");
        house.file().query_row("SELECT password FROM user", (), |row| row.get(0)).expect("read")
    })
}

pub fn holds(dir: &Path, needle: &str) -> bool {
    assert!(!needle.is_empty());
    std::fs::read_dir(dir).expect("readable").any(|entry| {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("readable");
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    })
}

/// An authenticator app.
pub struct App(totp_rs::Totp);

impl App {
    pub fn new(secret_base32: &str) -> Self {
        let secret = totp_rs::Secret::try_from_base32(secret_base32).expect("a secret");
        Self(totp_rs::Builder::new().with_secret(secret).build_noncompliant())
    }

    /// The bytes of its secret.
    pub fn secret(&self) -> Vec<u8> {
        self.0.secret().as_bytes().to_vec()
    }

    pub fn code(&self, now: Timestamp) -> String {
        self.0.generate(now.as_millis().cast_unsigned() / 1000).to_string()
    }
}

pub fn wrong<T>(answer: &Result<T, SignInError>) -> bool {
    matches!(answer, Err(SignInError::Wrong))
}

pub fn throttled<T>(answer: &Result<T, SignInError>) -> bool {
    matches!(answer, Err(SignInError::Throttled { .. }))
}

pub fn no_such_user<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::NoSuchUser))
}

/// Nobody has this number.
pub const NOBODY: UserId = UserId(987_654);
