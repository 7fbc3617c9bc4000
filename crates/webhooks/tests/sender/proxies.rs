//! Proxies of the environment.

use clairon_webhooks::{SendFailure, Sender, WebhookSettings};

use crate::receiver::{Receiver, delivered, delivery, failed, refused, together};

fn sender(proxy: &Receiver, allow_private_addresses: bool) -> Sender {
    let url = format!("http://user:pass@{}", proxy.address);
    let settings = WebhookSettings { allow_private_addresses, ..WebhookSettings::default() };
    Sender::with_environment(&settings, |name| (name == "ALL_PROXY").then(|| url.clone()))
}

#[tokio::test]
async fn a_proxy_gets_the_whole_url() {
    let proxy = Receiver::start().await;
    // The proxy may have any address, and looks up the name.
    for allow_private in [true, false] {
        let sender = sender(&proxy, allow_private);
        let delivery = delivery("http://shop.example:8080/hook?a=1");
        let (outcome, (_, request)) = together(sender.send(&delivery), proxy.serve("HTTP/1.1 204 Fine\r\n\r\n")).await;
        delivered(outcome);
        let head = "POST http://shop.example:8080/hook?a=1 HTTP/1.1\r\nHost: shop.example:8080\r\n";
        assert!(request.starts_with(head), "{request}");
        assert!(request.contains("\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n"), "{request}");
    }
}

#[tokio::test]
async fn a_proxy_makes_a_tunnel_for_https() {
    let (proxy, url) = (Receiver::start().await, "https://shop.example/");
    let sender = sender(&proxy, false);
    let serve = async |answer: &str| {
        let mut peer = proxy.accept().await;
        let request = peer.request().await;
        peer.answer(answer).await;
        request
    };
    for (answer, words) in [
        ("HTTP/1.1 407 Who\r\n\r\n", "it asks for other credentials (407)"),
        ("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "it answers 503"),
        ("HTTP/1.1 200 OK\r\n\r\nsurplus", "it sent more than the head of its answer"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "its answer is not one of HTTP/1.1"),
        (&"a".repeat(1 << 20), "its answer is not one of HTTP/1.1"),
        ("HTTP/1.1 200", "it closed the connection"),
    ] {
        let delivery = delivery(url);
        let (outcome, request) = together(async { failed(sender.send(&delivery).await) }, serve(answer)).await;
        assert_eq!(
            request,
            "CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\
             Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"
        );
        assert_eq!(outcome.to_string(), format!("the proxy {} makes no connection: {words}", proxy.address));
    }
    // The TLS handshake with the receiver follows, so only the receiver gets the credentials of the app.
    let delivery = delivery(url);
    let (outcome, _) = together(sender.send(&delivery), serve("HTTP/1.1 200 OK\r\n\r\n")).await;
    assert!(matches!(failed(outcome), SendFailure::Tls { peer, .. } if peer == "shop.example:443"));
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let proxy = Receiver::start().await;
    let (sender, address) = (sender(&proxy, true), proxy.address);
    drop(proxy);
    let failure = failed(sender.send(&delivery("https://shop.example/")).await);
    assert_eq!(failure.to_string(), format!("cannot connect to the proxy {address}: nothing listens there"));
}

#[tokio::test]
async fn an_address_in_the_url_is_checked_before_a_proxy_gets_it() {
    let proxy = Receiver::start().await;
    let sender = sender(&proxy, false);
    for url in ["http://10.0.0.1/", "https://169.254.169.254/", "http://[fd00::1]/", "https://[::ffff:10.0.0.1]/"] {
        let failure = failed(sender.send(&delivery(url)).await);
        assert!(matches!(failure, SendFailure::Private { .. }), "{failure}");
    }
    assert!(!proxy.has_another());
}

#[tokio::test]
async fn the_same_machine_is_reached_without_a_proxy() {
    let (proxy, receiver) = (Receiver::start().await, Receiver::start().await);
    let sender = sender(&proxy, true);
    let delivery = receiver.delivery("/");
    let answer = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n";
    let (outcome, (_, request)) = together(sender.send(&delivery), receiver.serve(answer)).await;
    refused(outcome);
    assert!(request.starts_with("POST / HTTP/1.1\r\n") && !request.contains("Proxy-"), "{request}");
    assert!(!proxy.has_another());
}
