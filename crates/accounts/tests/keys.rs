//! Keys from their making to their end.

use accounts::{Accounts, AuthenticationError, Error, Key, KeyId, NewKey, Permission, Permissions, Secret};
use biometric::{TenantId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_600_000_000_000);
const LATER: Timestamp = Timestamp::from_millis(1_600_000_001_000);

fn wish() -> NewKey {
    NewKey { name: "gate".to_owned(), tenant: TenantId::OPERATOR, permissions: Permissions::ALL, expires: None }
}

fn open() -> (tempfile::TempDir, Accounts) {
    let dir = tempfile::tempdir().expect("a directory");
    let accounts = Accounts::open(dir.path()).expect("opens");
    (dir, accounts)
}

fn create(accounts: &Accounts, new: NewKey) -> (Key, Secret) {
    accounts.create_key(new, NOW).expect("created")
}

#[test]
fn a_new_key_is_let_in_to_its_tenant_with_every_permission() {
    let (_dir, accounts) = open();
    let (key, secret) = create(&accounts, NewKey { tenant: TenantId(7), ..wish() });
    for permission in Permission::ALL {
        let caller = accounts.authenticate(secret.reveal(), permission, NOW).expect("let in");
        assert_eq!((caller.key, caller.tenant), (key.id, TenantId(7)));
    }
}

#[test]
fn what_is_listed_is_what_was_made_and_holds_no_secret() {
    let (dir, accounts) = open();
    let permissions = Permissions::of(&[Permission::Verify]).expect("one");
    let (first, secret) = create(&accounts, NewKey { expires: Some(LATER), permissions, ..wish() });
    let (second, _) = create(&accounts, wish());
    assert_eq!(accounts.keys().expect("listed"), [first.clone(), second]);
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
        let refused = accounts.authenticate(wrong, Permission::Read, NOW);
        assert!(matches!(refused, Err(AuthenticationError::Unknown)), "{refused:?}");
    }
}

#[test]
fn a_disabled_key_stays_out_since_the_first_time() {
    let (_dir, accounts) = open();
    let (key, secret) = create(&accounts, wish());
    assert_eq!(accounts.disable_key(key.id, NOW).expect("disabled").disabled, Some(NOW));
    assert_eq!(accounts.disable_key(key.id, LATER).expect("again").disabled, Some(NOW));
    assert_eq!(accounts.keys().expect("listed")[0].disabled, Some(NOW));
    let refused = accounts.authenticate(secret.reveal(), Permission::Read, NOW);
    assert!(matches!(refused, Err(AuthenticationError::Disabled)));
    assert!(matches!(accounts.disable_key(KeyId(99), NOW), Err(Error::NoSuchKey)));
}

#[test]
fn a_key_expires_at_its_expiry() {
    let (_dir, accounts) = open();
    let (_, secret) = create(&accounts, NewKey { expires: Some(LATER), ..wish() });
    let at = |millis| accounts.authenticate(secret.reveal(), Permission::Read, Timestamp::from_millis(millis));
    assert!(at(LATER.as_millis() - 1).is_ok());
    assert!(matches!(at(LATER.as_millis()), Err(AuthenticationError::Expired)));
}

#[test]
fn a_key_is_good_for_its_permissions_only() {
    let (_dir, accounts) = open();
    for permitted in Permission::ALL {
        let permissions = Permissions::of(&[permitted]).expect("one");
        let (_, secret) = create(&accounts, NewKey { permissions, ..wish() });
        for asked in Permission::ALL {
            let answer = accounts.authenticate(secret.reveal(), asked, NOW);
            match asked == permitted {
                true => assert!(answer.is_ok()),
                false => assert!(matches!(answer, Err(AuthenticationError::NotPermitted))),
            }
        }
    }
}

#[test]
fn impossible_wishes_are_refused() {
    let (_dir, accounts) = open();
    for name in ["", "a\nb", "a\0", &"x".repeat(101)] {
        let refused = accounts.create_key(NewKey { name: name.to_owned(), ..wish() }, NOW);
        assert!(matches!(refused, Err(Error::Name { .. })), "{name:?}");
    }
    let refused = accounts.create_key(NewKey { expires: Some(NOW), ..wish() }, NOW);
    assert!(matches!(refused, Err(Error::Expiry)));
    create(&accounts, NewKey { name: "ü".repeat(100), ..wish() });
    assert_eq!(accounts.keys().expect("listed").len(), 1);
}
