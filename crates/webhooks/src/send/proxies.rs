//! The proxies of the environment.

use std::{fmt, net::IpAddr};

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

use super::{failure::SendFailure, origin::Origin};

/// An HTTP proxy.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Proxy {
    pub(super) origin: Origin,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<HeaderValue>,
}

/// The proxies of `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` with the exceptions of `NO_PROXY`, in upper or lower
/// case, as in curl. `localhost` and loopback addresses are always reached directly, because a proxy would take them
/// for its own machine.
pub(super) struct Proxies {
    matcher: Matcher,
    /// The variables that name an unusable proxy, by the scheme of the receiver.
    unusable: [Option<&'static str>; 2],
    /// `NO_PROXY` contains `*`.
    none: bool,
}

impl Proxies {
    /// Reads the variables of an environment.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&'static str; 2]| {
            let set = |name| variable(name).filter(|value| !value.is_empty()).map(|value| (name, value));
            names.into_iter().find_map(set)
        };
        let all = first(["ALL_PROXY", "all_proxy"]);
        let [http, https] = [["HTTP_PROXY", "http_proxy"], ["HTTPS_PROXY", "https_proxy"]]
            .map(|names| first(names).or_else(|| all.clone()).map(Named::new));
        let exceptions = first(["NO_PROXY", "no_proxy"]).unwrap_or_default().1;
        let url = |named: &Option<Named>| named.as_ref().map(|named| named.url.clone()).unwrap_or_default();
        Self {
            matcher: Matcher::builder().http(url(&http)).https(url(&https)).no(&exceptions).build(),
            unusable: [http, https].map(|named| named.and_then(|named| named.unusable)),
            none: exceptions.split(',').any(|exception| exception.trim() == "*"),
        }
    }

    /// The proxy for requests to `origin`; `None` for a direct connection.
    pub(super) fn of(&self, origin: &Origin) -> Result<Option<Proxy>, SendFailure> {
        if self.none || is_loopback(&origin.host) {
            return Ok(None);
        }
        let scheme = if origin.tls { "https" } else { "http" };
        let uri = format!("{scheme}://{origin}/").parse::<Uri>().map_err(|_| SendFailure::Url)?;
        let unusable = self.unusable[usize::from(origin.tls)];
        match (self.matcher.intercept(&uri), unusable) {
            (None, _) => Ok(None),
            (Some(_), Some(variable)) => Err(SendFailure::Proxy { variable }),
            (Some(found), None) => {
                let url = found.uri().to_string().parse::<Url>().ok();
                let origin = url.as_ref().and_then(Origin::of).ok_or(SendFailure::Url)?;
                Ok(Some(Proxy { origin, authorization: found.basic_auth().cloned() }))
            }
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.origin)
    }
}

/// The value of a variable.
struct Named {
    url: String,
    /// The variable, if its value is not the URL of an HTTP proxy.
    unusable: Option<&'static str>,
}

impl Named {
    fn new((variable, value): (&'static str, String)) -> Self {
        let url = if value.contains("://") { value } else { format!("http://{value}") };
        if url.parse::<Url>().is_ok_and(|url| Origin::of(&url).is_some()) {
            Self { url, unusable: None }
        } else {
            // The matcher ignores a value that it cannot parse, and the request would bypass the proxy.
            Self { url: "http://unusable.invalid".to_owned(), unusable: Some(variable) }
        }
    }
}

fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).to_canonical().is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::read(|name| variables.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()))
    }

    fn of(proxies: &Proxies, url: &str) -> String {
        match proxies.of(&Origin::of(&url.parse().unwrap()).unwrap()) {
            Ok(Some(proxy)) => proxy.origin.to_string(),
            Ok(None) => "direct".to_owned(),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn each_scheme_has_its_proxy_and_exceptions_have_none() {
        let found = proxies(&[
            ("http_proxy", "proxy:3128"),
            ("HTTPS_PROXY", "https://user:p%40ss@secure"),
            ("NO_PROXY", "shop.example, .intern, 10.0.0.0/8, fd00::/8"),
        ]);
        for (url, proxy) in [
            ("http://example.com/", "proxy:3128"),
            ("https://example.com/", "secure:443"),
            ("http://shop.example/", "direct"),
            ("http://www.shop.example:81/", "direct"),
            ("http://myshop.example/", "proxy:3128"),
            ("https://a.intern/", "direct"),
            ("http://10.1.2.3/", "direct"),
            ("http://11.1.2.3/", "proxy:3128"),
            ("http://[fd00::1]/", "direct"),
            ("http://[fe80::1]/", "proxy:3128"),
        ] {
            assert_eq!(of(&found, url), proxy, "{url}");
        }
        let proxy = found.of(&Origin::of(&"https://example.com".parse().unwrap()).unwrap()).unwrap().unwrap();
        assert_eq!(proxy.authorization.as_ref().unwrap(), "Basic dXNlcjpwQHNz");
        assert_eq!(format!("{proxy:?}"), "Proxy(secure:443)");
    }

    #[test]
    fn the_same_machine_is_never_behind_a_proxy() {
        let all = proxies(&[("ALL_PROXY", "http://proxy:3128")]);
        for url in [
            "http://localhost/",
            "http://LOCALHOST.:8000/",
            "http://shop.localhost/",
            "https://127.9.9.9/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert_eq!(of(&all, url), "direct", "{url}");
        }
        assert_eq!(of(&all, "http://localhost.example/"), "proxy:3128");
        let none = proxies(&[("ALL_PROXY", "http://proxy:3128"), ("no_proxy", "a, *")]);
        assert_eq!([of(&none, "http://a.example/"), of(&none, "http://9.9.9.9/")], ["direct"; 2]);
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_not_passed_by() {
        for value in ["socks5://proxy:1080", "http://", "http://a b", ":"] {
            let found = proxies(&[("HTTPS_PROXY", value), ("NO_PROXY", "shop.example")]);
            assert_eq!(
                of(&found, "https://example.com/"),
                "HTTPS_PROXY is not the URL of a usable proxy: allowed are http:// and https://"
            );
            assert_eq!([of(&found, "http://example.com/"), of(&found, "https://shop.example/")], ["direct"; 2]);
        }
    }
}
