//! The settings of certificates that the server gets by itself.

use clairon_server::AcmeSettings;
use url::Url;

use super::super::{
    cluster::read_authorities,
    fields::{Fields, Table, optional},
};

/// The setting with the host names.
pub(in super::super) const DOMAINS: &str = "tls.domains";
/// The largest number of host names.
const MAX_DOMAINS: usize = 100;
/// The longest host name (RFC 1035, 2.3.4), in characters.
const MAX_NAME: usize = 253;
/// The longest URL of a directory and the longest address, in bytes. The database has room for that.
const MAX_TEXT: usize = 255;

/// True if the server is to get its certificates by itself.
pub(in super::super) fn has_domains(settings: &Table) -> bool {
    settings.get(DOMAINS).is_some_and(|entry| !entry.value.is_empty_list())
}

/// Reads the settings, perhaps without any host name. `None` if a setting is invalid; the problem is then recorded.
pub(super) fn read(fields: &mut Fields<'_>) -> Option<AcmeSettings> {
    let domains = read_domains(fields);
    let directory = fields.url("tls.acme_directory", parse_directory);
    let authorities = fields.text("tls.acme_ca_file", optional(read_authorities));
    let email = fields.text("tls.acme_email", parse_email);
    let renew_days = fields.number("tls.acme_renew_days", 1..=365);
    Some(AcmeSettings {
        domains: domains?,
        directory: directory?,
        authorities: authorities?,
        email: email?,
        renew_days: renew_days?,
    })
}

fn read_domains(fields: &mut Fields<'_>) -> Option<Vec<String>> {
    let mut domains: Vec<String> = Vec::new();
    for name in fields.list(DOMAINS)? {
        let name = name.to_ascii_lowercase();
        if !is_host_name(&name) {
            let allowed = "allowed are host names such as ws.example.com, without scheme, port and wildcard";
            fields.explain(DOMAINS, format!("{name:?} is not a host name that an authority certifies: {allowed}"));
            return None;
        }
        if !domains.contains(&name) {
            domains.push(name);
        }
    }
    if domains.len() > MAX_DOMAINS {
        fields.explain(DOMAINS, format!("{} names, allowed are up to {MAX_DOMAINS}", domains.len()));
        return None;
    }
    Some(domains)
}

/// True for a name of at least two labels (RFC 1035, 2.3.1) that is not an address.
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= MAX_NAME
        && name.contains('.')
        && name.split('.').all(is_label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_directory(text: &str) -> Result<String, &'static str> {
    let is_good = |url: &Url| url.scheme() == "https" && url.username().is_empty() && text.len() <= MAX_TEXT;
    Url::parse(text)
        .ok()
        .filter(is_good)
        .map(|_| text.to_owned())
        .ok_or("allowed is the https URL of an ACME directory, without a user, of up to 255 characters")
}

fn parse_email(text: &str) -> Result<String, &'static str> {
    let is_good = |text: &str| {
        text.len() <= MAX_TEXT
            && text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !b",?&".contains(&byte))
    };
    if text.is_empty() || is_good(text) {
        Ok(text.to_owned())
    } else {
        Err("allowed is an address such as admin@example.com, or nothing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_an_authority_certifies() {
        for name in ["ws.example.com", "a-b.c1", "xn--bcher-kva.example", &format!("{}.test", "a".repeat(63))] {
            assert!(is_host_name(name), "{name}");
        }
        let long = format!("{}.test", "a".repeat(64));
        for name in ["", "localhost", "*.example.com", "a..b", "-a.b", "a-.b", "192.0.2.1", "a.b:443", "ü.test", &long]
        {
            assert!(!is_host_name(name), "{name}");
        }
    }

    #[test]
    fn an_address_has_one_user_and_no_parameters() {
        assert_eq!(parse_email("a@b.test").as_deref(), Ok("a@b.test"));
        for text in ["a", "@b", "a@", "a@b,c@d", "a@b?subject=x", "a b@c"] {
            assert!(parse_email(text).is_err(), "{text}");
        }
    }
}
