//! An extractor for queries in which a parameter may be repeated.

use axum::extract::{FromRequestParts, Query as AxumQuery};
use http::{Uri, request::Parts};
use serde::de::DeserializeOwned;

use crate::{problem::Problem, query::invalid_query};

/// An extractor: the parameters of the query, of which `kind` may be repeated. Its values are joined with commas.
#[derive(Debug)]
pub(crate) struct QueryWithKinds<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryWithKinds<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = join("kind", parts.uri.query().unwrap_or_default());
        let uri: Uri =
            format!("/?{query}").parse().map_err(|_| Problem::invalid("The query is not a query of a URL"))?;
        let query = AxumQuery::try_from_uri(&uri);
        query.map(|AxumQuery(parameters)| Self(parameters)).map_err(|error| invalid_query(&error))
    }
}

/// Joins the values of a repeated parameter.
fn join(name: &str, query: &str) -> String {
    let is_it = |pair: &&str| pair.split_once('=').is_some_and(|(before, _)| before == name);
    let (values, mut rest): (Vec<&str>, Vec<&str>) = query.split('&').partition(is_it);
    let values: Vec<&str> = values.iter().filter_map(|pair| Some(pair.split_once('=')?.1)).collect();
    let joined = format!("{name}={}", values.join(","));
    if !values.is_empty() {
        rest.push(&joined);
    }
    rest.retain(|pair| !pair.is_empty());
    rest.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_joined() {
        assert_eq!(join("kind", "kind=a&x=1&kind=b,c"), "x=1&kind=a,b,c");
        assert_eq!(join("kind", "x=1&kinds=2"), "x=1&kinds=2");
        assert_eq!(join("kind", ""), "");
    }
}
