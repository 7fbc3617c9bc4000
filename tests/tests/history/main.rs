//! Random histories on three nodes: clients come, talk and go while something breaks. What every client has heard is then
//! checked against what was said.
//!
//! `CLAIRON_HISTORY_SEEDS=1000..1100` runs other seeds than the fixed ones.

mod check;
mod guest;
mod world;

use std::env;

use self::world::{Fault, World};

/// Runs these seeds, or those that the environment names.
fn run(fault: Fault, seeds: [u64; 2]) {
    let range = env::var("CLAIRON_HISTORY_SEEDS").ok().map(|range| {
        let ends = range.split_once("..").and_then(|(first, end)| Some(first.parse().ok()?..end.parse().ok()?));
        ends.unwrap_or_else(|| panic!("CLAIRON_HISTORY_SEEDS is {range:?}, allowed is a range such as 1000..1100"))
    });
    for seed in range.map_or_else(|| seeds.to_vec(), |range: std::ops::Range<u64>| range.collect()) {
        println!("{fault:?}, seed {seed}");
        let mut world = World::start(seed, fault);
        world.live(30);
        world.suffer(15);
        world.recover();
        world.live(30);
        check::all(&world.end());
    }
}

#[test]
fn a_node_is_killed() {
    run(Fault::Kill, [1, 2]);
}

#[test]
fn a_node_sleeps_past_its_lease() {
    run(Fault::Sleep, [3, 4]);
}

#[test]
fn connections_to_redis_are_cut() {
    run(Fault::Cut, [5, 6]);
}

#[test]
fn redis_restarts_without_its_data() {
    run(Fault::Restart, [7, 8]);
}
