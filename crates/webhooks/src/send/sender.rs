//! The sender of deliveries.

use std::{env, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use http::{
    HeaderMap, Response, StatusCode,
    header::{CONTENT_ENCODING, HeaderName, LOCATION},
};
use hyper::body::{Body, Incoming};
use tokio::{sync::Semaphore, time::Instant};

use super::{
    connection::Connection,
    connector::{Connector, Route},
    deadline::Deadline,
    excerpt::{excerpt, hide, read_to_end},
    failure::{SendFailure, Step},
    origin::Origin,
    pool::Pool,
    proxies::Proxies,
    request::request,
    secrets::secrets,
};
use crate::{
    delivery::{Answer, Delivery, Outcome},
    settings::WebhookSettings,
};

/// The most bodies that are read concurrently to reuse their connections.
const READERS: usize = 64;

/// How long a connection stays idle if the receiver does not specify it. Most servers close idle connections after 5 s
/// or more.
const KEEP: Duration = Duration::from_secs(4);

/// The longest idle time that a receiver can request.
const LONGEST_KEEP: Duration = Duration::from_mins(1);

/// Sends deliveries over HTTP/1.1, with connections that are reused and with the proxies of the environment.
///
/// - Redirects are not followed. The status alone decides.
/// - The answer is complete for the sender when its head has arrived. At most 64 KiB of its body are read, for at most
///   1 s.
/// - Names are looked up for each new connection. A connection is used for at most a minute. If a receiver has closed
///   one that was kept without an answer, none is kept to it for 10 minutes.
/// - Nothing is sent once the [fence](crate::Fence) of the delivery is closed.
/// - A request is repeated over another connection only if no byte of it was sent.
pub struct Sender {
    connector: Connector,
    pool: Pool,
    readers: Arc<Semaphore>,
    timeout: Duration,
}

struct Exchange {
    connection: Connection,
    route: Route,
    response: Response<Incoming>,
    latency: Duration,
}

impl Sender {
    /// A sender with the time limit, the authorities and the allowed addresses of the settings, and the proxies of the
    /// process's environment.
    #[must_use]
    pub fn new(settings: &WebhookSettings) -> Self {
        Self::with_environment(settings, |name| env::var(name).ok())
    }

    /// The same with the variables of another environment.
    #[must_use]
    pub fn with_environment(settings: &WebhookSettings, variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            connector: Connector::new(settings, Proxies::read(variable)),
            pool: Pool::new(settings.requests),
            readers: Arc::new(Semaphore::new(READERS)),
            timeout: settings.timeout,
        }
    }

    /// Makes one attempt.
    pub async fn send(&self, delivery: &Delivery) -> Outcome {
        self.attempt(delivery, false).await
    }

    /// Makes one attempt, and reads an excerpt of every answer. For tests by an operator. It is boxed, so that it is
    /// compiled with this crate.
    #[must_use]
    pub fn probe<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Outcome> {
        Box::pin(self.attempt(delivery, true))
    }

    async fn attempt(&self, delivery: &Delivery, shows_body: bool) -> Outcome {
        let started = Instant::now();
        let exchange = match self.exchange(delivery, started).await {
            Ok(exchange) => exchange,
            Err(failure) => {
                let failure = if delivery.fence.is_open() { failure } else { SendFailure::Fenced };
                return Outcome::Failed { failure, latency: started.elapsed() };
            }
        };
        let Exchange { connection, route, response, latency } = exchange;
        let (head, mut body) = response.into_parts();
        let excerpt = match redirect(head.status, &head.headers) {
            Some(location) => hide(&location, &secrets(delivery, &route)),
            None if head.status.is_success() && !shows_body => String::new(),
            None if head.headers.contains_key(CONTENT_ENCODING) => "the body of the answer is compressed".to_owned(),
            None => excerpt(&mut body, &secrets(delivery, &route)).await,
        };
        self.keep(connection, route, body, keep_alive(&head.headers));
        let answer = Answer { status: head.status.as_u16(), latency, excerpt };
        if head.status.is_success() { Outcome::Delivered(answer) } else { Outcome::Refused(answer) }
    }

    async fn exchange(&self, delivery: &Delivery, started: Instant) -> Result<Exchange, SendFailure> {
        let deadline = Deadline::new(started, self.timeout);
        let route = self.connector.route(Origin::of(&delivery.url).ok_or(SendFailure::Url)?)?;
        let mut request = request(delivery, &route)?;
        loop {
            let waiting = self.pool.take(&route);
            let is_new = waiting.is_none();
            let mut connection = match waiting {
                Some(connection) => connection,
                // Boxed, because TLS makes the future large and most requests reuse a connection.
                None => Box::pin(self.connector.connect(&route, deadline)).await?,
            };
            if !is_new && !connection.is_ready().await {
                continue;
            }
            if !delivery.fence.is_open() {
                return Err(SendFailure::Fenced);
            }
            match deadline.within(Step::Answer, connection.send(request, delivery.fence.clone())).await? {
                Ok(response) => return Ok(Exchange { connection, route, response, latency: started.elapsed() }),
                Err(mut failed) => match failed.take_message() {
                    // The receiver had closed the idle connection. No byte was sent.
                    Some(unsent) if !is_new => request = unsent,
                    _ => {
                        if !is_new {
                            self.pool.distrust(&route);
                        }
                        let peer = route.origin.to_string();
                        return Err(SendFailure::Http { peer, error: Arc::new(failed.into_error()) });
                    }
                },
            }
        }
    }

    /// Reads the rest of the body in the background, so that the connection can be reused.
    fn keep(&self, connection: Connection, route: Route, mut body: Incoming, keep: Duration) {
        if body.is_end_stream() {
            return self.pool.put(&route, connection, keep);
        }
        // With this many slow bodies, a new connection is cheaper.
        let Ok(permit) = self.readers.clone().try_acquire_owned() else { return };
        let pool = self.pool.clone();
        tokio::spawn(async move {
            if read_to_end(&mut body).await {
                pool.put(&route, connection, keep);
            }
            drop(permit);
        });
    }
}

/// The target of a redirect.
fn redirect(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let location = headers.get(LOCATION).filter(|_| status.is_redirection())?;
    let location = String::from_utf8_lossy(location.as_bytes());
    Some(format!("redirects are not followed; this one leads to {location}"))
}

/// The idle time that the receiver announces, less a second for the network.
fn keep_alive(headers: &HeaderMap) -> Duration {
    const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
    let parameters = headers.get(KEEP_ALIVE).and_then(|value| value.to_str().ok()).unwrap_or_default().split(',');
    let seconds = parameters.filter_map(|parameter| parameter.trim().strip_prefix("timeout=")?.parse::<u64>().ok());
    let said = seconds.min().map(|seconds| Duration::from_secs(seconds.saturating_sub(1)));
    said.map_or(KEEP, |said| said.min(LONGEST_KEEP))
}
