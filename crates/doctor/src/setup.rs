//! What the project says, worked out as Laravel and pusher-js would.

mod page;

use clairon_client::{Credentials, Endpoint, Problem, backend, credential_set, meant};
use clairon_laravel::{Connection, Project};
use clairon_protocol::AppKey;

use crate::{DoctorArgs, DoctorError, surroundings::Surroundings};

pub(crate) use self::page::Page;

/// Everything that checks look at.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) project: Project,
    pub(crate) in_container: bool,
    /// The connection that the project uses, or is meant to use, of those that speak the Pusher protocol.
    pub(crate) connection: Option<Connection>,
    pub(crate) credentials: Option<Credentials>,
    /// Where Laravel sends events, or why that cannot be told.
    pub(crate) backend: Result<Endpoint, Problem>,
    /// How the page connects.
    pub(crate) page: Page,
    pub(crate) auth_url: Option<String>,
}

impl Setup {
    pub(crate) fn new(
        arguments: &DoctorArgs,
        surroundings: &Surroundings,
        project: Project,
    ) -> Result<Self, DoctorError> {
        let given = arguments.url.as_deref().map(given_endpoint).transpose()?;
        let connection = meant(&project);
        let backend = match (&given, &connection) {
            (Some(endpoint), _) => Ok(endpoint.clone()),
            (None, Some(connection)) => backend(connection),
            (None, None) => Err(Problem::Missing),
        };
        let mut page = Page::of(&project, connection.as_ref(), backend.as_ref().ok());
        if let Some(endpoint) = given {
            page.endpoint = Ok(endpoint);
        }
        Ok(Self {
            in_container: surroundings.in_container,
            credentials: connection.as_ref().and_then(Credentials::of),
            auth_url: arguments.auth_url.as_deref().map(given_page).transpose()?,
            connection,
            backend,
            page,
            project,
        })
    }

    /// The key that the page connects with; the backend's where it cannot be read.
    pub(crate) fn page_key(&self) -> Option<AppKey> {
        let own = self.page.key.filled().and_then(|key| AppKey::parse(&key).ok());
        own.or_else(|| Some(self.credentials.as_ref()?.key.clone()))
    }

    /// What the project's variables begin with: `PUSHER`, or `REVERB` where its driver is used.
    pub(crate) fn names(&self) -> &'static str {
        credential_set(self.connection.as_ref()).prefix()
    }

    /// What a browser sends as `Origin`.
    pub(crate) fn origin(&self) -> Option<String> {
        let url = url::Url::parse(&self.project.environment.env_text("APP_URL")?).ok()?;
        Some(url.origin()).filter(url::Origin::is_tuple).map(|origin| origin.ascii_serialization())
    }
}

fn given_endpoint(text: &str) -> Result<Endpoint, DoctorError> {
    let size = text.len();
    Endpoint::parse(text).ok_or_else(|| {
        DoctorError::Argument(format!(
            "--url: expected http(s)://HOST[:PORT][/PREFIX], got {size} bytes of another form"
        ))
    })
}

fn given_page(text: &str) -> Result<String, DoctorError> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let size = text.len();
    url.map(String::from).ok_or_else(|| {
        DoctorError::Argument(format!("--auth-url: expected http(s)://HOST/PATH, got {size} bytes of another form"))
    })
}
