//! Host names with changing addresses.

use std::net::Ipv4Addr;

use clairon_tests::app::App;
use clairon_tests::network::{PUBLIC, in_own_network};
use clairon_webhooks::{Outcome, SendFailure, Sender, WebhookSettings};

use super::network::{Counter, NameServer};
use super::sent::delivery;

const LOCAL: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Sends to a host, `times` times one after the other.
fn send(allow_private_addresses: bool, host: &str, times: usize) -> Vec<Outcome> {
    let settings = WebhookSettings { allow_private_addresses, ..WebhookSettings::default() };
    let sender = Sender::with_environment(&settings, |_| None);
    let url = format!("http://{host}:{}/", Counter::PORT);
    let delivery = delivery(&App::new("names"), &url, &[], 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut outcomes = Vec::new();
        for _ in 0..times {
            outcomes.push(sender.send(&delivery).await);
        }
        outcomes
    })
}

fn is_delivered(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Delivered(_))
}

#[test]
fn a_name_that_is_bound_anew_does_not_lead_inside() {
    in_own_network("webhook_receivers::names::a_name_that_is_bound_anew_does_not_lead_inside", || {
        let (inside, outside) = (Counter::start(LOCAL), Counter::start(PUBLIC));
        let _names = NameServer::start((0..40).map(|turn| vec![if turn % 2 == 0 { PUBLIC } else { LOCAL }]));
        for (turn, outcome) in send(false, "rebinding.example", 40).iter().enumerate() {
            match outcome {
                Outcome::Failed { failure: SendFailure::Private { address, .. }, .. } => assert_eq!(*address, LOCAL),
                outcome => assert!(turn % 2 == 0 && is_delivered(outcome), "{turn}: {outcome:?}"),
            }
        }
        assert_eq!((inside.count(), outside.count()), (0, 20));
    });
}

#[test]
fn of_several_addresses_only_public_ones_are_tried() {
    in_own_network("webhook_receivers::names::of_several_addresses_only_public_ones_are_tried", || {
        let inside = Counter::start(LOCAL);
        let _names = NameServer::start([vec![LOCAL, PUBLIC], vec![PUBLIC, LOCAL]]);
        // Nothing listens at the public address, so the sender would try the next one.
        for outcome in send(false, "both.example", 10) {
            assert!(matches!(outcome, Outcome::Failed { failure: SendFailure::Connect { .. }, .. }), "{outcome:?}");
        }
        assert_eq!(inside.count(), 0);
    });
}

#[test]
fn a_name_that_moves_is_followed() {
    in_own_network("webhook_receivers::names::a_name_that_moves_is_followed", || {
        let (inside, outside) = (Counter::start(LOCAL), Counter::start(PUBLIC));
        let _names = NameServer::start([vec![LOCAL], vec![PUBLIC]]);
        assert!(send(true, "moving.example", 3).iter().all(is_delivered));
        assert_eq!((inside.count(), outside.count()), (1, 2));
    });
}

#[test]
fn a_name_server_that_is_silent_delays_other_names_by_nothing() {
    in_own_network("webhook_receivers::names::a_name_server_that_is_silent_delays_other_names_by_nothing", || {
        let receiver = Counter::start(LOCAL);
        let names = NameServer::start([vec![LOCAL]]);
        let sender = Sender::with_environment(&WebhookSettings::default(), |_| None);
        let deliveries = |host: &str| delivery(&App::new("names"), &format!("http://{host}:8080/"), &[], 0);
        let (silent, other) = (deliveries("silent.example"), deliveries("other.example"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let waiting = async { tokio::join!(sender.send(&silent), sender.send(&silent)) };
            tokio::select! {
                outcomes = waiting => panic!("{outcomes:?}"),
                outcome = sender.send(&other) => assert!(is_delivered(&outcome), "{outcome:?}"),
            }
        });
        // Both requests waited for one look-up, which asked for IPv4 and IPv6.
        assert!(names.unanswered() <= 2, "{}", names.unanswered());
        assert_eq!(receiver.count(), 1);
        // The look-up continues in a thread of the system's resolver, which does not end.
        runtime.shutdown_background();
    });
}
