//! The dashboard translates the reasons of refusals and ends, which the server writes in English.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use clairon_protocol::{
    AppId, AppKey, Disconnect, LossReason, NoRoom,
    auth::{InvalidRequest, InvalidToken},
    error::{InvalidChannel, InvalidCommand, InvalidUser},
};
use clairon_registry::{AllowedOrigins, RegistryError, WebhookHeaders, WebhookUrl, WrongSize};
use clairon_webhooks::{SendFailure, Step};
use clairon_websocket::DecodeError;

use super::translations::Reasons;
use crate::{bearer::NoAccess, host::InvalidHost, operators::InvalidSession, recoveries};

fn pairs() -> Vec<(String, String)> {
    serde_json::from_str(include_str!("../../dashboard/src/messages/reasons.json")).unwrap()
}

/// Every reason that is a value of an enumeration.
fn typed() -> Vec<String> {
    use DecodeError::{
        CloseCode, CloseLength, ControlFragmented, ControlTooLong, Deflate, ExpectedContinuation, LengthForm,
        LengthRange, Opcode, ReservedBits, TooBig, UnexpectedContinuation, Unmasked, Utf8,
    };
    use Disconnect::{
        AppDisabled, ByOperator, NoPong, OriginNotAllowed, OutboxesFull, OverCapacity, OverQuota, PartialsFull,
        PathNotFound, ReconnectForOperator, Shutdown, SlowReader, Terminated, TooFast, TooManyArrivals,
        TooManyConnections, Unauthorized, UnknownApp, UnsupportedVersion,
    };
    let (size, limit, position) = (7, 5, 3);
    let ends = [
        AppDisabled,
        ByOperator,
        NoPong,
        OriginNotAllowed,
        OutboxesFull,
        OverCapacity,
        OverQuota,
        PartialsFull,
        PathNotFound,
        ReconnectForOperator,
        Shutdown,
        SlowReader,
        Terminated,
        TooFast,
        TooManyArrivals,
        TooManyConnections,
        Unauthorized,
        UnknownApp,
        UnsupportedVersion,
    ];
    let channels = [
        InvalidChannel::Empty,
        InvalidChannel::TooLong { size, limit },
        InvalidChannel::UserIdTooLong { size, limit },
        InvalidChannel::Character { position, size },
    ];
    let field = "channel_data";
    let users = [
        InvalidUser::Json { field, size, problem: "EOF while parsing".to_owned() },
        InvalidUser::Id { field },
        InvalidUser::IdSurrogate { field, size, position },
        InvalidUser::Watchlist,
        InvalidUser::IdTooLong { size, limit },
        InvalidUser::InfoTooLong { size, limit },
    ];
    let tokens = [InvalidToken::Missing, InvalidToken::Form { size }, InvalidToken::Key, InvalidToken::Signature];
    let requests = [
        InvalidRequest::Missing("auth_key"),
        InvalidRequest::Version { size },
        InvalidRequest::Timestamp { size },
        InvalidRequest::Expired { given: 1, now: 2_000 },
        InvalidRequest::Body { size },
        InvalidRequest::Signature,
    ];
    let frames = [
        Unmasked,
        ReservedBits { bits: 1 },
        Opcode { opcode: 3 },
        ControlTooLong { size: 126 },
        ControlFragmented,
        UnexpectedContinuation,
        ExpectedContinuation,
        LengthForm { size: 1 },
        LengthRange { size: u64::MAX },
        TooBig { size: 9, limit: 5 },
        Utf8 { position },
        Deflate,
        CloseLength,
        CloseCode { code: 1_005 },
    ];
    let commands = [
        InvalidCommand::Json { size, problem: "EOF while parsing".to_owned() },
        InvalidCommand::Missing("data.channel"),
        InvalidCommand::Field { field, problem: "expected a string".to_owned() },
        InvalidCommand::Unsupported("pusher:other".to_owned()),
    ];
    let rooms = [NoRoom::Members { limit }, NoRoom::Bytes { limit }, NoRoom::Channels { limit }];
    let hosts = [InvalidHost::Missing, InvalidHost::Several(2), InvalidHost::Form(size)];
    let bearers = [NoAccess::NoHeader, NoAccess::NoToken, NoAccess::OtherToken { size }, NoAccess::NotSet];
    let sessions = [InvalidSession::Form { size }, InvalidSession::Signature, InvalidSession::Expired];
    let mut all: Vec<String> = ends.iter().map(ToString::to_string).collect();
    all.extend(channels.iter().map(ToString::to_string));
    all.extend(users.iter().map(ToString::to_string));
    all.extend(tokens.iter().map(ToString::to_string));
    all.extend(requests.iter().map(ToString::to_string));
    all.extend(frames.iter().map(|error| format!("broken WebSocket: {error}")));
    all.extend(commands.iter().map(ToString::to_string));
    all.extend(rooms.iter().map(ToString::to_string));
    all.extend(hosts.iter().map(ToString::to_string));
    all.extend(bearers.iter().map(ToString::to_string));
    all.extend(sessions.iter().map(ToString::to_string));
    all.extend(webhook_failures());
    all.extend(invalid_apps());
    all.extend(LossReason::ALL.map(|reason| recoveries::words(reason).to_owned()));
    all
}

/// The reasons why a delivery gets no answer, as far as the words are those of this server.
fn webhook_failures() -> Vec<String> {
    let refused = || Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused));
    let closed = || Arc::new(io::Error::from(io::ErrorKind::UnexpectedEof));
    let [host, peer] = ["hook.test", "hook.test:443"].map(str::to_owned);
    let address = IpAddr::from([10, 0, 0, 1]);
    let steps = [Step::Resolve, Step::Connect, Step::Tunnel, Step::Tls, Step::Answer];
    let timeouts = steps.map(|step| SendFailure::Timeout { step, timeout: Duration::from_secs(10) });
    let problem = "it asks for other credentials (407)".to_owned();
    let others = [
        SendFailure::Url,
        SendFailure::Header { name: "X Y".to_owned() },
        SendFailure::Proxy { variable: "HTTPS_PROXY" },
        SendFailure::Resolve { host: host.clone(), error: refused() },
        SendFailure::Private { host, address },
        SendFailure::Private { host: address.to_string(), address },
        SendFailure::Connect { peer: peer.clone(), error: refused() },
        SendFailure::Connect { peer: format!("the proxy {peer}"), error: closed() },
        SendFailure::Tls { peer: peer.clone(), error: closed() },
        SendFailure::Tunnel { proxy: peer, problem },
    ];
    timeouts.iter().chain(&others).map(ToString::to_string).collect()
}

/// The reasons why an app, or an endpoint of one, cannot be saved.
fn invalid_apps() -> Vec<String> {
    let origins = [
        "a b.test",
        "https://a.test/x",
        "https://u@a.test",
        "wss://a.test",
        "1x://a.test",
        "https:/a.test",
        "https://",
        ".a.test",
        "a.test,b.test",
        "a!.test",
        "1.2.3.400",
        "xn--a.test",
        "file://a.test",
        "é*.test",
        "a.test:0",
        "::1",
        "",
    ];
    let origins = origins.map(|origin| AllowedOrigins::parse(&[origin]).expect_err(origin).to_string());
    let urls =
        ["ftp://a.test", "a b", "http://a.test/#x", "http://a.test:0", "http://", "http://a.test:x", "http://…@a.test"];
    let urls = urls.map(|url| WebhookUrl::parse(url).expect_err(url).to_string());
    let long = "x".repeat(9_000);
    let headers = [("", "1"), ("a b", "1"), ("Host", "1"), ("X-A", &long), ("X-A", "é"), ("X-A", "…")];
    let headers = headers.map(|header| WebhookHeaders::parse([header]).expect_err(header.0).to_string());
    let (id, key) = (AppId::parse("1").unwrap(), AppKey::parse("k").unwrap());
    let errors = [
        RegistryError::Size(WrongSize { field: "name", size: 300, unit: "bytes", min: 0, max: 255 }),
        RegistryError::Size(WrongSize { field: "channels", size: 60, unit: "entries", min: 0, max: 50 }),
        RegistryError::Character { field: "name", size: 9, position: 3 },
        RegistryError::IdTaken { id: id.clone() },
        RegistryError::KeyTaken { key, owner: id.to_string() },
        RegistryError::UnknownKey { app: id.clone(), size: 3 },
        RegistryError::LastKey { app: id },
    ];
    let errors = errors.map(|error| error.to_string());
    origins.into_iter().chain(urls).chain(headers).chain(errors).collect()
}

#[test]
fn the_dashboard_has_each_reason_in_its_languages() {
    let pairs = pairs();
    let reasons = Reasons::parse(&pairs);
    let missing: Vec<String> = typed().into_iter().filter(|reason| !reasons.has(reason)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(!reasons.has("a reason that no template has") && !reasons.has(""));
}
