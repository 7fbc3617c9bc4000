//! What can be set of an app.

use std::num::NonZeroU32;

use clairon_protocol::Limits;
use clairon_registry::{AllowedOrigins, App};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{Array, ArrayBuilder, ObjectBuilder, Type},
};

/// What can be set of an app.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "an app has that many switches")]
pub(super) struct AppFields {
    /// What a person calls it; at most 255 bytes.
    #[schema(max_length = 255, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    name: String,
    /// Whether it takes connections and requests.
    enabled: bool,
    /// How many connections it may have at once; 0 for no limit.
    #[schema(value_type = u64, maximum = 4_294_967_295_u64)]
    capacity: u32,
    #[schema(schema_with = stored_origins)]
    allowed_origins: AllowedOrigins,
    /// Whether clients may send client events (whispers).
    client_messages: bool,
    /// Whether its traffic is counted.
    statistics: bool,
    /// Whether its users may sign in on a connection.
    user_authentication: bool,
    /// Whether a connection that neither signs in nor joins a private or presence channel is closed after a while.
    authorized_connections: bool,
    /// Whether signed-in users hear who of their watchlist comes and goes.
    watchlist: bool,
    /// Whether subscribers hear how many they are.
    subscription_counts: bool,
    /// The longest channel name, prefix included, in bytes.
    channel_name_bytes: u32,
    /// The longest event name, in characters.
    event_name_chars: u32,
    /// The longest data of an event, in bytes.
    event_data_bytes: u32,
    /// How many channels one event may be published to.
    channels_per_event: u32,
    /// How many events one batch may hold.
    events_per_batch: u32,
    /// How many distinct users a presence channel may hold.
    presence_members: u32,
    /// The longest id of a user, in characters.
    user_id_chars: u32,
    /// The longest `user_info` of a presence member as JSON, in bytes.
    user_info_bytes: u32,
    /// How many users one signed-in user may watch.
    watchlist_users: u32,
    /// How many client events a connection may send in one second.
    client_events_per_second: u32,
    /// How many channels a connection may be subscribed to at once.
    subscriptions_per_connection: u32,
    /// How long a cache channel remembers its last event, in seconds.
    cache_ttl_seconds: u32,
}

impl AppFields {
    /// Those of `app`.
    pub(super) fn of(app: &App) -> Self {
        let Limits {
            channel_name_bytes,
            event_name_chars,
            event_data_bytes,
            channels_per_event,
            events_per_batch,
            presence_members,
            user_id_chars,
            user_info_bytes,
            watchlist_users,
            client_events_per_second,
            subscriptions_per_connection,
            cache_ttl_seconds,
        } = app.limits;
        Self {
            name: app.name.clone(),
            enabled: app.enabled,
            capacity: app.capacity.map_or(0, NonZeroU32::get),
            allowed_origins: app.allowed_origins.clone(),
            client_messages: app.client_messages,
            statistics: app.statistics,
            user_authentication: app.user_authentication,
            authorized_connections: app.authorized_connections,
            watchlist: app.watchlist,
            subscription_counts: app.subscription_counts,
            channel_name_bytes,
            event_name_chars,
            event_data_bytes,
            channels_per_event,
            events_per_batch,
            presence_members,
            user_id_chars,
            user_info_bytes,
            watchlist_users,
            client_events_per_second,
            subscriptions_per_connection,
            cache_ttl_seconds,
        }
    }

    /// Gives `app` these.
    pub(super) fn give_to(self, app: &mut App) {
        let limits = Limits {
            channel_name_bytes: self.channel_name_bytes,
            event_name_chars: self.event_name_chars,
            event_data_bytes: self.event_data_bytes,
            channels_per_event: self.channels_per_event,
            events_per_batch: self.events_per_batch,
            presence_members: self.presence_members,
            user_id_chars: self.user_id_chars,
            user_info_bytes: self.user_info_bytes,
            watchlist_users: self.watchlist_users,
            client_events_per_second: self.client_events_per_second,
            subscriptions_per_connection: self.subscriptions_per_connection,
            cache_ttl_seconds: self.cache_ttl_seconds,
        };
        *app = App {
            id: app.id.clone(),
            credentials: app.credentials.clone(),
            name: self.name,
            enabled: self.enabled,
            capacity: NonZeroU32::new(self.capacity),
            allowed_origins: self.allowed_origins,
            client_messages: self.client_messages,
            statistics: self.statistics,
            user_authentication: self.user_authentication,
            authorized_connections: self.authorized_connections,
            watchlist: self.watchlist,
            subscription_counts: self.subscription_counts,
            limits,
        };
    }
}

/// The form of an entry of `allowed_origins`. The registry knows better: it takes addresses and the letters of all
/// languages too.
fn origin_pattern() -> String {
    const STAR_OR_NAME: &str = r"([A-Za-z0-9_*-]+|[A-Za-z0-9_ß-öø-ÿ-]+)";
    const LAST: &str = r"([A-Za-z_*][A-Za-z0-9_*-]*|[A-Za-z_ß-öø-ÿ][A-Za-z0-9_ß-öø-ÿ-]*)";
    const BYTE: &str = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    const PORT: &str = r"(\*|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
    let host = format!(r"(({STAR_OR_NAME}\.)*{LAST}|({BYTE}\.){{3}}{BYTE}|\[::1\])");
    format!("^(null|file:///?|((\\*|[A-Za-z][A-Za-z0-9+.-]*)://)?{host}(:{PORT})?/?)$")
}

fn origins(entry: ObjectBuilder) -> Array {
    let description = "The origins that browsers may connect from; none for all. An entry is an origin, a host, or a host \
                       and a port, in which `*` stands for any text; one that no page's origin can match is refused.";
    let entry = entry.schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
    ArrayBuilder::new().items(entry).max_items(Some(100)).description(Some(description)).build()
}

fn stored_origins() -> Array {
    origins(ObjectBuilder::new())
}

/// The `allowed_origins` of a request.
pub(super) fn given_origins() -> Array {
    origins(ObjectBuilder::new().pattern(Some(origin_pattern())))
}
