//! TLS: the certificates that are accepted.

use std::sync::Arc;

use clairon_tls::{Authorities, provider};
use clairon_webhooks::{Outcome, Sender};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::receiver::{Peer, Receiver, delivered, delivery, failed, sender, sender_with, together};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn trusted(&self) -> Authorities {
        Authorities::from_pem(self.0.pem().into_bytes()).unwrap()
    }

    fn sign(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        // A receiver that prefers HTTP/2 must not choose it.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Sends to `https://localhost`. The receiver answers if the handshake succeeds.
async fn exchange(sender: &Sender, acceptor: &TlsAcceptor) -> Outcome {
    let receiver = Receiver::start().await;
    let delivery = delivery(&format!("https://localhost:{}/", receiver.address.port()));
    let serve = async {
        let stream = acceptor.accept(receiver.accept().await.0).await.ok()?;
        let mut peer: Peer<TlsStream<_>> = Peer(stream);
        peer.request().await;
        peer.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        Some(peer)
    };
    together(sender.send(&delivery), serve).await.0
}

#[tokio::test]
async fn a_certificate_of_an_authority_of_the_settings_is_taken() {
    let authority = Authority::new("one");
    let sender = sender_with(|settings| settings.authorities = Some(authority.trusted()));
    delivered(exchange(&sender, &authority.sign("localhost", |_| ())).await);
}

#[tokio::test]
async fn requests_over_tls_share_a_connection() {
    let (authority, receiver) = (Authority::new("one"), Receiver::start().await);
    let sender = sender_with(|settings| settings.authorities = Some(authority.trusted()));
    let acceptor = authority.sign("localhost", |_| ());
    let delivery = delivery(&format!("https://localhost:{}/", receiver.address.port()));
    let serve = async {
        let mut peer = Peer(acceptor.accept(receiver.accept().await.0).await.unwrap());
        for _ in 0..3 {
            peer.request().await;
            peer.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
        peer
    };
    let send = async {
        for _ in 0..3 {
            delivered(sender.send(&delivery).await);
        }
    };
    let ((), _peer) = together(send, serve).await;
    assert!(!receiver.has_another());
}

#[tokio::test]
async fn other_certificates_are_refused_in_words() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let trusting = || sender_with(|settings| settings.authorities = Some(authority.trusted()));
    let unknown = "its certificate is from an authority that this machine does not know: webhooks.ca_file names others";
    for (sender, acceptor, words) in [
        (sender(), authority.sign("localhost", |_| ()), unknown),
        (trusting(), other.sign("localhost", |_| ()), unknown),
        (trusting(), authority.sign("shop.example", |_| ()), "its certificate is not valid: "),
        (
            trusting(),
            authority.sign("localhost", |params| params.not_after = date_time_ymd(2020, 1, 1)),
            "its certificate is not valid: ",
        ),
    ] {
        let failure = failed(exchange(&sender, &acceptor).await).to_string();
        let text = failure.split_once(" failed: ").unwrap().1;
        assert!(failure.starts_with("TLS with localhost:") && text.starts_with(words), "{failure}");
    }
}

#[tokio::test]
async fn a_receiver_that_ends_the_handshake_is_a_failure_in_words() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = delivery(&format!("https://{}/", receiver.address));
    let serve = async {
        let mut peer = receiver.accept().await;
        // All bytes are read, so that closing the connection does not reset it.
        peer.0.readable().await.unwrap();
        let _ = peer.0.try_read(&mut [0; 4_096]);
        tokio::io::AsyncWriteExt::shutdown(&mut peer.0).await.unwrap();
        peer
    };
    let (outcome, _peer) = together(sender.send(&delivery), serve).await;
    let words = "failed: it closed the connection: does it speak TLS, or is the URL one of http://?";
    let failure = failed(outcome).to_string();
    assert!(failure.ends_with(words), "{failure}");
}

#[tokio::test]
async fn the_wrong_scheme_is_a_failure_in_words() {
    let receiver = Receiver::start().await;
    let delivery = delivery(&format!("https://{}/", receiver.address));
    let serve = async {
        let mut peer = receiver.accept().await;
        peer.answer("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
        peer.closed().await;
    };
    let sender = sender();
    let (outcome, ()) = together(async { failed(sender.send(&delivery).await) }, serve).await;
    let address = receiver.address;
    assert_eq!(
        outcome.to_string(),
        format!("TLS with {address} failed: it does not speak TLS: is the URL one of http://?")
    );
}
