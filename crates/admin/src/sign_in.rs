//! A sign-in: the credential in the body, and where the request comes from.

use std::{net::IpAddr, sync::Arc, time::Duration};

use clairon_server::{PeerAddress, node::Node, operators::Role, plain_connections::PlainConnection};
use http::{HeaderMap, HeaderName, header, request::Parts, uri::Authority};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type, schema::AdditionalProperties},
};

use crate::{
    body::Object,
    invalid_field::{Allowed, InvalidField},
    problem::{Fault, Problem},
};

/// The headers with which proxies name a client. A request that has one has come through a proxy.
pub(crate) const FORWARDING: [HeaderName; 4] =
    [HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip"), header::FORWARDED, header::VIA];

/// The fields of a sign-in, of which there is one.
const FIELDS: [&str; 3] = ["password", "token", "link"];

/// The credential of a sign-in. It has no `Debug`, because it is a secret.
pub(crate) struct SignIn {
    /// One of [`FIELDS`].
    pub(crate) method: &'static str,
    given: String,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) client: PeerAddress,
    /// True for a request from this machine, by its address and its `Host`, that has passed no proxy, as far as can be
    /// known.
    pub(crate) is_local: bool,
    /// True if the browser's connection is encrypted.
    pub(crate) is_secure: bool,
}

impl SignIn {
    /// # Errors
    /// The body has not exactly one field, or another one.
    pub(crate) fn read(object: Object) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let mut credentials = Vec::new();
        for (name, value) in object.0 {
            match (FIELDS.into_iter().find(|field| *field == name), value) {
                (Some(method), Value::String(given)) => credentials.push(Self { method, given }),
                (Some(method), other) => {
                    faults.push(Fault::field(method, InvalidField::wrong(method, &other, Allowed::Text).to_string()));
                }
                (None, _) => {
                    faults.push(Fault::field(&name, InvalidField::unknown_of(&name, "a sign-in").to_string()));
                }
            }
        }
        if !faults.is_empty() {
            return Err(Problem::fields(faults));
        }
        match (credentials.pop(), credentials.pop()) {
            (Some(credential), None) => Ok(credential),
            _ => Err(Problem::invalid("A sign-in has exactly one of password, token and link")),
        }
    }

    /// The role of the operator with this credential.
    ///
    /// # Errors
    /// 401 for a wrong credential, 429 while too many are compared.
    pub(crate) async fn role(self, node: &Node, origin: Origin) -> Result<Role, Problem> {
        let Self { method, given } = self;
        let operators = &node.operators;
        let wrong = |detail: &str, reason: String| Err(Problem::unauthorized(detail).because(reason));
        match method {
            "password" => match operators.role_of(given).await {
                Ok(Some(role)) => Ok(role),
                Ok(None) => wrong("The password is wrong", "the password is not one of the settings".to_owned()),
                Err(failure) => Err(Problem::hashing(&failure)),
            },
            "token" => match operators.check_token(&given) {
                Ok(()) => Ok(Role::Admin),
                Err(no_access) => wrong("The token is wrong", no_access.to_string()),
            },
            _ if !origin.is_local => wrong(
                "The link works on the machine of the server alone, as it was printed, and not through a proxy or another \
                 name of the server",
                "the one-time link is used from another machine, through a proxy, or with another Host".to_owned(),
            ),
            _ => match operators.take_link(&given) {
                Ok(()) => Ok(Role::Admin),
                Err(wrong_link) => wrong("The link is wrong, or was used before", wrong_link.to_string()),
            },
        }
    }
}

impl Origin {
    pub(crate) fn of(parts: &Parts) -> Self {
        let client: PeerAddress = parts.extensions.get().copied().unwrap_or_default();
        let connection = parts.extensions.get::<Arc<PlainConnection>>();
        let socket = connection.map_or(client, |plain| plain.peer());
        let is_loopback = |peer: PeerAddress| peer.ip().is_some_and(|ip| ip.is_loopback());
        let is_forwarded = FORWARDING.iter().any(|name| parts.headers.contains_key(name));
        let is_tls = connection.is_some_and(|plain| plain.is_tls());
        // Behind a proxy with TLS, the browser names the scheme of its page.
        let is_https = parts.headers.get(header::ORIGIN).is_some_and(|it| it.as_bytes().starts_with(b"https://"));
        Self {
            client,
            is_local: is_loopback(client) && is_loopback(socket) && !is_forwarded && names_loopback(&parts.headers),
            is_secure: is_tls || is_https,
        }
    }

    /// The peer whose attempts to sign in are counted. A proxy on this machine that is not trusted counts as a peer
    /// without an address, so that it uses up none of the attempts of an operator on this machine.
    pub(crate) fn counted_as(self) -> PeerAddress {
        let is_loopback = self.client.ip().is_some_and(|ip| ip.is_loopback());
        if is_loopback && !self.is_local { PeerAddress::default() } else { self.client }
    }

    /// The value of `Set-Cookie`. A lifetime of zero deletes the cookie.
    pub(crate) fn cookie(self, name: &str, path_prefix: &str, value: &str, lifetime: Duration) -> String {
        let (seconds, secure) = (lifetime.as_secs(), if self.is_secure { "; Secure" } else { "" });
        format!("{name}={value}; Path={path_prefix}/admin/api; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }
}

/// True if the `Host` is a name of this machine. A tunnel from the internet, or a name of another site that leads here,
/// has another one.
fn names_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| Authority::try_from(value.as_bytes()).ok());
    host.is_some_and(|authority| {
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        !authority.as_str().contains('@')
            && (host.eq_ignore_ascii_case("localhost")
                || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback()))
    })
}

impl PartialSchema for SignIn {
    fn schema() -> RefOr<Schema> {
        let text = |description| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
        ObjectBuilder::new()
            .description(Some("Exactly one of the fields."))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .min_properties(Some(1))
            .max_properties(Some(1))
            .property("password", text("A password of the settings: dashboard.password or dashboard.viewer_password."))
            .property("token", text("The token of the setting admin.token."))
            .property("link", text("The secret part of the one-time link that the server has printed."))
            .into()
    }
}

impl ToSchema for SignIn {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_has_one_credential() {
        let read = |json: &str| SignIn::read(serde_json::from_str(json).unwrap());
        for method in FIELDS {
            let sign_in = read(&format!(r#"{{"{method}": "x"}}"#)).ok().unwrap();
            assert_eq!((sign_in.method, sign_in.given.as_str()), (method, "x"));
        }
        for json in [
            "{}",
            r#"{"password": "hunter2", "token": "hunter2"}"#,
            r#"{"password": 1}"#,
            r#"{"password": null}"#,
            r#"{"passwort": "hunter2"}"#,
            r#"{"password": "hunter2", "x": "hunter2"}"#,
        ] {
            let problem = format!("{:?}", read(json).err().unwrap());
            assert!(problem.contains("422") && !problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn names_of_this_machine() {
        let is_local = |host: &'static str| {
            names_loopback(&HeaderMap::from_iter([(header::HOST, http::HeaderValue::from_static(host))]))
        };
        for host in ["127.0.0.1:6001", "localhost", "LOCALHOST:80", "[::1]:6001", "127.8.8.8", "[::ffff:127.0.0.1]"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["ws.example.com", "192.0.2.1:6001", "localhost.example.com", "127.0.0.1.nip.io", "", "x@localhost"]
        {
            assert!(!is_local(host), "{host}");
        }
        assert!(!names_loopback(&HeaderMap::new()));
    }
}
