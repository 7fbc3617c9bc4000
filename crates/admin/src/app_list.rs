//! `/admin/api/apps`: the list

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use clairon_protocol::AppId;
use clairon_registry::App;
use clairon_server::node::Node;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app_view::AppEntry,
    listing::{Search, first, look_through, page_size},
    problem::Problem,
    query::{Query, admit_secrets},
};

/// The parameters of the request: which apps to return. As an extractor it refuses secrets to viewers, and logs that
/// they are shown.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Only apps with this text in their id, their name or a key, in upper or lower case. A text with `*` (any text) or
    /// `?` (one character) is a pattern for the whole of one of these.
    #[param(required = false, nullable = false, max_length = 200)]
    search: Option<String>,
    /// The largest number of apps in the answer; 100 without it.
    #[param(required = false, nullable = false, minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// Only apps with an id after this one: the `next` of the page before.
    #[param(required = false, nullable = false)]
    after: Option<String>,
    /// `true` shows the secrets of keys. The server logs the address of the client.
    #[serde(default)]
    #[param(required = false)]
    show_secret: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(wanted): Query<Self> = Query::from_request_parts(parts, state).await?;
        if wanted.show_secret {
            admit_secrets(parts, state).await?;
        }
        Ok(wanted)
    }
}

/// A page of apps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppList {
    /// The number of apps on all pages.
    total: usize,
    /// The apps, by id.
    apps: Vec<AppEntry>,
    /// The `after` of the next page; `null` on the last one.
    #[schema(required, value_type = Option<String>)]
    next: Option<AppId>,
}

/// List the apps
///
/// As this node knows them, also while the database cannot be read. An app with an invalid row in the database is
/// omitted and logged.
#[utoipa::path(
    get, path = "/apps", operation_id = "listApps", tag = "apps", params(Wanted),
    responses((status = 200, description = "The apps.", body = AppList)),
)]
pub(crate) async fn list(State(node): State<Arc<Node>>, wanted: Wanted) -> Result<Json<AppList>, Problem> {
    let Wanted { search, limit, after, show_secret } = wanted;
    let (limit, search) = (page_size(limit)?, Search::parse(search.map(|text| text.to_lowercase()).as_deref())?);
    let apps = node.apps.all();
    let (total, ids, has_more) = look_through(move || {
        let found = apps.iter().filter(|app| is_found(app, &search));
        let mut ids: Vec<AppId> = found.map(|app| app.id.clone()).collect();
        let total = ids.len();
        ids.retain(|id| after.as_deref().is_none_or(|after| id.as_str() > after));
        let (ids, has_more) = first(ids, limit);
        (total, ids, has_more)
    })
    .await?;
    let next = ids.last().cloned().filter(|_| has_more);
    let apps = ids.iter().filter_map(|id| node.apps.by_id(id)).map(|app| AppEntry::new(&app, show_secret)).collect();
    Ok(Json(AppList { total, apps, next }))
}

/// `search` is in lower case.
fn is_found(app: &App, search: &Search) -> bool {
    let finds = |text: &str| search.finds(&text.to_lowercase());
    search.is_all()
        || finds(app.id.as_str())
        || finds(&app.name)
        || app.credentials.iter().any(|credential| finds(credential.key.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_found_by_its_id_its_name_and_its_keys() {
        let app = App { name: "Éclair Shop".to_owned(), ..App::random() };
        let key = app.credentials.newest().key.to_string();
        let finds = |text: &str| is_found(&app, &Search::parse(Some(&text.to_lowercase())).unwrap());
        for text in ["", "SHOP", "éclair", "*shop", app.id.as_str(), &key, &key[2..9]] {
            assert!(finds(text), "{text}");
        }
        for text in ["shops", "shop*", app.credentials.newest().secret.expose()] {
            assert!(!finds(text), "{text}");
        }
    }
}
