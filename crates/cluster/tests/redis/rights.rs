//! Users of Redis with too few rights, and with exactly those that nodes need.

use clairon_cluster::TroubleKind;
use clairon_test_servers::{Redis, RedisCluster, Sentinels, SharedServer};

use crate::{
    contract::contract_for_nodes,
    support::node::{Node, app, name, settings, soon},
};

/// The contract over a server, for a user with exactly the documented rights.
mod server {
    use super::{RESTRICTED_SERVER, contract_for_nodes};

    contract_for_nodes!(RESTRICTED_SERVER);
}

/// The contract over a Redis Cluster, for a user with exactly the documented rights.
mod redis_cluster {
    use super::{RESTRICTED_CLUSTER, contract_for_nodes};

    contract_for_nodes!(RESTRICTED_CLUSTER);
}

static RESTRICTED_SERVER: SharedServer<Restricted<Redis>> = SharedServer::new(|| {
    let server = Redis::start();
    let url = with_user(&server.url());
    give_documented(&Guarded { servers: vec![&server], url: url.clone() }, "+subscribe");
    server.set_user("default", "off");
    Restricted { _servers: server, url }
});

static RESTRICTED_CLUSTER: SharedServer<Restricted<RedisCluster>> = SharedServer::new(|| {
    let cluster = RedisCluster::start();
    let url = with_user(&cluster.url());
    give_documented(&Guarded { servers: cluster.servers().collect(), url: url.clone() }, "+ssubscribe");
    Restricted { _servers: cluster, url }
});

/// Servers with a user of few rights.
struct Restricted<T> {
    _servers: T,
    url: String,
}

impl<T> Restricted<T> {
    fn url(&self) -> String {
        self.url.clone()
    }
}

/// Gives the documented rights, for all prefixes: each case of the contract has its own.
fn give_documented(guarded: &Guarded<'_>, of: &str) {
    let rules = documented(of).replace("~clairon:*", "~*").replace("&clairon:*", "&*");
    guarded.change(&format!("reset on >password resetchannels {rules}"));
}

fn with_user(url: &str) -> String {
    url.replace("://", "://clairon:password@")
}

/// Servers with a user `clairon`, and their URL without the user.
struct Guarded<'a> {
    servers: Vec<&'a Redis>,
    url: String,
}

impl Guarded<'_> {
    /// Changes the user on every server.
    fn change(&self, rules: &str) {
        for server in &self.servers {
            server.set_user("clairon", rules);
        }
    }

    fn url(&self) -> String {
        with_user(&self.url)
    }

    /// The error of a node that does not start.
    async fn refusal(&self, prefix: &str) -> String {
        match Node::try_start(settings(&self.url(), prefix)).await {
            Ok(_) => panic!("the node started"),
            Err(error) => error.to_string(),
        }
    }

    /// The rules that the error asks for, if the user has no rights.
    async fn needed(&self, prefix: &str) -> String {
        self.change("reset on >password resetchannels");
        let text = self.refusal(prefix).await;
        assert!(!text.contains('\n') && !text.contains("password"), "{text}");
        let (_, rules) = text.split_once("run: ACL SETUSER clairon ").unwrap_or_else(|| panic!("no rules in {text}"));
        rules.to_owned()
    }

    /// Checks that a node starts with these rules, and that without one of them it does not start and names the rule.
    async fn each_is_needed(&self, rules: &str, prefix: &str) {
        for rule in rules.split(' ') {
            self.change(&format!("reset on >password resetchannels {rules}"));
            drop(Node::try_start(settings(&self.url(), prefix)).await.expect("all that is needed"));
            self.change(&match rule.split_at(1) {
                ("~", _) => "resetkeys".to_owned(),
                ("&", _) => "resetchannels".to_owned(),
                (_, command) => format!("-{command}"),
            });
            let text = self.refusal(prefix).await;
            let is_named = text.contains(&format!("lacks the rights {rule}. "))
                // Without these the rights cannot be checked. The error names them in the words of Redis.
                || text.contains(&format!("permissions to run the '{}' command", &rule[1..]));
            assert!(is_named && text.ends_with(rules), "{rule}: {text}");
        }
    }
}

/// The rules in the documentation, for the kind of server that needs this one.
fn documented(of: &str) -> String {
    let docs = include_str!("../../../../docs/scaling.md");
    let line = docs.lines().find(|line| line.starts_with("ACL SETUSER") && line.contains(of)).expect("a line of rules");
    line.replace("ACL SETUSER clairon on >password ", "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rights_for_a_server_are_those_in_the_docs_and_in_the_error() {
    let server = Redis::start();
    let guarded = Guarded { servers: vec![&server], url: server.url() };
    let rules = guarded.needed("clairon").await;
    assert_eq!(rules, documented("+subscribe"));
    guarded.each_is_needed(&rules, "clairon").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rights_for_a_redis_cluster_are_those_in_the_docs_and_in_the_error() {
    let cluster = RedisCluster::start();
    let guarded = Guarded { servers: cluster.servers().collect(), url: cluster.url() };
    let rules = guarded.needed("clairon").await;
    assert_eq!(rules, documented("+ssubscribe"));
    guarded.each_is_needed(&rules, "clairon").await;
    // A right that is missing on one master is missing.
    guarded.change(&format!("reset on >password resetchannels {rules}"));
    cluster.masters[2].set_user("clairon", "-hset");
    let text = guarded.refusal("clairon").await;
    assert!(text.contains("lacks the rights +hset. "), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_sentinels_and_in_another_database_the_rights_are_the_same() {
    let sentinel = Sentinels::start();
    let url = sentinel.url();
    let guarded = Guarded { servers: vec![&sentinel.master], url: format!("{url}/3") };
    let rules = guarded.needed("clairon").await;
    assert_eq!(rules, documented("+subscribe") + " +select");
    guarded.each_is_needed(&rules, "clairon").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_is_taken_away_is_trouble_until_it_is_given_back() {
    let server = Redis::start();
    let guarded = Guarded { servers: vec![&server], url: server.url() };
    let rules = guarded.needed("taken").await;
    guarded.change(&rules);
    let node = Node::start(&guarded.url(), "taken").await;
    node.join("presence-x", Some("ada")).await;
    let lacks = |kind: TroubleKind, right: &str| {
        let sign = format!("lacks the rights {right}. ");
        let line = format!("ACL SETUSER clairon {rules}");
        move |health: &clairon_cluster::Health| {
            health.trouble.as_ref().is_some_and(|trouble| {
                trouble.kind == kind && trouble.cause.contains(&sign) && trouble.cause.ends_with(&line)
            })
        }
    };
    guarded.change("-hset");
    let joining = node.cluster.join(&app(), &name("presence-x"), Node::joining(Some("bob")));
    node.wait_health("no writes", lacks(TroubleKind::CannotWrite, "+hset")).await;
    guarded.change("+hset");
    soon("the join", joining).await.expect("room");
    node.wait_health("well", clairon_cluster::Health::is_well).await;

    // Redis ends connections with subscriptions that are forbidden now.
    guarded.change("resetchannels");
    node.wait_health("deaf", lacks(TroubleKind::Deaf, "&taken:*")).await;
    guarded.change("&taken:*");
    node.wait_health("well", clairon_cluster::Health::is_well).await;
    node.publish("presence-x", "after").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_a_password_is_used() {
    let server = Redis::start();
    let url = server.url().replace("://", "://site@");
    server.set_user("site", "on nopass +@all -hset allkeys allchannels");
    let refusal = || async {
        let started = Node::try_start(settings(&url, "user")).await;
        started.err().expect("the user lacks a right").to_string()
    };
    assert!(refusal().await.contains("its user site lacks the rights +hset. "));
    server.set_user("site", "+hset");
    drop(Node::start(&url, "user").await);
    server.set_user("site", ">sesame resetpass >sesame");
    assert!(refusal().await.contains("WRONGPASS"));
}
