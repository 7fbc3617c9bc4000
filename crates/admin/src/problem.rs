//! The error answers of the admin API.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use clairon_cluster::ClusterError;
use clairon_protocol::{OutOfRange, error::InvalidChannel};
use clairon_registry::{RegistryError, WrongSize};
use clairon_server::{
    api::{ApiError, Reason, UNDERSTOOD_CODINGS, retry_seconds},
    operators::HashingFailure,
    peer_text::start_of,
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of a [`Problem`].
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// The challenge for a request without a token.
const CHALLENGE: &str = r#"Bearer realm="Clairon admin API""#;

/// The largest number of faults in an answer.
const FAULTS: usize = 32;
/// The time after which another attempt to compare a password makes sense.
const BUSY_PAUSE: Duration = Duration::from_secs(5);
/// A name is repeated up to this many characters.
const NAME_CHARS: usize = 64;

/// The reason why a request was refused (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `about:blank`: the status describes the type.
    #[schema(value_type = String)]
    r#type: &'static str,
    /// The status in words.
    #[schema(value_type = String)]
    title: &'static str,
    /// The status.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16)]
    status: StatusCode,
    /// A description for people.
    detail: String,
    /// The invalid parts of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<Fault>,
    /// The exact reason, for the log, if the detail says less.
    #[serde(skip)]
    reason: Option<String>,
    /// The seconds after which a retry may succeed.
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// An invalid part of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// Its position in the body: a JSON pointer as a URI fragment.
    pointer: String,
    /// Its size or type, and what is allowed.
    detail: String,
}

impl Fault {
    /// The fault of a field of the body.
    pub(crate) fn field(name: &str, detail: impl Into<String>) -> Self {
        Self { pointer: format!("#/{}", shown(name).replace('~', "~0").replace('/', "~1")), detail: detail.into() }
    }
}

/// The start of a name, which may be of any length.
pub(crate) fn shown(name: &str) -> &str {
    start_of(name, NAME_CHARS)
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status,
            detail: detail.into(),
            errors: Vec::new(),
            reason: None,
            retry_after: None,
        }
    }

    /// The answer for an invalid query or body.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// The answer for invalid fields of the body. It lists them up to a limit.
    pub(crate) fn fields(mut errors: Vec<Fault>) -> Self {
        let more = errors.len().saturating_sub(FAULTS);
        errors.truncate(FAULTS);
        let mut details: Vec<String> = errors.iter().map(|fault| fault.detail.clone()).collect();
        if more > 0 {
            details.push(format!("and {more} more"));
        }
        Self { errors, ..Self::invalid(details.join("; ")) }
    }

    /// The answer for an unknown id in the path.
    pub(crate) fn no_app() -> Self {
        Self::new(StatusCode::NOT_FOUND, "No app has the id in the path")
    }

    /// The answer for a body that is not declared as JSON.
    pub(crate) fn not_json() -> Self {
        let detail = "The body has to be JSON, with the header `Content-Type: application/json`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    /// The answer for a request that failed within the server.
    pub(crate) fn failed(error: &impl ToString) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The server failed: its log says why").because(error.to_string())
    }

    /// The answer for the name of a channel in the path that no channel can have.
    pub(crate) fn no_channel(invalid: &InvalidChannel) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("The app can have no such channel: {invalid}"))
    }

    /// The credential of the request is wrong or missing.
    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// The request has neither the token nor a session.
    pub(crate) fn no_access() -> Self {
        let detail = "The admin API asks for the header `Authorization: Bearer TOKEN` with the token of the server's \
                      setting admin.token, or for the session cookie of the dashboard";
        Self::unauthorized(detail)
    }

    /// The operator may not send this request.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// There are too many requests of this kind; another may succeed after the time.
    pub(crate) fn too_many(detail: impl Into<String>, wait: Duration) -> Self {
        Self { retry_after: Some(retry_seconds(wait)), ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    /// A password or a cookie could not be compared.
    pub(crate) fn hashing(failure: &HashingFailure) -> Self {
        match failure {
            HashingFailure::Busy => Self::too_many(failure.to_string(), BUSY_PAUSE),
            HashingFailure::Failed(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, failure.to_string()),
        }
    }

    /// No endpoint has the id in the path.
    pub(crate) fn no_webhook() -> Self {
        Self::new(StatusCode::NOT_FOUND, "The app has no endpoint with the id in the path")
    }

    /// Adds a reason that only the log gets.
    pub(crate) fn because(self, reason: String) -> Self {
        Self { reason: Some(reason), ..self }
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        Self::new(error.status(), error.message())
    }
}

impl From<ClusterError> for Problem {
    fn from(error: ClusterError) -> Self {
        Self::from(ApiError::from(error))
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        use RegistryError as E;
        let detail = error.to_string();
        match error {
            E::Size(WrongSize { field, .. })
            | E::Character { field, .. }
            | E::Range(OutOfRange { name: field, .. }) => Self::fields(vec![Fault::field(field, detail)]),
            E::Origin { .. } => Self::fields(vec![Fault::field("allowed_origins", detail)]),
            E::Webhook(invalid) => Self::fields(vec![Fault::field(invalid.field(), detail)]),
            E::KeyTwice { .. } | E::WebhookTwice { .. } => Self::invalid(detail),
            E::IdTaken { .. } | E::KeyTaken { .. } | E::LastKey { .. } => Self::new(StatusCode::CONFLICT, detail),
            E::UnknownKey { .. } => Self::new(StatusCode::NOT_FOUND, detail),
            // The admin API does not declare apps.
            E::BadRow { .. } | E::Declaration { .. } => Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail),
            E::Url { .. }
            | E::Open { .. }
            | E::Missing { .. }
            | E::FileGone { .. }
            | E::TimedOut { .. }
            | E::Database(_) => {
                let detail_for_all = "The database of the registry cannot be used now: the log of the server says why";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, detail_for_all).because(detail)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if self.status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(UNDERSTOOD_CODINGS));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Reason(self.reason.unwrap_or(self.detail)));
        response
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

#[cfg(test)]
mod tests {
    use clairon_registry::{AllowedOrigins, WrongSize};

    use super::*;

    #[test]
    fn a_problem_points_at_each_field() {
        let problem = Problem::fields(vec![Fault::field("a/b", "one"), Fault::field("c", "two")]);
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["status"], 422);
        assert_eq!(json["detail"], "one; two");
        assert_eq!(json["errors"][0]["pointer"], "#/a~1b");
        let name = RegistryError::Size(WrongSize { field: "name", size: 300, unit: "bytes", min: 0, max: 255 });
        assert_eq!(Problem::from(name).errors[0].pointer, "#/name");
        let origin = AllowedOrigins::parse(&["a/b"]).unwrap_err();
        assert_eq!(Problem::from(origin).errors[0].pointer, "#/allowed_origins");
    }
}
