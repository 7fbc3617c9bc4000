//! The error answers of the HTTP API.

use std::time::Duration;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use clairon_cluster::{BusError, ClusterError};
use clairon_protocol::{NoRoom, error::InvalidChannel};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{edge::TooFast, peers::PublishError};

/// The supported encodings of a body, which an answer with 415 lists (RFC 9110, 12.5.3).
pub const UNDERSTOOD_CODINGS: &str = "gzip, identity";

/// A refused request: its status, and a body `{"error":…,"code":…}` that names the field, its size and the limit.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    message: String,
    /// The exact reason, for the log, if the message says less.
    reason: Option<String>,
    /// The time after which a retry may succeed.
    retry_after: Option<Duration>,
    /// The number of the oldest event in a log, if it has lost others.
    oldest: Option<u64>,
}

/// An extension of the response, read where requests are logged.
#[derive(Clone)]
pub struct Reason(pub String);

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), reason: None, retry_after: None, oldest: None }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The message for the client.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Adds a reason that only the log gets.
    pub(crate) fn because(self, reason: String) -> Self {
        Self { reason: Some(reason), ..self }
    }
}

impl ApiError {
    /// Adds the number of the oldest event in a log.
    pub(super) fn with_oldest(self, oldest: u64) -> Self {
        Self { oldest: Some(oldest), ..self }
    }
}

impl From<InvalidChannel> for ApiError {
    fn from(invalid: InvalidChannel) -> Self {
        Self::bad_request(invalid.to_string())
    }
}

/// The answer has a `Retry-After`, which Laravel's queue and HTTP clients read.
impl From<TooFast> for ApiError {
    fn from(too_fast: TooFast) -> Self {
        let retry_after = Some(too_fast.wait);
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, too_fast.to_string()) }
    }
}

impl From<NoRoom> for ApiError {
    fn from(no_room: NoRoom) -> Self {
        Self::bad_request(no_room.to_string())
    }
}

impl From<BusError> for ApiError {
    fn from(error: BusError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<PublishError> for ApiError {
    fn from(error: PublishError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<ClusterError> for ApiError {
    fn from(error: ClusterError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "The other nodes cannot be reached").because(error.to_string())
    }
}

/// The value of `Retry-After`: whole seconds (RFC 9110, 10.2.3), at least one.
#[must_use]
pub fn retry_seconds(wait: Duration) -> u32 {
    let seconds = if wait.subsec_nanos() > 0 { wait.as_secs() + 1 } else { wait.as_secs().max(1) };
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a str,
            code: u16,
            #[serde(skip_serializing_if = "Option::is_none")]
            oldest: Option<u64>,
        }
        let body = Body { error: &self.message, code: self.status.as_u16(), oldest: self.oldest };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static(UNDERSTOOD_CODINGS));
        }
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, retry_seconds(wait).into());
        }
        response.extensions_mut().insert(Reason(self.reason.unwrap_or(self.message)));
        response
    }
}
