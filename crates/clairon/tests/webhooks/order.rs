//! The order of events that several nodes observe.

use clairon_test_servers::{MariaDb, Proxy, Redis, until};
use clairon_tests::client::Client;
use clairon_tests::nodes::Nodes;
use clairon_tests::server::Server;
use clairon_tests::webhook::WebhookReceiver;
use serde_json::json;

use crate::support::{app, member, metric, wait_for_last};

const CHANNEL: &str = "presence-o";

fn whisper(client: &mut Client) {
    client.whisper(CHANNEL, "client-hello", &json!({}));
    client.fence();
}

fn written(server: &Server) -> u64 {
    metric(server, "webhook_events_total", None)
}

/// The first node observes each time before the second one, and writes later.
#[test]
fn events_are_sent_in_the_order_in_which_they_happened_whichever_node_writes_first() {
    let receiver = WebhookReceiver::start();
    let app = app(&receiver);
    let database = MariaDb::shared();
    let name = database.create_database();
    let proxies = [(), ()].map(|()| Proxy::start(database.port()));
    let mut nodes = Nodes::over(Redis::start(), 0, std::slice::from_ref(&app));
    database.execute(&format!("CREATE USER ordered@'%' IDENTIFIED BY 'word'; GRANT ALL ON {name}.* TO ordered@'%'"));
    let start = |proxy: &Proxy| {
        let url = format!("mysql://ordered:word@127.0.0.1:{}/{name}", proxy.port());
        nodes.node(0).database(url).env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0").start()
    };
    nodes.servers = proxies.iter().map(start).collect();
    let [first, second] = &nodes.servers[..] else { panic!("{} nodes", nodes.servers.len()) };
    let zoe = member(second, &app, CHANNEL, "zoe");
    drop(wait_for_last(&receiver, "member_added presence-o zoe"));

    let mut expected = vec!["channel_occupied presence-o".to_owned(), "member_added presence-o zoe".to_owned()];
    let mut clients = vec![zoe];
    for round in 0..2 {
        proxies.iter().for_each(Proxy::cut);
        let [ada, bob] = ["ada", "bob"].map(|user| format!("{user}{round}"));
        let mut one = member(first, &app, CHANNEL, &ada);
        let mut other = member(second, &app, CHANNEL, &bob);
        whisper(&mut one);
        whisper(&mut other);
        for server in [first, second] {
            let is_up = || metric(server, "webhook_database_up", None);
            until("the database cannot be reached", is_up, |is_up| *is_up == 0);
        }
        let before = written(second);
        proxies[1].mend();
        until("the second node has written", || written(second), |now| *now == before + 2);
        proxies[0].mend();
        let words = |kind: &str, user: &str| format!("{kind} {CHANNEL} {user}");
        expected.extend(
            ["member_added", "client_event"].iter().flat_map(|kind| [&ada, &bob].map(|user| words(kind, user))),
        );
        assert_eq!(wait_for_last(&receiver, &words("client_event", &bob)), expected);
        clients.extend([one, other]);
    }
}
