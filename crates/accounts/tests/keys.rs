//! Keys from their making to their end.

use std::net::IpAddr;
use std::time::Duration;

use accounts::{
    Accounts, Act, Actor, AuthenticationError, Caller, Error, FILE_NAME, Key, KeyId, Limits, Networks, NewKey,
    Permission, Permissions, PlanId, Rate, Secret,
};
use biometric::{TenantId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_600_000_000_000);
const LATER: Timestamp = Timestamp::from_millis(1_600_000_001_000);
const BY: Actor = Actor::command_line();

fn wish() -> NewKey {
    NewKey {
        name: "gate".to_owned(),
        tenant: TenantId::OPERATOR,
        permissions: Permissions::ALL,
        expires: None,
        networks: Networks::NONE,
    }
}

fn open() -> (tempfile::TempDir, Accounts) {
    let dir = tempfile::tempdir().expect("a directory");
    let accounts = Accounts::open(dir.path()).expect("opens");
    (dir, accounts)
}

/// An organisation with the free plan.
fn organisation(accounts: &Accounts, name: &str) -> TenantId {
    accounts.create_organisation(name, PlanId::FREE, &BY, NOW).expect("made").id
}

fn create(accounts: &Accounts, new: NewKey) -> (Key, Secret) {
    accounts.create_key(new, &BY, NOW).expect("created")
}

fn disable(accounts: &Accounts, id: KeyId) -> Key {
    accounts.disable_key(None, id, &BY, NOW).expect("disabled")
}

fn call(accounts: &Accounts, secret: &Secret) -> Result<Caller, AuthenticationError> {
    call_at(accounts, secret, NOW)
}

fn call_at(accounts: &Accounts, secret: &Secret, now: Timestamp) -> Result<Caller, AuthenticationError> {
    accounts.authenticate(secret.reveal(), Permission::Read, None, now)
}

fn acts(accounts: &Accounts, organisation: TenantId) -> Vec<(Act, String)> {
    let lines = accounts.audit(organisation, None, 100).expect("listed").into_iter().rev();
    let of_keys = |act: &Act| matches!(act, Act::KeyCreated | Act::KeyRotated | Act::KeyDisabled);
    lines.filter(|line| of_keys(&line.act)).map(|line| (line.act, line.subject)).collect()
}

fn after(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + millis)
}

#[test]
fn a_new_key_is_let_in_to_its_tenant_with_every_permission() {
    let (_dir, accounts) = open();
    let tenant = organisation(&accounts, "Gatekeepers");
    let (key, secret) = create(&accounts, NewKey { tenant, ..wish() });
    for permission in Permission::ALL {
        let caller = accounts.authenticate(secret.reveal(), permission, None, NOW).expect("let in");
        assert_eq!((caller.key, caller.tenant), (Some(key.id), tenant));
        assert_eq!((caller.permissions, caller.charged), (Permissions::ALL, true));
    }
}

#[test]
fn a_caller_brings_the_limits_and_rules_of_the_moment() {
    let (_dir, accounts) = open();
    let tenant = organisation(&accounts, "Gatekeepers");
    let (_, secret) = create(&accounts, NewKey { tenant, ..wish() });
    let (_, operators) = create(&accounts, wish());
    let free = accounts.plan(PlanId::FREE).expect("there").limits;
    let caller = call(&accounts, &secret).expect("let in");
    assert_eq!((caller.limits, &*caller.rules), (free, [].as_slice()));
    assert_eq!(call(&accounts, &operators).expect("let in").limits, Limits::default(), "the operator's own has none");

    let rate = Some(Rate { per_second: 0.5, burst: 3 });
    let limits = Limits { requests_month_max: Some(5), persons_max: None, rate };
    let plan = accounts.create_plan("Five", limits, &BY, NOW).expect("made").id;
    accounts.set_plan(tenant, plan, &BY, NOW).expect("set");
    let rules = [("b".to_owned(), 99.5), ("a".to_owned(), 1.0)];
    accounts.set_rules(tenant, &rules, &BY, NOW).expect("set");
    let caller = call(&accounts, &secret).expect("let in");
    assert_eq!(caller.limits, limits);
    assert_eq!(&*caller.rules, [("a".to_owned(), 1.0), ("b".to_owned(), 99.5)]);
    assert_eq!(&*call(&accounts, &operators).expect("let in").rules, [], "the rules of one are not another's");

    let console = accounts.caller(tenant, Permissions::ALL).expect("for the console");
    assert_eq!(console, Caller { key: None, ..caller });
}

#[test]
fn what_is_listed_is_what_was_made_and_holds_no_secret() {
    let (dir, accounts) = open();
    let permissions = Permissions::of(&[Permission::Verify]).expect("one");
    let networks: Networks = "192.0.2.0/24, 2001:db8::1".parse().expect("networks");
    let (first, secret) = create(&accounts, NewKey { expires: Some(LATER), permissions, networks, ..wish() });
    let (second, _) = create(&accounts, wish());
    assert_eq!(accounts.keys().expect("listed"), [first.clone(), second]);
    assert_eq!(accounts.key(TenantId::OPERATOR, first.id).expect("found"), first);
    assert!(secret.reveal().starts_with(&first.prefix));
    assert!(!format!("{first:?}").contains(secret.reveal()));
    let hidden = secret.reveal().strip_prefix(&first.prefix).expect("begins so").as_bytes();
    for entry in std::fs::read_dir(dir.path()).expect("readable") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("readable");
        assert!(!bytes.windows(hidden.len()).any(|window| window == hidden), "the secret is on disk");
    }
}

#[test]
fn wrong_secrets_are_unknown() {
    let (_dir, accounts) = open();
    let (_, secret) = create(&accounts, wish());
    let text = secret.reveal();
    let last = if text.ends_with('0') { "1" } else { "0" };
    let changed = format!("{}{last}", &text[..text.len() - 1]);
    let other_prefix = format!("ak_0000000000{}", &text[13..]);
    for wrong in ["", "ak_", "nonsense", &changed, &other_prefix, &text.to_uppercase(), &format!(" {text}")] {
        let refused = accounts.authenticate(wrong, Permission::Read, None, NOW);
        assert!(matches!(refused, Err(AuthenticationError::Unknown)), "{refused:?}");
    }
}

#[test]
fn a_disabled_key_stays_out_since_the_first_time() {
    let (_dir, accounts) = open();
    let (key, secret) = create(&accounts, wish());
    assert_eq!(disable(&accounts, key.id).disabled, Some(NOW));
    assert_eq!(accounts.disable_key(None, key.id, &BY, LATER).expect("again").disabled, Some(NOW));
    assert_eq!(accounts.keys().expect("listed")[0].disabled, Some(NOW));
    assert!(matches!(call(&accounts, &secret), Err(AuthenticationError::Disabled)));
    assert!(matches!(accounts.disable_key(None, KeyId(99), &BY, NOW), Err(Error::NoSuchKey)));
}

#[test]
fn a_key_expires_at_its_expiry() {
    let (_dir, accounts) = open();
    let (_, secret) = create(&accounts, NewKey { expires: Some(LATER), ..wish() });
    assert!(call_at(&accounts, &secret, after(999)).is_ok());
    assert!(matches!(call_at(&accounts, &secret, LATER), Err(AuthenticationError::Expired)));
}

#[test]
fn a_key_is_good_for_its_permissions_only() {
    let (_dir, accounts) = open();
    for permitted in Permission::ALL {
        let permissions = Permissions::of(&[permitted]).expect("one");
        let (_, secret) = create(&accounts, NewKey { permissions, ..wish() });
        for asked in Permission::ALL {
            let answer = accounts.authenticate(secret.reveal(), asked, None, NOW);
            match asked == permitted {
                true => assert!(answer.is_ok()),
                false => assert!(matches!(answer, Err(AuthenticationError::NotPermitted))),
            }
        }
    }
}

#[test]
fn a_key_is_good_from_its_networks_only() {
    let (_dir, accounts) = open();
    let (_, secret) = create(&accounts, NewKey { networks: "192.0.2.0/24".parse().expect("one"), ..wish() });
    let from = |address: Option<&str>| {
        let address = address.map(|address| address.parse::<IpAddr>().expect("an address"));
        accounts.authenticate(secret.reveal(), Permission::Read, address, NOW)
    };
    for inside in ["192.0.2.9", "::ffff:192.0.2.9"] {
        assert!(from(Some(inside)).is_ok(), "{inside}");
    }
    for outside in [Some("192.0.3.9"), Some("2001:db8::1"), None] {
        assert!(matches!(from(outside), Err(AuthenticationError::Network)), "{outside:?}");
    }
}

#[test]
fn nobody_calls_for_an_organisation_that_is_suspended_or_being_erased() {
    let (_dir, accounts) = open();
    let tenant = organisation(&accounts, "Gatekeepers");
    let (_, secret) = create(&accounts, NewKey { tenant, ..wish() });
    let is_refused = || {
        let console = accounts.caller(tenant, Permissions::ALL);
        matches!(call(&accounts, &secret), Err(AuthenticationError::Suspended))
            && matches!(console, Err(Error::Suspended))
    };
    accounts.suspend(tenant, &BY, NOW).expect("suspended");
    assert!(is_refused());
    accounts.resume(tenant, &BY, NOW).expect("resumed");
    assert!(call(&accounts, &secret).is_ok() && accounts.caller(tenant, Permissions::ALL).is_ok());
    accounts.begin_erasure(tenant, &BY, NOW).expect("begun");
    assert!(is_refused());
    let refused = accounts.create_key(NewKey { tenant, ..wish() }, &BY, NOW);
    assert!(matches!(refused, Err(Error::NoSuchOrganisation)));
    accounts.finish_erasure(tenant, NOW).expect("erased");
    assert!(matches!(call(&accounts, &secret), Err(AuthenticationError::Unknown)));
    assert!(matches!(accounts.caller(tenant, Permissions::ALL), Err(Error::NoSuchOrganisation)));
}

/// Everything is wrong with a key; mended one by one, the refusals come in their order.
#[test]
fn the_first_reason_of_several_is_told() {
    let (dir, accounts) = open();
    let tenant = organisation(&accounts, "Gatekeepers");
    let permissions = Permissions::of(&[Permission::Verify]).expect("one");
    let networks = "192.0.2.0/24".parse().expect("one");
    let new = NewKey { tenant, permissions, networks, expires: Some(LATER), ..wish() };
    let (key, secret) = create(&accounts, new);
    disable(&accounts, key.id);
    accounts.suspend(tenant, &BY, NOW).expect("suspended");
    let file = rusqlite::Connection::open(dir.path().join(FILE_NAME)).expect("opens");
    let mut reasons = Vec::new();
    for mended in ["disabled = NULL", "expires = NULL", "networks = ''"] {
        reasons.push(call_at(&accounts, &secret, LATER).expect_err("refused"));
        file.execute(&format!("UPDATE api_key SET {mended}"), ()).expect("mended");
    }
    reasons.push(call_at(&accounts, &secret, LATER).expect_err("refused"));
    accounts.resume(tenant, &BY, NOW).expect("resumed");
    reasons.push(call_at(&accounts, &secret, LATER).expect_err("refused"));
    use AuthenticationError::{Disabled, Expired, Network, NotPermitted, Suspended};
    assert!(matches!(reasons.as_slice(), [Disabled, Expired, Network, Suspended, NotPermitted]), "{reasons:?}");
}

#[test]
fn a_rotated_key_is_good_until_the_overlap_is_over_and_its_successor_for_the_same() {
    let (_dir, accounts) = open();
    let tenant = organisation(&accounts, "Gatekeepers");
    let permissions = Permissions::of(&[Permission::Read]).expect("one");
    let (networks, expires) = ("192.0.2.0/24".parse().expect("one"), Some(after(10_000)));
    let new = NewKey { tenant, permissions, networks, expires, ..wish() };
    let (old, old_secret) = create(&accounts, new);
    let (new, new_secret) = accounts.rotate_key(tenant, old.id, Duration::from_secs(1), &BY, NOW).expect("rotated");
    let expected = Key { id: new.id, prefix: new.prefix.clone(), created: NOW, ..old.clone() };
    assert_eq!(new, expected);
    assert!(new.id != old.id && new.prefix != old.prefix && new_secret.reveal() != old_secret.reveal());
    let kept = Key { expires: Some(after(1_000)), rotated: Some(new.id), ..old };
    assert_eq!(accounts.keys_of(tenant).expect("listed"), [kept, new]);

    let address = Some(IpAddr::from([192, 0, 2, 1]));
    let call = |secret: &Secret, now| accounts.authenticate(secret.reveal(), Permission::Read, address, now);
    assert!(call(&old_secret, after(999)).is_ok() && call(&new_secret, after(0)).is_ok(), "both, meanwhile");
    assert!(matches!(call(&old_secret, after(1_000)), Err(AuthenticationError::Expired)));
    assert!(call(&new_secret, after(9_999)).is_ok());
    assert!(matches!(call(&new_secret, after(10_000)), Err(AuthenticationError::Expired)), "no longer than the old");
}

#[test]
fn an_overlap_prolongs_nothing_and_may_be_nothing() {
    let (_dir, accounts) = open();
    let rotate = |id, overlap| accounts.rotate_key(TenantId::OPERATOR, id, overlap, &BY, NOW).expect("rotated");
    let (short, secret) = create(&accounts, NewKey { expires: Some(LATER), ..wish() });
    rotate(short.id, Duration::MAX);
    assert!(matches!(call_at(&accounts, &secret, LATER), Err(AuthenticationError::Expired)));
    let (endless, secret) = create(&accounts, wish());
    let (successor, _) = rotate(endless.id, Duration::ZERO);
    assert!(matches!(call(&accounts, &secret), Err(AuthenticationError::Expired)), "at once");
    assert_eq!(successor.expires, None);
    let (endless, secret) = create(&accounts, wish());
    rotate(endless.id, Duration::MAX);
    assert!(call_at(&accounts, &secret, after(1 << 50)).is_ok());
}

#[test]
fn a_key_that_has_ended_is_not_rotated() {
    let (_dir, accounts) = open();
    let rotate = |id| accounts.rotate_key(TenantId::OPERATOR, id, Duration::from_secs(9), &BY, LATER);
    let (disabled, _) = create(&accounts, wish());
    disable(&accounts, disabled.id);
    let (expired, _) = create(&accounts, NewKey { expires: Some(LATER), ..wish() });
    let (rotated, _) = create(&accounts, wish());
    rotate(rotated.id).expect("once");
    for id in [disabled.id, expired.id, rotated.id] {
        assert!(matches!(rotate(id), Err(Error::KeyEnded)), "{id}");
    }
    assert!(matches!(rotate(KeyId(99)), Err(Error::NoSuchKey)));
    assert_eq!(accounts.keys().expect("listed").len(), 4, "nothing was made");
}

#[test]
fn another_organisations_keys_look_like_none() {
    let (_dir, accounts) = open();
    let (one, two) = (organisation(&accounts, "One"), organisation(&accounts, "Two"));
    let (key, secret) = create(&accounts, NewKey { tenant: one, ..wish() });
    assert_eq!((accounts.keys_of(one).expect("listed").len(), accounts.keys_of(two).expect("listed").len()), (1, 0));
    let overlap = Duration::ZERO;
    for (organisation, id) in [(two, key.id), (TenantId::OPERATOR, key.id), (one, KeyId(99))] {
        assert!(matches!(accounts.key(organisation, id), Err(Error::NoSuchKey)));
        assert!(matches!(accounts.rotate_key(organisation, id, overlap, &BY, NOW), Err(Error::NoSuchKey)));
        assert!(matches!(accounts.disable_key(Some(organisation), id, &BY, NOW), Err(Error::NoSuchKey)));
    }
    assert_eq!(accounts.key(one, key.id).expect("found"), key);
    assert!(call(&accounts, &secret).is_ok());
}

#[test]
fn every_act_is_written_down_once_and_none_that_failed() {
    let (_dir, accounts) = open();
    let tenant = organisation(&accounts, "Gatekeepers");
    let (key, secret) = create(&accounts, NewKey { tenant, ..wish() });
    let (new, new_secret) = accounts.rotate_key(tenant, key.id, Duration::ZERO, &BY, NOW).expect("rotated");
    disable(&accounts, new.id);
    disable(&accounts, new.id);
    assert!(accounts.rotate_key(tenant, new.id, Duration::ZERO, &BY, NOW).is_err());
    assert!(accounts.create_key(NewKey { tenant: TenantId(99), ..wish() }, &BY, NOW).is_err());
    let expected = [Act::KeyCreated, Act::KeyRotated, Act::KeyDisabled].map(|act| (act, "gate".to_owned()));
    assert_eq!(acts(&accounts, tenant), expected);
    assert_eq!(acts(&accounts, TenantId(99)), []);
    let lines = format!("{:?}", accounts.audit(tenant, None, 100).expect("listed"));
    assert!(!lines.contains(secret.reveal()) && !lines.contains(new_secret.reveal()));
    assert!(lines.contains(&key.prefix) && lines.contains(&new.prefix));
}

#[test]
fn impossible_wishes_are_refused() {
    let (_dir, accounts) = open();
    for name in ["", "a\nb", "a\0", &"x".repeat(101)] {
        let refused = accounts.create_key(NewKey { name: name.to_owned(), ..wish() }, &BY, NOW);
        assert!(matches!(refused, Err(Error::Name { .. })), "{name:?}");
    }
    let refused = accounts.create_key(NewKey { expires: Some(NOW), ..wish() }, &BY, NOW);
    assert!(matches!(refused, Err(Error::Expiry)));
    let refused = accounts.create_key(NewKey { tenant: TenantId(99), ..wish() }, &BY, NOW);
    assert!(matches!(refused, Err(Error::NoSuchOrganisation)));
    create(&accounts, NewKey { name: "ü".repeat(100), ..wish() });
    assert_eq!(accounts.keys().expect("listed").len(), 1);
}

#[test]
fn an_organisation_has_no_more_valid_keys_than_it_may() {
    let (dir, accounts) = open();
    let (key, _) = create(&accounts, wish());
    let file = rusqlite::Connection::open(dir.path().join(FILE_NAME)).expect("opens");
    let sql = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 999)
               INSERT INTO api_key (tenant, name, prefix, digest, permissions, created)
               SELECT tenant, name, n, digest, permissions, created FROM api_key, number";
    file.execute(sql, ()).expect("copied");
    let is_full = || matches!(accounts.create_key(wish(), &BY, NOW), Err(Error::TooManyKeys { max: 1_000 }));
    assert!(is_full());
    let tenant = organisation(&accounts, "Gatekeepers");
    create(&accounts, NewKey { tenant, ..wish() });
    disable(&accounts, key.id);
    create(&accounts, wish());
    assert!(is_full());
}
