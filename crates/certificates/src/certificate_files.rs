//! Certificates in files.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{InvalidCertificate, ServerCertificate};

/// The longest file, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The files of a certificate and of its key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, followed by those of its issuers.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// The reason why certificate files are unusable.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFilesError {
    /// A file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The content of the files is unusable.
    #[error("{}", describe(files, error))]
    Invalid {
        /// The files.
        files: CertificateFiles,
        /// The reason.
        #[source]
        error: InvalidCertificate,
    },
}

fn describe(files: &CertificateFiles, error: &InvalidCertificate) -> String {
    let (certificate, key) = (files.certificate.display(), files.key.display());
    match error {
        InvalidCertificate::NoCertificate | InvalidCertificate::Malformed(_) => format!("{certificate}: {error}"),
        InvalidCertificate::NoKey | InvalidCertificate::Key(_) => format!("{key}: {error}"),
        InvalidCertificate::OtherKey => format!("{certificate} and {key}: {error}"),
    }
}

/// Values that change with a file: device, inode, size, and the time of its last change. `None` if the file is missing.
type FileState = Option<(u64, u64, u64, i64, i64)>;

/// The states of both files.
pub(super) type FileStates = [FileState; 2];

impl CertificateFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// They cannot be read, or are unusable.
    pub fn read(&self) -> Result<ServerCertificate, CertificateFilesError> {
        let read = |path: &Path| {
            read_file(path).map_err(|error| CertificateFilesError::Unreadable { path: path.to_owned(), error })
        };
        let (certificate, key) = (read(&self.certificate)?, read(&self.key)?);
        ServerCertificate::from_pem(&certificate, &key)
            .map_err(|error| CertificateFilesError::Invalid { files: self.clone(), error })
    }

    /// The present states of the files. Links are followed.
    pub(super) fn states(&self) -> FileStates {
        [&self.certificate, &self.key].map(|path| {
            let metadata = path.metadata().ok()?;
            Some((metadata.dev(), metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
        })
    }
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it has more than {MAX_BYTES} bytes, which is the limit")));
    }
    Ok(bytes)
}
