//! How the requests of a key are signed, and the client keys that they are verified by.

use std::sync::Arc;

use biometric::{TenantId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use signing::{Algorithm, PrivateKey, PublicKey, Signer, SigningKey, Vault, Verifier};
use zeroize::Zeroizing;

use crate::audit::{self, Act, Actor};
use crate::seal::Purpose;
use crate::secret::{TOKEN_CHARS, random_token};
use crate::{Accounts, Error, Key, KeyId, keys};

/// How many client keys of one algorithm are valid at once: the one in use, and the one that takes its place.
const CLIENT_KEYS_MAX: u32 = 2;

/// How a shared key begins, so that people and scanners for leaked secrets recognise one.
const SHARED_MARK: &str = "sk_";

/// How requests under a key are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signing {
    /// By which algorithm.
    pub algorithm: Algorithm,
    /// Whether requests that are not signed are refused.
    pub is_required: bool,
    /// Whether the line must be the length-prefixed one.
    pub is_length_prefixed: bool,
}

impl Signing {
    /// The columns that it is read from.
    pub(crate) const COLUMNS: &str = "algorithm, is_required, is_length_prefixed";

    /// The row, of which a left join may have made nothing.
    pub(crate) fn read(row: &Row<'_>) -> Result<Option<Self>, rusqlite::Error> {
        if row.get::<_, Option<String>>("algorithm")?.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            algorithm: keys::parsed(row, "algorithm")?,
            is_required: row.get("is_required")?,
            is_length_prefixed: row.get("is_length_prefixed")?,
        }))
    }

    fn describe(signing: Option<Self>) -> String {
        let Some(Self { algorithm, is_required, is_length_prefixed }) = signing else { return "off".to_owned() };
        let required = if is_required { ", required" } else { "" };
        let prefixed = if is_length_prefixed { ", length-prefixed" } else { "" };
        format!("{algorithm}{required}{prefixed}")
    }
}

/// The number of a client key, never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientKeyId(pub i64);

/// What is known of a client key; what is secret of it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKey {
    /// Its number.
    pub id: ClientKeyId,
    /// What it is good for.
    pub algorithm: Algorithm,
    /// The public half as PEM; a shared key has none.
    pub public_pem: Option<String>,
    /// What people compare public halves by; a shared key has none.
    pub fingerprint: Option<String>,
    /// When it was made or handed in.
    pub created: Timestamp,
}

/// What only the client keeps, or both sides share: to be shown once. Overwritten when dropped.
pub enum ClientSecret {
    /// The private half of a pair, as PEM.
    PrivateKey(Zeroizing<String>),
    /// The shared key.
    SigningKey(Zeroizing<String>),
}

impl ClientSecret {
    /// The text in clear.
    #[must_use]
    pub fn reveal(&self) -> &str {
        match self {
            Self::PrivateKey(text) | Self::SigningKey(text) => text,
        }
    }
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

impl Accounts {
    /// Sets how requests of a key are signed; `None`: not at all. The client keys stay as they are.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], also when it is another organisation's; or when the database does not answer.
    pub fn set_signing(
        &self,
        organisation: Option<TenantId>,
        key: KeyId,
        signing: Option<Signing>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.write(|transaction| {
            let known = keys::find(transaction, organisation, key)?;
            match signing {
                Some(signing) => write(transaction, key, signing)?,
                None => {
                    transaction.prepare_cached("DELETE FROM signing WHERE key = ?")?.execute((key.0,))?;
                }
            }
            let detail = Signing::describe(signing);
            Ok(audit::write(transaction, known.tenant, by, Act::SigningChanged, &known.name, &detail, now)?)
        })
    }

    /// Makes a client key of the algorithm that the key is set to: a pair, of which the public half is kept, or a shared
    /// key. The secret is to be shown now.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], [`Error::SigningOff`], [`Error::TooManyClientKeys`], or when the database does not answer.
    pub fn generate_client_key(
        &self,
        organisation: Option<TenantId>,
        key: KeyId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(ClientKey, ClientSecret), Error> {
        let algorithm = self.key_of(organisation, key)?.signing.ok_or(Error::SigningOff)?.algorithm;
        // Before the database is held: a pair takes its time.
        let (material, secret) = match algorithm {
            Algorithm::HashThenRsa => {
                let pair = PrivateKey::generate()?;
                let secret = ClientSecret::PrivateKey(pair.to_pem());
                (Material::Public(pair.public()?.to_der().to_vec()), secret)
            }
            Algorithm::HashOnly => {
                let text = random_token(SHARED_MARK, TOKEN_CHARS)?;
                let sealed = self.vault.seal(&Purpose::SharedKey(key).text(), text.as_bytes())?;
                (Material::Shared(sealed.0), ClientSecret::SigningKey(text))
            }
        };
        let made = self.write(|transaction| add(transaction, organisation, key, &material, by, now))?;
        Ok((made, secret))
    }

    /// Takes a client's own public key, in PEM.
    ///
    /// # Errors
    /// [`Error::ClientKey`] when it is none; [`Error::NoSuchKey`], [`Error::SigningOff`], [`Error::SigningShared`],
    /// [`Error::ClientKeyTaken`], [`Error::TooManyClientKeys`], or when the database does not answer.
    pub fn upload_client_key(
        &self,
        organisation: Option<TenantId>,
        key: KeyId,
        pem: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<ClientKey, Error> {
        let material = Material::Public(PublicKey::from_pem(pem)?.to_der().to_vec());
        self.write(|transaction| {
            match keys::find(transaction, organisation, key)?.signing.map(|signing| signing.algorithm) {
                None => Err(Error::SigningOff),
                Some(Algorithm::HashOnly) => Err(Error::SigningShared),
                Some(Algorithm::HashThenRsa) => add(transaction, organisation, key, &material, by, now),
            }
        })
    }

    /// Removes a client key: what it signs is refused from now on.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], [`Error::NoSuchClientKey`], or when the database does not answer.
    pub fn remove_client_key(
        &self,
        organisation: Option<TenantId>,
        key: KeyId,
        id: ClientKeyId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.write(|transaction| {
            let known = keys::find(transaction, organisation, key)?;
            let sql = "DELETE FROM client_key WHERE id = ? AND key = ?";
            if transaction.prepare_cached(sql)?.execute((id.0, key.0))? == 0 {
                return Err(Error::NoSuchClientKey);
            }
            let detail = format!("client key {}", id.0);
            Ok(audit::write(transaction, known.tenant, by, Act::ClientKeyRemoved, &known.name, &detail, now)?)
        })
    }

    /// The client keys of a key, the oldest first.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], also when it is another organisation's; or when the database does not answer.
    pub fn client_keys(&self, organisation: Option<TenantId>, key: KeyId) -> Result<Vec<ClientKey>, Error> {
        let connection = self.connection();
        keys::find(&connection, organisation, key)?;
        Ok(kept(&connection, key)?.iter().map(Kept::shown).collect::<Result<_, _>>()?)
    }

    /// What signatures under a key are verified by, the newest first.
    ///
    /// # Errors
    /// When a shared key does not open, or the database does not answer.
    pub fn verifiers(&self, key: KeyId, algorithm: Algorithm) -> Result<Vec<(ClientKeyId, Verifier)>, Error> {
        let kept = kept(&self.reader(), key)?;
        let of_algorithm = kept.iter().rev().filter(|kept| kept.material.algorithm() == algorithm);
        of_algorithm.map(|kept| Ok((kept.id, kept.material.verifier(&self.vault, key)?))).collect()
    }

    /// What a response under a key is signed by, and how the header `Signature-Key` names it: the server's pair, or the
    /// shared key that verified the request, where one did, otherwise the newest. `None`: there is no shared key yet.
    ///
    /// # Errors
    /// When a secret does not open, or the database does not answer.
    pub fn signer(
        &self,
        key: KeyId,
        algorithm: Algorithm,
        verified_by: Option<ClientKeyId>,
        now: Timestamp,
    ) -> Result<Option<(Signer, String)>, Error> {
        if algorithm == Algorithm::HashThenRsa {
            let (name, pair) = self.server_signer(now)?;
            return Ok(Some((Signer::Rsa(pair), name)));
        }
        let shared = self.verifiers(key, algorithm)?.into_iter();
        let mut shared = shared.filter(|(id, _)| verified_by.is_none_or(|verified| verified == *id));
        Ok(shared.find_map(|(id, verifier)| match verifier {
            Verifier::Hmac(key) => Some((Signer::Hmac(key), id.0.to_string())),
            Verifier::Rsa(_) => None,
        }))
    }
}

/// What is kept of a client key.
enum Material {
    /// X.509 `SubjectPublicKeyInfo`, DER.
    Public(Vec<u8>),
    /// A shared key, sealed.
    Shared(Vec<u8>),
}

impl Material {
    const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Public(_) => Algorithm::HashThenRsa,
            Self::Shared(_) => Algorithm::HashOnly,
        }
    }

    fn verifier(&self, vault: &Vault, key: KeyId) -> Result<Verifier, Error> {
        match self {
            Self::Public(der) => Ok(Verifier::Rsa(PublicKey::from_der(der)?)),
            Self::Shared(sealed) => Ok(Verifier::Hmac(Arc::new(SigningKey::new(open_text(vault, key, sealed)?)))),
        }
    }
}

fn open_text(vault: &Vault, key: KeyId, sealed: &[u8]) -> Result<Zeroizing<String>, Error> {
    let mut bytes = vault.open(&Purpose::SharedKey(key).text(), sealed)?;
    let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|_| signing::VaultError)?;
    Ok(Zeroizing::new(text))
}

struct Kept {
    id: ClientKeyId,
    material: Material,
    created: Timestamp,
}

impl Kept {
    fn shown(&self) -> Result<ClientKey, Error> {
        let public = match &self.material {
            Material::Public(der) => Some(PublicKey::from_der(der)?),
            Material::Shared(_) => None,
        };
        Ok(ClientKey {
            id: self.id,
            algorithm: self.material.algorithm(),
            public_pem: public.as_ref().map(PublicKey::to_pem),
            fingerprint: public.as_ref().map(PublicKey::fingerprint),
            created: self.created,
        })
    }
}

/// The client keys of a key, the oldest first.
fn kept(connection: &Connection, key: KeyId) -> Result<Vec<Kept>, rusqlite::Error> {
    let mut select =
        connection.prepare_cached("SELECT id, public, shared, created FROM client_key WHERE key = ? ORDER BY id")?;
    let read = |row: &Row<'_>| {
        let material = match row.get("public")? {
            Some(der) => Material::Public(der),
            None => Material::Shared(row.get("shared")?),
        };
        let created = Timestamp::from_millis(row.get("created")?);
        Ok(Kept { id: ClientKeyId(row.get("id")?), material, created })
    };
    select.query_map((key.0,), read)?.collect()
}

fn write(transaction: &Transaction<'_>, key: KeyId, signing: Signing) -> Result<(), rusqlite::Error> {
    let Signing { algorithm, is_required, is_length_prefixed } = signing;
    let mut replace = transaction.prepare_cached(
        "INSERT OR REPLACE INTO signing (key, algorithm, is_required, is_length_prefixed) VALUES (?, ?, ?, ?)",
    )?;
    replace.execute((key.0, algorithm.word(), is_required, is_length_prefixed)).map(drop)
}

fn add(
    transaction: &Transaction<'_>,
    organisation: Option<TenantId>,
    key: KeyId,
    material: &Material,
    by: &Actor,
    now: Timestamp,
) -> Result<ClientKey, Error> {
    let known = keys::find(transaction, organisation, key)?;
    let others = kept(transaction, key)?;
    let alike = |other: &&Kept| match (&other.material, material) {
        (Material::Public(a), Material::Public(b)) => a == b,
        (Material::Public(_) | Material::Shared(_), _) => false,
    };
    if others.iter().find(alike).is_some() {
        return Err(Error::ClientKeyTaken);
    }
    let count = others.iter().filter(|other| other.material.algorithm() == material.algorithm()).count();
    if count >= CLIENT_KEYS_MAX as usize {
        return Err(Error::TooManyClientKeys { max: CLIENT_KEYS_MAX });
    }
    let id = insert(transaction, key, material, now)?;
    let kept = others_with(transaction, key, id)?;
    let detail =
        kept.fingerprint.as_ref().map_or_else(|| format!("client key {}", id.0), |print| print[..16].to_owned());
    audit::write(transaction, known.tenant, by, Act::ClientKeyAdded, &known.name, &detail, now)?;
    Ok(kept)
}

fn others_with(transaction: &Transaction<'_>, key: KeyId, id: ClientKeyId) -> Result<ClientKey, Error> {
    let kept = kept(transaction, key)?;
    kept.iter().find(|kept| kept.id == id).ok_or(Error::NoSuchClientKey)?.shown()
}

fn insert(
    transaction: &Transaction<'_>,
    key: KeyId,
    material: &Material,
    now: Timestamp,
) -> Result<ClientKeyId, rusqlite::Error> {
    let (public, shared) = match material {
        Material::Public(der) => (Some(der), None),
        Material::Shared(sealed) => (None, Some(sealed)),
    };
    let mut insert =
        transaction.prepare_cached("INSERT INTO client_key (key, public, shared, created) VALUES (?, ?, ?, ?)")?;
    insert.insert(params![key.0, public, shared, now.as_millis()]).map(ClientKeyId)
}

/// Gives a key that takes another's place the same client keys: its user goes on signing as before.
pub(crate) fn inherit(
    transaction: &Transaction<'_>,
    vault: &Vault,
    old: &Key,
    new: KeyId,
    now: Timestamp,
) -> Result<(), Error> {
    if let Some(signing) = old.signing {
        write(transaction, new, signing)?;
    }
    for kept in kept(transaction, old.id)? {
        let material = match kept.material {
            Material::Public(der) => Material::Public(der),
            // Bound to the key that it belongs to, so sealed anew.
            Material::Shared(sealed) => {
                let text = open_text(vault, old.id, &sealed)?;
                Material::Shared(vault.seal(&Purpose::SharedKey(new).text(), text.as_bytes())?.0)
            }
        };
        insert(transaction, new, &material, now)?;
    }
    Ok(())
}

/// How requests of a key are signed.
pub(crate) fn of_secret(
    connection: &Connection,
    prefix: &str,
) -> Result<Option<(KeyId, [u8; 32], Option<Signing>)>, rusqlite::Error> {
    let columns = Signing::COLUMNS;
    let mut select = connection.prepare_cached(&format!(
        "SELECT id, digest, {columns} FROM api_key LEFT JOIN signing ON signing.key = id WHERE prefix = ?"
    ))?;
    let read = |row: &Row<'_>| Ok((KeyId(row.get("id")?), row.get("digest")?, Signing::read(row)?));
    select.query_row((prefix,), read).optional()
}
