//! The reasons why a request to the HTTP API is refused.

use clairon_protocol::auth::{HttpRequest, InvalidRequest};
use clairon_registry::{App, AppCache, Credential};

use super::{Explanation, SIGNING};
use crate::peer_text::PeerText;

/// The number of forms in which a request may have been signed, of its path and its parameters together.
const READINGS: usize = 8;

impl Explanation<'_> {
    /// The reason why the app in a path is unknown, or is not that of the `auth_key`.
    pub(crate) fn app(&self, apps: &AppCache, id: &str, key: Option<&str>) -> String {
        let path = match (apps.by_id(id), apps.by_key(id)) {
            (Some(_), _) => format!("the path names the app {id}"),
            (None, Some(app)) => format!("no app has the id in the path: it is the key of the app {}", app.id),
            (None, None) if self.search.is_over() => format!("no app has the id ({} bytes)", id.len()),
            (None, None) => format!("no app has the id {:?}", PeerText::new(apps, id)),
        };
        match key {
            Some(key) => format!("{path}, {}", self.key(apps, key)),
            None => format!("{path}, and there is no auth_key"),
        }
    }

    /// The reason why the signature of a request is refused. `prefixes` are path prefixes that may have been signed.
    pub(crate) fn request(
        &self,
        apps: &AppCache,
        app: &App,
        request: &HttpRequest<'_>,
        invalid: &InvalidRequest,
        prefixes: &[&str],
    ) -> String {
        match invalid {
            InvalidRequest::Expired { given, now } => {
                let (seconds, direction) = (now.abs_diff(*given), if given < now { "behind" } else { "ahead of" });
                format!("the client's clock is {seconds} s {direction} the server's, or the request is old")
            }
            InvalidRequest::Body { size } => {
                format!("the body ({size} bytes) was changed since it was signed: its MD5 is not body_md5")
            }
            InvalidRequest::Signature => self.signed_otherwise(apps, app, request, prefixes).unwrap_or_else(|| {
                "no app's secret makes this signature: the backend's secret is wrong, or a path, method or parameter was \
                 changed on the way"
                    .to_owned()
            }),
            other => other.to_string(),
        }
    }

    fn signed_otherwise(
        &self,
        apps: &AppCache,
        app: &App,
        request: &HttpRequest<'_>,
        prefixes: &[&str],
    ) -> Option<String> {
        let search = &self.search;
        // A signature is computed for each form of path and parameters.
        let signs_with = |path: &str, credential: &Credential| {
            search.charge(READINGS * (SIGNING + path.len() + request.query.size()))
                && request.verify_path(path, &credential.secret).is_ok()
        };
        let signs = |path: &str, app: &App| app.credentials.iter().any(|credential| signs_with(path, credential));
        if let Some(reason) = super::other_secret(app, |credential| signs_with(request.path, credential)) {
            return Some(reason);
        }
        if let Some(prefix) = prefixes.iter().find(|prefix| signs(&format!("{prefix}{}", request.path), app)) {
            return Some(format!("the signature covers the path prefix {prefix:?}, which must not be signed"));
        }
        let apps = apps.all();
        let other = apps
            .iter()
            .take_while(|_| !search.is_over())
            .find(|other| other.id != app.id && signs(request.path, other))?;
        Some(format!("the signature was made with the secret of another app, {}", other.id))
    }
}
