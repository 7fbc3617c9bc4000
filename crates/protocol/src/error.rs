//! What can be wrong with what a peer says, and the codes that the protocol gives it.

use crate::{APP_ID_CHARS, SECRET_BYTES};

/// An identifier that does not have its form. The text itself is left out: it may be long, or a secret in the wrong
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

/// Why a text is no channel name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChannel {
    /// Nothing there, or nothing behind `#server-to-user-`.
    #[error("a channel name must not be empty")]
    Empty,
    /// Over the app's limit.
    #[error("the channel name is {size} long, the limit is {limit}")]
    TooLong {
        /// Its length: bytes, or characters of the user id in a server-to-user channel.
        size: usize,
        /// What the app allows.
        limit: usize,
    },
    /// A character outside of the alphabet.
    #[error(
        "the channel name ({size} bytes) has an invalid character at byte {position}; allowed are A-Z a-z 0-9 _ - = @ , . ;"
    )]
    Character {
        /// Where, in bytes from the start.
        position: usize,
        /// Its length in bytes.
        size: usize,
    },
}

/// Why a user or a presence member is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUser {
    /// The text is no JSON object with the fields that the protocol asks for.
    #[error("{field} ({size} bytes) is not the JSON that it should be: {problem}")]
    Json {
        /// `channel_data` or `user_data`.
        field: &'static str,
        /// Its length in bytes.
        size: usize,
        /// What the JSON parser says.
        problem: String,
    },
    /// The id is neither a string nor a number, or is empty.
    #[error("{field} must be a non-empty string or a number")]
    Id {
        /// `user_id` of a member, `id` of a user.
        field: &'static str,
    },
    /// An id in the watchlist is neither a string nor a number.
    #[error("each id in watchlist must be a string or a number")]
    Watchlist,
    /// The id is too long.
    #[error("the user's id has {size} characters, the limit is {limit}")]
    IdTooLong {
        /// Its length in characters.
        size: usize,
        /// What the app allows.
        limit: usize,
    },
    /// `user_info` is too long.
    #[error("user_info has {size} bytes, the limit is {limit}")]
    InfoTooLong {
        /// Its length in bytes, as JSON text.
        size: usize,
        /// What the app allows.
        limit: usize,
    },
}

/// Why a message of a client is not understood. Told to the client as a `pusher:error` without a code: never fatal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCommand {
    /// Not JSON, or not an object with an `event`.
    #[error("Invalid message ({size} bytes): {problem}")]
    Json {
        /// The message's length in bytes.
        size: usize,
        /// What the JSON parser says.
        problem: String,
    },
    /// A field that the event needs is not there. The text is Pusher's.
    #[error("Missing parameter: {0}")]
    Missing(&'static str),
    /// A field has a type that it cannot have.
    #[error("Invalid parameter: {field} ({problem})")]
    Field {
        /// Its path.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// An event that no client may send. The text is Pusher's; the name is cut to 200 characters.
    #[error("Unsupported event received on socket: {0}")]
    Unsupported(String),
}
