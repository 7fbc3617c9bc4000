//! Proxies, encryption, certificates, and the limits for clients.

use clairon_server::{Acme, node::Node};
use http::{header, request::Parts};
use jiff::Timestamp;

use super::{Check, finding::Finding};
use crate::sign_in::{FORWARDING, Origin};

const DAY: i64 = 86_400;
/// The remaining life of a certificate that is worth a look, in days. Those of ACME are renewed before.
const SOON: i64 = 14;

/// Whether this request has come through a proxy that is not trusted to name the client.
pub(super) fn forwarded(node: &Node, parts: &Parts) -> Check {
    let Origin { client, .. } = Origin::of(parts);
    let is_forwarded = FORWARDING.iter().any(|name| *name != header::VIA && parts.headers.contains_key(name));
    if is_forwarded && node.settings.trusted_proxies.contain(client) {
        let detail = format!("This request names no client that is not a proxy itself; it counts for {client}");
        let advice = "The proxy has to add the address of its client to X-Forwarded-For, and server.trusted_proxies \
                      should contain proxies alone";
        return Check::warning(Finding::ClientIsProxy, detail, advice).with("address", client.to_string());
    }
    if is_forwarded && node.settings.trusted_proxies.is_empty() {
        let detail =
            format!("This request has a header that names its client, which is not believed: it counts for {client}");
        let advice = format!(
            "If {client} is your proxy, add it to server.trusted_proxies (CLAIRON_SERVER_TRUSTED_PROXIES). Else all \
             clients share its limits, and the log names the proxy"
        );
        return Check::warning(Finding::HeaderDisbelieved, detail, advice).with("address", client.to_string());
    }
    Check::ok(Finding::ClientKnown, format!("This request counts for {client}")).with("address", client.to_string())
}

/// Whether the password of this request's session has travelled unencrypted.
pub(super) fn encryption(parts: &Parts) -> Check {
    let origin = Origin::of(parts);
    let referrer = parts.headers.get(header::REFERER).is_some_and(|url| url.as_bytes().starts_with(b"https://"));
    if origin.is_secure || referrer {
        return Check::ok(Finding::Encrypted, "This request is encrypted");
    }
    if origin.client.ip().is_some_and(|ip| ip.is_loopback()) {
        return Check::ok(Finding::FromThisMachine, "This request comes from the machine of the server");
    }
    let detail = format!("This request of {} is not encrypted up to the server, as far as it shows", origin.client);
    let advice = "Passwords and secrets can be read on the way: put a proxy with TLS in front, or set tls.domains or \
                  tls.certificate";
    Check::warning(Finding::Unencrypted, detail, advice).with("address", origin.client.to_string())
}

/// `None` without certificates.
pub(super) fn certificates(node: &Node) -> Option<Check> {
    let tls = node.tls.as_ref()?;
    let failing = tls.acme.as_ref().map(Acme::failures).unwrap_or_default();
    if let Some((domain, failures)) = failing.iter().find(|(_, failures)| *failures > 0) {
        let detail = format!("The certificate of {domain} could not be got or renewed, {failures} times");
        let advice = "The log says why. The authority must reach this server at the domain, on port 443 or 80";
        let check = Check::error(Finding::CertificateRefused, detail, advice);
        return Some(check.with("certificate", domain.as_str()).with("failures", *failures));
    }
    let certificates = tls.certificates.certificates();
    let Some(first) = certificates.iter().min_by_key(|certificate| certificate.expires()) else {
        let advice = "The log says what it waits for";
        return Some(Check::warning(Finding::CertificateMissing, "There is no certificate yet", advice));
    };
    let days = (first.expires().as_second() - Timestamp::now().as_second()).div_euclid(DAY);
    let (name, expires) = (first.name(), first.expires());
    let advice = "Renew it. Its files are read again when they change";
    let check = if days < 0 {
        Check::error(Finding::CertificateExpired, format!("That of {name} has expired on {expires}"), advice)
    } else if days < SOON {
        Check::warning(
            Finding::CertificateExpires,
            format!("That of {name} expires in {days} days, on {expires}"),
            advice,
        )
    } else {
        Check::ok(Finding::CertificatesValid, format!("The first to expire is that of {name}, in {days} days"))
    };
    Some(check.with("certificate", name).with("days", days).with("expires", expires.to_string()))
}

/// The effects of the limits in `[edge]` since the start.
pub(super) fn limits(node: &Node) -> Check {
    let effects = node.limit_effects.iter().filter(|(_, count)| *count > 0);
    let effects: Vec<_> =
        effects.map(|((setting, effect), count)| format!("edge.{setting} ({count} {effect})")).collect();
    if effects.is_empty() {
        return Check::ok(Finding::LimitsKept, "None since the start of the server");
    }
    let effects = effects.join(", ");
    let detail = format!("Since the start of the server: {effects}");
    let advice = "The log names addresses. Hostile clients are held off as they should be. If honest ones are, raise the \
                  limit, or name their proxy in server.trusted_proxies (docs/security.md)";
    Check::warning(Finding::LimitsExceeded, detail, advice).with("effects", effects)
}
