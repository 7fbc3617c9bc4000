//! The two sides that connect to a server: Laravel and the page. Most projects have one server for both.

use clairon_client::Endpoint;

use crate::setup::Setup;

/// A server, and the sides that connect to it.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) endpoint: Endpoint,
    pub(super) is_backend: bool,
    pub(super) is_page: bool,
    /// The prefix of the first side's variables, such as `PUSHER` or `VITE_PUSHER`.
    variables: String,
    /// The prefix of the page's variables, if both sides connect to this server.
    mirrored: Option<String>,
}

impl Side {
    /// The backend's server and the page's server, or the one server of both.
    pub(super) fn all(setup: &Setup) -> Vec<Self> {
        let (names, bundler) = (setup.names(), setup.page.bundler);
        let page_names = format!("{bundler}_{names}");
        let (backend, page) = (setup.backend.as_ref().ok(), setup.page.endpoint.as_ref().ok());
        let is_shared = backend.is_some() && backend == page;
        let backend = backend.map(|endpoint| Self {
            endpoint: endpoint.clone(),
            is_backend: true,
            is_page: is_shared,
            variables: names.to_owned(),
            mirrored: is_shared.then(|| page_names.clone()),
        });
        let page = page.filter(|_| !is_shared).map(|endpoint| Self {
            endpoint: endpoint.clone(),
            is_backend: false,
            is_page: true,
            variables: page_names.clone(),
            mirrored: None,
        });
        backend.into_iter().chain(page).collect()
    }

    /// The lines of `.env` that set a value for all sides of this server.
    pub(super) fn set(&self, name: &str, value: &str) -> String {
        let own = format!("{}_{name}={value}", self.variables);
        let mirrored = self.mirrored.as_ref().map(|page| format!("\n{page}_{name}=\"${{{}_{name}}}\"", self.variables));
        let build = if self.is_page { "\nnpm run build" } else { "" };
        format!("{own}{}{build}", mirrored.unwrap_or_default())
    }
}
