//! TLS as this binary sets it up: certificate and key from files, read at the start and again on SIGHUP.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use api::{Tls, TlsError};
use tokio::signal::unix::Signal;

use crate::failure::{Failure, Outcome};

/// The bits of a file's mode with which others than its owner and its group may read it.
const READABLE_BY_ALL: u32 = 0o004;

/// Where certificate and key lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// What the files hold.
struct Pem {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Drop for Pem {
    fn drop(&mut self) {
        biometric::wipe(&mut self.key);
    }
}

impl Files {
    pub(crate) fn load(&self) -> Outcome<Arc<Tls>> {
        let pem = self.read()?;
        let tls = Tls::new(&pem.certificate, &pem.key).map_err(|error| self.failure(&error))?;
        Ok(Arc::new(tls))
    }

    fn reload(&self, tls: &Tls) -> Outcome<()> {
        let pem = self.read()?;
        tls.replace(&pem.certificate, &pem.key).map_err(|error| self.failure(&error))
    }

    fn read(&self) -> Outcome<Pem> {
        let read = |setting, path: &PathBuf| {
            std::fs::read(path).map_err(Failure::context(format!("setting {setting}: {}", path.display())))
        };
        Ok(Pem { certificate: read("tls_certificate", &self.certificate)?, key: read("tls_key", &self.key)? })
    }

    /// Says it where others may read the key. That is no reason not to serve: where the file comes from, modes may mean
    /// nothing (a volume of Kubernetes, for one).
    pub(crate) fn warn_of_exposed_key(&self) {
        if std::fs::metadata(&self.key).is_ok_and(|found| found.permissions().mode() & READABLE_BY_ALL != 0) {
            let key = self.key.display();
            tracing::warn!(%key, "everybody on this machine may read the private key: chmod 600 keeps it to its owner");
        }
    }

    fn failure(&self, error: &TlsError) -> Failure {
        let (setting, path) = match error.is_of_key() {
            true => ("tls_key", &self.key),
            false => ("tls_certificate", &self.certificate),
        };
        Failure::new(format!("setting {setting}: {}: {error}", path.display()))
    }
}

/// Reads the files again whenever it is asked to. What cannot be used changes nothing, or a mistake in a renewal would end
/// the service; nor does it end where there is nothing to read.
pub(crate) async fn reload_on(mut hangup: Signal, served: Option<(Files, Arc<Tls>)>) {
    while hangup.recv().await.is_some() {
        let Some((files, tls)) = &served else {
            tracing::info!("SIGHUP: there is no certificate to read again");
            continue;
        };
        let (files, tls) = (files.clone(), Arc::clone(tls));
        let work = move || files.reload(&tls).map(|()| files.warn_of_exposed_key());
        // Files may have to be waited for.
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(())) => tracing::info!("SIGHUP: certificate and key read again"),
            Ok(Err(error)) => tracing::error!(%error, "SIGHUP: the certificate stays as it was"),
            Err(error) => tracing::error!(%error, "SIGHUP: the certificate stays as it was"),
        }
    }
}
