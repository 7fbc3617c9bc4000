//! The check `tls`: the port speaks TLS if and only if it is configured so, with a valid certificate.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use clairon_client::{
    Endpoint, HttpClient, PATIENCE,
    stream::{TimedStream, dial},
    tls::{CertificateChain, TlsClient},
};
use clairon_protocol::quote;
use clairon_tls::{CertificateFields, cause, certificate_error};
use rustls::{CertificateError, pki_types::UnixTime};

use super::side::Side;
use crate::finding::Finding;

const CHECK: &str = "tls";
/// A certificate that expires within this time causes a warning.
const RENEWED_BEFORE: Duration = Duration::from_secs(14 * DAY);
const DAY: u64 = 86_400;
/// The time for a server without TLS to refuse the probe.
const PROBE_PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn check(http: &HttpClient, side: &Side, tcp: TcpStream, addresses: &[SocketAddr]) -> Finding {
    let client = match TlsClient::new() {
        Ok(client) => client,
        Err(error) => return Finding::fail(CHECK, error.to_string(), "update the certificates of this machine"),
    };
    if !side.endpoint.tls {
        return check_plain(http, &client, side, addresses);
    }
    match client.handshake(TimedStream::new(tcp, PATIENCE), &side.endpoint.host) {
        Ok(_) => match failing_certificates(http, side) {
            Some(finding) => finding,
            None => valid(side, client.chain()),
        },
        Err(error) => match certificate_error(&error) {
            Some(certificate) => invalid(side, certificate, client.chain()),
            None => no_tls(http, side, &error),
        },
    }
}

/// Checks that a port without TLS in the settings does not speak TLS.
fn check_plain(http: &HttpClient, client: &TlsClient, side: &Side, addresses: &[SocketAddr]) -> Finding {
    let authority = side.endpoint.authority();
    if answers_without_tls(http, side) || !speaks_tls(client, side, addresses) {
        return Finding::pass(CHECK, format!("{authority} does not use TLS, as configured"));
    }
    let fix = side.set("SCHEME", "https");
    Finding::fail(CHECK, format!("{authority} speaks TLS, but the scheme is http"), fix)
}

/// True if a request without TLS gets an answer other than that the port wants TLS.
fn answers_without_tls(http: &HttpClient, side: &Side) -> bool {
    let plain = Endpoint { tls: false, ..side.endpoint.clone() };
    let answer = http.get(&plain.http("/"));
    answer.is_ok_and(|answer| answer.status != 400 || !answer.body.contains("HTTPS"))
}

fn speaks_tls(client: &TlsClient, side: &Side, addresses: &[SocketAddr]) -> bool {
    let Ok(tcp) = dial(addresses) else { return false };
    match client.handshake(TimedStream::new(tcp, PROBE_PATIENCE), &side.endpoint.host) {
        Ok(_) => true,
        Err(error) => {
            certificate_error(&error).is_some() || matches!(cause(&error), Some(rustls::Error::AlertReceived(_)))
        }
    }
}

/// The finding for a server that cannot renew certificates that it gets by itself. The present ones are still valid.
fn failing_certificates(http: &HttpClient, side: &Side) -> Option<Finding> {
    let health = http.get(&side.endpoint.http("/health")).ok()?;
    let health: serde_json::Value = serde_json::from_str(&health.body).ok()?;
    let names = health.get("failing_certificates")?.as_array()?;
    let names: Vec<_> = names.iter().filter_map(|name| Some(quote(name.as_str()?))).collect();
    let detail = format!("the certificate is valid, but the server cannot get or renew those for {}", names.join(", "));
    Some(Finding::warn(CHECK, detail, "the server's log says why: the names must lead to it, on port 443 or 80"))
}

fn valid(side: &Side, chain: Option<&CertificateChain>) -> Finding {
    let host = &side.endpoint.host;
    let Some(left) = chain.and_then(|chain| seconds_left(&chain.certificate)) else {
        return Finding::pass(CHECK, format!("the certificate is valid for {host}"));
    };
    let days = left / i64::try_from(DAY).unwrap_or(i64::MAX);
    if left < i64::try_from(RENEWED_BEFORE.as_secs()).unwrap_or(i64::MAX) {
        return Finding::warn(
            CHECK,
            format!("the certificate for {host} expires in {days} days"),
            "renew it: certbot renew",
        );
    }
    Finding::pass(CHECK, format!("the certificate is valid for {host}, for {days} more days"))
}

fn seconds_left(certificate: &[u8]) -> Option<i64> {
    let now = i64::try_from(UnixTime::now().as_secs()).ok()?;
    CertificateFields::read(certificate).ok()?.expires.checked_sub(now)
}

fn invalid(side: &Side, error: &CertificateError, chain: Option<&CertificateChain>) -> Finding {
    let host = &side.endpoint.host;
    match error {
        CertificateError::ExpiredContext { time, not_after } => {
            let days = time.as_secs().saturating_sub(not_after.as_secs()) / DAY;
            Finding::fail(
                CHECK,
                format!("the certificate for {host} expired {days} days ago (cURL error 60)"),
                "renew it: certbot renew",
            )
        }
        CertificateError::Expired => Finding::fail(
            CHECK,
            format!("the certificate for {host} has expired (cURL error 60)"),
            "renew it: certbot renew",
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Finding::fail(
            CHECK,
            format!("the certificate for {host} is not valid yet: is this machine's clock right?"),
            "timedatectl set-ntp true",
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = quote(&presented.join(", "));
            let name = presented.first().and_then(|name| name.split('"').nth(1)).unwrap_or("ws.example.com");
            let fix = format!("{}\nor get a certificate for {host}", side.set("HOST", &quote(name)));
            Finding::fail(CHECK, format!("the certificate is not for {host}, but for {names} (cURL error 60)"), fix)
        }
        CertificateError::NotValidForName => Finding::fail(
            CHECK,
            format!("the certificate is not for {host} (cURL error 60)"),
            format!("get a certificate for {host}"),
        ),
        _ => untrusted(side, error, chain),
    }
}

/// The finding for a certificate whose issuer this machine does not trust.
fn untrusted(side: &Side, error: &CertificateError, chain: Option<&CertificateChain>) -> Finding {
    let host = &side.endpoint.host;
    let Some(certificate) = chain.and_then(|chain| CertificateFields::read(&chain.certificate).ok()) else {
        return Finding::fail(
            CHECK,
            format!("the certificate for {host} is refused: {error:?}"),
            "use a certificate of a public authority",
        );
    };
    if certificate.is_self_issued {
        let detail = format!("the certificate for {host} is self-signed: browsers and PHP refuse it (cURL error 60)");
        return Finding::fail(
            CHECK,
            detail,
            "get a certificate of a public authority: certbot certonly; for development: mkcert -install",
        );
    }
    let issuer = quote(&certificate.issuer);
    let sent = chain.map_or(0, |chain| chain.intermediates);
    let detail = format!(
        "the certificate for {host} was issued by {issuer:?}, which this machine does not trust ({sent} intermediate certificates were sent; cURL error 60)"
    );
    let fix = "configure the server to send the whole chain, in nginx: ssl_certificate …/fullchain.pem;\n\
               or install the certificate of a private authority: update-ca-certificates";
    Finding::fail(CHECK, detail, fix)
}

/// The finding for an open port that does not complete TLS. Some servers without TLS answer with an alert, too.
fn no_tls(http: &HttpClient, side: &Side, error: &io::Error) -> Finding {
    let authority = side.endpoint.authority();
    let is_plain = match cause(error) {
        Some(rustls::Error::InvalidMessage(_)) => true,
        Some(rustls::Error::AlertReceived(_)) => answers_without_tls(http, side),
        _ => false,
    };
    if is_plain {
        let detail = format!("{authority} does not speak TLS, but the scheme is https (cURL error 35)");
        let fix = format!("{}\nor put a proxy with a certificate in front of it", side.set("SCHEME", "http"));
        return Finding::fail(CHECK, detail, fix);
    }
    if let Some(rustls::Error::AlertReceived(alert)) = cause(error) {
        let detail =
            format!("{authority} ended the handshake with {alert:?}: it may have no certificate for that name");
        let fix = format!(
            "check the proxy's certificate for {0}; if Clairon gets its certificates by itself, its log says why it has \
             none for {0}",
            side.endpoint.host
        );
        return Finding::fail(CHECK, detail, fix);
    }
    let why = quote(&error.to_string());
    let detail = format!("{authority} closed the connection at the start of TLS, as a server without TLS does: {why}");
    Finding::fail(CHECK, detail, side.set("SCHEME", "http"))
}
