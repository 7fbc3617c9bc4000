//! `port`: something listens there.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpStream},
};

use clairon_client::{quote, stream::dial};

use super::side::Side;
use crate::finding::Finding;

const CHECK: &str = "port";

pub(super) fn check(side: &Side, addresses: &[SocketAddr]) -> (Finding, Option<TcpStream>) {
    let authority = side.endpoint.authority();
    let error = match dial(addresses) {
        Ok(tcp) => return (Finding::pass(CHECK, format!("{authority} is open")), Some(tcp)),
        Err(error) => error,
    };
    let finding = match error.kind() {
        ErrorKind::ConnectionRefused if side.endpoint.is_loopback() => {
            let fix = format!(
                "clairon serve --port {}\nor the port it listens on: {}",
                side.endpoint.port,
                side.set("PORT", "6001")
            );
            Finding::fail(CHECK, format!("nothing listens at {authority} (cURL error 7)"), fix)
        }
        ErrorKind::ConnectionRefused => {
            let fix = format!(
                "start the server there, on an address that others reach: CLAIRON_SERVER_HOST=0.0.0.0\nor: {}",
                side.set("PORT", "443")
            );
            Finding::fail(CHECK, format!("nothing listens at {authority} (cURL error 7)"), fix)
        }
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            let fix = format!("open port {} in the firewall, or publish it from the container", side.endpoint.port);
            Finding::fail(
                CHECK,
                format!("{authority} does not answer (cURL error 28): a firewall drops it, or the host is down"),
                fix,
            )
        }
        _ => Finding::fail(CHECK, format!("{authority}: {}", quote(&error.to_string())), side.set("HOST", "127.0.0.1")),
    };
    (finding, None)
}
