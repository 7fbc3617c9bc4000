//! A Redis user with fewer rights than nodes need, and the messages for the operator.

use std::process::{Command, Stdio};

use clairon_test_servers::{Redis, eventually};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http;
use clairon_tests::log::Log;
use clairon_tests::nodes::{Engine, Nodes};
use clairon_tests::server::binary;
use serde_json::{Value, json};

/// A Redis that nodes use as a user other than the default.
struct Guarded(Redis);

impl Engine for Guarded {
    fn url_of(&self, _node: usize) -> String {
        self.0.url().replace("://", "://site:password@")
    }
}

fn app() -> App {
    App::new("guarded")
}

/// The stderr of a server that fails to start for lack of rights.
fn refusal(redis: &Guarded) -> String {
    let mut command = Command::new(binary());
    command.args(["serve", "--port", "0", "--database", "sqlite::memory:", "--redis", &redis.url_of(0)]).env_clear();
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("the server does not run: {error}"));
    let log = Log::read(child.stderr.take().unwrap_or_else(|| panic!("the server's stderr is not piped")));
    let is_error = |line: &Value| line.as_str().is_some_and(|line| line.starts_with("error: "));
    let line = log.wait_for("an error", is_error);
    assert_eq!(child.wait().ok().and_then(|status| status.code()), Some(1), "{log}");
    assert!(!log.to_string().contains("password"), "{log}");
    line.as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_start_and_readiness_say_what_is_lacking_and_what_to_set() {
    let redis = Guarded(Redis::start());
    redis.0.set_user("site", "on >password ~clairon:* resetchannels +@all");
    let line = refusal(&redis);
    assert!(line.contains("lacks the rights &clairon:*. "), "{line}");
    let (_, rules) = line.split_once("run: ACL SETUSER site ").unwrap_or_else(|| panic!("{line}"));
    redis.0.set_user("site", rules);

    let nodes = Nodes::over(redis, 1, &[app()]);
    let node = &nodes.servers[0];
    let redis = &nodes.redis.0;
    let is_ready = || http::get(node, "/ready").status == 200;
    let lacks = |right: &str| {
        let answer = http::get(node, "/ready");
        let line = format!("ACL SETUSER site {rules}");
        answer.status == 503
            && answer.body.contains(&format!("lacks the rights {right}. "))
            && answer.body.contains(&line)
    };
    eventually("the node is ready", is_ready);
    redis.set_user("site", "resetchannels");
    eventually("channels are lacking", || lacks("&clairon:*"));
    redis.set_user("site", "&clairon:*");
    eventually("the node is ready again", is_ready);

    redis.set_user("site", "-@all +@all -hset");
    let mut client = Client::connect(node, &app());
    client.send("pusher:subscribe", &json!({"channel": "news"}));
    eventually("a command is lacking", || lacks("+hset"));
    redis.set_user("site", "+hset");
    assert_eq!(client.socket.event()["event"], "pusher_internal:subscription_succeeded");
    eventually("the node is ready after that too", is_ready);

    // No beat needs this command, and no request reads members.
    redis.set_user("site", "-hkeys");
    eventually("a command that nobody needs is lacking", || lacks("+hkeys"));
    redis.set_user("site", "+hkeys");
    eventually("the node is ready in the end", is_ready);
}
