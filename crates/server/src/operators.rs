//! The operators of the server: the token and the passwords with which they sign in, their sessions, and the one-time
//! link of a first start.

mod known_browser;
mod link;
mod password;
mod secret_text;
mod session;
mod session_key;
mod stranger_rate;

use std::{sync::Arc, time::Duration};

use clairon_hub::Millis;
use http::HeaderMap;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::{
    sync::{OnceCell, Semaphore},
    task::{JoinError, spawn_blocking},
    time::timeout,
};

pub use self::{
    known_browser::{MARK_COOKIE, MARK_LIFETIME},
    link::{Link, WrongLink},
    password::{DashboardPassword, InvalidPassword},
    session::{COOKIE, InvalidSession, Role, Session},
};
use self::{link::OneTimeLink, session_key::SessionKey, stranger_rate::StrangerRate};
use crate::{
    bearer::{BearerToken, NoAccess},
    settings::{AdminSettings, DashboardSettings},
};

/// The number of passwords that are hashed at the same time. Each takes a core and the memory of its hash.
const HASHERS: usize = 1;
/// The time for which a password may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is known of the operators. `Debug` shows no secret.
#[derive(Debug)]
pub struct Operators {
    token: Option<BearerToken>,
    passwords: Arc<Passwords>,
    session: Duration,
    /// The key that signs sessions. It is derived for the first session, because that takes long.
    key: OnceCell<SessionKey>,
    hashing: Arc<Semaphore>,
    strangers: StrangerRate,
    link: Mutex<OneTimeLink>,
}

/// The passwords of the settings.
#[derive(Debug)]
struct Passwords {
    admin: Option<DashboardPassword>,
    viewer: Option<DashboardPassword>,
}

/// A password could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum HashingFailure {
    /// Others are compared, and it was not its turn in time.
    #[error("too many passwords are being compared")]
    Busy,
    /// The thread that compares has failed.
    #[error("comparing a password failed: {0}")]
    Failed(#[from] JoinError),
}

impl Operators {
    pub(crate) fn new(admin: &AdminSettings, dashboard: &DashboardSettings) -> Self {
        let passwords = Passwords { admin: dashboard.password.clone(), viewer: dashboard.viewer_password.clone() };
        Self {
            token: admin.token.clone(),
            passwords: Arc::new(passwords),
            session: dashboard.session,
            key: OnceCell::new(),
            hashing: Arc::new(Semaphore::new(HASHERS)),
            strangers: StrangerRate::default(),
            link: Mutex::default(),
        }
    }

    /// True if there is a way to sign in, or was one: the admin API and the dashboard are served.
    pub fn can_sign_in(&self) -> bool {
        self.token.is_some() || self.passwords.admin.is_some() || self.link.lock().was_offered()
    }

    /// The ways to sign in now, as fields of the body of a sign-in.
    pub fn methods(&self) -> Vec<&'static str> {
        let Passwords { admin, viewer } = &*self.passwords;
        let methods = [
            ("password", admin.is_some() || viewer.is_some()),
            ("token", self.token.is_some()),
            ("link", self.link.lock().is_open()),
        ];
        methods.into_iter().filter_map(|(name, is_open)| is_open.then_some(name)).collect()
    }

    /// Checks the token of a request's `Authorization` header.
    ///
    /// # Errors
    /// The reason why it is not that of the settings.
    pub fn check_bearer(&self, headers: &HeaderMap) -> Result<(), NoAccess> {
        self.token.as_ref().ok_or(NoAccess::NotSet)?.check(headers)
    }

    /// Checks a token.
    ///
    /// # Errors
    /// The reason why it is not that of the settings.
    pub fn check_token(&self, given: &str) -> Result<(), NoAccess> {
        self.token.as_ref().ok_or(NoAccess::NotSet)?.check_text(given)
    }

    /// The role of the operator with this password; `None` for a wrong one.
    ///
    /// # Errors
    /// Too many passwords are compared at the same time.
    pub async fn role_of(&self, given: String) -> Result<Option<Role>, HashingFailure> {
        let passwords = self.passwords.clone();
        if !passwords.are_hashed() {
            return Ok(passwords.role_of(&given));
        }
        self.hash(move || passwords.role_of(&given)).await
    }

    /// Counts an attempt to sign in with a browser that no operator has signed in with before.
    ///
    /// # Errors
    /// There are too many of all of these. The value is the time after which another attempt is allowed.
    pub fn take_stranger(&self, now: Millis) -> Result<(), Duration> {
        self.strangers.take(now)
    }

    /// Signs the mark of a browser, for its cookie.
    ///
    /// # Errors
    /// The key cannot be derived.
    pub async fn mark(&self, now: Timestamp) -> Result<String, HashingFailure> {
        Ok(self.key().await?.mark(now))
    }

    /// True if the cookie with this value is the mark of a browser in which an operator has signed in.
    ///
    /// # Errors
    /// The key cannot be derived.
    pub async fn is_mark(&self, cookie: &str, now: Timestamp) -> Result<bool, HashingFailure> {
        Ok(self.key().await?.is_mark(cookie, now))
    }

    /// Offers the one-time link of this process.
    pub(crate) fn offer_link(&self) -> Link {
        self.link.lock().offer()
    }

    /// Uses the one-time link up.
    ///
    /// # Errors
    /// It is another text, there is no link, or it was used before.
    pub fn take_link(&self, given: &str) -> Result<(), WrongLink> {
        self.link.lock().take(given)
    }

    /// The lifetime of a session.
    pub const fn session_lifetime(&self) -> Duration {
        self.session
    }

    /// Signs a session, for its cookie.
    ///
    /// # Errors
    /// The key cannot be derived.
    pub async fn sign(&self, session: Session) -> Result<String, HashingFailure> {
        Ok(self.key().await?.sign(session))
    }

    /// The session in a cookie with this value.
    ///
    /// # Errors
    /// It has no valid signature, or has expired.
    pub async fn session(
        &self,
        cookie: &str,
        now: Timestamp,
    ) -> Result<Result<Session, InvalidSession>, HashingFailure> {
        Ok(self.key().await?.verify(cookie, now))
    }

    async fn key(&self) -> Result<&SessionKey, HashingFailure> {
        self.key.get_or_try_init(|| self.derive_key()).await
    }

    /// A link leads to sessions of this process alone. The secrets of the settings lead to sessions of all nodes with
    /// the same secrets.
    async fn derive_key(&self) -> Result<SessionKey, HashingFailure> {
        let Passwords { admin, viewer } = &*self.passwords;
        let secrets = [self.token.as_ref().map(BearerToken::expose)].into_iter();
        let secrets = secrets.chain([admin, viewer].map(|password| password.as_ref().map(DashboardPassword::expose)));
        let secrets: Vec<Option<String>> = secrets.map(|secret| secret.map(str::to_owned)).collect();
        if secrets.iter().all(Option::is_none) {
            return Ok(SessionKey::random());
        }
        self.hash(move || SessionKey::derive(&secrets)).await
    }

    /// Hashes on a thread for blocking work, when it is its turn. The turn lasts as long as the work, even if the
    /// request that waits for it ends before.
    async fn hash<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashingFailure> {
        let turn = timeout(PATIENCE, self.hashing.clone().acquire_owned()).await.map_err(|_| HashingFailure::Busy)?;
        let work = move || {
            let _turn = turn;
            work()
        };
        Ok(spawn_blocking(work).await?)
    }
}

impl Passwords {
    fn are_hashed(&self) -> bool {
        [&self.admin, &self.viewer].into_iter().flatten().any(DashboardPassword::is_hashed)
    }

    /// Both are compared, so that the time says nothing about which one is right.
    fn role_of(&self, given: &str) -> Option<Role> {
        let matches = |password: &Option<DashboardPassword>| password.as_ref().is_some_and(|it| it.matches(given));
        match (matches(&self.admin), matches(&self.viewer)) {
            (true, _) => Some(Role::Admin),
            (false, true) => Some(Role::Viewer),
            (false, false) => None,
        }
    }
}
