//! The check `port`: a program listens at the port.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpStream},
};

use clairon_client::stream::dial;
use clairon_protocol::quote;

use super::side::Side;
use crate::finding::Finding;

const CHECK: &str = "port";

/// The default port of Clairon, soketi and `Laravel WebSockets`.
const USUAL_PORT: u16 = 6001;

pub(super) fn check(side: &Side, addresses: &[SocketAddr]) -> (Finding, Option<TcpStream>) {
    let authority = side.endpoint.authority();
    let error = match dial(addresses) {
        Ok(tcp) => return (Finding::pass(CHECK, format!("{authority} is open")), Some(tcp)),
        Err(error) => error,
    };
    let finding = match error.kind() {
        ErrorKind::ConnectionRefused => refused(side, addresses),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            let fix = format!("open port {} in the firewall, or publish it from the container", side.endpoint.port);
            Finding::fail(
                CHECK,
                format!(
                    "{authority} does not answer (cURL error 28): a firewall drops the packets, or the host is down"
                ),
                fix,
            )
        }
        _ => Finding::fail(CHECK, format!("{authority}: {}", quote(&error.to_string())), side.set("HOST", "127.0.0.1")),
    };
    (finding, None)
}

fn refused(side: &Side, addresses: &[SocketAddr]) -> Finding {
    let nothing = format!("nothing listens at {} (cURL error 7)", side.endpoint.authority());
    let usual: Vec<_> = addresses.iter().map(|address| SocketAddr::new(address.ip(), USUAL_PORT)).collect();
    if side.endpoint.port != USUAL_PORT && dial(&usual).is_ok() {
        let detail = format!("{nothing}, but a program listens at its port {USUAL_PORT}");
        return Finding::fail(CHECK, detail, side.set("PORT", &USUAL_PORT.to_string()));
    }
    let fix = if side.endpoint.is_loopback() {
        let other = side.set("PORT", &USUAL_PORT.to_string());
        format!("clairon serve --port {}\nor the port it listens on: {other}", side.endpoint.port)
    } else {
        let other = side.set("PORT", "443");
        format!(
            "start the server there, on an address that other machines reach: CLAIRON_SERVER_HOST=0.0.0.0\nor: {other}"
        )
    };
    Finding::fail(CHECK, nothing, fix)
}
