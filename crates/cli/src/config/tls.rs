//! The settings of the server's TLS.

mod acme;

use std::{path::PathBuf, str::FromStr};

use clairon_server::{CertificateFiles, TlsSettings};

pub(super) use self::acme::{DOMAINS, has_domains};
use super::{
    fields::{Fields, Value, optional},
    listen::Listen,
};

/// The form of a certificate with its key in a variable.
const PAIR: &str = "allowed are [[tls.certificates]] tables with certificate and key, or in a variable CERTIFICATE:KEY \
                    with commas between the pairs";

/// Reads the section. `None` if a setting is invalid; the problem is then recorded.
pub(super) fn read(fields: &mut Fields<'_>, listens: &[Listen]) -> Option<TlsSettings> {
    let [certificate, key] = ["tls.certificate", "tls.key"].map(|name| fields.text(name, optional(PathBuf::from_str)));
    let more = read_pairs(fields);
    let acme = acme::read(fields);
    let (certificate, key, more) = (certificate?, key?, more?);
    let mut files = Vec::new();
    match (certificate, key) {
        (Some(certificate), Some(key)) => files.push(CertificateFiles { certificate, key }),
        (None, None) => {}
        (Some(_), None) => refuse(fields, "tls.certificate", "is there without tls.key: set both")?,
        (None, Some(_)) => refuse(fields, "tls.key", "is there without tls.certificate: set both")?,
    }
    files.extend(more);
    let settings = TlsSettings { files, acme: Some(acme?).filter(|acme| !acme.domains.is_empty()) };
    if !settings.is_on() && listens.iter().any(|listen| listen.tls) {
        refuse(fields, "server.listen", "a listener speaks TLS: set tls.certificate and tls.key, or tls.domains")?;
    }
    Some(settings)
}

/// Records a problem, and ends the reading.
fn refuse(fields: &mut Fields<'_>, name: &str, wrong: &str) -> Option<()> {
    fields.refuse(name, wrong);
    None
}

fn read_pairs(fields: &mut Fields<'_>) -> Option<Vec<CertificateFiles>> {
    let pairs = match fields.value("tls.certificates")? {
        Value::Text(text) => text.split(',').map(str::trim).filter(|pair| !pair.is_empty()).map(pair_of_text).collect(),
        Value::Toml(toml::Value::Array(tables)) => tables.iter().map(pair_of_table).collect(),
        Value::Toml(_) | Value::Webhooks(_) => None,
    };
    if pairs.is_none() {
        fields.refuse("tls.certificates", PAIR);
    }
    pairs
}

fn pair_of_text(text: &str) -> Option<CertificateFiles> {
    let (certificate, key) = text.split_once(':')?;
    pair(certificate, key)
}

fn pair_of_table(table: &toml::Value) -> Option<CertificateFiles> {
    let table = table.as_table().filter(|table| table.len() == 2)?;
    pair(table.get("certificate")?.as_str()?, table.get("key")?.as_str()?)
}

fn pair(certificate: &str, key: &str) -> Option<CertificateFiles> {
    let is_filled = !certificate.is_empty() && !key.is_empty();
    is_filled.then(|| CertificateFiles { certificate: certificate.into(), key: key.into() })
}
