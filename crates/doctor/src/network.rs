//! The checks that need the network.

mod api;
mod auth;
mod container;
mod event;
mod name;
mod port;
mod server;
mod side;
mod tls;
mod websocket;

use clairon_client::{HttpClient, PusherSocket};

use self::side::Side;
use crate::{finding::Finding, setup::Setup};

/// Runs all checks of the network. A check is left out if an earlier step of its connection failed.
pub(crate) fn check(setup: &Setup) -> Vec<Finding> {
    let client = HttpClient::new();
    let mut findings = Vec::new();
    let mut reached = Vec::new();
    for side in Side::all(setup) {
        if side.endpoint.is_hosted_pusher() {
            continue;
        }
        let found = reach(setup, &client, &side);
        if !found.iter().any(Finding::has_failed) {
            reached.push(side);
        }
        findings.extend(found);
    }
    let backend = reached.iter().find(|side| side.is_backend);
    let api_works = backend.is_some_and(|side| {
        let finding = setup.credentials.as_ref().map(|credentials| api::check(setup, &client, side, credentials));
        let works = finding.as_ref().is_some_and(|finding| !finding.has_failed());
        findings.extend(finding);
        works
    });
    let page = reached.iter().find(|side| side.is_page);
    let mut socket = page.and_then(|side| connect(setup, side, &mut findings));
    if let (Some(backend), Some(socket), Some(credentials)) = (backend, &mut socket, &setup.credentials)
        && api_works
    {
        findings.push(event::check(&client, backend, credentials, socket));
    }
    if let Some(url) = &setup.auth_url {
        findings.push(auth::check(setup, &client, url, socket.as_ref().map(|socket| socket.id)));
    }
    if let Some(socket) = socket {
        socket.close();
    }
    findings
}

/// Checks the steps from the host name to the server behind the port.
fn reach(setup: &Setup, client: &HttpClient, side: &Side) -> Vec<Finding> {
    let (finding, addresses) = name::check(side);
    let mut findings = vec![finding];
    let Some(addresses) = addresses else { return findings };
    let (finding, tcp) = port::check(side, &addresses);
    let is_open = tcp.is_some();
    findings.push(finding);
    findings.extend(container::check(setup, side, is_open));
    let Some(tcp) = tcp else { return findings };
    let finding = tls::check(client, side, tcp, &addresses);
    let is_usable = !finding.has_failed();
    findings.push(finding);
    if is_usable {
        findings.push(server::check(client, side));
    }
    findings
}

fn connect(setup: &Setup, side: &Side, findings: &mut Vec<Finding>) -> Option<PusherSocket> {
    let key = setup.page_key()?;
    let (found, socket) = websocket::check(setup, side, key.as_str());
    findings.extend(found);
    socket
}
