//! How keys are set to sign, what they sign with, and what of it lies in the files.

mod common;

use std::fs;
use std::time::Duration;

use accounts::{
    Accounts, AuthenticationError, ClientKey, ClientSecret, Error, KeyId, MASTER_KEY_FILE_NAME, Networks, NewKey,
    OpenFault, Permission, Permissions, Signing, User,
};
use common::{DAY, House, NOW, after, by, ip};
use signing::{Algorithm, KeyError, Line, PrivateKey, PublicKey, RequestLine, Signer, SigningKey, Verifier};

const RSA: Signing = Signing { algorithm: Algorithm::HashThenRsa, is_required: false, is_length_prefixed: false };
const HMAC: Signing = Signing { algorithm: Algorithm::HashOnly, is_required: true, is_length_prefixed: true };

const LINE: RequestLine<'_> =
    RequestLine { method: "GET", base_url: "http://x", uri: "/a", body: b"", timestamp: "1", nonce: None };

struct Scene {
    house: House,
    ana: User,
    key: KeyId,
    secret: accounts::Secret,
}

impl Scene {
    fn new(signing: Option<Signing>) -> Self {
        let house = House::new();
        let ana = house.organisation("a");
        let wish = NewKey {
            name: "gate".to_owned(),
            tenant: ana.organisation,
            permissions: Permissions::ALL,
            expires: None,
            networks: Networks::NONE,
        };
        let (key, secret) = house.accounts.create_key(wish, &by(&ana), NOW).expect("made");
        if signing.is_some() {
            house.accounts.set_signing(None, key.id, signing, &by(&ana), NOW).expect("set");
        }
        Self { house, ana, key: key.id, secret }
    }

    fn generate(&self) -> Result<(ClientKey, ClientSecret), Error> {
        self.house.accounts.generate_client_key(None, self.key, &by(&self.ana), NOW)
    }

    fn upload(&self, pem: &str) -> Result<ClientKey, Error> {
        self.house.accounts.upload_client_key(None, self.key, pem, &by(&self.ana), NOW)
    }

    fn verifiers(&self, key: KeyId, algorithm: Algorithm) -> Vec<Verifier> {
        let verifiers = self.house.accounts.verifiers(key, algorithm).expect("read");
        verifiers.into_iter().map(|(_, verifier)| verifier).collect()
    }
}

fn pem() -> String {
    PrivateKey::generate().expect("a key").public().expect("its half").to_pem()
}

fn sign(secret: &ClientSecret) -> Vec<u8> {
    match secret {
        ClientSecret::PrivateKey(pem) => PrivateKey::from_pem(pem).expect("a key").sign(&LINE).expect("signed"),
        ClientSecret::SigningKey(text) => SigningKey::new(text.clone()).sign(&LINE),
    }
}

#[test]
fn what_a_key_is_set_to_is_what_its_caller_has() {
    let scene = Scene::new(None);
    let accounts = &scene.house.accounts;
    let call = || accounts.authenticate(scene.secret.reveal(), Permission::Read, None, NOW).expect("let in").signing;
    assert_eq!((call(), accounts.signing_of(scene.secret.reveal()).expect("read")), (None, None));
    for signing in [RSA, HMAC, Signing { is_required: true, ..RSA }] {
        accounts.set_signing(None, scene.key, Some(signing), &by(&scene.ana), NOW).expect("set");
        assert_eq!(call(), Some(signing));
        assert_eq!(accounts.signing_of(scene.secret.reveal()).expect("read"), Some((scene.key, signing)));
        assert_eq!(accounts.key(scene.ana.organisation, scene.key).expect("read").signing, Some(signing));
    }
    let forged = format!("{}x", &scene.secret.reveal()[..scene.secret.reveal().len() - 1]);
    assert_eq!(accounts.signing_of(&forged).expect("read"), None, "who knows the prefix learns nothing");
    accounts.set_signing(None, scene.key, None, &by(&scene.ana), NOW).expect("set");
    assert_eq!(call(), None);
}

#[test]
fn a_generated_key_signs_what_its_public_half_verifies() {
    for signing in [RSA, HMAC] {
        let scene = Scene::new(Some(signing));
        let (made, secret) = scene.generate().expect("made");
        assert_eq!(made.algorithm, signing.algorithm);
        assert_eq!(made.public_pem.is_some(), signing.algorithm == Algorithm::HashThenRsa);
        let signature = sign(&secret);
        let verifiers = scene.verifiers(scene.key, signing.algorithm);
        assert!(verifiers.len() == 1 && verifiers[0].verifies(&LINE, &signature));
        assert!(!verifiers[0].verifies(&RequestLine { uri: "/b", ..LINE }, &signature));
        assert_eq!(format!("{secret:?}"), "ClientSecret(..)");
        let lines: Vec<&str> = secret.reveal().lines().filter(|line| !line.starts_with("-----")).collect();
        assert!(lines.iter().all(|line| !scene.house.holds(line)), "the secret lies in no file");
        scene.house.accounts.remove_client_key(None, scene.key, made.id, &by(&scene.ana), NOW).expect("removed");
        assert!(scene.verifiers(scene.key, signing.algorithm).is_empty());
    }
}

#[test]
fn two_client_keys_are_valid_at_once_and_no_third() {
    let scene = Scene::new(Some(RSA));
    let (first, second) = (pem(), pem());
    let uploaded = scene.upload(&first).expect("taken");
    assert_eq!(uploaded.fingerprint, Some(PublicKey::from_pem(&first).expect("a key").fingerprint()));
    assert!(matches!(scene.upload(&first), Err(Error::ClientKeyTaken)));
    scene.upload(&second).expect("taken");
    for refused in [scene.upload(&pem()).map(drop), scene.generate().map(drop)] {
        assert!(matches!(refused, Err(Error::TooManyClientKeys { max: 2 })), "{refused:?}");
    }
    let listed = scene.house.accounts.client_keys(None, scene.key).expect("listed");
    assert_eq!(listed.iter().map(|key| key.public_pem.as_deref()).collect::<Vec<_>>(), [Some(&*first), Some(&*second)]);
    scene.house.accounts.remove_client_key(None, scene.key, uploaded.id, &by(&scene.ana), NOW).expect("removed");
    scene.upload(&first).expect("room again");
}

#[test]
fn what_does_not_fit_is_refused() {
    let scene = Scene::new(None);
    assert!(matches!(scene.generate(), Err(Error::SigningOff)));
    assert!(matches!(scene.upload(&pem()), Err(Error::SigningOff)));
    scene.house.accounts.set_signing(None, scene.key, Some(HMAC), &by(&scene.ana), NOW).expect("set");
    assert!(matches!(scene.upload(&pem()), Err(Error::SigningShared)));
    scene.house.accounts.set_signing(None, scene.key, Some(RSA), &by(&scene.ana), NOW).expect("set");
    let private = PrivateKey::generate().expect("a key").to_pem();
    assert!(matches!(scene.upload(&private), Err(Error::ClientKey(KeyError::Private))));
    assert!(scene.house.accounts.client_keys(None, scene.key).expect("listed").is_empty());
}

#[test]
fn another_organisations_keys_are_not_there() {
    let scene = Scene::new(Some(RSA));
    let accounts = &scene.house.accounts;
    let (made, _) = scene.generate().expect("made");
    let (access, _) = accounts.create_access_key(None, scene.key, &by(&scene.ana), NOW).expect("made");
    let ben = scene.house.organisation("b");
    let (other, key, by) = (Some(ben.organisation), scene.key, by(&ben));
    let outcomes = [
        accounts.set_signing(other, key, None, &by, NOW),
        accounts.generate_client_key(other, key, &by, NOW).map(drop),
        accounts.upload_client_key(other, key, &pem(), &by, NOW).map(drop),
        accounts.remove_client_key(other, key, made.id, &by, NOW),
        accounts.client_keys(other, key).map(drop),
        accounts.create_access_key(other, key, &by, NOW).map(drop),
        accounts.access_keys(other, key).map(drop),
        accounts.remove_access_key(other, key, &access.id, &by, NOW),
    ];
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(Error::NoSuchKey))), "{outcomes:?}");
    // Nor those of another key of one's own.
    let wish = NewKey {
        name: "other".to_owned(),
        tenant: scene.ana.organisation,
        permissions: Permissions::ALL,
        expires: None,
        networks: Networks::NONE,
    };
    let (second, _) = accounts.create_key(wish, &by, NOW).expect("made");
    assert!(matches!(accounts.remove_client_key(None, second.id, made.id, &by, NOW), Err(Error::NoSuchClientKey)));
    let removed = accounts.remove_access_key(None, second.id, &access.id, &by, NOW);
    assert!(matches!(removed, Err(Error::NoSuchAccessKey)));
}

#[test]
fn a_key_that_is_rotated_is_signed_for_as_before() {
    for signing in [RSA, HMAC] {
        let scene = Scene::new(Some(signing));
        let (_, secret) = scene.generate().expect("made");
        let rotate = scene.house.accounts.rotate_key(
            scene.ana.organisation,
            scene.key,
            Duration::from_secs(60),
            &by(&scene.ana),
            NOW,
        );
        let (new, _) = rotate.expect("rotated");
        assert_eq!(new.signing, Some(signing));
        for key in [scene.key, new.id] {
            let verifiers = scene.verifiers(key, signing.algorithm);
            assert!(verifiers.len() == 1 && verifiers[0].verifies(&LINE, &sign(&secret)));
        }
    }
}

#[test]
fn responses_are_signed_by_what_the_client_knows() {
    let scene = Scene::new(Some(HMAC));
    let accounts = &scene.house.accounts;
    let signer = |verified| accounts.signer(scene.key, HMAC.algorithm, verified, NOW).expect("read");
    assert!(signer(None).is_none(), "there is no shared key yet");
    let (old, old_secret) = scene.generate().expect("made");
    let (new, new_secret) = scene.generate().expect("made");
    for (verified, id, secret) in
        [(None, new.id, &new_secret), (Some(old.id), old.id, &old_secret), (Some(new.id), new.id, &new_secret)]
    {
        let (signer, name) = signer(verified).expect("a signer");
        assert_eq!(name, id.0.to_string());
        assert_eq!(signer.sign(&LINE).expect("signed"), base64_simd::STANDARD.encode_to_string(sign(secret)));
    }
}

#[test]
fn the_servers_pair_is_made_once_and_takes_turns() {
    let scene = Scene::new(Some(RSA));
    let accounts = &scene.house.accounts;
    let again = scene.house.again();
    let first = accounts.server_keys(NOW).expect("listed");
    assert_eq!(again.server_keys(NOW).expect("listed"), first, "one for all processes");
    assert!(first.len() == 1 && first[0].is_current && first[0].fingerprint.starts_with(&first[0].name));
    let next = accounts.rotate_server_key(after(DAY), &by(&scene.ana), NOW).expect("made");
    assert!(!next.is_current);
    for (now, name) in [(NOW, &first[0].name), (after(DAY - 1), &first[0].name), (after(DAY), &next.name)] {
        for accounts in [accounts, &again] {
            let (signer, signed_by) = accounts.signer(scene.key, RSA.algorithm, None, now).expect("read").expect("one");
            assert_eq!(&signed_by, name);
            let Signer::Rsa(pair) = signer else { panic!("the server's pair") };
            let keys = accounts.server_keys(now).expect("listed");
            let current: Vec<_> = keys.iter().filter(|key| key.is_current).collect();
            assert!(current.len() == 1 && &current[0].name == name);
            let public = PublicKey::from_pem(&current[0].public_pem).expect("a key");
            assert!(public.verifies(&LINE, &pair.sign(&LINE).expect("signed")));
            assert!(LINE.to_bytes().starts_with(b"http"));
        }
    }
}

#[test]
fn an_access_key_is_good_for_what_its_key_is_good_for() {
    let scene = Scene::new(None);
    let accounts = &scene.house.accounts;
    let (access, secret) = accounts.create_access_key(None, scene.key, &by(&scene.ana), NOW).expect("made");
    assert!(access.id.len() == 20 && access.id.starts_with("AUTH"));
    assert!(!scene.house.holds(&secret), "the secret lies in no file");
    let call = |id: &str, is_right: bool, permission| {
        let verify = |known: &[u8]| is_right && known == secret.as_bytes();
        accounts.authenticate_access(id, verify, permission, Some(ip(1)), NOW)
    };
    let caller = call(&access.id, true, Permission::Identify).expect("let in");
    assert_eq!((caller.key, caller.tenant), (Some(scene.key), scene.ana.organisation));
    let unknown = |answer| assert!(matches!(answer, Err(AuthenticationError::Unknown)), "{answer:?}");
    unknown(call(&access.id, false, Permission::Identify));
    unknown(call("AUTHNOBODYHASTHISONE", true, Permission::Identify));
    accounts.create_access_key(None, scene.key, &by(&scene.ana), NOW).expect("a second");
    let third = accounts.create_access_key(None, scene.key, &by(&scene.ana), NOW);
    assert!(matches!(third, Err(Error::TooManyAccessKeys { max: 2 })));
    accounts.disable_key(None, scene.key, &by(&scene.ana), NOW).expect("disabled");
    assert!(matches!(call(&access.id, true, Permission::Identify), Err(AuthenticationError::Disabled)));
    accounts.remove_access_key(None, scene.key, &access.id, &by(&scene.ana), NOW).expect("removed");
    unknown(call(&access.id, true, Permission::Identify));
    assert_eq!(accounts.access_keys(None, scene.key).expect("listed").len(), 1);
}

#[test]
fn all_of_it_goes_with_the_organisation() {
    let scene = Scene::new(Some(RSA));
    let accounts = &scene.house.accounts;
    scene.generate().expect("made");
    accounts.create_access_key(None, scene.key, &by(&scene.ana), NOW).expect("made");
    accounts.begin_erasure(scene.ana.organisation, &by(&scene.ana), NOW).expect("begun");
    accounts.finish_erasure(scene.ana.organisation, NOW).expect("finished");
    let file = scene.house.file();
    for table in ["signing", "client_key", "access_key"] {
        let rows: i64 = file.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).expect("read");
        assert_eq!(rows, 0, "{table}");
    }
}

#[test]
fn without_its_master_key_the_database_does_not_open() {
    let scene = Scene::new(Some(HMAC));
    scene.generate().expect("made");
    let dir = scene.house.dir.path();
    let (kept, aside) = (dir.join(MASTER_KEY_FILE_NAME), dir.join("aside"));
    fs::rename(&kept, &aside).expect("moved");
    let fault = |outcome: Result<Accounts, accounts::OpenError>| outcome.err().expect("refused").fault;
    assert!(matches!(fault(Accounts::open(dir)), OpenFault::MasterKeyMissing { .. }));
    assert!(!kept.exists(), "no other key is made in its place");
    fs::write(&kept, "0".repeat(64)).expect("written");
    assert!(matches!(fault(Accounts::open(dir)), OpenFault::MasterKeyWrong { .. }));
    fs::write(&kept, "nonsense").expect("written");
    assert!(matches!(fault(Accounts::open(dir)), OpenFault::MasterKey(_)));
    assert!(Accounts::open_with(dir, &aside).is_ok(), "it may lie elsewhere");
}

#[test]
fn second_factors_of_earlier_versions_are_sealed_and_go_on_working() {
    let house = House::new();
    let ana = house.organisation("a");
    let (app, _) = house.second_factor(&ana);
    let dir = house.dir.path().to_owned();
    let secret: Vec<u8> = {
        // As the version before kept it: in clear.
        let setup = app.secret();
        let file = house.file();
        file.execute("UPDATE user SET totp_sealed = NULL, totp_secret = ? WHERE id = ?", (&setup, ana.id.0))
            .expect("set");
        file.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("written");
        setup
    };
    let holds = |bytes: &[u8]| {
        let mut files = fs::read_dir(&dir).expect("readable");
        files.any(|entry| fs::read(entry.expect("an entry").path()).expect("read").windows(20).any(|at| at == bytes))
    };
    assert!(holds(&secret));
    let House { dir: folder, accounts } = house;
    drop(accounts);
    let accounts = Accounts::open(folder.path()).expect("opens");
    assert!(!holds(&secret), "it stands in no file any more");
    let later = after(60_000);
    accounts.remove_second_factor(ana.id, &app.code(later), &by(&ana), later).expect("the same codes");
}
