//! Why a request to the HTTP API is refused.

use clairon_protocol::auth::{HttpRequest, InvalidRequest};
use clairon_registry::{App, AppCache};

use super::{APPS_TRIED, Explainer};
use crate::cut::Cut;

impl Explainer {
    /// Why the app in a path is not found, or is not that of the `auth_key`.
    pub(crate) fn app(&self, apps: &AppCache, id: &str, key: Option<&str>) -> String {
        let path = match (apps.by_id(id), apps.by_key(id)) {
            (Some(_), _) => format!("the path names the app {id}"),
            (None, Some(app)) => format!("no app has the id in the path: it is the key of the app {}", app.id),
            (None, None) => format!("no app has the id {:?}", Cut(id)),
        };
        match key {
            Some(key) => format!("{path}, {}", self.key(apps, key)),
            None => format!("{path}, and there is no auth_key"),
        }
    }

    /// Why the signature of a request is not taken. `prefixes` are paths that may stand before the signed one.
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
            InvalidRequest::Signature => self.budget.spend(|| signed_otherwise(apps, app, request, prefixes)).unwrap_or_else(|| {
                "no app's secret makes this signature: the backend's secret is wrong, or a path, method or parameter was \
                 changed on the way"
                    .to_owned()
            }),
            other => other.to_string(),
        }
    }
}

fn signed_otherwise(apps: &AppCache, app: &App, request: &HttpRequest<'_>, prefixes: &[&str]) -> Option<String> {
    for prefix in prefixes {
        if request.verify_path(&format!("{prefix}{}", request.path), &app.secret).is_ok() {
            return Some(format!("the signature covers the path prefix {prefix:?}, which must not be signed"));
        }
    }
    if let Some(at) = request.path.find("/apps/").filter(|at| *at > 0)
        && request.verify_path(&request.path[at..], &app.secret).is_ok()
    {
        return Some(format!(
            "the path has a prefix that was not signed: set server.path_prefix to {:?}",
            Cut(&request.path[..at])
        ));
    }
    apps.all()
        .iter()
        .take(APPS_TRIED)
        .find(|other| other.id != app.id && request.verify(&other.secret).is_ok())
        .map(|other| format!("the signature was made with the secret of another app, {}", other.id))
}
