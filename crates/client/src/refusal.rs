//! Why a server did not take a signed request.

use crate::http::Answer;

/// How far two clocks may be apart before signatures are refused, in seconds.
pub const CLOCK_WINDOW: u64 = 600;

/// What an answer other than 200 says. Servers have words of their own, and Clairon, hosted Pusher, Reverb, soketi and
/// `Laravel WebSockets` are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The clocks are too far apart.
    Clock,
    /// The key is not that of the app.
    Key,
    /// There is no such app.
    App,
    /// The app is switched off.
    Disabled,
    /// The signature is made with another secret.
    Secret,
    /// The server does not know the path; often a prefix is missing.
    Path,
    /// Somebody in between sends us elsewhere.
    Redirect,
    /// None of these.
    Other,
}

impl Refusal {
    /// Reads an answer.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let message = answer.message().to_ascii_lowercase();
        let mentions = |words: &[&str]| words.iter().any(|words| message.contains(words));
        let clock_is_off = answer.clock_ahead.is_some_and(|seconds| seconds.unsigned_abs() >= CLOCK_WINDOW);
        match answer.status.as_u16() {
            401 if clock_is_off || mentions(&["timestamp expired"]) => Self::Clock,
            401 if mentions(&["auth_key"]) => Self::Key,
            401 if mentions(&["app id", "application"]) => Self::App,
            401 => Self::Secret,
            403 if mentions(&["disabled"]) => Self::Disabled,
            404 if mentions(&["no app has", "application", "the app "]) => Self::App,
            404 => Self::Path,
            301 | 302 | 303 | 307 | 308 => Self::Redirect,
            _ => Self::Other,
        }
    }
}

/// How far this machine's clock is off, in words.
#[must_use]
pub fn clock(answer: &Answer) -> String {
    match answer.clock_ahead {
        Some(ahead @ 1..) => format!("{ahead} s behind the server's"),
        Some(ahead) => format!("{} s ahead of the server's", ahead.unsigned_abs()),
        None => "not that of the server".to_owned(),
    }
}
