//! Requests to an authority.

use std::{
    io,
    pin::Pin,
    str::FromStr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header, uri::Scheme};
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use crate::authority::RetryAfter;

/// The time limit of a request, from the look-up of the name to the end of the answer.
const LIMIT: Duration = Duration::from_secs(30);
/// The longest body of an answer, in bytes.
const BODY: usize = 128 << 10;
/// The longest head of an answer, in bytes.
const HEAD: usize = 32 << 10;
/// The longest pause that an authority can ask for in seconds.
const LONGEST_PAUSE: u64 = 7 * 86_400;

/// Makes requests to an authority. Each has its own connection: an order takes about a dozen requests in a few weeks.
#[derive(Clone)]
pub(crate) struct AuthorityClient {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) retry_after: RetryAfter,
}

/// The reason why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("{0} is not an https URL")]
    Url(Uri),
    #[error("cannot connect to {authority}: {error}")]
    Connect { authority: String, error: io::Error },
    #[error("no TLS with {authority}: {error}")]
    Tls { authority: String, error: io::Error },
    #[error("no complete answer from {authority}: {error}")]
    Http { authority: String, error: Box<dyn std::error::Error + Send + Sync> },
    #[error("no answer within {} seconds", LIMIT.as_secs())]
    Timeout,
    #[error("{authority} answers with status {status}")]
    Status { authority: String, status: StatusCode },
}

impl HttpClient for AuthorityClient {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.clone();
        Box::pin(async move {
            let answer = timeout(LIMIT, client.send(request)).await.unwrap_or(Err(RequestError::Timeout));
            answer.map_err(|error| Error::Other(Box::new(error)))
        })
    }
}

impl AuthorityClient {
    async fn send(&self, mut request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, RequestError> {
        let uri = request.uri().clone();
        let bad_url = || RequestError::Url(uri.clone());
        let host = uri.host().filter(|_| uri.scheme() == Some(&Scheme::HTTPS)).ok_or_else(bad_url)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let name = ServerName::try_from(host.clone()).map_err(|_| bad_url())?;
        request.headers_mut().insert(header::HOST, HeaderValue::from_str(&authority).map_err(|_| bad_url())?);
        // A server gets the path alone (RFC 9112, 3.2.1).
        *request.uri_mut() = uri.path_and_query().map_or("/", |path| path.as_str()).parse().map_err(|_| bad_url())?;

        let tcp = TcpStream::connect((host, uri.port_u16().unwrap_or(443))).await;
        let tcp = tcp.map_err(|error| RequestError::Connect { authority: authority.clone(), error })?;
        let tls = TlsConnector::from(self.config.clone()).connect(name, tcp).await;
        let tls = tls.map_err(|error| RequestError::Tls { authority: authority.clone(), error })?;
        let http = |error| RequestError::Http { authority: authority.clone(), error };
        let (mut requests, connection) = http1::Builder::new()
            .max_buf_size(HEAD)
            .handshake(TokioIo::new(tls))
            .await
            .map_err(|error| http(error.into()))?;
        // The end of the connection is visible through the answer.
        let _driver = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
        let answer = requests.send_request(request).await.map_err(|error| http(error.into()))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, BODY).collect().await.map_err(http)?.to_bytes();
        if [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&parts.status) {
            *self.retry_after.lock() = retry_after(&parts.headers);
        }
        if parts.status.is_server_error() && !is_problem(&parts.headers) {
            return Err(RequestError::Status { authority, status: parts.status });
        }
        Ok(BytesResponse { parts, body: Box::new(body) })
    }
}

/// True if the body is a problem (RFC 7807) and not, for example, the page of a proxy.
fn is_problem(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"))
}

/// The time in `Retry-After`, a number of seconds or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<SystemTime> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    match u64::from_str(text) {
        Ok(seconds) => Some(SystemTime::now() + Duration::from_secs(seconds.min(LONGEST_PAUSE))),
        Err(_) => httpdate::parse_http_date(text).ok(),
    }
}
