//! One-time links: each works once, for whom it was made, for as long as it was made.

mod common;

use accounts::{Accounts, Actor, Error, Link, LinkSecret, PlanId, Purpose, Role, User};
use biometric::{TenantId, Timestamp};
use common::{
    DAY, HOUR, House, NOW, OTHER_PASSWORD, PASSWORD, SECOND, after, by, email, ip, new, password, throttled, wrong,
};

const LINE: Actor = Actor::command_line();

fn make(house: &House, purpose: Purpose) -> (Link, LinkSecret) {
    house.accounts.create_link(purpose, &LINE, NOW).expect("made")
}

fn follow(accounts: &Accounts, secret: &LinkSecret, address: &str, now: Timestamp) -> Result<User, Error> {
    accounts.follow_link(secret.reveal(), new(address, PASSWORD), Some("Acme"), None, now)
}

fn invalid<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::LinkInvalid))
}

fn join(organisation: TenantId, role: Role) -> Purpose {
    Purpose::Join { organisation, role, email: None }
}

fn reset(user: &User) -> Purpose {
    Purpose::ResetPassword { user: user.id, organisation: user.organisation }
}

#[test]
fn a_link_leads_where_it_says_and_once() {
    let house = House::new();
    let org = house.organisation("a").organisation;
    for (purpose, role) in [
        (Purpose::Operator, Role::Operator),
        (Purpose::Found { plan: PlanId::OPERATOR }, Role::Owner),
        (join(org, Role::Developer), Role::Developer),
    ] {
        let (link, secret) = make(&house, purpose.clone());
        assert_eq!(house.accounts.link(secret.reveal(), NOW).expect("works"), link);
        assert_eq!((&link.purpose, link.created, link.used), (&purpose, NOW, None));
        let address = format!("{}@x.example", role.word());
        let user = follow(&house.accounts, &secret, &address, NOW).expect("followed");
        assert_eq!(user.role, role);
        let home = house.accounts.organisation(user.organisation).expect("there");
        match purpose {
            Purpose::Operator => assert_eq!(home.id, TenantId::OPERATOR),
            Purpose::Found { plan } => assert_eq!((home.name.as_str(), home.plan.id), ("Acme", plan)),
            Purpose::Join { organisation, .. } | Purpose::ResetPassword { organisation, .. } => {
                assert_eq!(home.id, organisation);
            }
        }
        assert!(invalid(&house.accounts.link(secret.reveal(), NOW)));
        assert!(invalid(&follow(&house.accounts, &secret, "again@x.example", NOW)));
        assert!(house.accounts.accounts_of(&email("again@x.example")).expect("read").is_empty());
    }
    for nonsense in ["", "x", &"y".repeat(43), &"z".repeat(1_000_000)] {
        assert!(invalid(&house.accounts.link(nonsense, NOW)));
    }
}

#[test]
fn a_link_that_is_followed_at_once_from_two_sides_leads_one() {
    let house = House::new();
    let again = house.again();
    let org = house.organisation("a").organisation;
    for (i, purpose) in
        [Purpose::Operator, Purpose::Found { plan: PlanId::FREE }, join(org, Role::Owner)].into_iter().enumerate()
    {
        let (_, secret) = make(&house, purpose);
        let (one, two) = std::thread::scope(|scope| {
            let one = scope.spawn(|| follow(&house.accounts, &secret, &format!("one@x{i}.example"), NOW));
            let two = scope.spawn(|| follow(&again, &secret, &format!("two@x{i}.example"), NOW));
            (one.join().expect("no panic"), two.join().expect("no panic"))
        });
        assert!(one.is_ok() ^ two.is_ok(), "{one:?} {two:?}");
        assert!(invalid(&one.and(two)));
    }
}

#[test]
fn a_new_password_is_chosen_once_also_from_two_sides() {
    let house = House::new();
    let again = house.again();
    let ana = house.organisation("a");
    let session = house.session(&ana);
    let (_, secret) = make(&house, reset(&ana));
    let choose =
        |accounts: &Accounts, wish: &str| accounts.reset_password(secret.reveal(), password(wish), Some(ip(1)), NOW);
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| choose(&house.accounts, OTHER_PASSWORD));
        let two = scope.spawn(|| choose(&again, "lantern porridge"));
        (one.join().expect("no panic"), two.join().expect("no panic"))
    });
    let chosen = if one.is_ok() { OTHER_PASSWORD } else { "lantern porridge" };
    assert!(one.is_ok() ^ two.is_ok() && invalid(&one.and(two)));
    assert!(!house.is_signed_in(&session, NOW));
    assert!(wrong(&house.sign_in(&ana, NOW)));
    assert!(house.accounts.sign_in(ana.email.as_str(), chosen, None, "", NOW).is_ok());
}

#[test]
fn links_end_when_they_say() {
    let house = House::new();
    let ana = house.organisation("a");
    for (purpose, lives) in [
        (Purpose::Operator, DAY),
        (Purpose::Found { plan: PlanId::FREE }, 7 * DAY),
        (join(ana.organisation, Role::Viewer), 7 * DAY),
        (reset(&ana), HOUR),
    ] {
        let (link, secret) = make(&house, purpose);
        assert_eq!(link.expires, after(lives));
        assert!(house.accounts.link(secret.reveal(), after(lives - 1)).is_ok());
        assert!(invalid(&house.accounts.link(secret.reveal(), after(lives))));
        assert!(invalid(&follow(&house.accounts, &secret, "late@x.example", after(lives))));
        assert!(invalid(&house.accounts.reset_password(secret.reveal(), password(OTHER_PASSWORD), None, after(lives))));
        let open = house.accounts.links(link_home(&link), after(lives)).expect("listed");
        assert!(open.iter().all(|other| other.id != link.id));
    }
}

fn link_home(link: &Link) -> TenantId {
    match link.purpose {
        Purpose::Operator | Purpose::Found { .. } => TenantId::OPERATOR,
        Purpose::Join { organisation, .. } | Purpose::ResetPassword { organisation, .. } => organisation,
    }
}

#[test]
fn open_invitations_are_listed_and_withdrawn() {
    let house = House::new();
    let ana = house.organisation("a");
    let org = ana.organisation;
    let (link, secret) = make(&house, join(org, Role::Viewer));
    let (found, found_secret) = make(&house, Purpose::Found { plan: PlanId::FREE });
    let (_, used) = make(&house, join(org, Role::Viewer));
    follow(&house.accounts, &used, "used@x.example", NOW).expect("followed");
    make(&house, reset(&ana));
    make(&house, Purpose::Operator);
    assert_eq!(house.accounts.links(org, NOW).expect("listed"), std::slice::from_ref(&link));
    assert_eq!(house.accounts.links(TenantId::OPERATOR, NOW).expect("listed"), std::slice::from_ref(&found));
    house.accounts.withdraw_link(org, link.id, &by(&ana), NOW).expect("withdrawn");
    house.accounts.withdraw_link(TenantId::OPERATOR, found.id, &LINE, NOW).expect("withdrawn");
    assert!(house.accounts.links(org, NOW).expect("listed").is_empty());
    for secret in [secret, found_secret] {
        assert!(invalid(&follow(&house.accounts, &secret, "late@x.example", NOW)));
    }
    assert!(matches!(house.accounts.withdraw_link(org, link.id, &by(&ana), NOW), Err(Error::NoSuchLink)));
}

#[test]
fn a_new_link_takes_the_place_of_the_former() {
    let house = House::new();
    let (ana, ben) = (house.organisation("a"), house.organisation("b"));
    let (_, untouched) = make(&house, reset(&ben));
    for purpose in [Purpose::Operator, reset(&ana)] {
        let (_, former) = make(&house, purpose.clone());
        let (_, latter) = make(&house, purpose);
        assert!(invalid(&house.accounts.link(former.reveal(), NOW)));
        assert!(house.accounts.link(latter.reveal(), NOW).is_ok());
    }
    assert!(house.accounts.link(untouched.reveal(), NOW).is_ok(), "another's link stays");
}

#[test]
fn an_invitation_for_an_address_is_for_that_address() {
    let house = House::new();
    let org = house.organisation("a").organisation;
    let purpose = Purpose::Join { organisation: org, role: Role::Viewer, email: Some(email("Ben@X.example")) };
    let (_, secret) = make(&house, purpose);
    assert!(invalid(&follow(&house.accounts, &secret, "eve@x.example", NOW)));
    assert!(follow(&house.accounts, &secret, " BEN@x.example", NOW).is_ok());
}

/// It would tell, without any throttle, whether somebody else's password was right.
#[test]
fn an_invitation_is_no_way_to_guess_passwords() {
    let house = House::new();
    let (ana, eve) = (house.organisation("a"), house.organisation("e"));
    let named =
        Purpose::Join { organisation: eve.organisation, role: Role::Viewer, email: Some(email("eve2@e.example")) };
    let (_, named) = make(&house, named);
    assert!(invalid(&follow(&house.accounts, &named, ana.email.as_str(), NOW)), "not even whether it is right");
    let (_, open) = make(&house, join(eve.organisation, Role::Viewer));
    let answers: Vec<_> = (0..8).map(|_| follow(&house.accounts, &open, ana.email.as_str(), NOW)).collect();
    assert!(answers[..5].iter().all(|a| matches!(a, Err(Error::PasswordElsewhere))));
    assert!(answers[5..].iter().all(|a| matches!(a, Err(Error::Throttled { .. }))));
    // Nor is signing up from everywhere.
    let from = |last| house.accounts.sign_up("B", new(ana.email.as_str(), PASSWORD), PlanId::FREE, Some(ip(last)), NOW);
    assert!((0..3).all(|last| matches!(from(last), Err(Error::Throttled { .. }))));
    assert!(house.sign_in(&ana, NOW).is_ok(), "which keeps nobody from signing in");
}

/// Anybody may sign up with somebody's address: it is proved to nobody.
#[test]
fn signing_in_to_the_own_account_does_not_clear_the_guesses_at_anothers() {
    let house = House::new();
    let ana = house.organisation("a");
    let own = new(ana.email.as_str(), OTHER_PASSWORD);
    let eve = house.accounts.sign_up("E", own, PlanId::FREE, None, NOW).expect("signed up");
    let sign_in = |secret: &str, from| house.accounts.sign_in(ana.email.as_str(), secret, Some(ip(from)), "", NOW);
    for round in 0..5 {
        assert!(wrong(&sign_in("a guess", 2 * round)));
        if round < 4 {
            assert!(sign_in(OTHER_PASSWORD, 2 * round + 1).is_ok());
        }
    }
    assert!(throttled(&sign_in("a guess", 50)));
    let (_, secret) = make(&house, reset(&eve));
    house.accounts.reset_password(secret.reveal(), password("lantern porridge"), None, NOW).expect("reset");
    assert!(throttled(&sign_in("a guess", 51)));
}

#[test]
fn what_cannot_be_done_does_not_use_the_link_up() {
    let house = House::new();
    let ana = house.organisation("a");
    let (_, secret) = make(&house, join(ana.organisation, Role::Viewer));
    let taken = house.accounts.follow_link(secret.reveal(), new(ana.email.as_str(), OTHER_PASSWORD), None, None, NOW);
    assert!(matches!(taken, Err(Error::EmailTaken)));
    let nameless = accounts::NewUser { name: String::new(), ..new("ben@a.example", PASSWORD) };
    let refused = house.accounts.follow_link(secret.reveal(), nameless, None, None, NOW);
    assert!(matches!(refused, Err(Error::Name { .. })));
    assert!(follow(&house.accounts, &secret, "ben@a.example", NOW).is_ok());
    let (_, found) = make(&house, Purpose::Found { plan: PlanId::FREE });
    for name in [None, Some(""), Some("a\u{0}b")] {
        let refused = house.accounts.follow_link(found.reveal(), new("cem@c.example", PASSWORD), name, None, NOW);
        assert!(matches!(refused, Err(Error::Name { .. })));
    }
    assert!(follow(&house.accounts, &found, "cem@c.example", NOW).is_ok());
}

#[test]
fn each_link_is_for_its_own_purpose() {
    let house = House::new();
    let ana = house.organisation("a");
    let (_, to_reset) = make(&house, reset(&ana));
    let (_, to_join) = make(&house, join(ana.organisation, Role::Owner));
    assert!(invalid(&follow(&house.accounts, &to_reset, "eve@x.example", NOW)));
    assert!(invalid(&house.accounts.reset_password(to_join.reveal(), password(OTHER_PASSWORD), None, NOW)));
    assert!(house.accounts.link(to_reset.reveal(), NOW).is_ok() && house.accounts.link(to_join.reveal(), NOW).is_ok());
}

#[test]
fn links_to_what_is_not_there_are_not_made() {
    let house = House::new();
    let ana = house.organisation("a");
    let made = |purpose| house.accounts.create_link(purpose, &LINE, NOW);
    assert!(matches!(made(Purpose::Found { plan: PlanId(99) }), Err(Error::NoSuchPlan)));
    assert!(matches!(made(join(TenantId(99), Role::Owner)), Err(Error::NoSuchOrganisation)));
    let elsewhere = Purpose::ResetPassword { user: ana.id, organisation: TenantId::OPERATOR };
    assert!(matches!(made(elsewhere), Err(Error::NoSuchUser)));
}

#[test]
fn mailboxes_are_not_filled() {
    let house = House::new();
    let ana = house.organisation("a");
    let asked = |now| house.accounts.create_link(reset(&ana), &Actor::system(), now);
    for second in 0..3 {
        asked(after(second * SECOND)).expect("sent");
    }
    assert!(matches!(asked(after(4 * SECOND)), Err(Error::Throttled { .. })));
    let (_, by_hand) = house.accounts.create_link(reset(&ana), &by(&ana), after(4 * SECOND)).expect("an owner may");
    assert!(house.accounts.link(by_hand.reveal(), after(4 * SECOND)).is_ok());
    assert!(asked(after(HOUR)).is_ok());
}

#[test]
fn a_reset_does_not_go_around_the_second_factor() {
    let house = House::new();
    let ana = house.organisation("a");
    house.second_factor(&ana);
    let (_, secret) = make(&house, reset(&ana));
    house.accounts.reset_password(secret.reveal(), password(OTHER_PASSWORD), None, NOW).expect("reset");
    let (_, session) = house.accounts.start_session(ana.id, None, "", NOW).expect("begun");
    assert_eq!(session.stage, accounts::Stage::SecondFactor);
}

#[test]
fn debugging_shows_no_secret() {
    let house = House::new();
    let (_, secret) = make(&house, Purpose::Operator);
    assert_eq!(format!("{secret:?}"), "LinkSecret(..)");
}
