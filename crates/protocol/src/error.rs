//! The errors in messages of peers, and their Pusher codes.

use crate::{APP_ID_CHARS, SECRET_BYTES};

/// An identifier of the wrong form. The error does not contain the text, which may be long, or be a secret in the wrong
/// field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not an [`AppId`](crate::AppId).
    #[error("an app id has 1 to {APP_ID_CHARS} characters of A-Z a-z 0-9 _ - . (this one has {size} bytes)")]
    AppId {
        /// Its length in bytes.
        size: usize,
    },
    /// Not an [`AppKey`](crate::AppKey).
    #[error("an app key has 1 to {APP_ID_CHARS} characters of A-Z a-z 0-9 _ - . (this one has {size} bytes)")]
    AppKey {
        /// Its length in bytes.
        size: usize,
    },
    /// Not a [`SocketId`](crate::SocketId).
    #[error("a socket id is two numbers joined by a dot, such as 123.456 (this one has {size} bytes)")]
    SocketId {
        /// Its length in bytes.
        size: usize,
    },
    /// Not a [`Secret`](crate::Secret).
    #[error("a secret has 1 to {SECRET_BYTES} bytes and no control characters (this one has {size} bytes)")]
    Secret {
        /// Its length in bytes.
        size: usize,
    },
}

/// The reason why a text is not a channel name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChannel {
    /// The name is empty, or ends after `#server-to-user-`.
    #[error("a channel name must not be empty")]
    Empty,
    /// The name is longer than the app's limit.
    #[error("the channel name has {size} bytes, the limit is {limit}")]
    TooLong {
        /// The length in bytes.
        size: usize,
        /// The app's limit.
        limit: usize,
    },
    /// The user id after `#server-to-user-` is longer than the app's limit.
    #[error("the user id in the channel name has {size} characters, the limit is {limit}")]
    UserIdTooLong {
        /// The length in characters.
        size: usize,
        /// The app's limit.
        limit: usize,
    },
    /// The name contains a character that is not allowed.
    #[error(
        "the channel name ({size} bytes) has an invalid character at byte {position}; allowed are A-Z a-z 0-9 _ - = @ , . ;"
    )]
    Character {
        /// The position of the character, in bytes from the start.
        position: usize,
        /// Its length in bytes.
        size: usize,
    },
}

/// The reason why a user or a presence member is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUser {
    /// The text is not a JSON object with the required fields.
    #[error("{field} ({size} bytes) is not JSON of the required form: {problem}")]
    Json {
        /// `channel_data` or `user_data`.
        field: &'static str,
        /// Its length in bytes.
        size: usize,
        /// The problem that the JSON parser has found.
        problem: String,
    },
    /// The id is neither a string nor a number, or is empty.
    #[error("{field} must be a non-empty string or a number")]
    Id {
        /// `user_id` for a member, `id` for a user.
        field: &'static str,
    },
    /// The id has one half of a surrogate pair without the other half, so it is not Unicode.
    #[error("{field} ({size} bytes) is not Unicode: it has half of a surrogate pair at byte {position}")]
    IdSurrogate {
        /// `user_id` for a member, `id` for a user.
        field: &'static str,
        /// Its length as JSON, in bytes.
        size: usize,
        /// The position of the half, in bytes from the start of the JSON.
        position: usize,
    },
    /// An id in the watchlist is neither a string nor a number.
    #[error("each id in watchlist must be a string or a number")]
    Watchlist,
    /// The id is longer than the app's limit.
    #[error("the user's id has {size} characters, the limit is {limit}")]
    IdTooLong {
        /// Its length in characters.
        size: usize,
        /// The app's limit.
        limit: usize,
    },
    /// `user_info` is longer than the app's limit.
    #[error("user_info has {size} bytes, the limit is {limit}")]
    InfoTooLong {
        /// The length of the JSON text in bytes.
        size: usize,
        /// The app's limit.
        limit: usize,
    },
}

/// The reason why a client's message is not understood. The client gets it as a `pusher:error` without a code, and
/// stays connected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCommand {
    /// It is not JSON, or not an object with an `event`.
    #[error("Invalid message ({size} bytes): {problem}")]
    Json {
        /// The message's length in bytes.
        size: usize,
        /// The problem that the JSON parser has found.
        problem: String,
    },
    /// A required field is missing. The text is Pusher's.
    #[error("Missing parameter: {0}")]
    Missing(&'static str),
    /// A field has the wrong type.
    #[error("Invalid parameter: {field} ({problem})")]
    Field {
        /// The path of the field.
        field: &'static str,
        /// The problem.
        problem: String,
    },
    /// The event is not one that clients may send. The text is Pusher's. The name is cut to 200 characters.
    #[error("Unsupported event received on socket: {0}")]
    Unsupported(String),
}
