//! The signature of a request: no request makes the check panic, a request signed with the secret is accepted, and no
//! other is.
//!
//! Input: the path on a line, the query on a line, the body.
#![no_main]

use clairon_protocol::{
    Secret,
    auth::{HttpRequest, InvalidRequest, RequestQuery, Signature},
};
use libfuzzer_sys::fuzz_target;
use md5::{Digest, Md5};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// No seed contains a signature with this secret.
const SECRET: &str = "known to this file alone";
const OTHER_SECRET: &str = "known to this file alonf";
const NOW: u64 = 1_353_088_179;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (path, query) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let body = lines.next().unwrap_or_default().as_bytes();
    refuse_as_it_is(path, query, body);
    let parameters = parameters(query, body);
    let as_sent = sort(&parameters);
    take_and_tamper(path, &as_sent, &join(&parameters), body);
    let escaped =
        parameters.iter().map(|(name, value)| (name.clone(), utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()));
    take_and_tamper(path, &as_sent, &join(&escaped.collect::<Vec<_>>()), body);
});

fn secret(text: &str) -> Secret {
    Secret::parse(text).expect("the text is short and printable")
}

fn verify(method: &str, path: &str, query: &str) -> Result<(), InvalidRequest> {
    HttpRequest { method, path, query: &RequestQuery::parse(query) }.verify(&secret(SECRET))
}

/// Asserts that the input is refused, whatever signature it contains, because it is not signed.
fn refuse_as_it_is(path: &str, query: &str, body: &[u8]) {
    assert!(verify("POST", path, query).is_err());
    let query = RequestQuery::parse(query);
    let request = HttpRequest { method: "POST", path, query: &query };
    let _ = (request.check(NOW), request.check_body(body));
}

/// The parameters that a library would send for this query. Their names are those that all libraries sign alike.
fn parameters(query: &str, body: &[u8]) -> Vec<(String, String)> {
    let is_plain = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    let given = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut parameters: Vec<(String, String)> =
        given.filter(|(name, _)| is_plain(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    parameters.extend(
        [
            ("auth_key", "278d425bdf160c739803".to_owned()),
            ("auth_timestamp", NOW.to_string()),
            ("auth_version", "1.0".to_owned()),
            ("body_md5", hex::encode(Md5::digest(body))),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    parameters
}

fn join(parameters: &[(String, String)]) -> String {
    parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn sort(parameters: &[(String, String)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    join(&sorted)
}

/// Signs `text` as the parameters and sends it as `query`; then changes one part after the other.
fn take_and_tamper(path: &str, text: &str, query: &str, body: &[u8]) {
    let parts = ["POST", "\n", path, "\n", text].map(str::as_bytes);
    let sign = |secret: &Secret| Signature::sign(secret, &parts).to_hex();
    let signature = sign(&secret(SECRET));
    let signed = format!("{query}&auth_signature={signature}");
    assert_eq!(verify("POST", path, &signed), Ok(()), "{signed}");
    let parsed = RequestQuery::parse(&signed);
    let request = HttpRequest { method: "POST", path, query: &parsed };
    assert_eq!((request.check(NOW), request.check_body(body)), (Ok(()), Ok(())));
    assert!(request.check(NOW + 600).is_err() && request.check(NOW - 600).is_err());
    assert!(request.check_body(&[body, b"x"].concat()).is_err());

    let refused = Err(InvalidRequest::Signature);
    let other_digit = if signature.starts_with('0') { "1" } else { "0" };
    let forged = format!("{query}&auth_signature={other_digit}{}", &signature[1..]);
    let by_another = format!("{query}&auth_signature={}", sign(&secret(OTHER_SECRET)));
    let longer_value = format!("{query}x&auth_signature={signature}");
    let one_more = format!("{query}&x=&auth_signature={signature}");
    for changed in [forged, by_another, longer_value, one_more] {
        assert_eq!(verify("POST", path, &changed), refused, "{changed}");
    }
    if let Some((_, one_less)) = signed.split_once('&') {
        assert_eq!(verify("POST", path, one_less), refused, "{one_less}");
    }
    assert_eq!(verify("PUT", path, &signed), refused);
    assert_eq!(verify("POST", &format!("{path}x"), &signed), refused);
}
