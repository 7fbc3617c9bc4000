//! The check `address`: host, port and scheme are well formed and agree between Laravel and the page.

use clairon_client::{Endpoint, is_loopback};
use clairon_laravel::AddressError;

use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "address";

pub(super) fn check(setup: &Setup) -> Finding {
    for side in [&setup.backend, &setup.page.endpoint] {
        match side {
            Err(AddressError::Wrong { detail, fix }) => return Finding::fail(CHECK, detail, fix),
            Err(AddressError::Unread(detail)) => {
                return Finding::warn(CHECK, detail, "clairon doctor --url https://ws.example.com");
            }
            Ok(_) | Err(AddressError::Missing) => {}
        }
    }
    let (Ok(backend), Ok(page)) = (&setup.backend, &setup.page.endpoint) else {
        return Finding::fail(CHECK, "no server is set", format!("{}_HOST=127.0.0.1", setup.names()));
    };
    unfit(setup, backend, page).unwrap_or_else(|| {
        if backend == page {
            Finding::pass(CHECK, format!("{backend} for Laravel and the page"))
        } else {
            Finding::pass(CHECK, format!("{backend} for Laravel, {page} for the page"))
        }
    })
}

/// The first contradiction between the two sides, or between them and the site.
fn unfit(setup: &Setup, backend: &Endpoint, page: &Endpoint) -> Option<Finding> {
    let names = setup.names();
    let variables = format!("{}_{names}", setup.page.bundler);
    let same = |name: &str| format!("{variables}_{name}=\"${{{names}_{name}}}\"\nnpm run build");
    if setup.page.is_https && setup.page.allows_plain {
        let detail = format!("APP_URL is https, so browsers connect with TLS whatever {variables}_SCHEME says");
        return Some(Finding::fail(
            CHECK,
            detail,
            format!("{variables}_SCHEME=https\n{variables}_PORT=443\nnpm run build"),
        ));
    }
    let site = setup.project.environment.page_host().filter(|host| !is_loopback(host));
    if let Some(site) = site.filter(|_| page.is_loopback()) {
        let detail = format!(
            "the page connects to {}, which is the visitor's own machine, but the site is at {site}",
            page.host
        );
        return Some(Finding::fail(CHECK, detail, format!("{variables}_HOST={site}\nnpm run build")));
    }
    if backend.host == page.host && backend.port == page.port && backend.tls != page.tls {
        let (one, other) = (backend.scheme(), page.scheme());
        let detail = format!("Laravel uses {one} and the page {other} for the same port {}", page.port);
        return Some(Finding::fail(CHECK, detail, same("SCHEME")));
    }
    if backend.host == page.host && backend.port != page.port {
        let detail = format!("{backend} for Laravel, {page} for the page: these are two ports of one host");
        return Some(Finding::warn(CHECK, detail, same("PORT")));
    }
    let odd = [backend, page].into_iter().find(|side| matches!((side.tls, side.port), (true, 80) | (false, 443)))?;
    let usual = if odd.tls { 443 } else { 80 };
    Some(Finding::warn(CHECK, format!("{odd}: an unusual port for {}", odd.scheme()), format!("{names}_PORT={usual}")))
}
