//! An account with an authority.

use instant_acme::{Identifier, NewOrder};

use crate::{AcmeError, AcmeFuture, AcmeOrder, ChallengeKind, authority::RetryAfter};

/// An account with an authority.
pub struct Account {
    pub(crate) account: instant_acme::Account,
    pub(crate) retry_after: RetryAfter,
}

impl Account {
    /// Changes the address that the authority writes to. An empty one is none.
    ///
    /// # Errors
    /// The authority cannot be reached, or refuses.
    #[must_use]
    pub fn set_email<'a>(&'a self, email: &'a str) -> AcmeFuture<'a, ()> {
        Box::pin(async move {
            let contact = contact(email);
            let contact: Vec<_> = contact.iter().map(String::as_str).collect();
            self.account.update_contacts(&contact).await.map_err(|error| AcmeError::of(error, &self.retry_after))
        })
    }

    /// Orders a certificate for a host name.
    ///
    /// # Errors
    /// The authority cannot be reached, or refuses.
    #[must_use]
    pub fn order<'a>(&'a self, domain: &'a str, kind: ChallengeKind) -> AcmeFuture<'a, AcmeOrder> {
        Box::pin(async move {
            let names = [Identifier::Dns(domain.to_owned())];
            let order = self.account.new_order(&NewOrder::new(&names)).await;
            let order = order.map_err(|error| AcmeError::of(error, &self.retry_after))?;
            AcmeOrder::begin(order, kind, self.retry_after.clone()).await
        })
    }
}

/// The contacts of an account, as URLs.
pub(crate) fn contact(email: &str) -> Option<String> {
    (!email.is_empty()).then(|| format!("mailto:{email}"))
}
