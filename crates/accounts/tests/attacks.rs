//! What somebody tries who knows the program well.

mod common;

use std::fmt::Debug;

use accounts::{FILE_NAME, PlanId, Purpose};
use common::{House, NOW, OTHER_PASSWORD, PASSWORD, SECOND, after, by, ip, new, password, wrong};

const VICTIM: &str = "owner@victim.example";

fn told<T, E: Debug>(answer: Result<T, E>) -> String {
    answer.map_or_else(|error| format!("{error:?}"), |_| "fine".to_owned())
}

/// Everything that can be tried at the front door with somebody's address, by who does not know their password.
///
/// An address is not proved to be one's own, so the attacker has an account of it too, and is right now and then.
fn script(house: &House) -> Vec<String> {
    let accounts = &house.accounts;
    let eve = accounts.sign_up("Eve", new(VICTIM, OTHER_PASSWORD), PlanId::FREE, Some(ip(1)), NOW).expect("signed up");
    let mut answers = Vec::new();
    let mut from = 0;
    let mut try_one = |secret: &str, at: i64| {
        from += 1;
        told(accounts.sign_in(VICTIM, secret, Some(ip(from)), "", after(at)))
    };
    for _ in 0..4 {
        answers.push(try_one("a guess", 0));
    }
    answers.push(try_one(OTHER_PASSWORD, 0));
    for _ in 0..6 {
        answers.push(try_one("a guess", 0));
    }
    answers.push(try_one(OTHER_PASSWORD, 600 * SECOND));
    let purpose = Purpose::ResetPassword { user: eve.id, organisation: eve.organisation };
    let (_, secret) = accounts.create_link(purpose, &by(&eve), NOW).expect("a link");
    answers.push(told(accounts.reset_password(secret.reveal(), password("lantern porridge"), Some(ip(1)), NOW)));
    for _ in 0..3 {
        answers.push(try_one("a guess", 600 * SECOND));
    }
    for (i, secret) in ["marmalade bicycle", "marmalade tricycle"].into_iter().enumerate() {
        let again = new(VICTIM, secret);
        answers.push(told(accounts.sign_up("Eve", again, PlanId::FREE, Some(ip(100 + i as u8)), after(600 * SECOND))));
    }
    answers
}

#[test]
fn no_answer_tells_whether_an_address_has_an_account_elsewhere() {
    let (known, unknown) = (House::new(), House::new());
    known.organisation("victim");
    assert_eq!(script(&known), script(&unknown));
}

/// A password that was kept by weaker parameters is kept by today's once it is shown.
#[test]
fn signing_in_brings_what_is_kept_of_a_password_up_to_date() {
    use argon2::password_hash::PasswordHasher as _;
    let house = House::new();
    let ana = house.organisation("a");
    let weak = argon2::Params::new(64, 1, 1, None).expect("parameters");
    let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, weak);
    let weak = weak.hash_password(PASSWORD.as_bytes()).expect("hashed").to_string();
    let file = rusqlite::Connection::open(house.dir.path().join(FILE_NAME)).expect("opens");
    file.execute("UPDATE user SET password = ?", (&weak,)).expect("written");
    let kept = || file.query_row("SELECT password FROM user", (), |row| row.get::<_, String>(0)).expect("one");
    assert!(wrong(&house.accounts.sign_in(ana.email.as_str(), "a guess", None, "", NOW)));
    assert_eq!(kept(), weak);
    house.sign_in(&ana, NOW).expect("signed in");
    assert!(kept().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept());
    let today = kept();
    house.sign_in(&ana, NOW).expect("signed in");
    assert_eq!(kept(), today, "and is left alone then");
}

#[test]
fn no_secret_stands_in_any_file() {
    let house = House::new();
    let ana = house.organisation("a");
    let setup = house.accounts.begin_second_factor(ana.id, "House").expect("begun");
    let app = common::App::new(&setup.secret_base32);
    let codes = house.accounts.confirm_second_factor(ana.id, &app.code(NOW), &by(&ana), NOW).expect("confirmed");
    let (half, _) = house.sign_in(&ana, NOW).expect("half in");
    let (full, _) = house.accounts.second_factor(half.reveal(), codes[0].reveal(), NOW).expect("in");
    let purpose = Purpose::ResetPassword { user: ana.id, organisation: ana.organisation };
    let (_, link) = house.accounts.create_link(purpose, &by(&ana), NOW).expect("a link");
    let mut secrets = vec![PASSWORD, half.reveal(), full.reveal(), link.reveal()];
    secrets.extend(codes.iter().map(accounts::RecoveryCode::reveal));
    let plain: Vec<_> = codes.iter().map(|code| code.reveal().replace('-', "")).collect();
    secrets.extend(plain.iter().map(String::as_str));
    assert!(house.holds(ana.email.as_str()), "what does stand there is found");
    for secret in secrets {
        assert!(!house.holds(secret), "{secret} stands in a file");
    }
}
