//! The bodies of answers.

use crate::receiver::{Receiver, body, delivered, refused, sender, together};

#[tokio::test]
async fn success_is_there_with_the_head() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = receiver.delivery("/");
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    let (outcome, (mut peer, _)) = together(sender.send(&delivery), receiver.serve(head)).await;
    assert_eq!(delivered(outcome).status, 200);
    // The rest is read in the background; then the connection takes the next request.
    peer.answer("ok").await;
    let send = async {
        loop {
            // The first attempts may come before the body has been read, and open connections of their own.
            delivered(sender.send(&delivery).await);
        }
    };
    let others = async {
        loop {
            let (mut other, _) = receiver.serve("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
            other.closed().await;
        }
    };
    tokio::select! {
        () = send => {}
        () = others => {}
        request = peer.request() => assert!(request.contains("delivery-1")),
    }
}

#[tokio::test]
async fn an_endless_body_is_read_to_a_limit() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = receiver.delivery("/");
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let (outcome, (mut peer, _)) = together(sender.send(&delivery), receiver.serve(head)).await;
        assert_eq!(delivered(outcome).status, 200);
        // The bytes are valid as a chunk of 1,024 bytes and as a part of a plain body.
        peer.repeat(format!("400\r\n{}\r\n", "a".repeat(1_024)).as_bytes()).await;
    }
}

#[tokio::test]
async fn of_an_endless_refusal_the_beginning_is_kept() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let mut delivery = receiver.delivery("/?token=hunter2");
    delivery.headers = vec![("X-Token".to_owned(), "hush-hush".to_owned()), ("X-Shop".to_owned(), "1".to_owned())];
    let head = "HTTP/1.1 500 Oh\r\n\r\n<h1>No\x1b[2J\r\n\tdisk 1</h1>\r\n/?token=hunter2 X-Token: hush-hush ";
    let serve = async { receiver.serve(head).await.0.repeat(&[b'a'; 1_024]).await };
    let (outcome, ()) = together(sender.send(&delivery), serve).await;
    let answer = refused(outcome);
    assert_eq!(answer.status, 500);
    assert!(answer.excerpt.starts_with("<h1>No [2J disk 1</h1> /?… X-Token: … aaaa"), "{}", answer.excerpt);
    assert_eq!(answer.excerpt.chars().count(), 201);
}

#[tokio::test]
async fn an_answer_that_quotes_the_request_shows_none_of_its_secrets() {
    let (receiver, sender) = (Receiver::start().await, sender());
    for (url, header, body, shown) in [
        ("shop:hunter%402@ADDRESS/", "", "not hunter@2 of Basic c2hvcDpodW50ZXJAMg==", "not … of …"),
        ("hunter2@ADDRESS/", "", "shop c2hvcDpodW50ZXJAMg hunter2 aHVudGVyMjo=", "shop c2hvcDpodW50ZXJAMg … …="),
        ("ADDRESS/?a=hunter%202&b=hush-hush", "", "hunter 2, hunter%202, hush-hush", "…, …, …"),
        ("ADDRESS/", "Bearer hunter2", "no Bearer like hunter2", "no Bearer like …"),
        ("ADDRESS/", "token=\"hunter2\", v=1", "hunter2 v=1", "… v=1"),
    ] {
        let mut delivery = receiver.delivery("/");
        delivery.url = format!("http://{}", url.replace("ADDRESS", &receiver.address.to_string())).parse().unwrap();
        delivery.headers = vec![("Authorization-2".to_owned(), header.to_owned())];
        let answer = format!("HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let (outcome, _) = together(sender.send(&delivery), receiver.serve(&answer)).await;
        assert_eq!(refused(outcome).excerpt, shown, "{url} {header}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_delays_no_refusal_for_long() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = receiver.delivery("/");
    let serve = async {
        let (mut peer, _) = receiver.serve("HTTP/1.1 503 No\r\nContent-Length: 10\r\n\r\nsoon").await;
        // The sender does not wait for the rest.
        peer.closed().await;
    };
    let (outcome, ()) = together(async { refused(sender.send(&delivery).await) }, serve).await;
    assert_eq!((outcome.status, outcome.excerpt.as_str()), (503, "soon"));
}

#[tokio::test]
async fn a_probe_shows_what_came_back() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = receiver.delivery("/");
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}";
    let (outcome, _) = together(sender.probe(&delivery), receiver.serve(answer)).await;
    assert_eq!(delivered(outcome).excerpt, r#"{"ok":true}"#);
}

#[tokio::test]
async fn a_compressed_body_is_not_shown_and_not_inflated() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = receiver.delivery("/");
    let answer = "HTTP/1.1 500 Oh\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x08\x08\x00";
    let (outcome, _) = together(sender.send(&delivery), receiver.serve(answer)).await;
    assert_eq!(refused(outcome).excerpt, "the body of the answer is compressed");
}

#[tokio::test]
async fn a_connection_whose_request_is_not_read_to_the_end_is_not_waited_for() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let mut delivery = receiver.delivery("/");
    delivery.body = vec![b'a'; 16 << 20].into();
    let serve = async {
        let mut peer = receiver.accept().await;
        peer.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        peer
    };
    let (outcome, _peer) = together(sender.send(&delivery), serve).await;
    delivered(outcome);
    delivery.body = body();
    let (outcome, _) = together(sender.send(&delivery), receiver.serve("HTTP/1.1 204 Fine\r\n\r\n")).await;
    delivered(outcome);
}

#[tokio::test]
async fn an_answer_before_the_request_is_read_counts() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let mut delivery = receiver.delivery("/");
    delivery.body = vec![b'a'; 16 << 20].into();
    let serve = async {
        let mut peer = receiver.accept().await;
        peer.answer("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlarge").await;
        peer
    };
    let (outcome, _peer) = together(sender.send(&delivery), serve).await;
    let answer = refused(outcome);
    assert_eq!((answer.status, answer.excerpt.as_str()), (413, "large"));
}
