//! The contract of a cluster: what holds over every kind of Redis. Each case is one test for each kind.
//!
//! The cases over one kind share its servers. Each case has a key prefix of its own.

pub(crate) mod edges;
pub(crate) mod events;
pub(crate) mod ledger;
pub(crate) mod members;
pub(crate) mod nodes;

/// Makes a test of each case. `$redis` is a [`SharedServer`](clairon_test_servers::SharedServer) of servers with a
/// method `url`.
macro_rules! contract {
    ($redis:ident) => {
        mod contract {
            use super::$redis;
            crate::contract::common_cases!($redis);
            crate::contract::cases!($redis, edges: counts_and_misses_are_edges);
            crate::contract::cases!($redis, events: what_is_foreign_is_dropped);
            crate::contract::cases!($redis, nodes: a_lease_that_ended_is_renewed);
            crate::contract::cases!($redis, nodes: a_node_that_was_declared_dead_comes_back);
        }
    };
}

/// The same without the cases in which a plain client of Redis takes part: some kinds of Redis admit none.
macro_rules! contract_for_nodes {
    ($redis:ident) => {
        mod contract {
            use super::$redis;
            crate::contract::common_cases!($redis);
        }
    };
}

macro_rules! common_cases {
    ($redis:ident) => {
        crate::contract::cases!($redis, events: one_order_for_all, a_cache_channel_remembers);
        crate::contract::cases!($redis, events: a_remembered_event_is_forgotten_unless_it_was_replaced);
        crate::contract::cases!($redis, events: no_node_hears_another_channel_or_prefix);
        crate::contract::cases!($redis, members: one_edge_however_many_join_at_once, a_full_channel_takes_its_members);
        crate::contract::cases!($redis, members: a_rejoin_reads_the_channel_again, ids_keep_their_type_and_letters);
        crate::contract::cases!($redis, members: a_join_that_is_dropped_is_undone, members_have_so_many_bytes_together);
        crate::contract::cases!($redis, ledger: counts_are_published, capacity_is_shared);
        crate::contract::cases!($redis, ledger: a_watched_user_comes_and_goes, thousands_leave_at_once);
        crate::contract::cases!($redis, ledger: questions_are_answered_for_all_nodes);
        crate::contract::cases!($redis, edges: versions_order_the_edges_of_a_channel);
        crate::contract::cases!($redis, edges: what_is_occupied_is_read_with_its_members);
        crate::contract::cases!($redis, nodes: a_crashed_node_is_removed_once, a_node_that_leaves_is_removed_at_once);
    };
}

macro_rules! cases {
    ($redis:ident, $part:ident: $($case:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let redis = $redis.get();
                crate::contract::$part::$case(&redis.url()).await;
            }
        )+
    };
}

pub(crate) use {cases, common_cases, contract, contract_for_nodes};
