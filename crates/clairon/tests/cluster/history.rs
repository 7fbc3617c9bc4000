//! Random histories on three nodes: clients of two apps connect, send messages and leave while a fault happens. Then
//! the test checks what each client has received. A failure prints its seed and the last steps.
//!
//! `CLAIRON_HISTORY_SEEDS=1000..1100` runs other seeds than the fixed ones. `CLAIRON_HISTORY_MINUTES=60` runs random
//! seeds for that time. Each seed runs with every fault.

mod check;
mod fault;
mod guest;
mod people;
mod truth;
mod world;

use std::env;
use std::ops::Range;
use std::str::FromStr;
use std::time::{Duration, Instant};

use self::fault::Fault;
use self::world::World;

/// Runs these seeds, or those in the environment. The large numbers are seeds that once failed.
fn run(fault: Fault, seeds: &'static [u64]) {
    for seed in asked_for().unwrap_or_else(|| Box::new(seeds.iter().copied())) {
        println!("{fault:?}, seed {seed}");
        let mut world = World::start(seed, fault);
        world.live(60);
        world.suffer(30);
        world.recover();
        world.live(60);
        check::all(&world.end()).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

fn asked_for() -> Option<Box<dyn Iterator<Item = u64>>> {
    if let Some(minutes) = variable::<u64>("CLAIRON_HISTORY_MINUTES", |text| text.parse().ok()) {
        let end = Instant::now() + Duration::from_secs(60 * minutes);
        let first = u64::from(rand::random::<u32>());
        return Some(Box::new((first..).take_while(move |_| Instant::now() < end)));
    }
    let seeds = variable("CLAIRON_HISTORY_SEEDS", |text| {
        let (first, end) = text.split_once("..")?;
        Some(Range { start: u64::from_str(first).ok()?, end: u64::from_str(end).ok()? })
    })?;
    Some(Box::new(seeds))
}

fn variable<T>(name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(parse(&text).unwrap_or_else(|| panic!("{name} is {text:?}, allowed is a number of minutes, or 1000..1100")))
}

#[test]
fn a_node_is_killed() {
    run(Fault::Kill, &[1, 2]);
}

#[test]
fn a_node_sleeps_past_its_lease() {
    run(Fault::Sleep, &[3, 4, 3_547_666_419]);
}

#[test]
fn a_node_is_cut_off_from_redis() {
    run(Fault::Cut, &[5, 6]);
}

#[test]
fn all_connections_to_redis_break() {
    run(Fault::Hiccup, &[7, 8, 2_685_194_793, 3_239_904_852]);
}

#[test]
fn redis_restarts_without_its_data() {
    run(Fault::Restart, &[9, 10]);
}
