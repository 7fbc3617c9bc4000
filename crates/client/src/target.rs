//! A server and an app there, named by a URL or by a Laravel project.

use clairon_laravel::{CredentialSet, Environment, Project};
use clairon_protocol::{AppId, AppKey, Secret};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::{
    backend::{Problem, backend, credential_set, meant},
    credentials::Credentials,
    endpoint::Endpoint,
};

/// Where to connect to, and as whom.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where the HTTP API is.
    pub endpoint: Endpoint,
    /// The key that a WebSocket connects with.
    pub key: AppKey,
    /// What signs; `None` where only the key was given.
    pub credentials: Option<Credentials>,
}

/// Why a text or a project names no target. The text shows no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidTarget(String);

impl Target {
    /// One whose app is known.
    #[must_use]
    pub fn new(endpoint: Endpoint, credentials: Credentials) -> Self {
        Self { endpoint, key: credentials.key.clone(), credentials: Some(credentials) }
    }

    /// Reads the form of `PUSHER_URL`, `http(s)://KEY:SECRET@HOST[:PORT][/PREFIX]/apps/ID`, or that of a page's
    /// WebSocket, `ws(s)://HOST[:PORT][/PREFIX]/app/KEY`, which has no secret.
    ///
    /// # Errors
    /// When it has neither form, or the id, the key or the secret is none.
    pub fn parse(text: &str) -> Result<Self, InvalidTarget> {
        let url = Url::parse(text).ok();
        let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
        let read = url.as_ref().and_then(|url| of_api(url).or_else(|| of_page(url)));
        read.unwrap_or_else(|| {
            Err(format!(
                "expected http(s)://KEY:SECRET@HOST[:PORT][/PREFIX]/apps/ID, or ws(s)://HOST[:PORT][/PREFIX]/app/KEY \
                 to listen to public channels, got {} bytes of another form",
                text.len()
            ))
        })
        .map_err(InvalidTarget)
    }

    /// What a Laravel project sends events to. `PUSHER_URL`, which other frameworks have, counts where it is set.
    ///
    /// # Errors
    /// When the project names no server, or no app.
    pub fn of_project(project: &Project) -> Result<Self, InvalidTarget> {
        if let Some(url) = project.environment.filled("PUSHER_URL") {
            return Self::parse(url).map_err(|InvalidTarget(why)| InvalidTarget(format!("PUSHER_URL: {why}")));
        }
        let Some(connection) = meant(project) else {
            return Err(InvalidTarget("no PUSHER_APP_KEY and no REVERB_APP_KEY is set".to_owned()));
        };
        let endpoint = backend(&connection).map_err(|problem| match problem {
            Problem::Wrong { detail, .. } | Problem::Unread(detail) => InvalidTarget(detail),
            Problem::Missing => InvalidTarget("no host is set".to_owned()),
        })?;
        Credentials::of(&connection)
            .map(|credentials| Self::new(endpoint, credentials))
            .ok_or_else(|| InvalidTarget(missing(&project.environment, credential_set(Some(&connection)))))
    }

    /// Where a WebSocket connects to; hosted Pusher has another host for it.
    #[must_use]
    pub fn socket_endpoint(&self) -> Endpoint {
        let host = self.endpoint.host.strip_prefix("api").filter(|_| self.endpoint.is_hosted_pusher());
        let host = host.map_or_else(|| self.endpoint.host.clone(), |rest| format!("ws{rest}"));
        Endpoint { host, ..self.endpoint.clone() }
    }
}

type Read = Option<Result<Target, String>>;

fn of_api(url: &Url) -> Read {
    let (prefix, id) = url.path().trim_end_matches('/').rsplit_once("/apps/")?;
    let endpoint = Endpoint::of_url(url, prefix)?;
    let (key, secret) = (decode(url.username())?, decode(url.password()?)?);
    if key.is_empty() || !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let credentials =
        (|| Ok(Credentials { id: AppId::parse(id)?, key: AppKey::parse(&key)?, secret: Secret::parse(&secret)? }))();
    Some(credentials.map(|credentials| Target::new(endpoint, credentials)).map_err(wrong_id))
}

fn of_page(url: &Url) -> Read {
    let (prefix, key) = url.path().trim_end_matches('/').rsplit_once("/app/")?;
    let endpoint = Endpoint::of_url(url, prefix)?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    Some(AppKey::parse(key).map(|key| Target { endpoint, key, credentials: None }).map_err(wrong_id))
}

fn wrong_id(error: clairon_protocol::error::InvalidId) -> String {
    error.to_string()
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

/// Which variables are missing, or else that one of them is no credential.
fn missing(environment: &Environment, set: CredentialSet) -> String {
    let missing = set.missing(environment);
    if missing.is_empty() {
        format!("{} are not all well formed", set.variables().join(", "))
    } else {
        format!("{} is not set", missing.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_both_forms() {
        let api = Target::parse("https://k:a%2Fb@ws.test/pre/apps/12").unwrap();
        assert_eq!((api.endpoint.to_string().as_str(), api.key.as_str()), ("https://ws.test:443/pre", "k"));
        let credentials = api.credentials.unwrap();
        assert_eq!((credentials.id.as_str(), credentials.secret.expose()), ("12", "a/b"));
        let page = Target::parse("ws://127.0.0.1:6001/app/k").unwrap();
        assert_eq!(page.endpoint.to_string(), "http://127.0.0.1:6001");
        assert!(page.credentials.is_none());
    }

    #[test]
    fn what_is_no_target() {
        for text in [
            "",
            "ws.test",
            "http://ws.test",
            "http://k@ws.test/apps/1",
            "http://k:s@ws.test/",
            "http://k:s@ws.test/apps/1?x",
            "ws://k:s@ws.test/app/k",
        ] {
            let error = Target::parse(text).unwrap_err().to_string();
            assert!(error.ends_with(&format!("got {} bytes of another form", text.len())), "{error}");
        }
        assert!(Target::parse("http://k:s@ws.test/apps/a b").unwrap_err().to_string().contains("app id"));
    }

    #[test]
    fn hosted_pusher_has_two_hosts() {
        for (api, socket) in [
            ("api-eu.pusher.com", "ws-eu.pusher.com"),
            ("api.pusherapp.com", "ws.pusherapp.com"),
            ("api.shop.test", "api.shop.test"),
        ] {
            let target = Target::parse(&format!("http://k:s@{api}/apps/1")).unwrap();
            assert_eq!(target.socket_endpoint().host, socket);
        }
    }
}
