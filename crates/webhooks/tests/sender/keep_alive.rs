//! Reuse of connections.

use std::sync::atomic::{AtomicUsize, Ordering};

use clairon_webhooks::{Delivery, Fence, SendFailure, Sender};
use futures_util::{FutureExt, StreamExt, future::join_all, stream::FuturesUnordered};
use tokio::io::AsyncReadExt;

use crate::receiver::{Peer, Receiver, delivered, failed, sender, together};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Sends a delivery and answers it on a new connection, which stays open.
async fn first(sender: &Sender, receiver: &Receiver, answer: &str) -> Peer {
    let delivery = receiver.delivery("/");
    let (outcome, (peer, _)) = together(sender.send(&delivery), receiver.serve(answer)).await;
    delivered(outcome);
    peer
}

#[tokio::test]
async fn requests_one_after_the_other_share_a_connection() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let mut peer = first(&sender, &receiver, OK).await;
    for _ in 0..20 {
        let delivery = receiver.delivery("/");
        let serve = async {
            peer.request().await;
            peer.answer(OK).await;
        };
        let (outcome, ()) = together(sender.send(&delivery), serve).await;
        delivered(outcome);
        assert!(!receiver.has_another());
    }
}

#[tokio::test]
async fn requests_at_the_same_time_have_connections_of_their_own() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = receiver.delivery("/");
    let serve = async {
        let mut peers = [receiver.accept().await, receiver.accept().await];
        for peer in &mut peers {
            peer.request().await;
            peer.answer(OK).await;
        }
        peers
    };
    let (one, other, _peers) = tokio::join!(sender.send(&delivery), sender.send(&delivery), serve);
    delivered(one);
    delivered(other);
}

#[tokio::test]
async fn of_many_connections_to_a_receiver_16_are_kept() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let delivery = receiver.delivery("/");
    let serve = async {
        let mut peers = Vec::new();
        for _ in 0..20 {
            peers.push(receiver.accept().await);
        }
        for peer in &mut peers {
            peer.request().await;
            peer.answer(OK).await;
        }
        peers
    };
    let (outcomes, mut peers) = together(join_all((0..20).map(|_| sender.send(&delivery))), serve).await;
    for outcome in outcomes {
        delivered(outcome);
    }
    let mut closed = peers.iter_mut().map(Peer::closed).collect::<FuturesUnordered<_>>();
    for _ in 0..4 {
        closed.next().await;
    }
    assert_eq!((closed.next().now_or_never(), closed.len()), (None, 16));
}

#[tokio::test]
async fn receivers_do_not_share_connections() {
    let (one, other, sender) = (Receiver::start().await, Receiver::start().await, sender());
    let _peer = first(&sender, &one, OK).await;
    first(&sender, &other, OK).await;
}

#[tokio::test]
async fn a_connection_that_was_closed_between_is_made_anew() {
    let (receiver, sender) = (Receiver::start().await, sender());
    for _ in 0..20 {
        drop(first(&sender, &receiver, OK).await);
    }
}

#[tokio::test]
async fn a_request_that_may_have_arrived_is_not_sent_again() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let mut peer = first(&sender, &receiver, OK).await;
    let delivery = receiver.delivery("/");
    let close = async {
        peer.request().await;
        drop(peer);
    };
    let (outcome, ()) = together(sender.send(&delivery), close).await;
    let failure = failed(outcome).to_string();
    assert_eq!(failure, format!("{} closed the connection before it answered", receiver.address));
    assert!(!receiver.has_another());
}

#[tokio::test]
async fn a_receiver_that_closes_a_kept_connection_gets_a_new_one_for_each_request() {
    let (receiver, other, sender) = (Receiver::start().await, Receiver::start().await, sender());
    let mut peers = vec![first(&sender, &receiver, OK).await, first(&sender, &other, OK).await];
    let mut closing = peers.swap_remove(0);
    let delivery = receiver.delivery("/");
    let close = async {
        closing.request().await;
        drop(closing);
    };
    let (outcome, ()) = together(sender.send(&delivery), close).await;
    failed(outcome);
    for _ in 0..3 {
        peers.push(first(&sender, &receiver, OK).await);
    }
    // That of another receiver is still used.
    let (delivery, peer) = (other.delivery("/"), &mut peers[0]);
    let serve = async {
        peer.request().await;
        peer.answer(OK).await;
    };
    delivered(together(sender.send(&delivery), serve).await.0);
}

#[tokio::test]
async fn an_answer_that_comes_unasked_counts_for_no_delivery() {
    let (receiver, sender) = (Receiver::start().await, sender());
    // Extra bytes together with the first answer, and after it.
    drop(first(&sender, &receiver, &OK.repeat(2)).await);
    let mut peer = first(&sender, &receiver, OK).await;
    peer.answer(OK).await;
    first(&sender, &receiver, OK).await;
}

#[tokio::test]
async fn a_connection_is_not_kept_against_the_word_of_the_receiver() {
    let (receiver, sender) = (Receiver::start().await, sender());
    for header in ["Connection: close", "Keep-Alive: timeout=1", "Keep-Alive: max=100, timeout=0"] {
        let answer = format!("HTTP/1.1 200 OK\r\n{header}\r\nContent-Length: 0\r\n\r\n");
        let _peer = first(&sender, &receiver, &answer).await;
    }
    first(&sender, &receiver, OK).await;
}

#[tokio::test]
async fn a_connection_that_waits_for_nothing_is_closed() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let mut peer =
        first(&sender, &receiver, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 0\r\n\r\n").await;
    peer.closed().await;
}

/// A process that is suspended after a request has got its connection may resume when another one sends the delivery.
#[tokio::test]
async fn nothing_is_written_behind_a_closed_fence() {
    let (receiver, sender) = (Receiver::start().await, sender());
    let open_for = |times: usize| {
        let asked = AtomicUsize::new(0);
        let fence = Fence::new(move || asked.fetch_add(1, Ordering::Relaxed) < times);
        Delivery { fence, ..receiver.delivery("/") }
    };
    let fenced = |failure: SendFailure| assert!(matches!(failure, SendFailure::Fenced), "{failure:?}");
    fenced(failed(sender.send(&open_for(0)).await));
    let unwritten = async || {
        let mut rest = Vec::new();
        receiver.accept().await.0.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"");
    };
    unwritten().await;
    // It closes between the connection and the write.
    let (outcome, ()) = together(async { sender.send(&open_for(1)).await }, unwritten()).await;
    fenced(failed(outcome));
    let mut peer = first(&sender, &receiver, OK).await;
    fenced(failed(sender.send(&open_for(1)).await));
    let mut rest = Vec::new();
    peer.0.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"");
}
