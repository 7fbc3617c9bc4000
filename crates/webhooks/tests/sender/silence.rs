//! Receivers that send nothing, at every step.

use std::net::SocketAddr;

use clairon_webhooks::{SendFailure, Step};
use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;

use crate::receiver::{Receiver, delivery, failed, impatient_sender, sender, together};

fn step(failure: &SendFailure) -> Step {
    match failure {
        SendFailure::Timeout { step, .. } => *step,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_receiver_that_takes_no_connection() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    // A full queue makes the system drop further connections.
    let mut queued = Vec::new();
    while let Some(connected) = {
        let connect = TcpStream::connect(address);
        tokio::time::timeout(std::time::Duration::from_millis(200), connect).await.ok()
    } {
        queued.push(connected.unwrap());
    }
    let failure = failed(impatient_sender().send(&delivery(&format!("http://{address}/"))).await);
    assert_eq!(step(&failure), Step::Connect);
    assert_eq!(failure.to_string(), "no answer within 0.2 s: the time limit expired while connecting");
}

#[tokio::test]
async fn a_receiver_that_does_not_speak_tls() {
    let receiver = Receiver::start().await;
    let delivery = delivery(&format!("https://{}/", receiver.address));
    let failure = failed(impatient_sender().send(&delivery).await);
    assert_eq!(step(&failure), Step::Tls);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer() {
    let (receiver, sender) = (Receiver::start().await, impatient_sender());
    let delivery = receiver.delivery("/");
    let hang = async {
        let mut peer = receiver.accept().await;
        peer.request().await;
        peer.closed().await;
    };
    let (outcome, ()) = together(sender.send(&delivery), hang).await;
    assert_eq!(step(&failed(outcome)), Step::Answer);
}

#[tokio::test]
async fn a_receiver_that_does_not_read() {
    let (receiver, sender) = (Receiver::start().await, impatient_sender());
    let mut delivery = receiver.delivery("/");
    delivery.body = vec![b'a'; 16 << 20].into();
    let (outcome, _peer) = together(sender.send(&delivery), receiver.accept()).await;
    assert_eq!(step(&failed(outcome)), Step::Answer);
}

#[tokio::test]
async fn a_head_that_does_not_end() {
    let (receiver, sender) = (Receiver::start().await, impatient_sender());
    let delivery = receiver.delivery("/");
    for part in ["HTTP/1.1 100 Continue\r\n\r\n", "X: a\r\n"] {
        let drip = async {
            let (mut peer, _) = receiver.serve(if part.starts_with('X') { "HTTP/1.1 200 OK\r\n" } else { part }).await;
            let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
            while tokio::io::AsyncWriteExt::write_all(&mut peer.0, part.as_bytes()).await.is_ok() {
                pause.tick().await;
            }
        };
        let (outcome, ()) = together(sender.send(&delivery), drip).await;
        assert_eq!(step(&failed(outcome)), Step::Answer);
    }
}

#[tokio::test]
async fn a_flood_of_interim_answers_ends_too() {
    let (receiver, sender) = (Receiver::start().await, impatient_sender());
    let delivery = receiver.delivery("/");
    let flood = async {
        let mut peer = receiver.accept().await;
        peer.request().await;
        peer.repeat(&"HTTP/1.1 102 Processing\r\n\r\n".repeat(100).into_bytes()).await;
    };
    let (outcome, ()) = together(sender.send(&delivery), flood).await;
    assert_eq!(step(&failed(outcome)), Step::Answer);
}

#[tokio::test]
async fn a_request_that_is_given_up_ends_its_connection() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = receiver.delivery("/");
    let mut peer = tokio::select! {
        outcome = sender.send(&delivery) => panic!("{outcome:?}"),
        peer = receiver.accept() => peer,
    };
    peer.closed().await;
}
