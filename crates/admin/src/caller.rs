//! The operator that has sent a request to the admin API.

use axum::extract::FromRequestParts;
use clairon_server::{
    NoAccess,
    operators::{COOKIE, HashingFailure, InvalidSession, MARK_COOKIE, Operators, Role},
};
use http::{HeaderMap, Method, header, request::Parts};
use jiff::Timestamp;

use crate::problem::Problem;

/// The header that pages of other sites cannot add to a request without asking this server first.
const OWN_HEADER: &str = "x-clairon-dashboard";
/// The origin of a request, in the words of the browser (W3C Fetch Metadata).
const FETCH_SITE: &str = "sec-fetch-site";
/// The number of cookies of a name that are tried.
const COOKIES: usize = 4;

/// An extractor: the operator that has sent a request to the admin API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) role: Role,
    /// The end of the session; `None` for a bearer token.
    pub(crate) expires_at: Option<Timestamp>,
}

/// Why a request has no access.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    #[error(transparent)]
    Token(#[from] NoAccess),
    #[error(transparent)]
    Session(#[from] InvalidSession),
    #[error("the session cookie could not be checked: {0}")]
    Unchecked(#[from] HashingFailure),
    #[error(transparent)]
    Foreign(#[from] Foreign),
    #[error("a viewer may only read")]
    Viewer,
}

/// Why a request counts as one of another site's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Foreign {
    #[error("a request with a session cookie needs the header X-Clairon-Dashboard: 1")]
    NoHeader,
    #[error("the browser says (Sec-Fetch-Site) that the request comes from a page of another origin")]
    Site,
}

impl Caller {
    /// The sender of a request. A bearer token counts more than a cookie.
    ///
    /// # Errors
    /// It is unknown, or may not send this request.
    pub(crate) async fn of(operators: &Operators, method: &Method, headers: &HeaderMap) -> Result<Self, Denied> {
        if headers.contains_key(header::AUTHORIZATION) {
            operators.check_bearer(headers)?;
            return Ok(Self { role: Role::Admin, expires_at: None });
        }
        let caller = Self::of_cookies(operators, headers).await?;
        let is_reading = matches!(*method, Method::GET | Method::HEAD);
        check_own_page(headers, is_reading)?;
        if !is_reading {
            check_own_header(headers)?;
            if caller.role == Role::Viewer {
                return Err(Denied::Viewer);
            }
        }
        Ok(caller)
    }

    /// A page of a neighbouring host may have set a cookie of the same name, so all are tried.
    async fn of_cookies(operators: &Operators, headers: &HeaderMap) -> Result<Self, Denied> {
        let mut denied = Denied::Token(NoAccess::NoHeader);
        for cookie in cookies(headers, COOKIE).take(COOKIES) {
            match operators.session(cookie, Timestamp::now()).await? {
                Ok(session) => return Ok(Self { role: session.role, expires_at: Some(session.expires_at) }),
                Err(invalid) => denied = invalid.into(),
            }
        }
        Err(denied)
    }
}

/// Refuses requests of other sites' pages, as far as the browser says so. A request that only reads may also come from
/// the address bar.
pub(crate) fn check_own_page(headers: &HeaderMap, is_reading: bool) -> Result<(), Foreign> {
    match headers.get(FETCH_SITE).map(http::HeaderValue::as_bytes) {
        None | Some(b"same-origin") => Ok(()),
        Some(b"none") if is_reading => Ok(()),
        Some(_) => Err(Foreign::Site),
    }
}

/// Refuses a request with a session cookie, valid or not, that a page of another site could cause a browser to send.
pub(crate) fn check_own_header(headers: &HeaderMap) -> Result<(), Foreign> {
    let is_own = headers.get(OWN_HEADER).is_some_and(|value| value == "1");
    if is_own || cookies(headers, COOKIE).next().is_none() { Ok(()) } else { Err(Foreign::NoHeader) }
}

/// True if the request comes from a browser in which an operator has signed in before.
pub(crate) async fn is_known_browser(operators: &Operators, headers: &HeaderMap) -> bool {
    for cookie in cookies(headers, MARK_COOKIE).take(COOKIES) {
        if operators.is_mark(cookie, Timestamp::now()).await.unwrap_or(false) {
            return true;
        }
    }
    false
}

/// The values of the cookies of a request that have this name (RFC 6265, 5.4).
fn cookies<'a>(headers: &'a HeaderMap, wanted: &'static str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter_map(move |(name, value)| (name == wanted).then_some(value))
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().copied().ok_or_else(Problem::no_access)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs.iter().map(pair) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn cookies_are_found_among_others() {
        let found =
            |lines: &[(&'static str, &'static str)]| cookies(&headers(lines), COOKIE).collect::<Vec<_>>().join(" ");
        assert_eq!(found(&[("cookie", "a=b; clairon_session=x.y; c")]), "x.y");
        assert_eq!(found(&[("cookie", "clairon_session=1;clairon_session=2"), ("cookie", "clairon_session=")]), "1 2 ");
        assert_eq!(found(&[("cookie", "xclairon_session=1; Clairon_session=2; clairon_session")]), "");
        assert_eq!(found(&[]), "");
    }

    #[test]
    fn browsers_tell_where_a_request_comes_from() {
        for (site, reads, writes) in [
            ("same-origin", true, true),
            ("none", true, false),
            ("same-site", false, false),
            ("cross-site", false, false),
            ("", false, false),
        ] {
            let headers = headers(&[("sec-fetch-site", site)]);
            assert_eq!(check_own_page(&headers, true).is_ok(), reads, "{site}");
            assert_eq!(check_own_page(&headers, false).is_ok(), writes, "{site}");
        }
        assert!(check_own_page(&HeaderMap::new(), false).is_ok(), "another program than a browser");
    }
}
