//! The addresses to which requests may be sent.

use clairon_webhooks::SendFailure;

use crate::receiver::{Receiver, delivered, delivery, failed, sender, sender_with, together};

#[tokio::test]
async fn private_addresses_can_be_forbidden_in_every_notation() {
    let receiver = Receiver::start().await;
    let port = receiver.address.port();
    let sender = sender_with(|settings| settings.allow_private_addresses = false);
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "１２７.０.０.１",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[fe80::1]",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "localhost",
        "LOCALHOST",
    ] {
        for scheme in ["http", "https"] {
            let failure = failed(sender.send(&delivery(&format!("{scheme}://{host}:{port}/"))).await);
            assert!(matches!(failure, SendFailure::Private { .. }), "{host}: {failure}");
            let words = "is not a public address: webhooks.allow_private_addresses is false";
            assert!(failure.to_string().ends_with(words), "{failure}");
        }
    }
    assert!(!receiver.has_another());
}

#[tokio::test]
async fn a_refused_address_is_named_with_the_name_that_led_to_it() {
    let sender = sender_with(|settings| settings.allow_private_addresses = false);
    for (url, words) in [
        ("http://127.1/", "127.0.0.1 is not a public address"),
        ("http://[::1]/", "::1 is not a public address"),
        ("http://localhost/", "localhost is at "),
    ] {
        let failure = failed(sender.send(&delivery(url)).await).to_string();
        assert!(failure.starts_with(words), "{failure}");
    }
}

#[tokio::test]
async fn a_name_with_several_addresses_leads_to_the_one_that_answers() {
    // localhost is also ::1, where no server listens.
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = delivery(&format!("http://localhost:{}/", receiver.address.port()));
    let (outcome, _) = together(sender.send(&delivery), receiver.serve("HTTP/1.1 204 Fine\r\n\r\n")).await;
    delivered(outcome);
}
