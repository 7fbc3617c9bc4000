//! What holds for nodes whatever Redis they share.

mod events;
mod ledger;
mod members;
mod nodes;

/// Checks all of it, with a key prefix for each part.
pub(crate) async fn check(url: &str) {
    check_without_raw(url).await;
    events::what_is_foreign_is_dropped(url).await;
    nodes::a_lease_that_ended_is_given_again(url).await;
    nodes::a_node_that_was_taken_for_dead_comes_back(url).await;
}

/// Checks what needs no other client to play a part.
pub(crate) async fn check_without_raw(url: &str) {
    events::one_order_for_all(url).await;
    events::a_cache_channel_remembers(url).await;
    events::nobody_hears_another_channel_or_prefix(url).await;
    members::one_edge_however_many_join_at_once(url).await;
    members::a_full_channel_takes_its_members(url).await;
    members::a_rejoin_reads_the_channel_again(url).await;
    members::ids_keep_their_type_and_letters(url).await;
    members::a_join_that_is_dropped_is_undone(url).await;
    ledger::counts_are_told(url).await;
    ledger::capacity_is_shared(url).await;
    ledger::a_watched_user_comes_and_goes(url).await;
    ledger::questions_are_answered_for_all_nodes(url).await;
    ledger::thousands_go_at_once(url).await;
    nodes::a_crashed_node_is_removed_once(url).await;
    nodes::a_node_that_leaves_is_removed_at_once(url).await;
}
