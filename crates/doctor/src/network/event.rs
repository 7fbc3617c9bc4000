//! The check `event`: an event that Laravel sends arrives at the page.

use std::time::Instant;

use clairon_client::{HttpClient, PusherSocket, api};
use clairon_protocol::AppCredentials;
use rand::random;
use serde_json::json;

use super::side::Side;
use crate::finding::Finding;

const CHECK: &str = "event";
const NAME: &str = "clairon-doctor";

pub(super) fn check(
    client: &HttpClient,
    backend: &Side,
    credentials: &AppCredentials,
    socket: &mut PusherSocket,
) -> Finding {
    // A random name, so that the channel has no other subscribers.
    let channel = format!("clairon-doctor-{:016x}", random::<u64>());
    if let Err(error) = socket.subscribe(&channel) {
        return Finding::fail(CHECK, format!("no subscription: {error}"), "check the server's log");
    }
    let body = json!({"name": NAME, "channel": channel, "data": "{}"}).to_string();
    let start = Instant::now();
    match api::trigger(client, &backend.endpoint, credentials, &body) {
        Ok(answer) if answer.status == 200 => {}
        Ok(answer) => {
            let detail = format!("the server refuses the event: {} {}", answer.status.as_u16(), answer.message());
            return Finding::fail(CHECK, detail, "let the proxy forward POST /apps/, and check the server's log");
        }
        Err(error) => {
            return Finding::fail(CHECK, format!("the event is not sent: {error}"), "check the server's log");
        }
    }
    match socket.wait_for(NAME, &channel) {
        Ok(()) => Finding::pass(CHECK, format!("arrived after {:.1} ms", start.elapsed().as_secs_f64() * 1_000.0)),
        Err(error) => {
            let detail = format!(
                "the server at {} accepted the event, but it did not arrive at the page ({error}): Laravel and the page use two different servers",
                backend.endpoint,
            );
            Finding::fail(CHECK, detail, "let both name the same server, or connect the servers with each other")
        }
    }
}
