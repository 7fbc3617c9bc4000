//! The reason why there was no answer.

use std::{error::Error, fmt, io, net::IpAddr, sync::Arc, time::Duration};

use clairon_protocol::quote;
use clairon_tls::cause;

/// The reason why a delivery got no answer, as a text for operators. It contains no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SendFailure {
    /// The [fence](crate::Fence) was closed before the request was sent, or before its answer arrived.
    #[error("not sent: another node may send this delivery now")]
    Fenced,
    /// The URL is not an HTTP URL.
    #[error("the URL is not one of http:// or https:// with a host")]
    Url,
    /// A header of the endpoint cannot be sent.
    #[error("the header {} cannot be sent: a name is letters, digits and hyphens, a value one line of text", quote(.name))]
    Header {
        /// Its name.
        name: String,
    },
    /// A variable of the environment names an unusable proxy.
    #[error("{variable} is not the URL of a usable proxy: allowed are http:// and https://")]
    Proxy {
        /// The variable.
        variable: &'static str,
    },
    /// The time limit expired.
    #[error("no answer within {} s: the time limit expired while {step}", .timeout.as_secs_f64())]
    Timeout {
        /// The step at which it expired.
        step: Step,
        /// The time limit of all steps together.
        timeout: Duration,
    },
    /// The name has no address.
    #[error("the name {host} does not resolve: {}", quote(&.error.to_string()))]
    Resolve {
        /// The error of the resolver.
        host: String,
        /// What the resolver says.
        error: Arc<io::Error>,
    },
    /// The host has no public address, and private ones are not allowed.
    #[error("{} not a public address: webhooks.allow_private_addresses is false", place(.host, *.address))]
    Private {
        /// The host.
        host: String,
        /// Its first address.
        address: IpAddr,
    },
    /// The connection failed.
    #[error("cannot connect to {peer}: {}", io_words(.error))]
    Connect {
        /// Host and port, of the receiver or of a proxy.
        peer: String,
        /// The error of the last address.
        error: Arc<io::Error>,
    },
    /// The TLS handshake failed.
    #[error("TLS with {peer} failed: {}", tls_words(.error))]
    Tls {
        /// Host and port.
        peer: String,
        /// The cause.
        error: Arc<io::Error>,
    },
    /// The proxy did not open a tunnel to the receiver.
    #[error("the proxy {proxy} makes no connection: {problem}")]
    Tunnel {
        /// Host and port of the proxy.
        proxy: String,
        /// The answer of the proxy.
        problem: String,
    },
    /// The connection ended before the head of the answer arrived.
    #[error("{peer} {}", http_words(.error))]
    Http {
        /// Host and port.
        peer: String,
        /// The cause.
        error: Arc<hyper::Error>,
    },
}

/// A step of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Looking up the name.
    Resolve,
    /// Opening a TCP connection.
    Connect,
    /// Opening the tunnel through the proxy.
    Tunnel,
    /// The TLS handshake.
    Tls,
    /// Writing the request and receiving the head of the answer.
    Answer,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "the name was looked up",
            Self::Connect => "connecting",
            Self::Tunnel => "the proxy connected",
            Self::Tls => "the TLS handshake went on",
            Self::Answer => "waiting for the head of the answer",
        })
    }
}

/// The subject of an error about the address of a host, which may be that address itself.
fn place(host: &str, address: IpAddr) -> String {
    let is_address = host.trim_matches(['[', ']']).parse() == Ok(address);
    if is_address { format!("{address} is") } else { format!("{host} is at {address}, which is") }
}

fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        io::ErrorKind::ConnectionReset => "the connection was reset".to_owned(),
        io::ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        _ => quote(&error.to_string()),
    }
}

fn tls_words(error: &io::Error) -> String {
    use rustls::{CertificateError, Error};
    match cause(error) {
        Some(Error::InvalidCertificate(certificate)) => match certificate {
            CertificateError::UnknownIssuer => {
                "its certificate is from an authority that this machine does not know: webhooks.ca_file names others"
                    .to_owned()
            }
            other => format!("its certificate is not valid: {}", quote(&other.to_string())),
        },
        Some(Error::InvalidMessage(_)) => "it does not speak TLS: is the URL one of http://?".to_owned(),
        Some(other) => quote(&other.to_string()),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "it closed the connection: does it speak TLS, or is the URL one of http://?".to_owned()
        }
        None => io_words(error),
    }
}

fn http_words(error: &hyper::Error) -> String {
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match source {
        Some(source) if cause(source).is_some() => format!("broke TLS off: {}", tls_words(source)),
        Some(source) => format!("broke the connection off before it answered: {}", io_words(source)),
        None if error.is_incomplete_message() || error.is_closed() || error.is_canceled() => {
            "closed the connection before it answered".to_owned()
        }
        None if error.is_parse_too_large() => "answered with a head that is too large".to_owned(),
        None if error.is_parse() => "answered with something that is not HTTP/1.1".to_owned(),
        None => format!("did not answer: {}", quote(&error.to_string())),
    }
}
