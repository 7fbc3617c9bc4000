//! The keys of an app with their secrets.

use clairon_protocol::{
    AppKey, Secret,
    auth::{AuthToken, InvalidToken, Signature},
};
use jiff::Timestamp;

use crate::{error::RegistryError, hex_text, wrong_size::WrongSize};

/// The largest number of current keys of an app.
pub const KEYS: usize = 10;

/// A key, which clients send, and its secret, with which backends sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The public key.
    pub key: AppKey,
    /// The secret.
    pub secret: Secret,
    /// The time of creation, in whole seconds.
    pub created_at: Timestamp,
    /// The time of the last use, accurate to about a minute. `None` if no use is known.
    pub last_used_at: Option<Timestamp>,
}

impl Credential {
    /// A credential with the current time as its time of creation.
    #[must_use]
    pub fn new(key: AppKey, secret: Secret) -> Self {
        Self { key, secret, created_at: now(), last_used_at: None }
    }

    /// A random credential in the form of hosted Pusher: a key of 20 and a secret of 40 hexadecimal characters.
    ///
    /// # Panics
    /// When the operating system provides no random numbers, because no secret can be made without them.
    #[must_use]
    #[expect(clippy::expect_used, reason = "hexadecimal characters are in both alphabets")]
    pub fn random() -> Self {
        Self::new(
            AppKey::parse(&hex_text::random::<10>()).expect("20 hexadecimal characters are a key"),
            Secret::parse(&hex_text::random::<20>()).expect("40 hexadecimal characters are a secret"),
        )
    }

    /// True if key and secret are equal. The times are ignored.
    #[must_use]
    pub fn is_same_pair(&self, other: &Self) -> bool {
        self.key == other.key && self.secret == other.secret
    }
}

/// The current credentials of an app, at least one. All are equal in what they allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    newest: Credential,
    /// The other credentials, newest first.
    older: Vec<Credential>,
}

impl Credentials {
    /// The credentials in this order, newest first. `None` if there are none.
    pub fn from_newest_first(credentials: impl IntoIterator<Item = Credential>) -> Option<Self> {
        let mut credentials = credentials.into_iter();
        Some(Self { newest: credentials.next()?, older: credentials.collect() })
    }

    /// The newest credential, which is shown and used to sign.
    #[must_use]
    pub fn newest(&self) -> &Credential {
        &self.newest
    }

    /// All credentials, newest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Credential> + Clone {
        std::iter::once(&self.newest).chain(&self.older)
    }

    /// The credential with this key. The time depends only on the length of the key.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&Credential> {
        self.iter().fold(None, |found, credential| if credential.key.matches(key) { Some(credential) } else { found })
    }

    /// True if one of the credentials has this secret.
    #[must_use]
    pub fn has_secret(&self, text: &str) -> bool {
        self.iter().fold(false, |found, credential| credential.secret.matches(text) | found)
    }

    /// Checks the `auth` that a client got from its app's backend. `sign` computes the expected signature with the
    /// secret of the key. Returns the credential that matches.
    ///
    /// # Errors
    /// When the `auth` is malformed, has no current key, or has a wrong signature.
    pub fn verify(
        &self,
        auth: Option<&str>,
        sign: impl FnOnce(&Secret) -> Signature,
    ) -> Result<&Credential, InvalidToken> {
        let token = AuthToken::parse(auth)?;
        let credential = self.find(token.key).ok_or(InvalidToken::Key)?;
        token.verify(credential.key.as_str(), &sign(&credential.secret))?;
        Ok(credential)
    }

    /// Adds a credential as the newest.
    ///
    /// # Errors
    /// When there are [`KEYS`] of them already.
    pub fn add(&mut self, credential: Credential) -> Result<(), RegistryError> {
        check_count(self.older.len() + 2)?;
        self.older.insert(0, std::mem::replace(&mut self.newest, credential));
        Ok(())
    }

    /// Checks what the types do not guarantee.
    pub(crate) fn validate(&self) -> Result<(), RegistryError> {
        check_count(self.older.len() + 1)?;
        let mut keys: Vec<_> = self.iter().map(|credential| &credential.key).collect();
        keys.sort();
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(RegistryError::KeyTwice { key: pair[0].clone() }),
            None => Ok(()),
        }
    }

    /// Clears the times of last use. They change although the app does not.
    pub(crate) fn forget_uses(&mut self) {
        self.newest.last_used_at = None;
        for credential in &mut self.older {
            credential.last_used_at = None;
        }
    }
}

impl From<Credential> for Credentials {
    fn from(newest: Credential) -> Self {
        Self { newest, older: Vec::new() }
    }
}

fn check_count(size: usize) -> Result<(), RegistryError> {
    Ok(WrongSize::check("the app", size, "keys", 1..=KEYS)?)
}

/// The current time without fractions of a second, which the registry does not store.
fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(name: &str) -> Credential {
        Credential::new(AppKey::parse(name).unwrap(), Secret::parse(&format!("secret of {name}")).unwrap())
    }

    #[test]
    fn the_key_of_a_token_picks_the_secret() {
        let mut credentials = Credentials::from(credential("old"));
        credentials.add(credential("new")).unwrap();
        let sign = |secret: &Secret| Signature::sign(secret, &[b"text"]);
        for (key, secret_of, result) in [
            ("old", "old", Ok("old")),
            ("new", "new", Ok("new")),
            ("old", "new", Err(InvalidToken::Signature)),
            ("none", "new", Err(InvalidToken::Key)),
        ] {
            let auth = format!("{key}:{}", sign(&credential(secret_of).secret).to_hex());
            let verified = credentials.verify(Some(&auth), sign);
            assert_eq!(verified.map(|credential| credential.key.as_str()), result, "{key} {secret_of}");
        }
        assert_eq!(credentials.verify(None, sign), Err(InvalidToken::Missing));
    }

    #[test]
    fn there_are_at_most_ten_different_ones() {
        let mut credentials = Credentials::from(credential("0"));
        for number in 1..KEYS {
            credentials.add(credential(&number.to_string())).unwrap();
        }
        assert_eq!(credentials.newest().key.as_str(), "9");
        credentials.validate().unwrap();
        let error = credentials.add(credential("10")).unwrap_err();
        assert_eq!(error.to_string(), "the app has 11 keys, allowed are 1 to 10");
        let twice = Credentials::from_newest_first([credential("a"), credential("b"), credential("a")]).unwrap();
        assert_eq!(twice.validate().unwrap_err().to_string(), "the app has the key a twice");
    }
}
