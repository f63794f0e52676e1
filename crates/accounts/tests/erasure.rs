//! An organisation's end: everything stops at once, and then nothing of it is left in any file.

mod common;

use std::time::Duration;

use accounts::{
    Act, Actor, AuthenticationError, Error, Networks, NewKey, Permission, Permissions, PlanId, Purpose, Role,
};
use biometric::TenantId;
use common::{
    House, LIMITS, MINUTE, NOW, OTHER_PASSWORD, PASSWORD, after, by, email, ip, new, no_such_user, password, wrong,
};

const LINE: Actor = Actor::command_line();

fn wish(tenant: TenantId) -> NewKey {
    NewKey { name: "gate".to_owned(), tenant, permissions: Permissions::ALL, expires: None, networks: Networks::NONE }
}

#[test]
fn nothing_of_it_works_from_the_beginning_on_and_nothing_can_be_added() {
    let house = House::new();
    let accounts = &house.accounts;
    let ana = house.organisation("a");
    let org = ana.organisation;
    let ben = house.join(org, Role::Owner, "ben@a.example");
    let (app, _) = house.second_factor(&ben);
    let (key, secret) = accounts.create_key(wish(org), &by(&ana), NOW).expect("made");
    let session = house.session(&ana);
    let (half, _) = house.sign_in(&ben, NOW).expect("half in");
    let join = Purpose::Join { organisation: org, role: Role::Viewer, email: None };
    let reset = Purpose::ResetPassword { user: ana.id, organisation: org };
    let (_, join_secret) = accounts.create_link(join.clone(), &by(&ana), NOW).expect("made");
    let (_, reset_secret) = accounts.create_link(reset.clone(), &by(&ana), NOW).expect("made");

    accounts.begin_erasure(org, &by(&ana), NOW).expect("begun");
    assert_eq!(accounts.organisation(org).expect("there").erasing, Some(NOW));

    assert!(accounts.session(session.reveal(), LIMITS, NOW).expect("read").is_none());
    assert!(wrong(&accounts.second_factor(half.reveal(), &app.code(after(MINUTE)), after(MINUTE))));
    assert!(wrong(&house.sign_in(&ana, NOW)));
    assert!(no_such_user(&accounts.start_session(ana.id, None, "", NOW)));
    let refused = accounts.authenticate(secret.reveal(), Permission::Read, None, NOW);
    assert!(matches!(refused, Err(AuthenticationError::Suspended)), "{refused:?}");
    assert!(matches!(accounts.caller(org, Permissions::ALL), Err(Error::Suspended)));
    // Not even when somebody resumes it, which is for what is suspended.
    accounts.resume(org, &LINE, NOW).expect("resumed");
    assert!(accounts.authenticate(secret.reveal(), Permission::Read, None, NOW).is_err());

    let gone = |answer: Result<(), Error>| assert!(matches!(answer, Err(Error::NoSuchOrganisation)), "{answer:?}");
    gone(accounts.create_key(wish(org), &LINE, NOW).map(drop));
    gone(accounts.rotate_key(org, key.id, Duration::ZERO, &LINE, NOW).map(drop));
    gone(accounts.create_link(join, &LINE, NOW).map(drop));
    gone(accounts.create_link(reset, &LINE, NOW).map(drop));
    gone(accounts.set_rules(org, &[("a".to_owned(), 1.0)], &LINE, NOW));
    let followed = accounts.follow_link(join_secret.reveal(), new("cem@a.example", PASSWORD), None, None, NOW);
    assert!(matches!(followed, Err(Error::LinkInvalid)));
    let reset = accounts.reset_password(reset_secret.reveal(), password(OTHER_PASSWORD), None, NOW);
    assert!(matches!(reset, Err(Error::LinkInvalid)));
    assert_eq!(accounts.users(org).expect("listed").len(), 2);
}

#[test]
fn no_byte_of_it_is_left_and_nothing_of_others_is_gone() {
    let house = House::new();
    let accounts = &house.accounts;
    let (ana, ben) = (house.organisation("eraseme"), house.organisation("keepthis"));
    let (org, other) = (ana.organisation, ben.organisation);
    // Pages full of both, which are split and merged: SQLite leaves what it moves where it was.
    for i in 0..150 {
        for (owner, word) in [(&ana, "eraseme"), (&ben, "keepthis")] {
            let user = house.join(owner.organisation, Role::Viewer, &format!("{word}{i}@{word}.example"));
            let name = word.repeat(1 + i % 9);
            accounts.rename_user(user.organisation, user.id, &name, &by(&user), NOW).expect("renamed");
            accounts.note(user.organisation, &by(&user), Act::DataExported, &name, word, NOW).expect("noted");
            if i % 3 == 0 {
                accounts.remove_user(user.organisation, user.id, &by(owner), NOW).expect("removed");
            }
        }
    }
    let (old, _) =
        accounts.create_key(NewKey { name: "eraseme".to_owned(), ..wish(org) }, &by(&ana), NOW).expect("made");
    accounts.rotate_key(org, old.id, Duration::from_secs(60), &by(&ana), NOW).expect("replaced");
    accounts.set_rules(org, &[("eraseme".to_owned(), 1.0)], &by(&ana), NOW).expect("set");
    for role in [Role::Viewer, Role::Owner] {
        let purpose = Purpose::Join { organisation: org, role, email: Some(email("invited@eraseme.example")) };
        accounts.create_link(purpose, &by(&ana), NOW).expect("made");
    }
    let purpose = Purpose::Join { organisation: org, role: Role::Viewer, email: None };
    let (_, secret) = accounts.create_link(purpose, &by(&ana), NOW).expect("made");
    accounts
        .follow_link(secret.reveal(), new("last@eraseme.example", PASSWORD), None, Some(ip(1)), NOW)
        .expect("joined");
    house.second_factor(&ana);
    assert!(wrong(&accounts.sign_in("owner@eraseme.example", "wrong", Some(ip(1)), "eraseme", NOW)));
    accounts.start_session(ana.id, Some(ip(1)), "eraseme", NOW).expect("begun");
    let bens = house.session(&ben);
    let (users, log) = (accounts.users(other).expect("listed"), accounts.audit(other, None, 1000).expect("read"));
    assert!(house.holds("eraseme"));

    accounts.begin_erasure(org, &by(&ana), NOW).expect("begun");
    accounts.finish_erasure(org, NOW).expect("finished");

    assert!(!house.holds("eraseme"), "a name or an address is left in a file");
    assert!(house.holds("keepthis"));
    assert!(accounts.users(org).expect("listed").is_empty() && accounts.keys_of(org).expect("listed").is_empty());
    assert!(accounts.rules(org).expect("read").is_empty() && accounts.audit(org, None, 9).expect("read").is_empty());
    assert!(matches!(accounts.organisation(org), Err(Error::NoSuchOrganisation)));
    assert_eq!(
        (accounts.users(other).expect("listed"), accounts.audit(other, None, 1000).expect("read")),
        (users, log)
    );
    assert!(house.is_signed_in(&bens, NOW));
    let sound: String = house.file().query_row("PRAGMA integrity_check", (), |row| row.get(0)).expect("read");
    assert_eq!(sound, "ok");
    let dangling: Result<String, _> = house.file().query_row("PRAGMA foreign_key_check", (), |row| row.get(0));
    assert!(matches!(dangling, Err(rusqlite::Error::QueryReturnedNoRows)));
    // What came back late is not written down for nobody to erase, and the number is nobody's again.
    let late = accounts.note(org, &LINE, Act::PersonRemoved, "eraseme", "", NOW);
    assert!(matches!(late, Err(Error::NoSuchOrganisation)));
    assert!(house.organisation("next").organisation > other);
}

#[test]
fn what_was_begun_is_finished_after_a_restart() {
    let House { dir, accounts } = House::new();
    let plan = PlanId::FREE;
    let ids: Vec<_> =
        ["a", "b", "c"].map(|name| accounts.create_organisation(name, plan, &LINE, NOW).expect("made").id).into();
    assert!(accounts.erasing().expect("read").is_empty());
    for id in &ids[..2] {
        accounts.begin_erasure(*id, &LINE, NOW).expect("begun");
    }
    accounts.begin_erasure(ids[0], &LINE, after(MINUTE)).expect("again");
    assert_eq!(accounts.organisation(ids[0]).expect("there").erasing, Some(NOW));
    drop(accounts);
    let accounts = accounts::Accounts::open(dir.path()).expect("opens again");
    assert_eq!(accounts.erasing().expect("read"), ids[..2]);
    accounts.finish_erasure(ids[0], NOW).expect("finished");
    assert_eq!(accounts.erasing().expect("read"), ids[1..2]);
    let refused = |id| matches!(accounts.finish_erasure(id, NOW), Err(Error::NoSuchOrganisation));
    assert!(refused(ids[0]) && refused(ids[2]) && refused(TenantId(99)), "only what was begun, and once");
    assert!(matches!(accounts.begin_erasure(ids[0], &LINE, NOW), Err(Error::NoSuchOrganisation)));
    assert!(accounts.organisation(ids[2]).is_ok());
}

#[test]
fn the_operators_own_is_not_erased() {
    let house = House::new();
    let op = house.operator();
    let session = house.session(&op);
    for actor in [LINE, by(&op)] {
        assert!(matches!(house.accounts.begin_erasure(TenantId::OPERATOR, &actor, NOW), Err(Error::OperatorsOwn)));
    }
    assert!(house.accounts.finish_erasure(TenantId::OPERATOR, NOW).is_err());
    assert!(house.is_signed_in(&session, NOW));
}

/// The write-ahead log cannot be emptied while somebody reads from it.
#[test]
fn while_another_process_reads_what_is_erased_it_is_not_finished() {
    let house = House::new();
    let ana = house.organisation("eraseme");
    let reader = house.file();
    reader.execute_batch("BEGIN; SELECT * FROM user;").expect("reading");
    let _: i64 = reader.query_row("SELECT count(*) FROM user", (), |row| row.get(0)).expect("read");
    house.accounts.begin_erasure(ana.organisation, &LINE, NOW).expect("begun");
    assert!(matches!(house.accounts.finish_erasure(ana.organisation, NOW), Err(Error::Database(_))));
    assert_eq!(house.accounts.erasing().expect("read"), [ana.organisation]);
    let log = house.accounts.audit(TenantId::OPERATOR, None, 9).expect("read");
    assert!(log.iter().all(|line| line.act != Act::OrganisationErased));
    reader.execute_batch("COMMIT").expect("ended");
    house.accounts.finish_erasure(ana.organisation, NOW).expect("finished");
    assert!(!house.holds("eraseme"));
}

#[test]
fn of_two_who_finish_at_once_one_writes_it_down() {
    let house = House::new();
    let again = house.again();
    let ana = house.organisation("a");
    house.accounts.begin_erasure(ana.organisation, &LINE, NOW).expect("begun");
    std::thread::scope(|scope| {
        scope.spawn(|| house.accounts.finish_erasure(ana.organisation, NOW));
        scope.spawn(|| again.finish_erasure(ana.organisation, NOW));
    });
    assert!(house.accounts.erasing().expect("read").is_empty());
    let log = house.accounts.audit(TenantId::OPERATOR, None, 9).expect("read");
    assert_eq!(log.iter().filter(|line| line.act == Act::OrganisationErased).count(), 1);
}
