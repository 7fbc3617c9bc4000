//! The registry's database, and Redis.

use clairon_cluster::TroubleKind;
use clairon_server::node::Node;

use super::{Check, finding::Finding};

pub(super) fn reads(node: &Node) -> Check {
    let (health, now) = (&node.registry_health, node.clock.now());
    let seconds = health.age(now).as_secs();
    if health.is_up(now) {
        return Check::ok(Finding::DatabaseAnswers, "Changes of apps are seen within two seconds");
    }
    let detail = format!("It has not answered for {seconds} s: the apps stay as they were");
    let advice = "Look at the database, and at the log for its error";
    Check::error(Finding::DatabaseSilent, detail, advice).with("seconds", seconds)
}

pub(super) fn writes(node: &Node) -> Check {
    let Some(trouble) = node.registry_health.write_trouble() else {
        return Check::ok(Finding::WritesPossible, "As far as is known");
    };
    let seconds = trouble.duration(node.clock.now()).as_secs();
    let detail = format!("It takes none, for {seconds} s: {}", trouble.cause);
    let advice = "Changes of apps are refused and statistics wait. Look at the disk, the rights and the limits of the \
                  database";
    Check::error(Finding::WritesFail, detail, advice).with("seconds", seconds).with("cause", trouble.cause)
}

/// `None` on a single node.
pub(super) fn redis(node: &Node) -> Option<Check> {
    if !node.peers.can_take_over() {
        return None;
    }
    let Some(trouble) = node.peers.trouble() else {
        let detail = "It answers, and its user has all rights that are needed";
        return Some(Check::ok(Finding::RedisAnswers, detail));
    };
    let (finding, what) = match trouble.kind {
        TroubleKind::Deaf => (Finding::NodesUnheard, "The other nodes are not heard"),
        TroubleKind::CannotWrite => (Finding::RedisReadOnly, "It takes no writes"),
    };
    let seconds = trouble.since.elapsed().as_secs();
    let detail = format!("{what}, for {seconds} s: {}", trouble.cause);
    let advice = "Look at Redis, at the network, and at the rights of its user (docs/scaling.md lists them)";
    Some(Check::error(finding, detail, advice).with("seconds", seconds).with("cause", trouble.cause))
}
