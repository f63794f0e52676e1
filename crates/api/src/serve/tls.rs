//! TLS: a certificate with its key, from PEM to connections, replaced while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{InconsistentKeys, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

use super::stream::Version;

/// HTTP/2 by its name in ALPN (RFC 9113, 3.1).
const H2: &[u8] = b"h2";
/// HTTP/1.1 by its name (RFC 7301, 6).
const HTTP_1_1: &[u8] = b"http/1.1";

/// What a server shows of itself, and how it speaks: TLS 1.3 or 1.2, in it HTTP/2 or HTTP/1.1.
///
/// Sessions are resumed by what the server remembers of the last 256, with no ticket key to rotate; nothing is taken
/// before the handshake has ended ("early data"), since that could be sent again by whoever recorded it.
pub struct Tls(RwLock<Arc<ServerConfig>>);

/// Why a certificate and a key are none to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate among what was given.
    #[error("there is no certificate in it: it must be PEM, with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// One that is damaged.
    #[error("a certificate cannot be read: {0}")]
    Certificate(String),
    /// No key among what was given.
    #[error("there is no private key in it: it must be PEM, with -----BEGIN PRIVATE KEY-----, and not encrypted")]
    NoKey,
    /// One that is damaged, or of a kind that nobody uses for TLS.
    #[error("the private key cannot be used: {0}")]
    Key(String),
    /// They belong to different servers.
    #[error("the private key is not that of the certificate")]
    OtherKey,
    /// The certificate is not the first of its chain.
    #[error("the server's own certificate must come first, then the one that issued it, and so on")]
    Order,
    /// The library refuses them together.
    #[error("TLS cannot be spoken: {0}")]
    Unusable(rustls::Error),
}

impl TlsError {
    /// Whether it is about the key alone.
    #[must_use]
    pub fn is_of_key(&self) -> bool {
        match self {
            Self::NoKey | Self::Key(_) | Self::OtherKey => true,
            Self::NoCertificate | Self::Certificate(_) | Self::Order | Self::Unusable(_) => false,
        }
    }
}

impl Tls {
    /// From the server's certificate with those that issued it, and its private key (PKCS #8, PKCS #1 or SEC 1), in PEM.
    ///
    /// # Errors
    /// They cannot be read, or do not belong together.
    pub fn new(certificates_pem: &[u8], key_pem: &[u8]) -> Result<Self, TlsError> {
        config(certificates_pem, key_pem).map(|config| Self(RwLock::new(config)))
    }

    /// The same for connections to come; those that are open go on as they began.
    ///
    /// # Errors
    /// As [`Tls::new`]; then nothing changes.
    pub fn replace(&self, certificates_pem: &[u8], key_pem: &[u8]) -> Result<(), TlsError> {
        let config = config(certificates_pem, key_pem)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(super) fn accept(&self, stream: TcpStream) -> Accept<TcpStream> {
        let config = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        TlsAcceptor::from(config).accept(stream)
    }
}

/// What was agreed on; a client without ALPN is one of HTTP/1.1.
pub(super) fn version(stream: &TlsStream<TcpStream>) -> Version {
    match stream.get_ref().1.alpn_protocol() {
        Some(H2) => Version::Http2,
        Some(_) | None => Version::Http1,
    }
}

fn config(certificates_pem: &[u8], key_pem: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let certified = certified(certificates(certificates_pem)?, key(key_pem)?)?;
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Unusable)?;
    let resolver = Arc::new(SingleCertAndKey::from(certified));
    let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = vec![H2.to_vec(), HTTP_1_1.to_vec()];
    Ok(Arc::new(config))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| TlsError::Certificate(error.to_string()))?;
    if found.is_empty() { Err(TlsError::NoCertificate) } else { Ok(found) }
}

fn key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    let is_none = |error: &pem::Error| matches!(error, pem::Error::NoItemsFound);
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match is_none(&error) {
        true => TlsError::NoKey,
        false => TlsError::Key(error.to_string()),
    })
}

/// The certificate with its key, if it is its key.
fn certified(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<CertifiedKey, TlsError> {
    let key = aws_lc_rs::default_provider().key_provider.load_private_key(key);
    let key = key.map_err(|error| TlsError::Key(error.to_string()))?;
    for (place, certificate) in chain.iter().enumerate() {
        match (CertifiedKey::new(vec![certificate.clone()], Arc::clone(&key)).keys_match(), place) {
            (Ok(()), 0) => return Ok(CertifiedKey::new(chain, key)),
            (Ok(()), _) => return Err(TlsError::Order),
            (Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)), _) => {}
            (Err(error), _) => return Err(TlsError::Certificate(error.to_string())),
        }
    }
    Err(TlsError::OtherKey)
}
