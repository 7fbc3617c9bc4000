//! The filter of activities in the query of a request.

use clairon_protocol::SocketId;
use clairon_server::live_feed::{ActivityKind, DataLimit, Filter, MAX_DATA};
use wildmatch::WildMatch;

use crate::problem::Problem;

/// The largest pattern, in bytes. It bounds the cost of each activity.
const MAX_PATTERN: usize = 200;
/// The largest text, in bytes.
const MAX_TEXT: usize = 1_000;

/// The parts of a filter, as they are in the query.
#[derive(Debug, Default)]
pub(crate) struct FilterInput {
    pub(crate) app: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) socket_id: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) events: bool,
}

impl FilterInput {
    /// Parses all parts.
    ///
    /// # Errors
    /// When one is too long, or of an unknown kind.
    pub(crate) fn parse(self) -> Result<Filter, Problem> {
        let Self { app, kind, channel, event, socket_id, user, text, events } = self;
        let user = user.map(|user| limited("user", user, MAX_TEXT)).transpose()?;
        let text = text.filter(|text| !text.is_empty()).map(|text| limited("text", text, MAX_TEXT)).transpose()?;
        let socket_id = socket_id.map(|id| parse_socket_id(&id)).transpose()?;
        let (channel, event) = (pattern("channel", channel)?, pattern("event", event)?);
        let kinds = kind.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let kinds = kinds.map(parse_kind).collect::<Result<_, _>>()?;
        Ok(Filter { app, kinds, channel, event, socket_id, user, text, events })
    }
}

fn pattern(name: &str, text: Option<String>) -> Result<Option<WildMatch>, Problem> {
    text.map(|text| Ok(WildMatch::new(&limited(name, text, MAX_PATTERN)?))).transpose()
}

fn limited(name: &str, text: String, limit: usize) -> Result<String, Problem> {
    match text.len() {
        size if size > limit => Err(Problem::invalid(format!("{name} has {size} bytes, allowed are {limit}"))),
        _ => Ok(text),
    }
}

/// Parses a socket id of the query.
///
/// # Errors
/// When it is none.
pub(crate) fn parse_socket_id(text: &str) -> Result<SocketId, Problem> {
    let allowed = "allowed is a socket id: two numbers joined by a dot";
    text.parse().map_err(|_| Problem::invalid(format!("socket_id has {} bytes, {allowed}", text.len())))
}

fn parse_kind(name: &str) -> Result<ActivityKind, Problem> {
    ActivityKind::parse(name).ok_or_else(|| {
        let size = name.len();
        Problem::invalid(format!(
            "kind has a name of {size} bytes that is no kind of activity; allowed are those of Activity"
        ))
    })
}

/// How much data is shown.
///
/// # Errors
/// When it is out of range.
pub(crate) fn data_limit(bytes: Option<u32>) -> Result<DataLimit, Problem> {
    match bytes.map(|bytes| bytes as usize) {
        None => Ok(DataLimit::default()),
        Some(bytes @ ..=MAX_DATA) => Ok(DataLimit::Bytes(bytes)),
        Some(bytes) => {
            Err(Problem::invalid(format!("data_bytes is {bytes}, allowed are whole numbers from 0 to {MAX_DATA}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_separated_by_commas() {
        let kinds = |kind: &str| FilterInput { kind: Some(kind.to_owned()), ..FilterInput::default() }.parse();
        let both = kinds("event, client_event,").unwrap().kinds;
        assert_eq!(both, [ActivityKind::Event, ActivityKind::ClientEvent]);
        assert!(kinds("").unwrap().kinds.is_empty());
        for wrong in ["Event", "event;x", "<script>"] {
            assert!(kinds(wrong).is_err(), "{wrong}");
        }
    }
}
