//! The bytes of a request.

use clairon_webhooks::{Delivery, Outcome, SendFailure};

use crate::receiver::{Receiver, delivery, sender, together};

const SIGNATURE: &str = "5805a3fbda185172db8f7398e5ef52a193b6fc7da8b10e25e0ed35ecdf2d9a08";
const BODY: &str = r#"{"time_ms":1327078148132,"events":[{"name":"channel_occupied","channel":"room"}]}"#;

/// Sends a delivery and returns the request.
async fn sent(change: impl FnOnce(&mut Delivery)) -> String {
    let receiver = Receiver::start().await;
    let mut delivery = receiver.delivery("/hooks/pusher?shop=1#part");
    change(&mut delivery);
    let receive = async {
        let mut peer = receiver.accept().await;
        let request = peer.request().await;
        peer.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        request
    };
    let sender = sender();
    let (outcome, request) = together(sender.send(&delivery), receive).await;
    assert!(matches!(outcome, Outcome::Delivered(answer) if answer.status == 200 && answer.excerpt.is_empty()));
    request.replace(&receiver.address.to_string(), "ADDRESS").replace("\r\n", "\n")
}

fn expected(headers: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "POST /hooks/pusher?shop=1 HTTP/1.1\nHost: ADDRESS\nUser-Agent: clairon/{version}\nAccept: */*\n{headers}\
         Content-Type: application/json\nX-Pusher-Key: the-key\nX-Pusher-Signature: {SIGNATURE}\n\
         X-Clairon-Delivery: delivery-1\nContent-Length: {}\n\n{BODY}",
        BODY.len()
    )
}

#[tokio::test]
async fn a_request_has_the_headers_of_hosted_pusher() {
    assert_eq!(sent(|_| ()).await, expected(""));
}

#[tokio::test]
async fn headers_of_the_endpoint_are_sent_and_replace_none_of_ours() {
    let request = sent(|delivery| {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        delivery.headers = vec![
            header("X-Shop", "é"),
            header("x-pusher-signature", "0"),
            header("HOST", "other"),
            header("Content-Type", "text/plain"),
        ];
    });
    assert_eq!(request.await, expected("X-Shop: é\n"));
}

#[tokio::test]
async fn a_replay_names_the_delivery_that_it_repeats() {
    let request = sent(|delivery| delivery.replay_of = Some("delivery-0".to_owned())).await;
    assert!(request.contains("\nX-Clairon-Delivery: delivery-1\nX-Clairon-Replay-Of: delivery-0\n"), "{request}");
}

#[tokio::test]
async fn credentials_of_the_url_are_sent_as_a_header() {
    let request = sent(|delivery| {
        delivery.url.set_username("shop").unwrap();
        delivery.url.set_password(Some("p@ss:ö")).unwrap();
    });
    assert_eq!(request.await, expected("Authorization: Basic c2hvcDpwQHNzOsO2\n"));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_in_words() {
    let sender = sender();
    let failure = async |url: &str, name: &str, value: &str| {
        let mut delivery = delivery(url);
        delivery.headers.push((name.to_owned(), value.to_owned()));
        match sender.send(&delivery).await {
            Outcome::Failed { failure, .. } => failure,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(failure("ftp://127.0.0.1/", "X-Shop", "1").await, SendFailure::Url));
    for (name, value) in [("X Shop", "1"), ("", "1"), ("X-Shop", "1\r\nX-Other: 2")] {
        let failure = failure("http://127.0.0.1:1/", name, value).await;
        assert!(matches!(&failure, SendFailure::Header { name: found } if found == name), "{failure}");
        assert!(!failure.to_string().contains('\n'));
    }
}
