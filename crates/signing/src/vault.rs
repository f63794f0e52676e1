//! Secrets at rest: AES-256-GCM (NIST SP 800-38D) under one master key, which lies apart from the database.
//!
//! What is sealed is bound to what it is for: a row that is copied to another place does not open there.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, MAX_TAG_LEN, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use crate::CryptoError;

/// The length of a master key in bytes: that of AES-256.
const KEY_BYTES: usize = 32;

/// The first byte of what is sealed: how it was sealed.
const FORMAT: u8 = 1;

/// What is sealed, to be kept anywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Why something sealed does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret does not open: it is damaged, or was sealed under another master key")]
pub struct VaultError;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or made.
    #[error("{}: the master key cannot be read or made: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// The file is no master key.
    #[error("{}: this is no master key: a line of 64 hexadecimal digits; restore it from the backup", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// No random numbers.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

/// Seals and opens.
pub struct Vault(RandomizedNonceKey);

impl Vault {
    /// A vault under these bytes.
    ///
    /// # Errors
    /// [`CryptoError`].
    pub fn new(key: &[u8; KEY_BYTES]) -> Result<Self, CryptoError> {
        Ok(Self(RandomizedNonceKey::new(&AES_256_GCM, key)?))
    }

    /// The vault under the master key in a file: 64 hexadecimal digits, readable by its owner alone. `None`: there is no
    /// such file.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn read(path: &Path) -> Result<Option<Self>, MasterKeyError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(MasterKeyError::File { path: path.to_owned(), error }),
        };
        let key = parse(&text).ok_or_else(|| MasterKeyError::Unreadable { path: path.to_owned() })?;
        Ok(Some(Self::new(&key)?))
    }

    /// The same; a missing file is made, by exactly one of the processes that miss it.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn read_or_make(path: &Path) -> Result<Self, MasterKeyError> {
        if let Some(vault) = Self::read(path)? {
            return Ok(vault);
        }
        make(path)?;
        let gone = || MasterKeyError::File { path: path.to_owned(), error: io::ErrorKind::NotFound.into() };
        Self::read(path)?.ok_or_else(gone)
    }

    /// Seals a secret for a purpose: a text that says what it is and whose.
    ///
    /// # Errors
    /// [`CryptoError`].
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Sealed, CryptoError> {
        // The tag goes to the end: room for it, so that no copy of the secret is left where the bytes grew out of.
        let mut bytes = Zeroizing::new(Vec::with_capacity(secret.len() + MAX_TAG_LEN));
        bytes.extend_from_slice(secret);
        let nonce = self.0.seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut *bytes)?;
        Ok(Sealed([&[FORMAT], &nonce.as_ref()[..], &bytes].concat()))
    }

    /// Opens what was sealed for this purpose.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (head, rest) = sealed.split_at_checked(1 + NONCE_LEN).ok_or(VaultError)?;
        if head[0] != FORMAT {
            return Err(VaultError);
        }
        let nonce = Nonce::try_assume_unique_for_key(&head[1..]).map_err(|_| VaultError)?;
        let mut bytes = Zeroizing::new(rest.to_vec());
        let opened = self.0.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut bytes).map_err(|_| VaultError)?;
        let length = opened.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

fn parse(text: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let digits = text.trim_end();
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    if digits.len() != 2 * KEY_BYTES || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in key.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
    }
    Some(key)
}

/// Makes the file: written whole under another name first, then linked, which only one can do.
fn make(path: &Path) -> Result<(), MasterKeyError> {
    let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
    aws_lc_rs::rand::fill(&mut *key).map_err(CryptoError::from)?;
    let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 1));
    for byte in key.iter() {
        text.push(hex_digit(byte >> 4));
        text.push(hex_digit(byte & 15));
    }
    text.push('\n');
    let draft = path.with_extension(format!("{}.{:?}", std::process::id(), std::thread::current().id()));
    let failed = |error| MasterKeyError::File { path: path.to_owned(), error };
    let linked = write_private(&draft, text.as_bytes()).and_then(|()| fs::hard_link(&draft, path));
    // Whatever became of it, the draft goes; one that cannot be removed is as private as the key.
    drop(fs::remove_file(&draft));
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(error)),
        Ok(()) | Err(_) => sync_folder(path).map_err(failed),
    }
}

fn hex_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0')
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), io::Error> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    // What is sealed under it must not outlive it in a power cut.
    file.sync_all()
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), io::Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), io::Error> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(&[byte; KEY_BYTES]).expect("a vault")
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_only_and_under_its_key_only() {
        let sealed = vault(1).seal("hmac 7", b"secret").expect("sealed");
        assert_eq!(vault(1).open("hmac 7", &sealed.0).expect("opens").as_slice(), b"secret");
        assert_eq!(vault(1).open("hmac 8", &sealed.0), Err(VaultError));
        assert_eq!(vault(2).open("hmac 7", &sealed.0), Err(VaultError));
    }

    #[test]
    fn no_byte_of_it_can_be_changed_or_missing() {
        let sealed = vault(1).seal("p", b"secret").expect("sealed").0;
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(vault(1).open("p", &changed), Err(VaultError), "byte {at}");
            assert_eq!(vault(1).open("p", &sealed[..at]), Err(VaultError), "cut at {at}");
        }
    }

    #[test]
    fn the_same_secret_is_never_sealed_alike_and_an_empty_one_too() {
        let seal = || vault(1).seal("p", b"").expect("sealed").0;
        assert_ne!(seal(), seal());
        assert!(vault(1).open("p", &seal()).expect("opens").is_empty());
    }

    #[test]
    fn a_missing_file_is_made_once_however_many_miss_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        let barrier = Barrier::new(8);
        let sealed: Vec<_> = std::thread::scope(|scope| {
            let open = || {
                barrier.wait();
                Vault::read_or_make(&path).expect("a vault").seal("p", b"secret").expect("sealed")
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let vault = Vault::read_or_make(&path).expect("a vault");
        assert!(sealed.iter().all(|sealed| vault.open("p", &sealed.0).is_ok()), "all have one key");
        let left: Vec<_> =
            fs::read_dir(folder.path()).expect("read").flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left, ["master.key"], "no draft is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_is_no_master_key_is_left_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        for text in ["", "00", &"g".repeat(64), &"0".repeat(63), &format!("{}\n\nx", "0".repeat(64))] {
            fs::write(&path, text).expect("written");
            assert!(matches!(Vault::read(&path), Err(MasterKeyError::Unreadable { .. })), "{text:?}");
            assert_eq!(fs::read_to_string(&path).expect("read"), *text);
        }
        fs::write(&path, format!("{}\r\n", "aF".repeat(32))).expect("written");
        assert!(Vault::read_or_make(&path).is_ok());
    }
}
