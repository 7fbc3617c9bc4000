//! The check `name`: the host name has an address.

use std::net::{IpAddr, SocketAddr};

use clairon_client::stream::resolve;
use clairon_protocol::quote;

use super::side::Side;
use crate::finding::Finding;

const CHECK: &str = "name";

pub(super) fn check(side: &Side) -> (Finding, Option<Vec<SocketAddr>>) {
    let (host, port) = (&side.endpoint.host, side.endpoint.port);
    if let Ok(address) = host.parse::<IpAddr>() {
        return (Finding::pass(CHECK, format!("{host} is an address")), Some(vec![SocketAddr::new(address, port)]));
    }
    match resolve(host, port) {
        Ok(addresses) if !addresses.is_empty() => {
            let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            (Finding::pass(CHECK, format!("{host} is {}", shown.join(", "))), Some(addresses))
        }
        found => {
            let why = found.err().map_or_else(|| "no address".to_owned(), |error| quote(&error.to_string()));
            let fix = format!(
                "{}\nor add a DNS record for {host}; in Docker Compose the name of the service is the host name",
                side.set("HOST", "127.0.0.1")
            );
            (Finding::fail(CHECK, format!("{host} does not resolve: {why}"), fix), None)
        }
    }
}
