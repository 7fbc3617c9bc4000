//! An app: one tenant of the server.

use clairon_protocol::{AppId, LIMITS, Limits, LogRoom};
use rand::{RngExt, rand_core::UnwrapErr, rngs::SysRng};

use crate::{
    credential::{Credential, Credentials},
    error::RegistryError,
    origins::{self, AllowedOrigins},
    webhooks::{Webhook, WebhookKind, Webhooks},
    wrong_size::WrongSize,
};

/// The largest size of an app's name, in bytes.
pub const NAME_BYTES: usize = 255;

/// A boolean setting of an app: one line of the table below.
#[derive(Debug)]
pub struct Switch {
    /// The name of the setting, the database column and the field.
    pub name: &'static str,
    /// The value for a new app.
    pub default: bool,
    /// The effect of the switch while it is on, for people.
    pub meaning: &'static str,
    get: fn(&App) -> bool,
    set: fn(&mut App, bool),
}

impl Switch {
    /// The value of the switch.
    #[must_use]
    pub fn get(&self, app: &App) -> bool {
        (self.get)(app)
    }

    /// Sets the switch.
    pub fn set(&self, app: &mut App, is_on: bool) {
        (self.set)(app, is_on);
    }
}

/// Defines the switches of [`App`], their defaults, and [`SWITCHES`] from the table.
macro_rules! app {
    ($($switch:ident = $default:literal, $meaning:literal;)+) => {
        /// An app: its credentials, switches and limits.
        #[derive(Clone, Debug, PartialEq)]
        pub struct App {
            /// The id, a part of the paths of the HTTP API.
            pub id: AppId,
            /// A name for people, which may be empty.
            pub name: String,
            /// The keys with which clients connect, and the secrets with which backends sign.
            pub credentials: Credentials,
            /// The origins of the pages that may connect. Empty: all.
            pub allowed_origins: AllowedOrigins,
            /// The endpoints that receive events of its channels.
            pub webhooks: Webhooks,
            $(#[doc = $meaning] pub $switch: bool,)+
            /// The life of the app's logs, which begins when `recovery` is switched on, also by the creation of the
            /// app: the revision of the registry at that time. So it grows, even if the app was deleted and created
            /// again. The registry sets it; 0 if `recovery` was never on.
            pub recovery_life: u64,
            /// The limits of a connection, a request or a channel.
            pub limits: Limits,
        }

        impl App {
            /// An app with one key and the defaults for all other fields.
            #[must_use]
            pub fn new(id: AppId, credential: Credential) -> Self {
                Self {
                    id,
                    name: String::new(),
                    credentials: credential.into(),
                    allowed_origins: AllowedOrigins::default(),
                    webhooks: Webhooks::default(),
                    $($switch: $default,)+
                    recovery_life: 0,
                    limits: Limits::default(),
                }
            }
        }

        /// Every switch.
        pub(crate) static SWITCHES: [Switch; [$(stringify!($switch)),+].len()] = [$(Switch {
            name: stringify!($switch),
            default: $default,
            meaning: $meaning,
            get: |app| app.$switch,
            set: |app, is_on| app.$switch = is_on,
        }),+];
    };
}

// The columns: name, default, meaning.
app! {
    enabled = true, "Clients and backends may connect";
    client_messages = false, "Clients may send client events (whispers)";
    statistics = true, "Its traffic is counted and stored";
    user_authentication = true, "Users may sign in on a connection";
    authorized_connections = false,
        "A connection that neither signs in nor joins a private or presence channel is closed after a while";
    watchlist = false, "Signed-in users are notified when users of their watchlist come and go";
    subscription_counts = false, "Subscribers get the subscription count";
    recovery = false, "Clients that ask for it get the events that they missed while they were away";
}

impl App {
    /// An app with an id of 6 digits, like those of hosted Pusher, and a [random key](Credential::random).
    ///
    /// # Panics
    /// When the operating system provides no random numbers, because no secret can be made without them.
    #[must_use]
    #[expect(clippy::expect_used, reason = "digits are in the alphabet of ids")]
    pub fn random() -> Self {
        let id = UnwrapErr(SysRng).random_range(100_000..=999_999).to_string();
        Self::new(AppId::parse(&id).expect("six digits are an app id"), Credential::random())
    }

    /// The kinds of events that the endpoint lists but that a switch of the app turns off, each with the name of the
    /// switch.
    pub fn kinds_switched_off(&self, webhook: &Webhook) -> impl Iterator<Item = (WebhookKind, &'static str)> {
        let needs = [
            (WebhookKind::ClientEvent, "client_messages", self.client_messages),
            (WebhookKind::SubscriptionCount, "subscription_counts", self.subscription_counts),
        ];
        let (named, all) = (webhook.events, needs.into_iter());
        let off = all.filter(move |(kind, _, is_on)| !is_on && named.named().any(|named| named == *kind));
        off.map(|(kind, switch, _)| (kind, switch))
    }

    /// The limits of the log of each channel.
    #[must_use]
    pub fn log_room(&self) -> LogRoom {
        self.limits.log_room(self.recovery_life)
    }

    /// Marks the endpoints as declared by settings, and gives each the [id that it has at each
    /// start](crate::WebhookId::derived).
    pub fn declare_webhooks(&mut self) {
        self.webhooks.declare(&self.id);
    }

    /// Checks what the types of the fields do not guarantee: lengths, counts and ranges. It runs before every write.
    ///
    /// # Errors
    /// The first invalid field, with its size and the allowed range.
    pub fn validate(&self) -> Result<(), RegistryError> {
        self.credentials.validate()?;
        WrongSize::check("name", self.name.len(), "bytes", 0..=NAME_BYTES)?;
        check_text("name", &self.name)?;
        WrongSize::check("allowed_origins", self.allowed_origins.len(), "entries", 0..=origins::ENTRIES)?;
        self.webhooks.validate()?;
        LIMITS.iter().try_for_each(|limit| limit.check(limit.get(&self.limits).into()).map(drop))?;
        Ok(())
    }
}

fn check_text(field: &'static str, text: &str) -> Result<(), RegistryError> {
    match text.find(char::is_control) {
        None => Ok(()),
        Some(position) => Err(RegistryError::Character { field, size: text.len(), position }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Spoil = fn(&mut App);

    #[test]
    fn random_credentials_have_the_form_of_hosted_ones() {
        let (app, other) = (App::random(), App::random());
        assert!(app.id.as_str().len() == 6 && !app.id.as_str().starts_with('0'));
        assert!(app.id.as_str().bytes().all(|byte| byte.is_ascii_digit()));
        let [one, two] = [&app, &other].map(|app| app.credentials.newest());
        assert_eq!((one.key.as_str().len(), one.secret.expose().len()), (20, 40));
        assert!(hex::decode(one.key.as_str()).is_ok() && hex::decode(one.secret.expose()).is_ok());
        assert!(one.key != two.key && one.secret != two.secret);
        assert!(app.validate().is_ok());
    }

    #[test]
    fn what_is_too_long_is_named_with_size_and_limit() {
        let cases: [(Spoil, &str); 5] = [
            (|app| app.name = "n".repeat(256), "name has 256 bytes, allowed are 0 to 255"),
            (|app| app.name = "a\nb".into(), "name (3 bytes) has a control character at byte 1"),
            (
                |app| app.allowed_origins = AllowedOrigins::parse(&["o"; 101]).unwrap(),
                "allowed_origins has 101 entries, allowed are 0 to 100",
            ),
            (|app| app.limits.user_id_chars = 0, "user_id_chars is 0, allowed are 1 to 1000"),
            (|app| app.limits.event_data_bytes = 10_485_761, "event_data_bytes is 10485761, allowed are 1 to 10485760"),
        ];
        for (spoil, message) in cases {
            let mut app = App::random();
            spoil(&mut app);
            assert_eq!(app.validate().unwrap_err().to_string(), message);
        }
        let mut largest = App::random();
        largest.name = "n".repeat(255);
        largest.allowed_origins = AllowedOrigins::parse(&vec!["o".repeat(255); 100]).unwrap();
        largest.validate().unwrap();
    }
}
