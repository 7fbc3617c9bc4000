//! An app on a server, named by a URL.

use clairon_protocol::{AppCredentials, AppId, AppKey, Secret, error::InvalidId};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::endpoint::Endpoint;

/// An app on a server: the address, and the credentials to use there.
#[derive(Clone, Debug)]
pub struct AppTarget {
    /// The address of the HTTP API.
    pub endpoint: Endpoint,
    /// The key that a WebSocket connects with.
    pub key: AppKey,
    /// The credentials for signatures; nothing when only the key is known.
    pub credentials: Option<AppCredentials>,
}

/// Why a text names no app on a server. The messages show no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// The text is no URL of either form.
    #[error(
        "expected http(s)://KEY:SECRET@HOST[:PORT][/PREFIX]/apps/ID, or ws(s)://HOST[:PORT][/PREFIX]/app/KEY to listen \
         to public channels, got {size} bytes of another form"
    )]
    Form {
        /// The length of the text in bytes.
        size: usize,
    },
    /// The URL has the right form, but its id, key or secret is malformed.
    #[error(transparent)]
    Credential(#[from] InvalidId),
}

impl AppTarget {
    /// A target with known credentials.
    #[must_use]
    pub fn new(endpoint: Endpoint, credentials: AppCredentials) -> Self {
        Self { endpoint, key: credentials.key.clone(), credentials: Some(credentials) }
    }

    /// Parses the form of `PUSHER_URL`, `http(s)://KEY:SECRET@HOST[:PORT][/PREFIX]/apps/ID`, or the URL of a page's
    /// WebSocket, `ws(s)://HOST[:PORT][/PREFIX]/app/KEY`, which has no secret.
    ///
    /// # Errors
    /// When the text has neither form, or its id, key or secret is malformed.
    pub fn parse(text: &str) -> Result<Self, InvalidTarget> {
        let url = Url::parse(text).ok();
        let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
        let read = url.as_ref().and_then(|url| of_api(url).or_else(|| of_page(url)));
        Ok(read.ok_or(InvalidTarget::Form { size: text.len() })??)
    }

    /// The address for a WebSocket. Hosted Pusher has another host for it than for its HTTP API.
    #[must_use]
    pub fn socket_endpoint(&self) -> Endpoint {
        let host = self.endpoint.host.strip_prefix("api").filter(|_| self.endpoint.is_hosted_pusher());
        let host = host.map_or_else(|| self.endpoint.host.clone(), |rest| format!("ws{rest}"));
        Endpoint { host, ..self.endpoint.clone() }
    }
}

fn of_api(url: &Url) -> Option<Result<AppTarget, InvalidId>> {
    let (prefix, id) = url.path().trim_end_matches('/').rsplit_once("/apps/")?;
    let endpoint = Endpoint::of_url(url, prefix)?;
    let (key, secret) = (decode(url.username())?, decode(url.password()?)?);
    if key.is_empty() || !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let credentials =
        (|| Ok(AppCredentials { id: AppId::parse(id)?, key: AppKey::parse(&key)?, secret: Secret::parse(&secret)? }))();
    Some(credentials.map(|credentials| AppTarget::new(endpoint, credentials)))
}

fn of_page(url: &Url) -> Option<Result<AppTarget, InvalidId>> {
    let (prefix, key) = url.path().trim_end_matches('/').rsplit_once("/app/")?;
    let endpoint = Endpoint::of_url(url, prefix)?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    Some(AppKey::parse(key).map(|key| AppTarget { endpoint, key, credentials: None }))
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_both_forms() {
        let api = AppTarget::parse("https://k:a%2Fb@ws.test/pre/apps/12").unwrap();
        assert_eq!((api.endpoint.to_string().as_str(), api.key.as_str()), ("https://ws.test:443/pre", "k"));
        let credentials = api.credentials.unwrap();
        assert_eq!((credentials.id.as_str(), credentials.secret.expose()), ("12", "a/b"));
        let page = AppTarget::parse("ws://127.0.0.1:6001/app/k").unwrap();
        assert_eq!(page.endpoint.to_string(), "http://127.0.0.1:6001");
        assert!(page.credentials.is_none());
    }

    #[test]
    fn other_texts_are_refused_with_their_size() {
        for text in [
            "",
            "ws.test",
            "http://ws.test",
            "http://k@ws.test/apps/1",
            "http://k:s@ws.test/",
            "http://k:s@ws.test/apps/1?x",
            "ws://k:s@ws.test/app/k",
        ] {
            let error = AppTarget::parse(text).unwrap_err().to_string();
            assert!(error.ends_with(&format!("got {} bytes of another form", text.len())), "{error}");
        }
        assert!(AppTarget::parse("http://k:s@ws.test/apps/a b").unwrap_err().to_string().contains("app id"));
    }

    #[test]
    fn hosted_pusher_has_two_hosts() {
        for (api, socket) in [
            ("api-eu.pusher.com", "ws-eu.pusher.com"),
            ("api.pusherapp.com", "ws.pusherapp.com"),
            ("api.shop.test", "api.shop.test"),
        ] {
            let target = AppTarget::parse(&format!("http://k:s@{api}/apps/1")).unwrap();
            assert_eq!(target.socket_endpoint().host, socket);
        }
    }
}
