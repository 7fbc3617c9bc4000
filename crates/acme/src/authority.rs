//! An authority that issues certificates.

use std::{sync::Arc, time::SystemTime};

use clairon_tls::{Authorities, provider, system_roots};
use instant_acme::{AccountBuilder, AccountCredentials, NewAccount};
use parking_lot::Mutex;
use rustls::{ClientConfig, RootCertStore};

use crate::{Account, AcmeError, AcmeFuture, account::contact, request::AuthorityClient};

/// The time at which the authority wants the next request, if it said so.
pub(crate) type RetryAfter = Arc<Mutex<Option<SystemTime>>>;

/// An authority that issues certificates, by the URL of its directory.
pub struct Authority {
    directory: String,
    config: Arc<ClientConfig>,
    retry_after: RetryAfter,
}

impl Authority {
    /// `authorities` are trusted for the authority's own certificate instead of the authorities of the system.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(directory: &str, authorities: Option<&Authorities>) -> Result<Self, rustls::Error> {
        let roots = authorities.map_or_else(system_roots, |authorities| {
            let mut roots = RootCertStore::empty();
            authorities.add_to(&mut roots);
            roots
        });
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { directory: directory.to_owned(), config: Arc::new(config), retry_after: RetryAfter::default() })
    }

    /// Creates an account, which accepts the authority's terms of service. Returns it with its credentials as JSON,
    /// which contain its private key. An empty `email` is none.
    ///
    /// # Errors
    /// The authority cannot be reached, or refuses.
    #[must_use]
    pub fn create_account<'a>(&'a self, email: &'a str) -> AcmeFuture<'a, (Account, String)> {
        Box::pin(async move {
            let contact = contact(email);
            let contact: Vec<_> = contact.iter().map(String::as_str).collect();
            let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
            let created = self.account_builder().create(&new, self.directory.clone(), None);
            let (account, credentials) = created.await.map_err(|error| AcmeError::of(error, &self.retry_after))?;
            let credentials = serde_json::to_string(&credentials).map_err(|_| AcmeError::UnreadableCredentials)?;
            Ok((self.account(account), credentials))
        })
    }

    /// An account that was created before.
    ///
    /// # Errors
    /// The credentials are unreadable, or the authority cannot be reached.
    #[must_use]
    pub fn restore_account<'a>(&'a self, credentials: &'a str) -> AcmeFuture<'a, Account> {
        Box::pin(async move {
            // The error of the parser could show a part of the key.
            let credentials: AccountCredentials =
                serde_json::from_str(credentials).map_err(|_| AcmeError::UnreadableCredentials)?;
            let restored = self.account_builder().from_credentials(credentials);
            restored.await.map(|account| self.account(account)).map_err(|error| AcmeError::of(error, &self.retry_after))
        })
    }

    fn account_builder(&self) -> AccountBuilder {
        let client = AuthorityClient { config: self.config.clone(), retry_after: self.retry_after.clone() };
        instant_acme::Account::builder_with_http(Box::new(client))
    }

    fn account(&self, account: instant_acme::Account) -> Account {
        Account { account, retry_after: self.retry_after.clone() }
    }
}
