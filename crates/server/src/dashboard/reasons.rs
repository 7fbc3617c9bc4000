//! The dashboard translates the reasons of refusals and ends, which the server writes in English.

use clairon_protocol::{
    Disconnect, LossReason, NoRoom,
    auth::{InvalidRequest, InvalidToken},
    error::{InvalidChannel, InvalidUser},
};
use clairon_websocket::DecodeError;

use super::messages::Reasons;
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
    all.extend(rooms.iter().map(ToString::to_string));
    all.extend(hosts.iter().map(ToString::to_string));
    all.extend(bearers.iter().map(ToString::to_string));
    all.extend(sessions.iter().map(ToString::to_string));
    all.extend(LossReason::ALL.map(|reason| recoveries::words(reason).to_owned()));
    all
}

#[test]
fn the_dashboard_has_each_reason_in_its_languages() {
    let pairs = pairs();
    let reasons = Reasons::parse(&pairs);
    for reason in typed() {
        assert!(reasons.has(&reason), "{reason}");
    }
    assert!(!reasons.has("a reason that no template has") && !reasons.has(""));
}
