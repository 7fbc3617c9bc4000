//! Some fields of a certificate. Signatures and trust are the work of rustls.

use std::net::IpAddr;

use der::{
    Decode, Error, Reader, SliceReader, Tag,
    asn1::{AnyRef, GeneralizedTime, UtcTime},
};

use self::MalformedCertificate::Incomplete;

/// The usual letters of the parts of a name, by the encoded object identifiers 2.5.4.n (RFC 4519).
const NAME_PARTS: [([u8; 3], &str); 6] = [
    ([0x55, 4, 3], "CN"),
    ([0x55, 4, 6], "C"),
    ([0x55, 4, 7], "L"),
    ([0x55, 4, 8], "ST"),
    ([0x55, 4, 10], "O"),
    ([0x55, 4, 11], "OU"),
];
/// The encoded object identifier 2.5.29.17: the extension with the names of the subject (RFC 5280, 4.2.1.6).
const ALTERNATIVE_NAMES: [u8; 3] = [0x55, 29, 17];
/// The tag numbers of two kinds of such names.
const DNS_NAME: u32 = 2;
const IP_ADDRESS: u32 = 7;

/// What operators want to know of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFields {
    /// Its issuer, such as `C=US, O=Let's Encrypt, CN=R3`. Parts of uncommon kinds are left out.
    pub issuer: String,
    /// True if subject and issuer are the same.
    pub is_self_issued: bool,
    /// The time from which on it is valid, in seconds since 1970.
    pub valid_from: i64,
    /// The time at which it expires, in seconds since 1970.
    pub expires: i64,
    /// Its host names and addresses in lower case. A wildcard is `*.` followed by the rest of the name.
    pub names: Vec<String>,
}

/// The certificate is malformed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum MalformedCertificate {
    /// A value is malformed.
    #[error(transparent)]
    Encoding(#[from] Error),
    /// A part is missing.
    #[error("a part of the certificate is missing")]
    Incomplete,
}

impl CertificateFields {
    /// Reads a certificate in DER (RFC 5280, 4.1).
    ///
    /// # Errors
    /// It is malformed.
    pub fn read(certificate: &[u8]) -> Result<Self, MalformedCertificate> {
        let parts = parts(AnyRef::from_der(certificate)?)?;
        let fields = self::parts(*parts.first().ok_or(Incomplete)?)?;
        // Version 1 is left out.
        let has_version = fields.first().is_some_and(|field| is_context(*field, 0));
        let [_serial_number, _algorithm, issuer, validity, subject, _public_key, rest @ ..] =
            &fields[usize::from(has_version)..]
        else {
            return Err(Incomplete);
        };
        let validity = self::parts(*validity)?;
        let [valid_from, expires] = validity[..] else { return Err(Incomplete) };
        let extensions = rest.iter().find(|field| is_context(**field, 3));
        Ok(Self {
            issuer: name(*issuer)?,
            is_self_issued: issuer == subject,
            valid_from: time(valid_from)?,
            expires: time(expires)?,
            names: extensions.map_or_else(|| Ok(Vec::new()), |extensions| alternative_names(*extensions))?,
        })
    }
}

/// The values inside a value.
fn parts(value: AnyRef<'_>) -> Result<Vec<AnyRef<'_>>, Error> {
    let mut reader = SliceReader::new(value.value())?;
    let mut parts = Vec::new();
    while !reader.is_finished() {
        parts.push(AnyRef::decode(&mut reader)?);
    }
    Ok(parts)
}

/// True for a field that is marked with this number, instead of a type.
fn is_context(field: AnyRef<'_>, number: u32) -> bool {
    let tag = field.header().tag();
    tag.is_context_specific() && tag.number().value() == number
}

fn time(value: AnyRef<'_>) -> Result<i64, MalformedCertificate> {
    let since_1970 = match value.header().tag() {
        Tag::UtcTime => value.decode_as::<UtcTime>()?.to_unix_duration(),
        _ => value.decode_as::<GeneralizedTime>()?.to_unix_duration(),
    };
    // The last possible year is 9999.
    Ok(since_1970.as_secs().cast_signed())
}

/// Reads a name: a list of sets of parts, each an identifier and a text.
fn name(value: AnyRef<'_>) -> Result<String, MalformedCertificate> {
    let mut texts = Vec::new();
    for set in parts(value)? {
        for part in parts(set)? {
            let part = parts(part)?;
            let [identifier, text] = part[..] else { return Err(Incomplete) };
            let known = NAME_PARTS.iter().find(|(known, _)| known == identifier.value());
            texts.extend(known.map(|(_, letters)| format!("{letters}={}", self::text(text))));
        }
    }
    Ok(texts.join(", "))
}

fn text(value: AnyRef<'_>) -> String {
    if value.header().tag() == Tag::BmpString {
        let units: Vec<u16> =
            value.value().chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]])).collect();
        String::from_utf16_lossy(&units)
    } else {
        String::from_utf8_lossy(value.value()).into_owned()
    }
}

/// The host names and addresses among the extensions.
fn alternative_names(extensions: AnyRef<'_>) -> Result<Vec<String>, MalformedCertificate> {
    let list = parts(extensions)?;
    for extension in parts(*list.first().ok_or(Incomplete)?)? {
        let extension = parts(extension)?;
        // A flag may stand between the two.
        let (Some(identifier), Some(content)) = (extension.first(), extension.last()) else { return Err(Incomplete) };
        if identifier.value() == ALTERNATIVE_NAMES {
            let names = parts(AnyRef::from_der(content.value())?)?;
            return Ok(names.into_iter().filter_map(alternative_name).collect());
        }
    }
    Ok(Vec::new())
}

fn alternative_name(name: AnyRef<'_>) -> Option<String> {
    if is_context(name, DNS_NAME) {
        return std::str::from_utf8(name.value()).ok().map(str::to_ascii_lowercase);
    }
    if !is_context(name, IP_ADDRESS) {
        return None;
    }
    let v4 = <[u8; 4]>::try_from(name.value()).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(name.value()).map(IpAddr::from)).ok().map(|address| address.to_string())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

    use super::*;

    /// A certificate of an authority, and one that it has issued.
    fn pair() -> [Vec<u8>; 2] {
        let (key, site_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut authority = CertificateParams::new([]).unwrap();
        authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CountryName, "DE");
        authority.distinguished_name.push(DnType::OrganizationName, "Ämter");
        authority.distinguished_name.push(DnType::CommonName, "Authority 1");
        let names = ["WS.test", "*.shop.test", "127.0.0.1", "2001:db8::1"].map(str::to_owned);
        let mut site = CertificateParams::new(names).unwrap();
        (site.not_before, site.not_after) = (date_time_ymd(2026, 11, 30), date_time_ymd(2061, 1, 1));
        let root = authority.self_signed(&key).unwrap();
        let issued = site.signed_by(&site_key, &Issuer::new(authority, key)).unwrap();
        [root.der().to_vec(), issued.der().to_vec()]
    }

    #[test]
    fn the_fields_of_a_certificate_are_read() {
        let [root, site] = pair().map(|certificate| CertificateFields::read(&certificate).unwrap());
        assert_eq!(
            site,
            CertificateFields {
                issuer: "CN=Authority 1, C=DE, O=Ämter".to_owned(),
                is_self_issued: false,
                valid_from: 1_795_996_800,
                // From 2050 on the year has four digits.
                expires: 2_871_763_200,
                names: ["ws.test", "*.shop.test", "127.0.0.1", "2001:db8::1"].map(str::to_owned).to_vec(),
            }
        );
        assert!(root.is_self_issued && root.names.is_empty());
    }

    #[test]
    fn what_is_damaged_is_refused_or_read_but_harmless() {
        let [_, site] = pair();
        for end in 0..site.len() {
            assert!(CertificateFields::read(&site[..end]).is_err(), "{end}");
        }
        for at in 0..site.len() {
            for byte in [0, 0x30, 0x7f, 0x80, 0x84, 0x88, 0xff] {
                let mut damaged = site.clone();
                damaged[at] = byte;
                let _ = CertificateFields::read(&damaged);
            }
        }
        // A list with nothing in it, at each level.
        for empty in [&[0x30, 0][..], &[0x30, 2, 0x30, 0]] {
            assert!(matches!(CertificateFields::read(empty), Err(Incomplete)));
        }
    }
}
