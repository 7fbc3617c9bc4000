//! What happens where the user of Redis may not do all that nodes do.

use clairon_cluster::TroubleKind;

use crate::{
    contract,
    support::{
        node::{Node, app, name, settings, soon},
        redis_cluster::RedisCluster,
        redis_server::RedisServer,
        sentinel::Sentinel,
    },
};

/// The servers that have a user called `clairon`, and their URL without one.
struct Guarded<'a> {
    servers: Vec<&'a RedisServer>,
    url: String,
}

impl Guarded<'_> {
    /// Changes the user on every server.
    fn change(&self, rules: &str) {
        for server in &self.servers {
            let words: Vec<&str> = ["SETUSER", "clairon"].into_iter().chain(rules.split_whitespace()).collect();
            server.ask::<()>("ACL", &words);
        }
    }

    fn url(&self) -> String {
        self.url.replace("://", "://clairon:password@")
    }

    /// Why a node does not start.
    async fn refusal(&self, prefix: &str) -> String {
        match Node::try_start(settings(&self.url(), prefix)).await {
            Ok(_) => panic!("the node started"),
            Err(error) => error.to_string(),
        }
    }

    /// The rules that a refusal says to set. The user has no rights after this.
    async fn needed(&self, prefix: &str) -> String {
        self.change("reset on >password resetchannels");
        let text = self.refusal(prefix).await;
        assert!(!text.contains('\n') && !text.contains("password"), "{text}");
        let (_, rules) = text.split_once("run: ACL SETUSER clairon ").unwrap_or_else(|| panic!("no rules in {text}"));
        rules.to_owned()
    }

    /// Checks that with these rules a node starts, and that without any of them it does not, and says which.
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
                // These come before anything that could be found out.
                || text.contains(&format!("permissions to run the '{}' command", &rule[1..]));
            assert!(is_named && text.ends_with(rules), "{rule}: {text}");
        }
    }
}

/// As many rules as the docs have for this kind of server.
fn documented(of: &str) -> String {
    let docs = include_str!("../../../../docs/scaling.md");
    let line = docs.lines().find(|line| line.starts_with("ACL SETUSER") && line.contains(of)).expect("a line of rules");
    line.replace("ACL SETUSER clairon on >password ", "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_must_allow_is_what_the_docs_and_the_refusal_say() {
    let server = RedisServer::start();
    let guarded = Guarded { servers: vec![&server], url: server.url() };
    let rules = guarded.needed("clairon").await;
    assert_eq!(rules, documented("+subscribe"));
    guarded.each_is_needed(&rules, "clairon").await;
    // Each part of the contract has a prefix of its own.
    let rules = rules.replace("~clairon:*", "~*").replace("&clairon:*", "&*");
    guarded.change(&format!("reset on >password resetchannels {rules}"));
    server.ask::<()>("ACL", &["SETUSER", "default", "off"]);
    contract::check_without_raw(&guarded.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_redis_cluster_must_allow_is_what_the_docs_and_the_refusal_say() {
    let cluster = RedisCluster::start();
    let guarded = Guarded { servers: cluster.masters.iter().chain([&cluster.replica]).collect(), url: cluster.url() };
    let rules = guarded.needed("clairon").await;
    assert_eq!(rules, documented("+ssubscribe"));
    guarded.each_is_needed(&rules, "clairon").await;
    // A right that one master does not give is lacking.
    guarded.change(&format!("reset on >password resetchannels {rules}"));
    cluster.masters[2].ask::<()>("ACL", &["SETUSER", "clairon", "-hset"]);
    let text = guarded.refusal("clairon").await;
    assert!(text.contains("lacks the rights +hset. "), "{text}");
    let rules = rules.replace("~clairon:*", "~*").replace("&clairon:*", "&*");
    guarded.change(&format!("reset on >password resetchannels {rules}"));
    contract::check_without_raw(&guarded.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_sentinels_and_in_another_database_it_is_the_same() {
    let sentinel = Sentinel::start();
    let url = sentinel.url();
    let guarded = Guarded { servers: vec![&sentinel.master], url: format!("{url}/3") };
    let rules = guarded.needed("clairon").await;
    assert_eq!(rules, documented("+subscribe") + " +select");
    guarded.each_is_needed(&rules, "clairon").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_is_taken_away_is_missed_until_it_is_back() {
    let server = RedisServer::start();
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

    // Redis ends the connections of who listens to what is now forbidden.
    guarded.change("resetchannels");
    node.wait_health("deaf", lacks(TroubleKind::Deaf, "&taken:*")).await;
    guarded.change("&taken:*");
    node.wait_health("well", clairon_cluster::Health::is_well).await;
    node.publish("presence-x", "after").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_a_password_is_that_user() {
    let server = RedisServer::start();
    let url = server.url().replace("://", "://site@");
    server.ask::<()>("ACL", &["SETUSER", "site", "on", "nopass", "+@all", "-hset", "allkeys", "allchannels"]);
    let refusal = || async {
        let started = Node::try_start(settings(&url, "user")).await;
        started.err().expect("what the user may do is too little").to_string()
    };
    assert!(refusal().await.contains("its user site lacks the rights +hset. "));
    server.ask::<()>("ACL", &["SETUSER", "site", "+hset"]);
    drop(Node::start(&url, "user").await);
    server.ask::<()>("ACL", &["SETUSER", "site", ">sesame", "resetpass", ">sesame"]);
    assert!(refusal().await.contains("WRONGPASS"));
}
