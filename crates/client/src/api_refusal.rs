//! The reason for which a server refuses a signed request.

use crate::http::HttpResponse;

/// Servers refuse signatures whose time differs from their clock by this many seconds or more (Pusher HTTP API).
pub const CLOCK_WINDOW: u64 = 600;

/// The reason in an answer other than 200. It is read from the words of Clairon, hosted Pusher, Reverb, soketi and
/// `Laravel WebSockets`, which all differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiRefusal {
    /// The clocks are too far apart.
    Clock,
    /// The app has another key.
    Key,
    /// The server has no app with this id.
    App,
    /// The app is disabled.
    Disabled,
    /// The app has another secret.
    Secret,
    /// The server does not know the path. Often a path prefix is missing.
    Path,
    /// A redirect, usually by a proxy. It is not followed.
    Redirect,
    /// Any other reason.
    Other,
}

impl ApiRefusal {
    /// Reads the reason from the status, the message and the header `Date`.
    #[must_use]
    pub fn of(answer: &HttpResponse) -> Self {
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

/// The difference between this machine's clock and the server's, in words.
#[must_use]
pub fn clock_words(answer: &HttpResponse) -> String {
    match answer.clock_ahead {
        Some(ahead @ 1..) => format!("{ahead} s behind the server's"),
        Some(ahead) => format!("{} s ahead of the server's", ahead.unsigned_abs()),
        None => "not that of the server".to_owned(),
    }
}
