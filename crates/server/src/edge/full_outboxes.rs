//! The limit of all outboxes together.

use std::{future::poll_fn, time::Duration};

use clairon_hub::OUTBOX_STEP;
use clairon_protocol::Disconnect;
use tokio::time::sleep;

use crate::node::Node;

/// The time in which closed connections drop the frames that they were writing, before the total is looked at again.
const PAUSE: Duration = Duration::from_millis(10);

/// Closes the connections with the fullest outboxes whenever all together hold too much, as long as the server runs.
pub(crate) async fn watch_outboxes(node: &Node) {
    loop {
        poll_fn(|cx| node.outboxes.poll_overfull(cx)).await;
        close_fullest(node);
        sleep(PAUSE).await;
    }
}

fn close_fullest(node: &Node) {
    let Some(mut excess) = node.outboxes.excess() else { return };
    let apps = node.hub.apps();
    let mut held = Vec::new();
    for (_, hub) in &apps {
        hub.for_each_session(|session| held.extend(Some(session.outbox().held()).filter(|held| *held >= OUTBOX_STEP)));
    }
    held.sort_unstable_by(|one, other| other.cmp(one));
    let mut sum = 0;
    let least = held.into_iter().take_while(|held| {
        let is_needed = sum < excess;
        sum += *held as usize;
        is_needed
    });
    let Some(least) = least.last() else { return };
    for (_, hub) in &apps {
        hub.for_each_session(|session| {
            let held = session.outbox().held();
            if held >= least && excess > 0 {
                session.outbox().give_up(Disconnect::OutboxesFull);
                excess = excess.saturating_sub(held as usize);
            }
        });
    }
}
