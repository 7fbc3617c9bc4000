//! A handle for changes while the server runs.

use std::sync::Arc;

use clairon_certificates::{CertificateFilesError, TlsSettings};
use clairon_protocol::Limits;
use futures_util::future::BoxFuture;

use crate::{background, error::ServerError, node::Node, operators::Link};

/// A handle for changes while the server runs.
#[derive(Clone)]
pub struct ServerHandle {
    node: Arc<Node>,
}

impl ServerHandle {
    pub(crate) const fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    /// Applies changes of the registry now. A running server does so every second.
    ///
    /// # Errors
    /// When the apps cannot be read.
    #[must_use]
    pub fn refresh(&self) -> BoxFuture<'_, Result<(), ServerError>> {
        Box::pin(async { Ok(background::refresh(&self.node).await?) })
    }

    /// Sets the limits of apps that the admin API creates.
    pub fn set_default_limits(&self, limits: Limits) {
        *self.node.default_limits.write() = limits;
    }

    /// Offers a one-time link to the dashboard, and returns its secret part. It signs in from a loopback address, once.
    #[must_use]
    pub fn offer_link(&self) -> Link {
        self.node.operators.offer_link()
    }

    /// Reads the files of certificates that have changed now, and repeats failed attempts to get others. A running
    /// server does so every few seconds, and after a pause.
    pub async fn reload_certificates(&self) {
        if let Some(acme) = self.node.acme() {
            acme.hurry();
        }
        if let Some(tls) = &self.node.tls {
            // The first time, files that do not fit together may still be about to be replaced.
            for _ in 0..2 {
                tls.reload_files().await;
            }
        }
    }

    /// Takes other files of certificates. False if the server has no TLS, or would have none any more: it needs a
    /// restart.
    ///
    /// # Errors
    /// When a certificate cannot be used. All stay as they are then.
    pub fn replace_certificates(&self, settings: &TlsSettings) -> Result<bool, CertificateFilesError> {
        match &self.node.tls {
            Some(tls) if settings.is_on() => tls.certificates.replace(&settings.files).map(|()| true),
            _ => Ok(false),
        }
    }
}
