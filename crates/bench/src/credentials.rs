//! The app's credentials, and the signatures of its backend.

use std::time::{SystemTime, UNIX_EPOCH};

use clairon_protocol::{AppId, AppKey, Secret, auth::Signature};
use md5::{Digest, Md5};

use crate::net::Subscription;

/// The credentials of the app under load.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) id: AppId,
    pub(crate) key: AppKey,
    pub(crate) secret: Secret,
}

impl Credentials {
    /// Credentials for the bare server, which checks nothing.
    pub(crate) fn for_floor() -> Self {
        #[expect(clippy::expect_used, reason = "the names are constant and valid")]
        let (id, key) = (AppId::parse("1").expect("a digit"), AppKey::parse("key").expect("three letters"));
        #[expect(clippy::expect_used, reason = "the text is constant and valid")]
        let secret = Secret::parse("secret").expect("six letters");
        Self { id, key, secret }
    }

    /// The path and query of a signed `POST` to the app's `endpoint`. The signature does not cover the prefix.
    pub(crate) fn sign_post(&self, endpoint: &str, body: &str) -> String {
        let md5 = hex::encode(Md5::digest(body));
        self.sign_at(unix_time(), "POST", endpoint, &format!("&body_md5={md5}"))
    }

    /// The path and query of a signed `GET` from the app's `endpoint`. `query` is empty or starts with `&`; its names
    /// sort after `auth_…`.
    pub(crate) fn sign_get(&self, endpoint: &str, query: &str) -> String {
        self.sign_at(unix_time(), "GET", endpoint, query)
    }

    fn sign_at(&self, now: u64, method: &str, endpoint: &str, query: &str) -> String {
        let path = format!("/apps/{}/{endpoint}", self.id);
        let query = format!("auth_key={}&auth_timestamp={now}&auth_version=1.0{query}", self.key);
        let parts = [method, "\n", &path, "\n", &query].map(str::as_bytes);
        let signature = Signature::sign(&self.secret, &parts).to_hex();
        format!("{path}?{query}&auth_signature={signature}")
    }

    /// The subscription message of the connection `socket_id`, signed for private and presence channels. With
    /// `recovers` it asks for recovery.
    pub(crate) fn subscribe(&self, subscription: Subscription, socket_id: &str, recovers: bool) -> String {
        let channel = subscription.channel();
        let mut data = serde_json::json!({ "channel": channel, "auth": "" });
        if recovers {
            data["recover"] = true.into();
        }
        if subscription.is_signed() {
            let mut text = format!("{socket_id}:{channel}");
            if let Some(member) = subscription.member() {
                text = format!("{text}:{member}");
                data["channel_data"] = member.into();
            }
            let signature = Signature::sign(&self.secret, &[text.as_bytes()]).to_hex();
            data["auth"] = format!("{}:{signature}", self.key).into();
        }
        // The outer object is formatted here so that `event` comes first. The bare server reads only the start.
        format!(r#"{{"event":"pusher:subscribe","data":{data}}}"#)
    }
}

/// Seconds since 1970.
fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples in Pusher's documentation.
    fn documented(key: &str) -> Credentials {
        Credentials {
            id: AppId::parse("3").unwrap(),
            key: AppKey::parse(key).unwrap(),
            secret: Secret::parse("7ad3773142a6692b25b8").unwrap(),
        }
    }

    #[test]
    fn the_documented_request() {
        let body = r#"{"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"}"#;
        let md5 = format!("&body_md5={}", hex::encode(Md5::digest(body)));
        let signed = documented("278d425bdf160c739803").sign_at(1_353_088_179, "POST", "events", &md5);
        assert!(signed.starts_with("/apps/3/events?auth_key=278d425bdf160c739803&auth_timestamp=1353088179&"));
        assert!(signed.ends_with("&auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c"));
    }

    #[test]
    fn subscriptions_are_signed_where_they_must_be() {
        let subscribe = |subscription| documented("k").subscribe(subscription, "1234.1234", false);
        let public = subscribe(Subscription::Public(7));
        assert_eq!(public, r#"{"event":"pusher:subscribe","data":{"auth":"","channel":"bench-7"}}"#);
        let recovering = documented("k").subscribe(Subscription::Public(7), "1234.1234", true);
        assert_eq!(recovering, r#"{"event":"pusher:subscribe","data":{"auth":"","channel":"bench-7","recover":true}}"#);
        let secret = Secret::parse("7ad3773142a6692b25b8").unwrap();
        let signature = |text: &str| Signature::sign(&secret, &[text.as_bytes()]).to_hex();
        let private = subscribe(Subscription::Private(0));
        assert!(private.contains(&format!("k:{}", signature("1234.1234:private-bench-0"))), "{private}");
        let presence = subscribe(Subscription::Presence { user: 5 });
        let signed = signature(r#"1234.1234:presence-bench:{"user_id":"5"}"#);
        assert!(presence.contains(&format!("k:{signed}")), "{presence}");
        assert!(presence.contains(r#""channel_data":"{\"user_id\":\"5\"}""#), "{presence}");
    }
}
