//! Deliveries with a store.

use std::{sync::Arc, time::Duration};

use clairon_protocol::{ChannelName, Limits};
use clairon_registry::{
    App, AppCache, Attempt, DeliveryId, Endpoint, Entry, EventCopy, NewEvent, Registry, Webhook, WebhookUrl,
};
use clairon_tls::{Authorities, provider};
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, net::TcpListener, sync::mpsc, time::timeout};
use tokio_rustls::TlsAcceptor;

use super::{
    courier::{self, Courier},
    lease::{LeaseClock, Moment},
};
use crate::{Announcer, OnAttempt, WebhookSettings};

/// A database with an event for an endpoint.
struct Site {
    store: Arc<dyn Registry>,
    endpoint: Endpoint,
    delivery: DeliveryId,
    _folder: TempDir,
}

impl Site {
    async fn new(url: &str, place: Option<u64>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", folder.path().join("clairon.db").display());
        let store = clairon_registry::open(&database, 1).await.unwrap();
        let mut app = App::random();
        app.webhooks.add(Webhook::new(WebhookUrl::parse(url).unwrap()));
        store.create(&app).await.unwrap();
        let webhook = app.webhooks.iter().next().unwrap().id.clone();
        let delivery = DeliveryId::made_at(Timestamp::now());
        let copies = vec![EventCopy { webhook: webhook.clone(), delivery: delivery.clone(), is_alone: true }];
        let event = NewEvent { body: "{}".to_owned(), happened_at: Timestamp::now(), copies };
        let channel = ChannelName::parse("a", &Limits::default()).unwrap();
        let entry = Entry { app: app.id.clone(), channel, place, observation: None, event: Some(event) };
        store.record(&[entry], 100, false).await.unwrap();
        Self { store, endpoint: Endpoint::new(app.id, webhook), delivery, _folder: folder }
    }

    async fn announcer(&self, settings: WebhookSettings, on_attempt: OnAttempt) -> Arc<Announcer> {
        let apps = Arc::new(AppCache::load(self.store.clone(), Vec::new()).await.unwrap());
        Arc::new(Announcer::new(settings, self.store.clone(), apps, true, on_attempt))
    }
}

/// A server that has become a lone one may find events that wait for a node which was killed while it wrote late.
#[tokio::test]
async fn what_waited_for_a_node_that_was_killed_is_sent() {
    // Nothing listens there. That it is tried is enough.
    let site = Site::new("http://127.0.0.1:9/", Some(7)).await;
    site.store.note_backlog("killed", Some((0, Duration::from_secs(3)))).await.unwrap();
    let (attempts, mut attempted) = mpsc::unbounded_channel();
    let on_attempt = Box::new(move |attempt: &Attempt| drop(attempts.send(attempt.delivery.clone())));
    let announcer = site.announcer(WebhookSettings::default(), on_attempt).await;
    let running = announcer.clone();
    let running = tokio::spawn(async move { running.deliver().await });
    let attempted = timeout(Duration::from_secs(30), attempted.recv()).await.unwrap();
    assert_eq!(attempted.as_ref(), Some(&site.delivery));
    announcer.stopping.cancel();
    running.await.unwrap();
}

/// A node that is suspended while it connects may resume when another one delivers.
#[tokio::test]
async fn nothing_is_sent_once_the_lease_has_ended() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = Site::new(&format!("https://localhost:{}/", listener.local_addr().unwrap().port()), None).await;
    let (authorities, acceptor) = tls();
    let settings = WebhookSettings { authorities: Some(authorities), ..WebhookSettings::default() };
    let announcer = site.announcer(settings, Box::new(|_| {})).await;
    let lease = Arc::new(LeaseClock::new(Moment::now()));
    let courier = Courier {
        announcer,
        endpoint: site.endpoint.clone(),
        lease: lease.clone(),
        news: Arc::default(),
        counters: Arc::default(),
    };
    let running = tokio::spawn(courier::run(courier));
    let connection = listener.accept().await.unwrap().0;
    lease.end();
    let mut stream = acceptor.accept(connection).await.unwrap();
    let mut sent = Vec::new();
    // The connection ends without the goodbye of TLS.
    let _ = stream.read_to_end(&mut sent).await;
    assert_eq!(sent, b"");
    running.await.unwrap();
    assert_eq!(site.store.pending(&site.endpoint, 0).await.unwrap()[0].attempts, 0);
}

/// An authority, and a receiver with a certificate of it.
fn tls() -> (Authorities, TlsAcceptor) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (Authorities::from_pem(authority.pem().into_bytes()).unwrap(), TlsAcceptor::from(Arc::new(config)))
}
