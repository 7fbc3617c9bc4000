//! The certificates of a server, and the choice of one for each client.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustls::sign::CertifiedKey;
use tracing::{info, warn};

use crate::{
    CertificateFiles, ServerCertificate,
    certificate_files::{CertificateFilesError, FileStates},
};

/// The certificates of a server. They can be replaced at run time; established sessions keep theirs.
pub struct CertificateStore {
    /// The certificates in use: those in files, in the order of the settings, then those of an authority.
    current: ArcSwap<Vec<Arc<ServerCertificate>>>,
    sources: Mutex<CertificateSources>,
}

/// The origins of certificates.
#[derive(Default)]
struct CertificateSources {
    files: Vec<WatchedFiles>,
    /// Those that the server got by itself.
    issued: Vec<Arc<ServerCertificate>>,
}

/// Certificate files, and the certificate read from them.
struct WatchedFiles {
    files: CertificateFiles,
    /// The states of the files at the last read.
    states: FileStates,
    certificate: Arc<ServerCertificate>,
    /// True if the last read found unusable files and did not log that yet.
    is_suspect: bool,
}

impl CertificateStore {
    /// Reads all certificates.
    ///
    /// # Errors
    /// One of them is unusable.
    pub(crate) fn read(files: &[CertificateFiles]) -> Result<Self, CertificateFilesError> {
        let files: Vec<_> = files.iter().map(WatchedFiles::read).collect::<Result<_, _>>()?;
        let sources = CertificateSources { files, issued: Vec::new() };
        let store = Self { current: ArcSwap::default(), sources: Mutex::new(sources) };
        store.publish(&store.sources.lock());
        Ok(store)
    }

    /// Reads the files that have changed since the last read. If the new content is unusable, the previous certificate
    /// stays in use.
    pub(crate) fn reload(&self) {
        let mut sources = self.sources.lock();
        let mut has_changed = false;
        for files in &mut sources.files {
            has_changed |= files.reload();
        }
        if has_changed {
            self.publish(&sources);
        }
    }

    /// Takes other files. Those that stay are not read.
    ///
    /// # Errors
    /// When one of the new ones cannot be used. Nothing changes then.
    pub fn replace(&self, new: &[CertificateFiles]) -> Result<(), CertificateFilesError> {
        let mut sources = self.sources.lock();
        let files = &mut sources.files;
        let added = new.iter().filter(|new| !files.iter().any(|present| present.files == **new));
        let mut added: Vec<_> = added.map(WatchedFiles::read).collect::<Result<_, _>>()?;
        for added in &added {
            added.certificate.log();
        }
        added.append(files);
        *files = new
            .iter()
            .filter_map(|new| {
                let position = added.iter().position(|watched| watched.files == *new)?;
                Some(added.swap_remove(position))
            })
            .collect();
        self.publish(&sources);
        Ok(())
    }

    /// Replaces the certificates that the server got by itself.
    pub(super) fn set_issued(&self, issued: Vec<Arc<ServerCertificate>>) {
        let mut sources = self.sources.lock();
        sources.issued = issued;
        self.publish(&sources);
    }

    /// The certificate for a host name. The first one for a client that names no host or an unknown one.
    pub(super) fn find(&self, host: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let certificates = self.current.load();
        let named = host.and_then(|host| certificates.iter().find(|it| it.is_for(host)));
        named.or_else(|| certificates.first()).map(|certificate| certificate.key.clone())
    }

    /// The certificates in use.
    pub fn certificates(&self) -> Arc<Vec<Arc<ServerCertificate>>> {
        self.current.load_full()
    }

    fn publish(&self, CertificateSources { files, issued }: &CertificateSources) {
        let certificates = files.iter().map(|files| &files.certificate).chain(issued).cloned().collect();
        self.current.store(Arc::new(certificates));
    }
}

impl WatchedFiles {
    fn read(files: &CertificateFiles) -> Result<Self, CertificateFilesError> {
        // Taken before the read, so that a later change is detected.
        let states = files.states();
        let certificate = Arc::new(files.read()?);
        Ok(Self { files: files.clone(), states, certificate, is_suspect: false })
    }

    /// True if the certificate was replaced.
    fn reload(&mut self) -> bool {
        let states = self.files.states();
        if states == self.states && !self.is_suspect {
            return false;
        }
        match self.files.read() {
            Ok(certificate) => {
                let (name, expires) = (certificate.name(), certificate.expires());
                info!(certificate = name, %expires, file = %self.files.certificate.display(), "a new certificate is in use");
                *self =
                    Self { files: self.files.clone(), states, certificate: Arc::new(certificate), is_suspect: false };
                return true;
            }
            // The certificate and the key are not replaced at the same moment, so the first failure is not logged.
            Err(_) if states != self.states => self.is_suspect = true,
            Err(error) => {
                let expires = self.certificate.expires();
                warn!(%error, %expires, "the new certificate cannot be used: the one before it stays in use");
                self.is_suspect = false;
            }
        }
        self.states = states;
        false
    }
}

impl fmt::Debug for CertificateStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CertificateStore").field(&self.current).finish()
    }
}
