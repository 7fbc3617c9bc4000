//! The settings of the project, resolved as Laravel and pusher-js do.

mod page;

use clairon_client::Endpoint;
use clairon_laravel::{AddressError, BackendAddress, BroadcastConnection, CredentialSet, Project};
use clairon_protocol::{AppCredentials, AppKey};

use crate::{DoctorArgs, DoctorError, surroundings::Surroundings};

pub(crate) use self::page::Page;

/// The input of all checks.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) project: Project,
    pub(crate) in_container: bool,
    /// The connection of the Pusher protocol that the project uses, or probably means to use.
    pub(crate) connection: Option<BroadcastConnection>,
    pub(crate) credentials: Option<AppCredentials>,
    /// The address that Laravel sends events to, or why it is not known.
    pub(crate) backend: Result<Endpoint, AddressError>,
    /// The connection settings of the page.
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
        let connection = project.pusher_connection().cloned();
        let backend = match (&given, &connection) {
            (Some(endpoint), _) => Ok(endpoint.clone()),
            (None, Some(connection)) => BackendAddress::of(connection)
                .map(|BackendAddress { host, port, tls, path }| Endpoint::new(&host, port, tls, &path)),
            (None, None) => Err(AddressError::Missing),
        };
        let mut page = Page::of(&project, connection.as_ref(), backend.as_ref().ok());
        if let Some(endpoint) = given {
            page.endpoint = Ok(endpoint);
        }
        Ok(Self {
            in_container: surroundings.in_container,
            credentials: connection.as_ref().and_then(BroadcastConnection::credentials),
            auth_url: arguments.auth_url.as_deref().map(given_page).transpose()?,
            connection,
            backend,
            page,
            project,
        })
    }

    /// The key that the page connects with; the backend's key if the page's cannot be read.
    pub(crate) fn page_key(&self) -> Option<AppKey> {
        let own = self.page.key.filled().and_then(|key| AppKey::parse(&key).ok());
        own.or_else(|| Some(self.credentials.as_ref()?.key.clone()))
    }

    /// The prefix of the project's variables: `PUSHER`, or `REVERB` for the driver `reverb`.
    pub(crate) fn names(&self) -> &'static str {
        self.connection.as_ref().map_or(CredentialSet::Pusher, BroadcastConnection::credential_set).prefix()
    }

    /// The header `Origin` of a browser on the site.
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
