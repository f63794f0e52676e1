//! Signing in, the second factor, and how sessions end.

mod common;

use accounts::{Accounts, Actor, Error, Purpose, Role, SessionLimits, SignInError, Stage, User};
use biometric::Timestamp;
use common::{
    App, DAY, HOUR, House, LIMITS, MINUTE, NOW, OTHER_PASSWORD, PASSWORD, SECOND, after, by, ip, new, password,
    throttled, wrong,
};

const LINE: Actor = Actor::command_line();

#[test]
fn who_knows_the_password_is_signed_in() {
    let house = House::new();
    let ana = house.organisation("a");
    let (secret, session) =
        house.accounts.sign_in(" Owner@A.example ", PASSWORD, Some(ip(7)), "Browser 1", NOW).expect("signed in");
    assert_eq!((session.user.id, session.organisation.id, session.stage), (ana.id, ana.organisation, Stage::Full));
    assert_eq!((session.address.as_deref(), session.agent.as_str()), (Some("192.0.2.7"), "Browser 1"));
    let seen = house.accounts.session(secret.reveal(), LIMITS, NOW).expect("read").expect("signed in");
    assert_eq!(seen, session);
    assert_ne!(session.csrf, secret.reveal());
    assert!(!format!("{session:?} {secret:?}").contains(&session.csrf));
    let (other, again) = house.sign_in(&ana, NOW).expect("signed in");
    assert!(other.reveal() != secret.reveal() && again.csrf != session.csrf && again.id != session.id);
}

#[test]
fn every_refusal_is_the_same() {
    let house = House::new();
    let ana = house.organisation("a");
    let gone = house.join(ana.organisation, Role::Viewer, "gone@a.example");
    house.accounts.disable_user(ana.organisation, gone.id, &LINE, NOW).expect("disabled");
    for (address, secret) in [
        ("owner@a.example", "wrong"),
        ("owner@a.example", ""),
        ("nobody@a.example", PASSWORD),
        ("gone@a.example", PASSWORD),
        ("nonsense", PASSWORD),
        ("owner@a.example\0", PASSWORD),
    ] {
        let refused = house.accounts.sign_in(address, secret, None, "", NOW).expect_err("refused");
        assert_eq!(refused.to_string(), SignInError::Wrong.to_string());
        assert!(matches!(refused, SignInError::Wrong), "{address}");
    }
}

#[test]
fn guesses_are_throttled_by_account_from_everywhere() {
    let house = House::new();
    let (ana, ben) = (house.organisation("a"), house.organisation("b"));
    for last in 0..5 {
        assert!(wrong(&house.accounts.sign_in("OWNER@a.example", "a guess", Some(ip(last)), "", NOW)));
    }
    let refused = house.accounts.sign_in(ana.email.as_str(), PASSWORD, Some(ip(99)), "", NOW);
    let Err(SignInError::Throttled { retry_after }) = refused else { panic!("not throttled") };
    assert_eq!(retry_after.as_secs(), 1);
    assert!(
        throttled(&house.again().sign_in(ana.email.as_str(), PASSWORD, None, "", NOW)),
        "a restart forgets nothing"
    );
    assert!(house.sign_in(&ben, NOW).is_ok(), "others are let in");
    assert!(house.sign_in(&ana, after(SECOND)).is_ok(), "as told");
    // Which is not held against her, and excuses nobody else's guesses.
    assert!(house.sign_in(&ana, after(SECOND)).is_ok());
    assert!(wrong(&house.accounts.sign_in(ana.email.as_str(), "a guess", None, "", after(SECOND))));
    assert!(throttled(&house.sign_in(&ana, after(SECOND))));
    assert!(house.sign_in(&ana, after(16 * MINUTE)).is_ok());
}

/// Nobody's guesses may tell that nobody has the account.
#[test]
fn accounts_that_nobody_has_are_throttled_alike() {
    let house = House::new();
    let guess = |last| house.accounts.sign_in("nobody@a.example", "a guess", Some(ip(last)), "", NOW);
    assert!((0..5).all(|last| wrong(&guess(last))));
    assert!(throttled(&guess(9)));
}

#[test]
fn guesses_are_throttled_by_address_at_many_accounts() {
    let house = House::new();
    let ana = house.organisation("a");
    for i in 0..10 {
        let email = format!("nobody{i}@a.example");
        assert!(wrong(&house.accounts.sign_in(&email, "a guess", Some(ip(1)), "", NOW)));
        assert!(wrong(&house.accounts.sign_in("no address", "a guess", Some(ip(1)), "", NOW)));
        // Who signs in meanwhile from there neither counts nor clears.
        if i < 9 {
            assert!(house.sign_in(&ana, NOW).is_ok());
        }
    }
    assert!(throttled(&house.sign_in(&ana, NOW)));
    assert!(house.accounts.sign_in(ana.email.as_str(), PASSWORD, Some(ip(2)), "", NOW).is_ok());
}

#[test]
fn of_sixteen_guesses_at_once_five_are_looked_at() {
    let house = House::new();
    let again = house.again();
    let ana = house.organisation("a");
    let answers = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|i| {
                let accounts = if i % 2 == 0 { &house.accounts } else { &again };
                let email = ana.email.as_str();
                scope.spawn(move || accounts.sign_in(email, "a guess", Some(ip(i)), "", NOW))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
    });
    assert_eq!(answers.iter().filter(|answer| wrong(answer)).count(), 5);
    assert_eq!(answers.iter().filter(|answer| throttled(answer)).count(), 11);
}

#[test]
fn sign_ups_are_throttled_by_address() {
    let house = House::new();
    let sign_up = |i: u8, from, now| {
        let wish = new(&format!("a{i}@a.example"), PASSWORD);
        house.accounts.sign_up("A", wish, accounts::PlanId::FREE, Some(ip(from)), now)
    };
    for i in 0..10 {
        sign_up(i, 1, NOW).expect("signed up");
    }
    assert!(matches!(sign_up(10, 1, after(HOUR - 1)), Err(Error::Throttled { .. })));
    sign_up(10, 2, NOW).expect("from elsewhere");
    sign_up(11, 1, after(HOUR)).expect("an hour later");
}

#[test]
fn sessions_end_unused_and_at_the_latest() {
    let house = House::new();
    let ana = house.organisation("a");
    let idle = house.session(&ana);
    assert!(house.is_signed_in(&idle, after(2 * HOUR - 1)));
    assert!(!house.is_signed_in(&idle, after(4 * HOUR - 1)), "two hours after it was seen");
    let used = house.session(&ana);
    for hour in 1..24 {
        assert!(house.is_signed_in(&used, after(hour * HOUR)), "{hour}");
    }
    assert!(!house.is_signed_in(&used, after(DAY)));
    // Stricter settings count at once.
    let strict = SessionLimits { idle_ms_max: MINUTE, age_ms_max: DAY };
    let session = house.session(&ana);
    assert!(house.accounts.session(session.reveal(), strict, after(MINUTE)).expect("read").is_none());
}

#[test]
fn being_seen_is_written_down_once_a_minute() {
    let house = House::new();
    let ana = house.organisation("a");
    let secret = house.session(&ana);
    let seen = |now| house.accounts.session(secret.reveal(), LIMITS, now).expect("read").expect("signed in").seen;
    assert_eq!(seen(after(MINUTE - 1)), NOW);
    assert_eq!(seen(after(MINUTE)), after(MINUTE));
    assert_eq!(seen(after(2 * MINUTE - 1)), after(MINUTE));
    assert_eq!(house.accounts.sessions(ana.id).expect("listed")[0].seen, after(MINUTE));
    // The clock is set back: nothing ends, nothing is written.
    assert_eq!(seen(after(-DAY)), after(MINUTE));
}

#[test]
fn what_a_browser_calls_itself_is_kept_within_bounds() {
    let house = House::new();
    let ana = house.organisation("a");
    let agent = format!("Br\u{0}ow\r\nser {}", "ü".repeat(1_000_000));
    let (_, session) = house.accounts.sign_in(ana.email.as_str(), PASSWORD, None, &agent, NOW).expect("signed in");
    assert!(session.agent.starts_with("Browser ü") && session.agent.chars().count() == 300);
}

#[test]
fn nonsense_is_no_session() {
    let house = House::new();
    let ana = house.organisation("a");
    let secret = house.session(&ana);
    let upper = secret.reveal().to_uppercase();
    for text in ["", "x", &"y".repeat(43), &upper, &format!("{} ", secret.reveal()), &"z".repeat(1_000_000)] {
        assert!(house.accounts.session(text, LIMITS, NOW).expect("read").is_none());
        assert!(wrong(&house.accounts.second_factor(text, "000000", NOW)));
    }
}

#[test]
fn with_a_second_factor_the_password_is_half_the_way() {
    let house = House::new();
    let ana = house.organisation("a");
    let (app, _) = house.second_factor(&ana);
    let now = after(MINUTE);
    let (half, session) = house.sign_in(&ana, now).expect("half");
    assert_eq!(session.stage, Stage::SecondFactor);
    assert!(house.accounts.sessions(ana.id).expect("listed").is_empty());
    assert_eq!(house.accounts.user(ana.organisation, ana.id).expect("there").last_sign_in, None);
    assert!(wrong(&house.accounts.second_factor(half.reveal(), "000000", now)));
    assert!(house.is_signed_in(&half, now), "another try");
    let (full, session) = house.accounts.second_factor(half.reveal(), &app.code(now), now).expect("signed in");
    assert_eq!(
        (session.stage, session.agent.as_str(), session.address.as_deref()),
        (Stage::Full, "Browser", Some("192.0.2.1"))
    );
    assert!(house.is_signed_in(&full, now) && !house.is_signed_in(&half, now), "another secret");
    assert!(wrong(&house.accounts.second_factor(half.reveal(), &app.code(after(2 * MINUTE)), after(2 * MINUTE))));
    assert!(wrong(&house.accounts.second_factor(full.reveal(), &app.code(after(3 * MINUTE)), after(3 * MINUTE))));
}

#[test]
fn there_are_ten_minutes_for_the_second_factor() {
    let house = House::new();
    let ana = house.organisation("a");
    let (app, _) = house.second_factor(&ana);
    let (half, _) = house.sign_in(&ana, NOW).expect("half");
    let end = after(10 * MINUTE);
    assert!(house.is_signed_in(&half, after(10 * MINUTE - 1)));
    assert!(!house.is_signed_in(&half, end));
    assert!(wrong(&house.accounts.second_factor(half.reveal(), &app.code(end), end)));
}

#[test]
fn a_code_is_good_once_and_none_before_it() {
    let house = House::new();
    let ana = house.organisation("a");
    let (app, _) = house.second_factor(&ana);
    let step = 30 * SECOND;
    let try_code = |code: &str, now: Timestamp| {
        let (half, _) = house.sign_in(&ana, now).expect("half");
        house.accounts.second_factor(half.reveal(), code, now)
    };
    assert!(wrong(&try_code(&app.code(NOW), NOW)), "it confirmed the factor");
    let now = after(4 * step);
    assert!(wrong(&try_code(&app.code(after(2 * step)), now)), "too old");
    assert!(wrong(&try_code(&app.code(after(6 * step)), now)), "too early");
    assert!(try_code(&format!(" {} ", app.code(after(5 * step))), now).is_ok(), "a clock that is fast");
    for earlier in 3..=5 {
        assert!(wrong(&try_code(&app.code(after(earlier * step)), now)), "{earlier}");
    }
    let now = after(HOUR);
    assert!(try_code(&app.code(now), now).is_ok());
}

#[test]
fn one_code_at_once_from_two_browsers_signs_one_in() {
    let house = House::new();
    let again = house.again();
    let ana = house.organisation("a");
    let (app, codes) = house.second_factor(&ana);
    let now = after(MINUTE);
    for code in [app.code(now), codes[0].reveal().to_owned()] {
        let (one, two) = (house.sign_in(&ana, now).expect("half").0, house.sign_in(&ana, now).expect("half").0);
        let (one, two) = std::thread::scope(|scope| {
            let one = scope.spawn(|| house.accounts.second_factor(one.reveal(), &code, now));
            let two = scope.spawn(|| again.second_factor(two.reveal(), &code, now));
            (one.join().expect("no panic"), two.join().expect("no panic"))
        });
        assert!(one.is_ok() ^ two.is_ok());
        assert!(wrong(&one.and(two)));
    }
}

#[test]
fn codes_are_not_guessed() {
    let house = House::new();
    let ana = house.organisation("a");
    let (app, _) = house.second_factor(&ana);
    let now = after(MINUTE);
    let (half, _) = house.sign_in(&ana, now).expect("half");
    let guess = |code: &str, now| house.accounts.second_factor(half.reveal(), code, now);
    for _ in 0..5 {
        assert!(wrong(&guess("nonsense", now)));
    }
    assert!(throttled(&guess(&app.code(now), now)));
    // Nor with another half session, nor where the code is asked for again.
    let (half, _) = house.sign_in(&ana, now).expect("half");
    assert!(throttled(&house.accounts.second_factor(half.reveal(), &app.code(now), now)));
    let removed = house.accounts.remove_second_factor(ana.id, &app.code(now), &by(&ana), now);
    assert!(matches!(removed, Err(Error::Throttled { .. })));
    assert!(house.accounts.second_factor(half.reveal(), &app.code(now), after(MINUTE + SECOND)).is_ok());
}

#[test]
fn a_recovery_code_is_good_once() {
    let house = House::new();
    let ana = house.organisation("a");
    let (_, codes) = house.second_factor(&ana);
    assert_eq!((codes.len(), house.accounts.recovery_codes_left(ana.id).expect("read")), (10, 10));
    let try_code = |code: &str, now| {
        let (half, _) = house.sign_in(&ana, now).expect("half");
        house.accounts.second_factor(half.reveal(), code, now)
    };
    assert!(try_code(&codes[0].reveal().to_uppercase().replace('-', " "), NOW).is_ok());
    assert!(wrong(&try_code(codes[0].reveal(), NOW)));
    assert_eq!(house.accounts.recovery_codes_left(ana.id).expect("read"), 9);
    for nonsense in ["", "-", "aaaaa-aaaaa", &"x".repeat(1_000_000)] {
        assert!(wrong(&try_code(nonsense, NOW)));
    }
    let renewed =
        house.accounts.renew_recovery_codes(ana.id, codes[1].reveal(), &by(&ana), after(HOUR)).expect("renewed");
    assert_eq!(house.accounts.recovery_codes_left(ana.id).expect("read"), 10);
    assert!(wrong(&try_code(codes[2].reveal(), after(HOUR))));
    assert!(try_code(renewed[2].reveal(), after(HOUR)).is_ok());
}

#[test]
fn a_second_factor_counts_once_it_is_confirmed_and_until_it_is_removed() {
    let house = House::new();
    let ana = house.organisation("a");
    let (accounts, actor) = (&house.accounts, by(&ana));
    assert!(matches!(accounts.confirm_second_factor(ana.id, "000000", &actor, NOW), Err(Error::SecondFactorOff)));
    let first = App::new(&accounts.begin_second_factor(ana.id, "House & Co").expect("begun").secret_base32);
    assert_eq!(house.sign_in(&ana, NOW).expect("signed in").1.stage, Stage::Full, "not yet");
    assert!(matches!(
        accounts.remove_second_factor(ana.id, &first.code(NOW), &actor, NOW),
        Err(Error::SecondFactorOff)
    ));
    let setup = accounts.begin_second_factor(ana.id, "House & Co").expect("again");
    assert!(setup.uri.starts_with("otpauth://totp/House%20%26%20Co:owner%40a.example?secret="));
    let app = App::new(&setup.secret_base32);
    assert!(matches!(accounts.confirm_second_factor(ana.id, &first.code(NOW), &actor, NOW), Err(Error::WrongCode)));
    let codes = accounts.confirm_second_factor(ana.id, &app.code(NOW), &actor, NOW).expect("confirmed");
    assert!(accounts.user(ana.organisation, ana.id).expect("there").second_factor);
    assert!(matches!(accounts.begin_second_factor(ana.id, "House"), Err(Error::SecondFactorOn)));
    assert!(matches!(accounts.confirm_second_factor(ana.id, &app.code(NOW), &actor, NOW), Err(Error::SecondFactorOn)));
    let (half, _) = house.sign_in(&ana, NOW).expect("half");
    assert!(matches!(accounts.remove_second_factor(ana.id, "000000", &actor, NOW), Err(Error::WrongCode)));
    accounts.remove_second_factor(ana.id, codes[0].reveal(), &actor, NOW).expect("removed");
    assert_eq!(accounts.recovery_codes_left(ana.id).expect("read"), 0);
    assert_eq!(house.sign_in(&ana, NOW).expect("signed in").1.stage, Stage::Full);
    assert!(wrong(&accounts.second_factor(half.reveal(), codes[1].reveal(), NOW)), "sign in again");
}

#[test]
fn whatever_takes_rights_away_ends_sessions() {
    type End = fn(&Accounts, &User);
    let ends: [(&str, End); 7] = [
        ("disabled", |accounts, bob| drop(accounts.disable_user(bob.organisation, bob.id, &LINE, NOW).expect("done"))),
        ("removed", |accounts, bob| accounts.remove_user(bob.organisation, bob.id, &LINE, NOW).expect("done")),
        ("another role", |accounts, bob| {
            drop(accounts.set_role(bob.organisation, bob.id, Role::Viewer, &LINE, NOW).expect("done"));
        }),
        ("another password", |accounts, bob| {
            let new = password(OTHER_PASSWORD);
            accounts.change_password(bob.organisation, bob.id, PASSWORD, new, None, &by(bob), NOW).expect("done");
        }),
        ("reset", |accounts, bob| {
            let purpose = Purpose::ResetPassword { user: bob.id, organisation: bob.organisation };
            let (_, secret) = accounts.create_link(purpose, &LINE, NOW).expect("a link");
            drop(accounts.reset_password(secret.reveal(), password(OTHER_PASSWORD), None, NOW).expect("done"));
        }),
        ("everywhere", |accounts, bob| accounts.sign_out_everywhere(bob.id, None, &by(bob), NOW).expect("done")),
        ("erased", |accounts, bob| accounts.begin_erasure(bob.organisation, &LINE, NOW).expect("done")),
    ];
    let house = House::new();
    let other = house.organisation("other");
    let others = house.session(&other);
    for (i, (what, end)) in ends.into_iter().enumerate() {
        let ana = house.organisation(&format!("a{i}"));
        let bob = house.join(ana.organisation, Role::Developer, &format!("bob@a{i}.example"));
        let sessions = [house.session(&bob), house.session(&bob)];
        assert!(sessions.iter().all(|session| house.is_signed_in(session, NOW)));
        end(&house.accounts, &bob);
        assert!(!sessions.iter().any(|session| house.is_signed_in(session, NOW)), "{what}");
        assert!(house.accounts.sessions(bob.id).expect("listed").is_empty(), "{what}");
    }
    assert!(house.is_signed_in(&others, NOW));
}

/// The half way counts as a session too: its password was the former one.
#[test]
fn who_is_half_signed_in_is_signed_out_too() {
    let house = House::new();
    let ana = house.organisation("a");
    let (app, _) = house.second_factor(&ana);
    let (half, _) = house.sign_in(&ana, NOW).expect("half");
    house.accounts.sign_out_everywhere(ana.id, None, &by(&ana), NOW).expect("done");
    let now = after(MINUTE);
    assert!(wrong(&house.accounts.second_factor(half.reveal(), &app.code(now), now)));
}

#[test]
fn a_user_ends_sessions_of_their_own() {
    let house = House::new();
    let (ana, ben) = (house.organisation("a"), house.organisation("b"));
    let (one, two, three, bens) = (house.session(&ana), house.session(&ana), house.session(&ana), house.session(&ben));
    let id = |secret: &accounts::SessionSecret| {
        house.accounts.session(secret.reveal(), LIMITS, NOW).expect("read").expect("signed in").id
    };
    let (kept, ended, bens_id) = (id(&one), id(&two), id(&bens));
    assert_eq!(house.accounts.sessions(ana.id).expect("listed").len(), 3);
    let end = |which| house.accounts.end_session(ana.id, which, &by(&ana), NOW);
    assert!(matches!(end(bens_id), Err(Error::NoSuchSession)));
    end(ended).expect("ended");
    assert!(matches!(end(ended), Err(Error::NoSuchSession)));
    assert!(!house.is_signed_in(&two, NOW) && house.is_signed_in(&three, NOW));
    house.accounts.sign_out_everywhere(ana.id, Some(kept), &by(&ana), NOW).expect("done");
    assert!(house.is_signed_in(&one, NOW) && !house.is_signed_in(&three, NOW) && house.is_signed_in(&bens, NOW));
    for _ in 0..2 {
        house.accounts.sign_out(kept, NOW).expect("signed out");
    }
    assert!(!house.is_signed_in(&one, NOW));
    // Another's session is not kept by naming it.
    house.accounts.sign_out_everywhere(ben.id, Some(kept), &by(&ben), NOW).expect("done");
    assert!(!house.is_signed_in(&bens, NOW));
}

#[test]
fn sessions_that_nobody_has_seen_for_long_are_deleted() {
    let house = House::new();
    let ana = house.organisation("a");
    house.session(&ana);
    house.accounts.start_session(ana.id, None, "", after(91 * DAY)).expect("begun");
    assert_eq!(house.accounts.sessions(ana.id).expect("listed").len(), 1);
}
