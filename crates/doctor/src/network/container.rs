//! The check `container`: in a container, `localhost` is the container itself.

use super::side::Side;
use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "container";

/// Checks the backend. It returns nothing for the page, which runs in a browser.
pub(super) fn check(setup: &Setup, side: &Side, is_open: bool) -> Option<Finding> {
    if !side.is_backend {
        return None;
    }
    let host = &side.endpoint.host;
    if !setup.in_container || !side.endpoint.is_loopback() {
        let place = if setup.in_container {
            format!("in a container, and {host} is outside")
        } else {
            "not in a container".to_owned()
        };
        return Some(Finding::pass(CHECK, place));
    }
    let name = format!("{}_HOST", setup.names());
    let fix = format!(
        "{name}=clairon\n(the service name in docker-compose.yml, or host.docker.internal for the machine itself)"
    );
    let detail = format!("{host} is the container that Laravel runs in");
    Some(if is_open {
        Finding::warn(CHECK, format!("{detail}: this works only while the server runs in it too"), fix)
    } else {
        Finding::fail(CHECK, format!("{detail}, and nothing listens at port {} in it", side.endpoint.port), fix)
    })
}
