//! Organisations, plans and users: who may do what to whom, and that nobody reaches into another's house.

mod common;

use accounts::{Actor, Error, Limits, Networks, NewKey, Permissions, PlanId, Purpose, Rate, Role, User, Who};
use biometric::TenantId;
use common::{
    DAY, House, LIMITS, MINUTE, NOBODY, NOW, OTHER_PASSWORD, PASSWORD, after, by, email, ip, new, no_such_user,
    password, wrong,
};

const LINE: Actor = Actor::command_line();

#[test]
fn signing_up_makes_an_organisation_with_an_owner() {
    let house = House::new();
    let ana = house.accounts.sign_up(" Acme ", new("Ana@Acme.example", PASSWORD), PlanId::FREE, Some(ip(1)), NOW);
    let ana = ana.expect("signed up");
    assert_eq!((ana.role, ana.email.as_str(), ana.created, ana.disabled), (Role::Owner, "ana@acme.example", NOW, None));
    let acme = house.accounts.organisation(ana.organisation).expect("there");
    assert_eq!((acme.name.as_str(), acme.plan.id, acme.created), ("Acme", PlanId::FREE, NOW));
    assert_ne!(acme.id, TenantId::OPERATOR);
    assert_eq!(house.accounts.users(acme.id).expect("listed"), std::slice::from_ref(&ana));
    assert!(house.sign_in(&ana, NOW).is_ok());
    assert_eq!(house.accounts.user(acme.id, ana.id).expect("there").last_sign_in, Some(NOW));
}

#[test]
fn what_cannot_be_signed_up_leaves_nothing_behind() {
    let house = House::new();
    let before = house.accounts.organisations(None, 100).expect("listed");
    let long = "x".repeat(1_000_000);
    for (organisation, person) in
        [("", "Ana"), ("Acme", " "), (long.as_str(), "Ana"), ("Acme", long.as_str()), ("A\nB", "Ana")]
    {
        let wish = accounts::NewUser { name: person.to_owned(), ..new("ana@acme.example", PASSWORD) };
        let refused = house.accounts.sign_up(organisation, wish, PlanId::FREE, None, NOW);
        assert!(matches!(refused, Err(Error::Name { .. })));
    }
    let refused = house.accounts.sign_up("Acme", new("ana@acme.example", PASSWORD), PlanId(99), None, NOW);
    assert!(matches!(refused, Err(Error::NoSuchPlan)));
    assert_eq!(house.accounts.organisations(None, 100).expect("listed"), before);
    assert_eq!(house.accounts.accounts_of(&email("ana@acme.example")).expect("read"), []);
}

#[test]
fn one_address_may_be_in_two_organisations_with_two_passwords() {
    let house = House::new();
    let first =
        house.accounts.sign_up("A", new("ana@a.example", PASSWORD), PlanId::FREE, None, NOW).expect("signed up");
    let refused = house.accounts.sign_up("B", new("ana@a.example", PASSWORD), PlanId::FREE, None, NOW);
    assert!(matches!(refused, Err(Error::PasswordElsewhere)));
    let wish = new("ana@a.example", OTHER_PASSWORD);
    let second = house.accounts.sign_up("B", wish, PlanId::FREE, None, NOW).expect("signed up");
    for (secret, user) in [(PASSWORD, &first), (OTHER_PASSWORD, &second)] {
        let (_, session) = house.accounts.sign_in("ana@a.example", secret, None, "", NOW).expect("signed in");
        assert_eq!((session.user.id, session.organisation.id), (user.id, user.organisation));
    }
    // Nor by another way than signing up.
    let changed = |user: &User, old, wish| {
        house.accounts.change_password(user.organisation, user.id, old, password(wish), None, &by(user), NOW)
    };
    assert!(matches!(changed(&second, OTHER_PASSWORD, PASSWORD), Err(Error::PasswordElsewhere)));
    changed(&second, OTHER_PASSWORD, OTHER_PASSWORD).expect("its own is no other's");
    // Choosing is guessing, and throttled.
    let later = after(16 * MINUTE);
    let reset = Purpose::ResetPassword { user: second.id, organisation: second.organisation };
    let (_, secret) = house.accounts.create_link(reset, &LINE, NOW).expect("a link");
    let refused = house.accounts.reset_password(secret.reveal(), password(PASSWORD), None, later);
    assert!(matches!(refused, Err(Error::PasswordElsewhere)), "{refused:?}");
    house.accounts.reset_password(secret.reveal(), password("lantern porridge"), None, later).expect("still works");
    let elsewhere =
        Purpose::Join { organisation: house.organisation("c").organisation, role: Role::Viewer, email: None };
    let (_, secret) = house.accounts.create_link(elsewhere, &LINE, NOW).expect("a link");
    let join = |secret_word| {
        house.accounts.follow_link(secret.reveal(), new("ana@a.example", secret_word), None, None, after(DAY))
    };
    assert!(matches!(join(PASSWORD), Err(Error::PasswordElsewhere)));
    assert!(join("marmalade bicycle").is_ok());
    assert_eq!(house.accounts.accounts_of(&email("ana@a.example")).expect("read").len(), 3);
}

/// Comparing passwords takes long and happens before anything is written: both would find nobody there.
#[test]
fn of_those_who_sign_up_at_once_with_one_address_and_password_one_is_taken() {
    let house = House::new();
    let again = house.again();
    let signed_up = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|i| {
                let accounts = if i % 2 == 0 { &house.accounts } else { &again };
                scope.spawn(move || accounts.sign_up("A", new("ana@a.example", PASSWORD), PlanId::FREE, None, NOW))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
    });
    assert_eq!(signed_up.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(signed_up.iter().filter_map(|answer| answer.as_ref().err()).all(|e| matches!(e, Error::PasswordElsewhere)));
    assert_eq!(house.accounts.accounts_of(&email("ana@a.example")).expect("read").len(), 1);
}

#[test]
fn the_last_owner_stays() {
    let house = House::new();
    let ana = house.organisation("a");
    let (id, org) = (ana.id, ana.organisation);
    let ben = house.join(org, Role::Developer, "ben@a.example");
    let last = |answer: Result<(), Error>| assert!(matches!(answer, Err(Error::LastOwner)), "{answer:?}");
    for actor in [LINE, by(&ana)] {
        last(house.accounts.set_role(org, id, Role::Viewer, &actor, NOW).map(drop));
        last(house.accounts.disable_user(org, id, &actor, NOW).map(drop));
        last(house.accounts.remove_user(org, id, &actor, NOW));
    }
    // Who may not sign in manages nothing.
    house.accounts.set_role(org, ben.id, Role::Owner, &by(&ana), NOW).expect("promoted");
    house.accounts.disable_user(org, ben.id, &by(&ana), NOW).expect("disabled");
    last(house.accounts.remove_user(org, id, &LINE, NOW));
    house.accounts.enable_user(org, ben.id, &by(&ana), NOW).expect("enabled");
    house.accounts.remove_user(org, id, &by(&ana), NOW).expect("removed, by herself");
    last(house.accounts.set_role(org, ben.id, Role::Developer, &by(&ben), NOW).map(drop));
}

#[test]
fn the_last_operator_stays_and_owners_of_that_house_do_not_count() {
    let house = House::new();
    assert!(!house.accounts.has_operator().expect("read"));
    let op = house.operator();
    assert!(house.accounts.has_operator().expect("read"));
    assert_eq!((op.organisation, op.role), (TenantId::OPERATOR, Role::Operator));
    house.join(TenantId::OPERATOR, Role::Owner, "owner@house.example");
    let refused = house.accounts.set_role(TenantId::OPERATOR, op.id, Role::Owner, &LINE, NOW);
    assert!(matches!(refused, Err(Error::LastOwner)));
    assert!(matches!(house.accounts.remove_user(TenantId::OPERATOR, op.id, &LINE, NOW), Err(Error::LastOwner)));
}

#[test]
fn of_two_owners_who_throw_each_other_out_at_once_one_stays() {
    let house = House::new();
    let again = house.again();
    for round in 0..5 {
        let ana = house.organisation(&format!("a{round}"));
        let ben = house.join(ana.organisation, Role::Owner, &format!("ben@a{round}.example"));
        std::thread::scope(|scope| {
            scope.spawn(|| house.accounts.remove_user(ana.organisation, ben.id, &by(&ana), NOW));
            scope.spawn(|| again.disable_user(ana.organisation, ana.id, &by(&ben), NOW));
        });
        let left = house.accounts.users(ana.organisation).expect("listed");
        assert_eq!(left.iter().filter(|user| user.role == Role::Owner && user.disabled.is_none()).count(), 1);
    }
}

#[test]
fn operators_are_made_in_their_own_house_only() {
    let house = House::new();
    let (op, ana) = (house.operator(), house.organisation("a"));
    for actor in [LINE, by(&op), by(&ana)] {
        let refused = house.accounts.set_role(ana.organisation, ana.id, Role::Operator, &actor, NOW);
        assert!(matches!(refused, Err(Error::RoleElsewhere | Error::AboveRole)), "{refused:?}");
        let purpose = Purpose::Join { organisation: ana.organisation, role: Role::Operator, email: None };
        let refused = house.accounts.create_link(purpose, &actor, NOW);
        assert!(matches!(refused, Err(Error::RoleElsewhere | Error::AboveRole)), "{refused:?}");
    }
}

/// Everything that can be done to a user, by name.
fn acts(house: &House, org: TenantId, id: accounts::UserId, actor: &Actor) -> [(&'static str, Result<(), Error>); 7] {
    let accounts = &house.accounts;
    let reset = Purpose::ResetPassword { user: id, organisation: org };
    [
        ("rename", accounts.rename_user(org, id, "Changed", actor, NOW).map(drop)),
        ("demote", accounts.set_role(org, id, Role::Viewer, actor, NOW).map(drop)),
        ("promote", accounts.set_role(org, id, Role::Owner, actor, NOW).map(drop)),
        ("disable", accounts.disable_user(org, id, actor, NOW).map(drop)),
        ("enable", accounts.enable_user(org, id, actor, NOW).map(drop)),
        ("reset", accounts.create_link(reset, actor, NOW).map(drop)),
        ("remove", accounts.remove_user(org, id, actor, NOW)),
    ]
}

#[test]
fn an_owner_in_the_operators_house_neither_makes_nor_touches_operators() {
    let house = House::new();
    let op = house.operator();
    let owner = house.join(TenantId::OPERATOR, Role::Owner, "owner@house.example");
    for (act, answer) in acts(&house, TenantId::OPERATOR, op.id, &by(&owner)) {
        assert!(matches!(answer, Err(Error::AboveRole)), "{act}: {answer:?}");
    }
    let above = |answer: Result<(), Error>| assert!(matches!(answer, Err(Error::AboveRole)), "{answer:?}");
    above(house.accounts.set_role(TenantId::OPERATOR, owner.id, Role::Operator, &by(&owner), NOW).map(drop));
    for purpose in [
        Purpose::Operator,
        Purpose::Found { plan: PlanId::FREE },
        Purpose::Join { organisation: TenantId::OPERATOR, role: Role::Operator, email: None },
    ] {
        above(house.accounts.create_link(purpose.clone(), &by(&owner), NOW).map(drop));
        let (link, _) = house.accounts.create_link(purpose, &LINE, NOW).expect("made");
        above(house.accounts.withdraw_link(TenantId::OPERATOR, link.id, &by(&owner), NOW));
    }
    assert_eq!(house.accounts.user(TenantId::OPERATOR, op.id).expect("there"), op);
}

#[test]
fn only_owners_manage_people_and_everybody_has_their_own_name() {
    let house = House::new();
    let ana = house.organisation("a");
    let org = ana.organisation;
    for role in [Role::Viewer, Role::Developer] {
        let actor = house.join(org, role, &format!("{}@a.example", role.word()));
        let victim = house.join(org, Role::Viewer, &format!("victim-of-{}@a.example", role.word()));
        for (act, answer) in acts(&house, org, victim.id, &by(&actor)) {
            assert!(matches!(answer, Err(Error::AboveRole)), "{} {act}: {answer:?}", role.word());
        }
        let invite = Purpose::Join { organisation: org, role: Role::Viewer, email: None };
        assert!(matches!(house.accounts.create_link(invite, &by(&actor), NOW), Err(Error::AboveRole)));
        let own = house.accounts.rename_user(org, actor.id, " Ada ", &by(&actor), NOW).expect("renamed");
        assert_eq!(own.name, "Ada");
        let refused = house.accounts.set_role(org, actor.id, Role::Owner, &by(&actor), NOW);
        assert!(matches!(refused, Err(Error::AboveRole)));
    }
    // Nor does who is disabled or gone, whose page may still be open.
    let ben = house.join(org, Role::Owner, "ben@a.example");
    let cem = house.join(org, Role::Viewer, "cem@a.example");
    house.accounts.disable_user(org, ben.id, &by(&ana), NOW).expect("disabled");
    assert!(matches!(house.accounts.remove_user(org, cem.id, &by(&ben), NOW), Err(Error::AboveRole)));
    house.accounts.remove_user(org, ben.id, &by(&ana), NOW).expect("removed");
    assert!(matches!(house.accounts.remove_user(org, cem.id, &by(&ben), NOW), Err(Error::AboveRole)));
}

#[test]
fn what_is_anothers_is_answered_as_what_is_not_there() {
    let house = House::new();
    let (ana, eve) = (house.organisation("a"), house.organisation("e"));
    let (a, e) = (ana.organisation, eve.organisation);
    let bob = house.join(a, Role::Viewer, "bob@a.example");
    let (session, _) = house.accounts.start_session(bob.id, None, "", NOW).expect("a session");
    let purpose = Purpose::Join { organisation: a, role: Role::Owner, email: None };
    let (link, _) = house.accounts.create_link(purpose.clone(), &by(&ana), NOW).expect("made");
    let wish = |tenant| NewKey {
        name: "gate".to_owned(),
        tenant,
        permissions: Permissions::ALL,
        expires: None,
        networks: Networks::NONE,
    };
    let (key, _) = house.accounts.create_key(wish(a), &by(&ana), NOW).expect("made");
    // In her own organisation by their numbers, and in theirs.
    for org in [e, a] {
        for ((act, theirs), (_, nobodys)) in
            acts(&house, org, bob.id, &by(&eve)).into_iter().zip(acts(&house, org, NOBODY, &by(&eve)))
        {
            let (theirs, nobodys) = (theirs.expect_err(act), nobodys.expect_err(act));
            assert!(matches!(theirs, Error::NoSuchUser), "{act}: {theirs:?}");
            assert!(matches!(nobodys, Error::NoSuchUser), "{act}: {nobodys:?}");
        }
        let withdrawn = house.accounts.withdraw_link(org, link.id, &by(&eve), NOW);
        assert!(matches!(withdrawn, Err(Error::NoSuchLink)), "{withdrawn:?}");
    }
    let accounts = &house.accounts;
    assert!(no_such_user(&accounts.user(e, bob.id)));
    assert!(no_such_user(&accounts.change_password(
        e,
        bob.id,
        PASSWORD,
        password(OTHER_PASSWORD),
        None,
        &by(&eve),
        NOW
    )));
    assert!(no_such_user(&accounts.check_password(e, bob.id, PASSWORD, NOW)));
    assert!(matches!(accounts.key(e, key.id), Err(Error::NoSuchKey)));
    assert!(matches!(accounts.rotate_key(e, key.id, std::time::Duration::ZERO, &by(&eve), NOW), Err(Error::NoSuchKey)));
    assert!(matches!(accounts.disable_key(Some(e), key.id, &by(&eve), NOW), Err(Error::NoSuchKey)));
    let (theirs, nobodys) = (
        accounts.create_link(purpose, &by(&eve), NOW),
        accounts.create_link(
            Purpose::Join { organisation: TenantId(99), role: Role::Owner, email: None },
            &by(&eve),
            NOW,
        ),
    );
    assert!(
        matches!((&theirs, &nobodys), (Err(Error::NoSuchOrganisation), Err(Error::NoSuchOrganisation))),
        "{theirs:?}"
    );
    let of_bob = accounts.sessions(bob.id).expect("listed")[0].id;
    assert!(matches!(accounts.end_session(eve.id, of_bob, &by(&eve), NOW), Err(Error::NoSuchSession)));
    // Nothing has changed, and lists hold their own.
    assert!(house.is_signed_in(&session, NOW));
    assert_eq!(accounts.user(a, bob.id).expect("there").name, bob.name);
    assert!(accounts.links(e, NOW).expect("listed").is_empty());
    assert_eq!(accounts.links(a, NOW).expect("listed"), [link]);
    assert!(accounts.users(e).expect("listed").iter().all(|user| user.id == eve.id));
    assert!(accounts.keys_of(e).expect("listed").is_empty());
    assert!(accounts.audit(e, None, 100).expect("read").iter().all(|line| line.organisation == e));
}

#[test]
fn an_operator_reaches_everywhere() {
    let house = House::new();
    let (op, ana) = (house.operator(), house.organisation("a"));
    let bob = house.join(ana.organisation, Role::Viewer, "bob@a.example");
    for (act, answer) in acts(&house, ana.organisation, bob.id, &by(&op)) {
        assert!(answer.is_ok(), "{act}: {answer:?}");
    }
}

#[test]
fn whoever_is_disabled_is_out_until_enabled() {
    let house = House::new();
    let ana = house.organisation("a");
    let bob = house.join(ana.organisation, Role::Viewer, "bob@a.example");
    let session = house.session(&bob);
    let since = house.accounts.disable_user(ana.organisation, bob.id, &by(&ana), NOW).expect("disabled");
    let again = house.accounts.disable_user(ana.organisation, bob.id, &by(&ana), after(DAY)).expect("again");
    assert_eq!((since.disabled, again.disabled), (Some(NOW), Some(NOW)));
    assert!(!house.is_signed_in(&session, NOW) && wrong(&house.sign_in(&bob, NOW)));
    assert!(no_such_user(&house.accounts.start_session(bob.id, None, "", NOW)));
    assert_eq!(house.accounts.accounts_of(&bob.email).expect("read"), [], "no mail to who is out");
    house.accounts.enable_user(ana.organisation, bob.id, &by(&ana), NOW).expect("enabled");
    assert!(!house.is_signed_in(&session, NOW), "what has ended has ended");
    assert!(house.sign_in(&bob, NOW).is_ok());
}

#[test]
fn nothing_of_who_is_removed_works_and_the_number_is_not_given_again() {
    let house = House::new();
    let ana = house.organisation("a");
    let bob = house.join(ana.organisation, Role::Viewer, "bob@a.example");
    let session = house.session(&bob);
    let (_, codes) = house.second_factor(&bob);
    let purpose = Purpose::ResetPassword { user: bob.id, organisation: bob.organisation };
    let (_, link) = house.accounts.create_link(purpose, &by(&ana), NOW).expect("made");
    house.accounts.remove_user(ana.organisation, bob.id, &by(&ana), NOW).expect("removed");
    assert!(!house.is_signed_in(&session, NOW) && wrong(&house.sign_in(&bob, NOW)));
    let reset = house.accounts.reset_password(link.reveal(), password(OTHER_PASSWORD), None, NOW);
    assert!(matches!(reset, Err(Error::LinkInvalid)));
    assert!(no_such_user(&house.accounts.user(ana.organisation, bob.id)));
    let next = house.join(ana.organisation, Role::Viewer, "bob@a.example");
    assert!(next.id > bob.id && !next.second_factor);
    assert_eq!(house.accounts.recovery_codes_left(next.id).expect("read"), 0);
    drop(codes);
}

#[test]
fn plans_are_made_edited_and_given() {
    let house = House::new();
    let (op, ana) = (house.operator(), house.organisation("a"));
    let limits = Limits {
        requests_month_max: Some(5),
        persons_max: Some(i64::MAX as u64),
        rate: Some(Rate { per_second: 0.5, burst: 1 }),
    };
    let small = house.accounts.create_plan(" Small ", limits, &by(&op), NOW).expect("made");
    assert_eq!((small.name.as_str(), small.limits), ("Small", limits));
    assert_eq!(house.accounts.plan(small.id).expect("there"), small);
    let given = house.accounts.set_plan(ana.organisation, small.id, &by(&op), NOW).expect("given");
    assert_eq!(given.plan, small);
    assert_eq!(house.accounts.caller(ana.organisation, Permissions::ALL).expect("there").limits, limits);
    let edited = house.accounts.edit_plan(small.id, "Small", Limits::default(), &by(&op), NOW).expect("edited");
    assert_eq!(house.accounts.organisation(ana.organisation).expect("there").plan, edited);
    assert_eq!(house.accounts.caller(ana.organisation, Permissions::ALL).expect("there").limits, Limits::default());
}

#[test]
fn impossible_plans_are_refused() {
    let house = House::new();
    let (accounts, none) = (&house.accounts, Limits::default());
    accounts.create_plan("Small", none, &LINE, NOW).expect("made");
    assert!(matches!(accounts.create_plan("Small", none, &LINE, NOW), Err(Error::PlanTaken)));
    assert!(matches!(accounts.create_plan("Free", none, &LINE, NOW), Err(Error::PlanTaken)));
    assert!(matches!(accounts.create_plan("", none, &LINE, NOW), Err(Error::Name { .. })));
    for fixed in [PlanId::OPERATOR, PlanId::FREE] {
        assert!(matches!(accounts.edit_plan(fixed, "Mine", none, &LINE, NOW), Err(Error::PlanFixed)));
    }
    assert!(matches!(accounts.edit_plan(PlanId(99), "Mine", none, &LINE, NOW), Err(Error::NoSuchPlan)));
    assert!(matches!(accounts.plan(PlanId(99)), Err(Error::NoSuchPlan)));
    let rate = |per_second, burst| Limits { rate: Some(Rate { per_second, burst }), ..none };
    for impossible in [
        Limits { requests_month_max: Some(0), ..none },
        Limits { persons_max: Some(u64::MAX), ..none },
        rate(0.0, 1),
        rate(-1.0, 1),
        rate(f64::NAN, 1),
        rate(f64::INFINITY, 1),
        rate(1.0, 0),
    ] {
        assert!(matches!(accounts.create_plan("Other", impossible, &LINE, NOW), Err(Error::PlanLimits)));
        assert!(matches!(accounts.set_free_limits(impossible), Err(Error::PlanLimits)));
    }
    let (a, operators) = (house.organisation("a").organisation, TenantId::OPERATOR);
    assert!(matches!(accounts.set_plan(a, PlanId(99), &LINE, NOW), Err(Error::NoSuchPlan)));
    assert!(matches!(accounts.set_plan(TenantId(99), PlanId::FREE, &LINE, NOW), Err(Error::NoSuchOrganisation)));
    assert!(matches!(accounts.set_plan(operators, PlanId::FREE, &LINE, NOW), Err(Error::OperatorsOwn)));
    assert!(matches!(accounts.suspend(operators, &LINE, NOW), Err(Error::OperatorsOwn)));
    assert!(matches!(accounts.suspend(TenantId(99), &LINE, NOW), Err(Error::NoSuchOrganisation)));
    assert!(matches!(accounts.resume(TenantId(99), &LINE, NOW), Err(Error::NoSuchOrganisation)));
}

#[test]
fn the_free_plans_limits_are_the_settings() {
    let house = House::new();
    let limits = Limits { requests_month_max: Some(7), persons_max: None, rate: None };
    for _ in 0..2 {
        house.accounts.set_free_limits(limits).expect("set");
        assert_eq!(house.again().plan(PlanId::FREE).expect("there").limits, limits);
    }
    assert_eq!(house.accounts.plans().expect("listed").len(), 2);
}

#[test]
fn a_suspended_organisation_may_look_but_not_call() {
    let house = House::new();
    let ana = house.organisation("a");
    let org = ana.organisation;
    let session = house.session(&ana);
    assert_eq!(house.accounts.suspend(org, &LINE, NOW).expect("suspended").suspended, Some(NOW));
    assert_eq!(house.accounts.suspend(org, &LINE, after(DAY)).expect("again").suspended, Some(NOW));
    assert!(matches!(house.accounts.caller(org, Permissions::ALL), Err(Error::Suspended)));
    let seen = house.accounts.session(session.reveal(), LIMITS, NOW).expect("read").expect("signed in");
    assert_eq!(seen.organisation.suspended, Some(NOW));
    assert_eq!(house.accounts.resume(org, &LINE, NOW).expect("resumed").suspended, None);
    assert!(house.accounts.caller(org, Permissions::ALL).is_ok());
}

#[test]
fn organisations_are_listed_page_by_page() {
    let house = House::new();
    for name in ["a", "b", "b"] {
        house.accounts.create_organisation(name, PlanId::FREE, &LINE, NOW).expect("made");
    }
    let all = house.accounts.organisations(None, 100).expect("listed");
    assert_eq!(all.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["Operator", "a", "b", "b"]);
    let page = house.accounts.organisations(Some(all[1].id), 1).expect("listed");
    assert_eq!(page, all[2..3]);
    assert!(matches!(house.accounts.organisation(TenantId(99)), Err(Error::NoSuchOrganisation)));
}

#[test]
fn rules_are_replaced_whole_and_reach_the_next_caller() {
    let house = House::new();
    let ana = house.organisation("a");
    let set = |rules: &[(String, f64)]| house.accounts.set_rules(ana.organisation, rules, &by(&ana), NOW);
    let rules = [("a".to_owned(), 1.5), ("b".to_owned(), 90.0)];
    set(&rules).expect("set");
    assert_eq!(house.accounts.rules(ana.organisation).expect("read"), rules);
    assert_eq!(*house.accounts.caller(ana.organisation, Permissions::ALL).expect("there").rules, rules);
    set(&rules[..1]).expect("set");
    assert_eq!(house.accounts.rules(ana.organisation).expect("read"), rules[..1]);
    // What the database cannot hold changes nothing.
    assert!(set(&[("b".to_owned(), f64::NAN)]).is_err());
    assert_eq!(house.accounts.rules(ana.organisation).expect("read"), rules[..1]);
    assert!(matches!(house.accounts.set_rules(TenantId(99), &[], &LINE, NOW), Err(Error::NoSuchOrganisation)));
}

#[test]
fn a_password_is_changed_by_who_knows_it() {
    let house = House::new();
    let ana = house.organisation("a");
    let (kept, other) = (house.session(&ana), house.session(&ana));
    let keep = house.accounts.session(kept.reveal(), LIMITS, NOW).expect("read").expect("signed in").id;
    let purpose = Purpose::ResetPassword { user: ana.id, organisation: ana.organisation };
    let (_, link) = house.accounts.create_link(purpose, &Actor::system(), NOW).expect("made");
    let change = |old| {
        let wish = password(OTHER_PASSWORD);
        house.accounts.change_password(ana.organisation, ana.id, old, wish, Some(keep), &by(&ana), NOW)
    };
    assert!(matches!(change("wrong"), Err(Error::WrongPassword)));
    assert!(house.is_signed_in(&other, NOW));
    change(PASSWORD).expect("changed");
    assert!(house.is_signed_in(&kept, NOW) && !house.is_signed_in(&other, NOW));
    assert!(wrong(&house.sign_in(&ana, NOW)));
    assert!(house.accounts.sign_in(ana.email.as_str(), OTHER_PASSWORD, None, "", NOW).is_ok());
    // Who has read the mail about the former password must not undo this.
    assert!(matches!(house.accounts.link(link.reveal(), NOW), Err(Error::LinkInvalid)));
    // Guessing the old one is throttled too, and nothing but the right one ends that.
    for _ in 0..5 {
        assert!(matches!(change("wrong"), Err(Error::WrongPassword)));
    }
    assert!(matches!(change(OTHER_PASSWORD), Err(Error::Throttled { .. })));
    let proved = house.accounts.check_password(ana.organisation, ana.id, OTHER_PASSWORD, after(1000));
    proved.expect("right");
}

#[test]
fn of_two_who_replace_one_password_at_once_only_one_does() {
    let house = House::new();
    let again = house.again();
    let ana = house.organisation("a");
    let change = |accounts: &accounts::Accounts, to: &str| {
        accounts.change_password(ana.organisation, ana.id, PASSWORD, password(to), None, &by(&ana), NOW)
    };
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| change(&house.accounts, OTHER_PASSWORD));
        let two = scope.spawn(|| change(&again, "lantern porridge"));
        (one.join().expect("no panic"), two.join().expect("no panic"))
    });
    assert!(one.is_ok() ^ two.is_ok(), "{one:?} {two:?}");
    assert!(matches!(one.and(two), Err(Error::WrongPassword)));
}

#[test]
fn an_actor_who_is_no_user_is_the_installation() {
    let house = House::new();
    let ana = house.organisation("a");
    for who in [Who::CommandLine, Who::System] {
        let actor = Actor { who, address: None };
        house.accounts.rename_user(ana.organisation, ana.id, "Other", &actor, NOW).expect("renamed");
    }
}
