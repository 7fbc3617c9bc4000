//! Sending the number of this node's clients.

use super::node_index;
use crate::{
    core::Core,
    ledger::{ClientCount, ClientCountReply, NodeId},
    membership::Suspect,
    redis::{Failure, changes::Batch},
};

/// Most counts in one batch.
const BATCH: usize = 256;

/// Sends the counts of all apps that have changed, those without a capacity too.
pub(super) async fn send_all(core: &Core, node: &NodeId) -> Result<(), Failure> {
    let due = core.local.lock().clients.take_all();
    for counts in due.chunks(BATCH) {
        if !node_index::add(core, node, &[], counts).await? {
            core.lose_id(node);
            return Ok(());
        }
        let batch = Batch { counts: counts.to_vec(), ..Batch::default() };
        let replies = core.redis.commit(node, &batch).await?;
        for (count, reply) in counts.iter().zip(replies.counts) {
            settle(core, count, reply)?;
        }
    }
    Ok(())
}

/// Notes the answer to a count, and answers the clients that wait for it.
pub(super) fn settle(
    core: &Core,
    count: &ClientCount,
    reply: Result<ClientCountReply, Failure>,
) -> Result<(), Failure> {
    let reply = reply?;
    core.suspect(reply.nodes, |node| Suspect::Clients { node, app: count.app.clone() });
    core.local.lock().clients.settle(count, reply.admitted);
    Ok(())
}
