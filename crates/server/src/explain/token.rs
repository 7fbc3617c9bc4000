//! The reasons why the `auth` of a subscription or a sign-in is wrong.

use clairon_protocol::{
    Secret, SignIn, SocketId,
    auth::{AuthToken, InvalidToken, Signature, subscription_signature, user_signature},
};
use clairon_registry::{App, AppCache, Credential};

use super::{Explanation, SIGNING, budget::Search};
use crate::peer_text::PeerText;

/// The signed parts of a subscription.
pub(crate) struct SignedSubscription<'a> {
    pub(crate) auth: Option<&'a str>,
    pub(crate) socket_id: SocketId,
    pub(crate) channel: &'a str,
    pub(crate) data: Option<&'a str>,
}

/// The largest number of a client's other channels for which a signature is tried.
const CHANNELS_TRIED: usize = 16;
const PREFIXES: [&str; 4] = ["", "private-", "presence-", "private-encrypted-"];

impl Explanation<'_> {
    /// The reason why the `auth` of a subscription is refused. It may be the signature for one of `other_channels`.
    pub(crate) fn subscription(
        &self,
        apps: &AppCache,
        app: &App,
        sent: &SignedSubscription<'_>,
        invalid: InvalidToken,
        other_channels: &[&str],
    ) -> String {
        let &SignedSubscription { auth, socket_id, channel, data } = sent;
        let signs = |search: &Search<'_>, secret: &Secret, signature: &Signature, name: &str, data: Option<&str>| {
            search.charge(SIGNING + name.len() + data.map_or(0, str::len))
                && subscription_signature(secret, socket_id, name, data) == *signature
        };
        let otherwise = |search: &Search<'_>, signature: &Signature| {
            let signs = |name: &str, data| {
                app.credentials.iter().any(|credential| signs(search, &credential.secret, signature, name, data))
            };
            if data.is_some() && signs(channel, None) {
                return Some("without the channel_data that was sent".to_owned());
            }
            if data.is_none() && channel.starts_with("presence-") && signs(channel, Some("")) {
                return Some("with an empty channel_data, and none was sent".to_owned());
            }
            other_prefixes(channel)
                .chain(other_channels.iter().take(CHANNELS_TRIED).map(|name| (*name).to_owned()))
                .find(|name| signs(name, data) || signs(name, None))
                .map(|name| format!("for the channel {:?}", PeerText::new(apps, &name)))
        };
        let found = self.explain_token(apps, app, auth, invalid, otherwise, |search, secret, signature| {
            signs(search, secret, signature, channel, data)
        });
        match (found, invalid) {
            (Some(reason), _) => reason,
            (None, InvalidToken::Signature) => {
                let data = if data.is_some() { "was changed after it was signed" } else { "is missing" };
                format!(
                    "no app's secret makes this signature: the backend's secret is wrong, or it signed another socket id \
                     or channel name, or the channel_data {data}"
                )
            }
            (None, other) => other.to_string(),
        }
    }

    /// The reason why the `auth` of a sign-in is refused.
    pub(crate) fn sign_in(
        &self,
        apps: &AppCache,
        app: &App,
        socket_id: SocketId,
        sent: &SignIn,
        invalid: InvalidToken,
    ) -> String {
        let otherwise = |_: &Search<'_>, _: &Signature| None;
        self.explain_token(apps, app, Some(&sent.auth), invalid, otherwise, |search, secret, signature| {
            search.charge(SIGNING + sent.user_data.len())
                && user_signature(secret, socket_id, &sent.user_data) == *signature
        })
        .unwrap_or_else(|| match invalid {
            InvalidToken::Signature => {
                "no app's secret makes this signature: the backend's secret is wrong, or it signed another socket id, or \
                 the user_data was changed after it was signed"
                    .to_owned()
            }
            other => other.to_string(),
        })
    }

    /// Searches for a text that this app's secret has signed, then for an app whose secret has signed the sent text.
    fn explain_token(
        &self,
        apps: &AppCache,
        app: &App,
        auth: Option<&str>,
        invalid: InvalidToken,
        otherwise: impl Fn(&Search<'_>, &Signature) -> Option<String>,
        fits: impl Fn(&Search<'_>, &Secret, &Signature) -> bool,
    ) -> Option<String> {
        let token = AuthToken::parse(auth).ok()?;
        if invalid == InvalidToken::Key {
            let key = self.key(apps, token.key);
            return Some(format!("the client is connected to the app {}; in its auth, {key}", app.id));
        }
        let search = &self.search;
        if let Some(what) = otherwise(search, &token.signature) {
            return Some(format!("the signature was made with this app's secret, but {what}"));
        }
        let fits = |credential: &Credential| fits(search, &credential.secret, &token.signature);
        if let Some(reason) = super::other_secret(app, fits) {
            return Some(reason);
        }
        let apps = apps.all();
        let mut others = apps.iter().take_while(|_| !search.is_over());
        let other = others.find(|other| other.id != app.id && other.credentials.iter().any(&fits))?;
        Some(format!("the signature was made with the secret of another app, {}", other.id))
    }
}

/// The names that a backend may have signed instead of `channel`: without or with another prefix.
fn other_prefixes(channel: &str) -> impl Iterator<Item = String> {
    let bare = PREFIXES[1..].iter().rev().find_map(|prefix| channel.strip_prefix(prefix)).unwrap_or(channel);
    let plain = bare.strip_prefix("encrypted-").unwrap_or(bare);
    PREFIXES.iter().map(move |prefix| format!("{prefix}{plain}")).filter(move |name| name != channel)
}
