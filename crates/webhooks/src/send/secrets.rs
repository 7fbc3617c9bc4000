//! The parts of a request that an excerpt of its answer must not show.

use http::HeaderValue;
use percent_encoding::percent_decode_str;
use url::Url;

use super::{connector::Route, request::authorization};
use crate::delivery::Delivery;

/// The texts of a request that may be secrets, the longest first. An error page may quote the request, or only the
/// token that it does not accept, encoded or decoded.
pub(super) fn secrets(delivery: &Delivery, route: &Route) -> Vec<String> {
    let credentials =
        [authorization(&delivery.url), route.proxy.as_ref().and_then(|proxy| proxy.authorization.clone())];
    let credentials = credentials.iter().flatten().filter_map(|value: &HeaderValue| value.to_str().ok());
    let mut found = Vec::new();
    for value in delivery.headers.iter().map(|(_, value)| value.as_str()).chain(credentials) {
        let words = value.split([' ', '\t', ';', ',', '=', '"']);
        found.extend(words.filter(|word| !word.eq_ignore_ascii_case("bearer")).map(str::to_owned));
        found.push(value.to_owned());
    }
    of_url(&delivery.url, &mut found);
    found.sort_unstable_by_key(|text| std::cmp::Reverse(text.len()));
    found
}

/// Adds the secrets of a URL: its query, its password, and a user without a password, which is a token.
fn of_url(url: &Url, found: &mut Vec<String>) {
    let query = url.query().unwrap_or_default();
    found.extend(query.split('&').flat_map(|pair| pair.split('=').skip(1)).map(str::to_owned));
    found.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    found.push(query.to_owned());
    let user = url.password().unwrap_or_else(|| url.username());
    found.push(percent_decode_str(user).decode_utf8_lossy().into_owned());
    found.push(user.to_owned());
}
