//! Writes that fail or are cancelled.

use std::{future::poll_fn, pin::Pin, task::Poll};

use super::{app, credential, ids};
use crate::support::{Database, Durable, Server, eventually};

/// The database ends the transaction by itself, like SQLite on a full disk, or ends the connection.
pub(super) async fn a_write_that_fails_midway_spoils_no_other(database: &impl Durable) {
    // With one connection, a broken connection would also be the next one used.
    let registry = clairon_registry::open(&database.url(), 1).await.unwrap();
    registry.create(&app("a")).await.unwrap();
    for statement in database.fail_when_a_key_is_written() {
        database.execute(statement).await.unwrap();
    }
    for _ in 0..3 {
        assert!(registry.create(&app("b")).await.unwrap_err().is_outage());
        assert!(registry.rotate(&app("a").id, &credential("new", "s")).await.unwrap_err().is_outage());
        registry.check_writes().await.unwrap();
    }
    assert_eq!(ids(&registry).await, ["a"]);
    database.execute(database.write_keys_again()).await.unwrap();
    registry.create(&app("b")).await.unwrap();
    assert_eq!(ids(&registry).await, ["a", "b"]);
}

pub(super) async fn a_check_of_writes_is_a_write(database: &impl Database) {
    let registry = database.open().await;
    let before = registry.revision().await.unwrap();
    registry.check_writes().await.unwrap();
    assert_ne!(registry.revision().await.unwrap(), before, "an update that changes no value is not written");
}

pub(super) async fn a_connection_whose_write_failed_leaves_the_pool(database: &impl Server) {
    let registry = clairon_registry::open(&database.url(), 1).await.unwrap();
    registry.create(&app("a")).await.unwrap();
    let before = only_backend(database).await;
    registry.check_writes().await.unwrap();
    assert_eq!(only_backend(database).await, before, "what does not fail changes nothing");
    for statement in database.fail_when_a_key_is_written() {
        database.execute(statement).await.unwrap();
    }
    registry.create(&app("b")).await.unwrap_err();
    registry.revision().await.unwrap();
    assert_ne!(only_backend(database).await, before);
}

/// The process that serves the pool's only connection. Processes of other connections end at their own pace first.
async fn only_backend(database: &impl Server) -> i64 {
    let mut only = None;
    let is_alone = async || {
        let backends = database.backends().await;
        only = backends.first().copied();
        backends.len() == 1
    };
    eventually("the pool has one process", is_alone).await;
    only.unwrap()
}

/// Whatever the cancelled write has done, the next write finds no open transaction.
pub(super) async fn a_write_that_is_given_up_spoils_no_other(database: &impl Database) {
    let registry = database.open().await;
    for number in 0..40 {
        let written = app(&number.to_string());
        // The more often the write is polled, the further it gets.
        let mut write = registry.create(&written);
        for _ in 0..number {
            if poll_once(write.as_mut()).await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(write);
        registry.check_writes().await.unwrap();
        registry.create(&app(&format!("after-{number}"))).await.unwrap();
    }
}

/// A suspended process (SIGSTOP, a paused machine) keeps its transaction open, and with it the lock of all writers. The
/// database ends such a transaction.
pub(super) async fn a_suspended_write_does_not_stop_others(database: &impl Server) {
    let [suspended, other] = [database.open().await, database.open().await];
    let written = app("a");
    let mut write = suspended.create(&written);
    while database.idle_writers().await == 0 {
        // A slow server may answer after each look, so that the write ends unseen. Then it begins again.
        if poll_once(write.as_mut()).await {
            suspended.delete(&written.id).await.unwrap();
            write = suspended.create(&written);
        }
    }
    let other_app = app("b");
    eventually("another node writes", async || other.create(&other_app).await.is_ok()).await;
    write.await.unwrap_err();
    assert_eq!(ids(&other).await, ["b"]);
}

/// True if the future is ready.
async fn poll_once<T>(future: Pin<&mut (dyn Future<Output = T> + Send + '_)>) -> bool {
    let mut future = future;
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
}
