//! Statuses, redirects and invalid answers.

use clairon_webhooks::SendFailure;
use socket2::SockRef;

use crate::receiver::{Receiver, delivered, failed, refused, sender, together};

const EMPTY: &str = "\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn the_status_alone_decides() {
    let (receiver, sender) = (Receiver::start().await, sender());
    for (status, is_success) in [
        ("200 OK", true),
        ("201 Created", true),
        ("202 Accepted", true),
        ("204 No Content", true),
        ("299 Own", true),
        ("300 Multiple Choices", false),
        ("304 Not Modified", false),
        ("400 Bad Request", false),
        ("401 Unauthorized", false),
        ("404 Not Found", false),
        ("410 Gone", false),
        ("419 Page Expired", false),
        ("429 Too Many Requests", false),
        ("500 Internal Server Error", false),
        ("503 Service Unavailable", false),
        ("599 Own", false),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\nConnection: close{EMPTY}");
        let delivery = receiver.delivery("/");
        let (outcome, _) = together(sender.send(&delivery), receiver.serve(&answer)).await;
        let answer = if is_success { delivered(outcome) } else { refused(outcome) };
        assert!(status.starts_with(&answer.status.to_string()), "{status}: {answer:?}");
        assert_eq!(answer.excerpt, "");
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let (receiver, other, sender) = (Receiver::start().await, Receiver::start().await, sender());
    for status in [301, 302, 303, 307, 308] {
        for location in [format!("http://{}/", other.address), format!("http://{}/hook/", receiver.address)] {
            let answer = format!("HTTP/1.1 {status} Found\r\nLocation: {location}\r\nConnection: close{EMPTY}");
            let delivery = receiver.delivery("/hook");
            let (outcome, _) = together(sender.send(&delivery), receiver.serve(&answer)).await;
            let answer = refused(outcome);
            assert_eq!(answer.status, status);
            assert_eq!(answer.excerpt, format!("redirects are not followed; this one leads to {location}"));
            assert!(!receiver.has_another() && !other.has_another());
        }
    }
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 Fine\r\n\r\n";
    let delivery = receiver.delivery("/");
    let (outcome, _) = together(sender.send(&delivery), receiver.serve(answer)).await;
    assert_eq!(delivered(outcome).status, 204);
}

#[tokio::test]
async fn a_receiver_that_switches_protocols_has_not_accepted() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = receiver.delivery("/");
    let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    let (outcome, _) = together(sender.send(&delivery), receiver.serve(answer)).await;
    let words = match outcome {
        clairon_webhooks::Outcome::Refused(answer) => answer.status.to_string(),
        other => failed(other).to_string(),
    };
    assert!(words.contains("101") || words.contains("upgrade"), "{words}");
}

#[tokio::test]
async fn http_1_0_is_spoken() {
    let (receiver, sender) = (Receiver::start().await, sender());
    for answer in ["HTTP/1.0 200 OK\r\n\r\nuntil the end", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"] {
        let delivery = receiver.delivery("/");
        let (outcome, _) = together(sender.send(&delivery), receiver.serve(answer)).await;
        assert_eq!(delivered(outcome).status, 200);
    }
}

#[tokio::test]
async fn what_is_no_answer_is_a_failure_in_words() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let large = format!("HTTP/1.1 200 OK\r\nX-Large: {}\r\n\r\n", "a".repeat(64 << 10));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Many: a\r\n".repeat(1_000));
    for (answer, words) in [
        ("", "closed the connection before it answered"),
        ("HTTP/1.1 200 OK\r\nContent-Le", "closed the connection before it answered"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "answered with something that is not HTTP/1.1"),
        ("HTTP/2 200\r\n\r\n", "answered with something that is not HTTP/1.1"),
        ("<html>200 OK</html>", "answered with something that is not HTTP/1.1"),
        ("HTTP/1.1 999999 OK\r\n\r\n", "answered with something that is not HTTP/1.1"),
        (&large, "answered with a head that is too large"),
        (&many, "answered with a head that is too large"),
    ] {
        let delivery = receiver.delivery("/");
        let serve = async {
            let mut peer = receiver.accept().await;
            peer.request().await;
            // The sender may close the connection before everything is written.
            let _ = tokio::io::AsyncWriteExt::write_all(&mut peer.0, answer.as_bytes()).await;
        };
        let (outcome, ()) = together(sender.send(&delivery), serve).await;
        let failure = failed(outcome);
        assert!(matches!(failure, SendFailure::Http { .. }), "{failure}");
        assert_eq!(failure.to_string(), format!("{} {words}", receiver.address), "{answer:.40}");
    }
}

#[tokio::test]
async fn a_reset_connection_is_a_failure_in_words() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = receiver.delivery("/");
    let reset = async {
        let mut peer = receiver.accept().await;
        peer.request().await;
        SockRef::from(&peer.0).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    };
    let (outcome, ()) = together(sender.send(&delivery), reset).await;
    let words = "broke the connection off before it answered: the connection was reset";
    assert_eq!(failed(outcome).to_string(), format!("{} {words}", receiver.address));
    assert!(!receiver.has_another(), "a request whose outcome is unknown was sent again");
}

#[tokio::test]
async fn nothing_that_listens_is_a_failure_in_words() {
    let receiver = Receiver::start().await;
    let (delivery, address) = (receiver.delivery("/"), receiver.address);
    drop(receiver);
    let failure = failed(sender().send(&delivery).await);
    assert_eq!(failure.to_string(), format!("cannot connect to {address}: nothing listens there"));
}

#[tokio::test]
async fn a_name_without_an_address_is_a_failure_in_words() {
    let failure = failed(sender().send(&crate::receiver::delivery("http://no-such-name.invalid/")).await);
    assert!(failure.to_string().starts_with("the name no-such-name.invalid does not resolve: "), "{failure}");
}
