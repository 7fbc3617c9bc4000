//! The Pusher Channels protocol, version 7: its messages, their encoding and their signatures.
//!
//! The crate is pure: it does no I/O and has no clock and no tasks. Bytes come as slices and the time as an argument.
//! Each error has its Pusher code.

pub mod auth;
mod bounds;
mod channel;
mod command;
mod credentials;
mod disconnect;
mod edge;
pub mod error;
mod event;
mod event_data;
mod ids;
mod json;
mod limits;
mod presence;
mod printable;
mod publication;
mod recovery;
mod room;
mod secret;
mod user_id;
mod user_info;

pub use channel::{ChannelKind, ChannelName};
pub use command::{ClientCommand, ClientEvent, SignIn, Subscribe};
pub use credentials::AppCredentials;
pub use disconnect::{Disconnect, NEWEST_VERSION, OLDEST_VERSION, check_version};
pub use edge::{Edge, StampedEdge};
pub use event::{CLIENT_EVENT_RATE, Event, WATCHLIST_TOO_LONG};
pub use event_data::EventData;
pub use ids::{APP_ID_CHARS, AppId, AppKey, SocketId, is_socket_id};
pub use json::without_lone_surrogates;
pub use limits::{LIMITS, Limit, LimitUnit, Limits, OutOfRange};
pub use presence::{Member, User};
pub use printable::{escape_json, is_unprintable, one_line, quote};
pub use publication::{CacheEntry, LogPlace, LogPosition, Publication};
pub use recovery::{
    Amendment, Epoch, LossReason, Recover, RecoveryAnswer, RecoveryKey, RecoveryOutcome, RecoveryToken, Resume,
};
pub use room::{CacheRoom, LogRoom, NoRoom, PresenceRoom};
pub use secret::{SECRET_BYTES, Secret};
pub use user_id::UserId;
pub use user_info::UserInfo;
