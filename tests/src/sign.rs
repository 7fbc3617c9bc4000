//! Signatures of an app's backend, implemented independently of the server.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

use crate::app::App;

/// HMAC-SHA256 in lower-case hexadecimal digits.
///
/// # Panics
/// Never: any text can be a key.
#[must_use]
pub fn hmac(secret: &str, text: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mac = mac.unwrap_or_else(|error| panic!("HMAC takes keys of any length: {error}"));
    hex::encode(mac.chain_update(text).finalize().into_bytes())
}

/// MD5 in lower-case hexadecimal digits.
#[must_use]
pub fn md5(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// The `auth` of a subscription.
#[must_use]
pub fn subscription(app: &App, socket_id: &str, channel: &str, channel_data: Option<&str>) -> String {
    let data = channel_data.map(|data| format!(":{data}")).unwrap_or_default();
    format!("{}:{}", app.key, hmac(&app.secret, &format!("{socket_id}:{channel}{data}")))
}

/// The `auth` of a sign-in.
#[must_use]
pub fn user(app: &App, socket_id: &str, user_data: &str) -> String {
    format!("{}:{}", app.key, hmac(&app.secret, &format!("{socket_id}::user::{user_data}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The credentials in the examples of Pusher's documentation.
    fn app() -> App {
        let mut app = App::new("documented");
        app.key = "278d425bdf160c739803".to_owned();
        app.secret = "7ad3773142a6692b25b8".to_owned();
        app
    }

    #[test]
    fn the_documented_vectors() {
        let member = r#"{"user_id":10,"user_info":{"name":"Mr. Pusher"}}"#;
        for (auth, signature) in [
            (
                subscription(&app(), "1234.1234", "private-foobar", None),
                "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4",
            ),
            (
                subscription(&app(), "1234.1234", "presence-foobar", Some(member)),
                "afaed3695da2ffd16931f457e338e6c9f2921fa133ce7dac49f529792be6304c",
            ),
            (
                user(&app(), "1234.1234", r#"{"id":"12345"}"#),
                "4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba",
            ),
        ] {
            assert_eq!(auth, format!("278d425bdf160c739803:{signature}"));
        }
    }
}
