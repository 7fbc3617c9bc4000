//! The keys of an app, each with its secret.

use clairon_protocol::{
    AppKey, Secret,
    auth::{AuthToken, InvalidToken, Signature},
};
use jiff::Timestamp;
use rand::{RngExt, rand_core::UnwrapErr, rngs::SysRng};

use crate::error::RegistryError;

/// How many live keys an app may have.
pub const KEYS: usize = 10;

/// One pair of a key, which clients name, and the secret that a backend which uses that key signs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Public.
    pub key: AppKey,
    /// What is signed with under this key.
    pub secret: Secret,
    /// In whole seconds.
    pub created_at: Timestamp,
    /// When something was last done with it, to the minute or so. `None`: never, as far as is known.
    pub last_used_at: Option<Timestamp>,
}

impl Credential {
    /// A pair that is created now.
    #[must_use]
    pub fn new(key: AppKey, secret: Secret) -> Self {
        Self { key, secret, created_at: now(), last_used_at: None }
    }

    /// A random pair in the form that hosted Pusher gives: a key of 20 and a secret of 40 hexadecimal characters.
    ///
    /// # Panics
    /// When the operating system has no random numbers to give: nothing made without them would be a secret.
    #[must_use]
    #[expect(clippy::expect_used, reason = "hexadecimal characters are in both alphabets")]
    pub fn random() -> Self {
        Self::new(
            AppKey::parse(&random_hex::<10>()).expect("20 hexadecimal characters are a key"),
            Secret::parse(&random_hex::<20>()).expect("40 hexadecimal characters are a secret"),
        )
    }

    /// Whether key and secret are the same, whenever the pairs were made.
    #[must_use]
    pub fn is_same_pair(&self, other: &Self) -> bool {
        self.key == other.key && self.secret == other.secret
    }
}

/// The live credentials of an app, one at least. Each of them serves for everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    newest: Credential,
    /// The others, newest first.
    older: Vec<Credential>,
}

impl Credentials {
    /// The credentials in this order, newest first. `None`: there are none.
    pub fn from_newest_first(credentials: impl IntoIterator<Item = Credential>) -> Option<Self> {
        let mut credentials = credentials.into_iter();
        Some(Self { newest: credentials.next()?, older: credentials.collect() })
    }

    /// The one to show, and to sign with.
    #[must_use]
    pub fn newest(&self) -> &Credential {
        &self.newest
    }

    /// All of them, newest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Credential> + Clone {
        std::iter::once(&self.newest).chain(&self.older)
    }

    /// The one with this key. Takes the same time for every key of one length.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&Credential> {
        self.iter().fold(None, |found, credential| if credential.key.matches(key) { Some(credential) } else { found })
    }

    /// Whether one of them has this secret.
    #[must_use]
    pub fn has_secret(&self, text: &str) -> bool {
        self.iter().fold(false, |found, credential| credential.secret.matches(text) | found)
    }

    /// Checks the `auth` that a client got from its app's backend against what the secret of its key makes of the same
    /// text, and returns the credential that it was made with.
    ///
    /// # Errors
    /// Where it has another form, no live key, or another signature.
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

    /// Adds a newest one.
    ///
    /// # Errors
    /// When there are [`KEYS`] of them.
    pub fn add(&mut self, credential: Credential) -> Result<(), RegistryError> {
        check_count(self.older.len() + 2)?;
        self.older.insert(0, std::mem::replace(&mut self.newest, credential));
        Ok(())
    }

    /// Checks what the types do not.
    pub(crate) fn validate(&self) -> Result<(), RegistryError> {
        check_count(self.older.len() + 1)?;
        let mut keys: Vec<_> = self.iter().map(|credential| &credential.key).collect();
        keys.sort();
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(RegistryError::KeyTwice { key: pair[0].clone() }),
            None => Ok(()),
        }
    }

    /// Without the times of last use, which change without the app being another.
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
    if size <= KEYS {
        Ok(())
    } else {
        Err(RegistryError::Size { field: "the app", size, unit: "keys", min: 1, max: KEYS })
    }
}

/// The present second: the registry keeps no fractions.
fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}

/// `BYTES` bytes from the operating system, as twice as many hexadecimal characters.
fn random_hex<const BYTES: usize>() -> String {
    let bytes: [u8; BYTES] = UnwrapErr(SysRng).random();
    hex::encode(bytes)
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
