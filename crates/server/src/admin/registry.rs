//! Reads and changes of the registry.

use std::time::Duration;

use clairon_registry::{RegistryError, within};
use tracing::warn;

use super::problem::Problem;
use crate::{background, node::Node};

/// The timeout for an answer of the registry.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Awaits a read of the registry.
pub(super) async fn ask<T>(question: impl Future<Output = Result<T, RegistryError>>) -> Result<T, Problem> {
    within(ANSWER_TIMEOUT, question).await.map_err(Problem::from)
}

/// Awaits a change of the registry, and applies it on this node. Other nodes apply it within a second.
pub(super) async fn change<T>(
    node: &Node,
    change: impl Future<Output = Result<T, RegistryError>>,
) -> Result<T, Problem> {
    let changed = node.write(ANSWER_TIMEOUT, change).await.map_err(Problem::from)?;
    if let Err(error) = background::refresh(node).await {
        warn!(%error, "an app was changed, and this node will act on it once the registry can be read again");
    }
    Ok(changed)
}
