//! The errors of TLS inside I/O errors.

use std::io;

use rustls::{CertificateError, Error};

/// The error of rustls inside an I/O error; `None` if TLS is not the cause.
#[must_use]
pub fn cause(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// The error about the server's certificate inside an I/O error. The server speaks TLS if there is one.
#[must_use]
pub fn certificate_error(error: &io::Error) -> Option<&CertificateError> {
    match cause(error)? {
        Error::InvalidCertificate(certificate) => Some(certificate),
        _ => None,
    }
}
