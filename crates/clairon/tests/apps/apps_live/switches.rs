//! Disabling, enabling and deleting.

use clairon_tests::api::{self, Request};

use super::site::{Site, end};

pub(crate) fn off_on_and_gone(site: &Site) {
    let (id, key) = (site.app.id.as_str(), site.app.key.as_str());
    let clients = [site.connect(), site.connect()];
    assert_eq!(site.clairon(&["disable", id])["changed"], true);
    for client in clients {
        assert_eq!(end(client), Some(4003));
    }
    assert_eq!(site.refusal(key), Some(4003));
    Request::get(&site.app, "/channels", &[]).send(&site.server).assert_refused(403, "disabled");

    assert_eq!(site.clairon(&["enable", id])["changed"], true);
    site.wait_for_status(&site.app, 200);
    let mut client = site.connect();
    client.subscribe("room");
    api::trigger(&site.server, &site.app, "room", "e", "d");
    client.expect("e");

    assert_eq!(site.clairon(&["delete", id, "--yes"])["deleted"], true);
    assert_eq!(end(client), Some(4003));
    assert_eq!(site.refusal(key), Some(4001));
    Request::get(&site.app, "/channels", &[]).send(&site.server).assert_refused(404, "No app");
}
