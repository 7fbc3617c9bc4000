//! The arguments of the scenarios.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::values::{count, payload, rate, seconds};

/// The largest number of short connections that a soak has open at once.
pub const MAX_CHURN: usize = 100;

/// The scenarios.
#[derive(Debug, Subcommand)]
pub enum Workload {
    /// Open connections that do nothing: the cost of a connection, the memory while idle and after it closes
    Idle(IdleArgs),
    /// Publish to one channel with all connections as subscribers
    Fanout(FanoutArgs),
    /// Publish to many channels in turn, with the connections spread over them
    Channels(ChannelsArgs),
    /// Publish to a channel without subscribers, as fast as the server answers
    Trigger(TriggerArgs),
    /// Send client events between the members of a private channel; the app must allow them
    Whisper(WhisperArgs),
    /// Connect, subscribe and leave, again and again
    Churn(ChurnArgs),
    /// Publish while some subscribers do not read
    Slow(SlowArgs),
    /// Fan-out, client events between pairs, and churn at the same time, each with its own latency
    Mixed(MixedArgs),
    /// All loads at the same time for a long run, accounting for every message and member: exit code 1 if any is lost
    /// or wrong
    Soak(SoakArgs),
}

/// The options of `idle`.
#[derive(Debug, Args)]
pub struct IdleArgs {
    /// The number of connections
    #[arg(long, default_value_t = 1000, value_parser = count())]
    pub connections: usize,
    /// The number of connections that may be in setup at once
    #[arg(long, default_value_t = 100, value_parser = count())]
    pub parallel: usize,
    /// The time before the server's memory is read, in seconds
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = seconds)]
    pub hold: Duration,
}

/// How to publish events.
#[derive(Debug, Args)]
pub struct TrafficArgs {
    /// The size of an event's data, in bytes [default: 200; for `slow` 10000]
    #[arg(long, value_name = "BYTES", value_parser = payload())]
    pub payload: Option<usize>,
    /// Make the data look like that of a Laravel event, an object with ids and times, and not a run of one letter
    #[arg(long)]
    pub laravel: bool,
    /// Events a second [default: 20; for `channels` 500, for `slow` 100]
    #[arg(long, value_parser = rate)]
    pub rate: Option<f64>,
    /// The number of events that are due at the same time; the rate stays the same
    #[arg(long, default_value_t = 1, value_name = "EVENTS", value_parser = count())]
    pub burst: usize,
    /// Publish as fast as the server answers
    #[arg(long, conflicts_with_all = ["rate", "burst"])]
    pub max: bool,
    /// The number of HTTP connections that publish
    #[arg(long, default_value_t = 4, value_name = "NUMBER", value_parser = count())]
    pub http_connections: usize,
    /// How long to measure.
    #[command(flatten)]
    pub time: TimeArgs,
}

/// How long to measure.
#[derive(Debug, Args)]
pub struct TimeArgs {
    /// The time to measure, in seconds
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = seconds)]
    pub duration: Duration,
}

/// The options of `fanout`.
#[derive(Debug, Args)]
pub struct FanoutArgs {
    /// The number of subscribers
    #[arg(long, default_value_t = 1000, value_parser = count())]
    pub connections: usize,
    /// How to publish events.
    #[command(flatten)]
    pub traffic: TrafficArgs,
}

/// The options of `channels`.
#[derive(Debug, Args)]
pub struct ChannelsArgs {
    /// The number of connections
    #[arg(long, default_value_t = 5000, value_parser = count())]
    pub connections: usize,
    /// The number of channels
    #[arg(long, default_value_t = 500, value_parser = count())]
    pub channels: usize,
    /// How to publish events.
    #[command(flatten)]
    pub traffic: TrafficArgs,
}

/// The options of `trigger`.
#[derive(Debug, Args)]
pub struct TriggerArgs {
    /// The number of HTTP connections
    #[arg(long, default_value_t = 16, value_name = "NUMBER", value_parser = count())]
    pub http_connections: usize,
    /// The number of events in each request; more than one makes a batch
    #[arg(long, default_value_t = 1, value_name = "EVENTS", value_parser = count())]
    pub batch: usize,
    /// Open a connection for every request
    #[arg(long)]
    pub close: bool,
    /// The size of an event's data, in bytes
    #[arg(long, default_value_t = 200, value_name = "BYTES", value_parser = payload())]
    pub payload: usize,
    /// How long to measure.
    #[command(flatten)]
    pub time: TimeArgs,
}

/// The options of `whisper`.
#[derive(Debug, Args)]
pub struct WhisperArgs {
    /// The number of members of the channel; they send in turn
    #[arg(long, default_value_t = 100, value_parser = count())]
    pub members: usize,
    /// Client events a second; servers allow 10 for each member
    #[arg(long, default_value_t = 100.0, value_parser = rate)]
    pub rate: f64,
    /// The size of an event's data, in bytes
    #[arg(long, default_value_t = 200, value_name = "BYTES", value_parser = payload())]
    pub payload: usize,
    /// How long to measure.
    #[command(flatten)]
    pub time: TimeArgs,
}

/// The options of `churn`.
#[derive(Debug, Args)]
pub struct ChurnArgs {
    /// The number of connections that come and go at the same time [default: 16; with watchers 1]
    #[arg(long, value_parser = count())]
    pub parallel: Option<usize>,
    /// The number of presence members that see each connection come and go; 0 for a public channel without them
    #[arg(long, default_value_t = 0)]
    pub watchers: usize,
    /// The number of users that come and go on the presence channel, each again and again [default: each comes once]
    #[arg(long, value_parser = count(), requires = "watchers")]
    pub users: Option<usize>,
    /// How long to measure.
    #[command(flatten)]
    pub time: TimeArgs,
}

/// The options of `slow`.
#[derive(Debug, Args)]
pub struct SlowArgs {
    /// The number of subscribers that read
    #[arg(long, default_value_t = 100, value_parser = count())]
    pub connections: usize,
    /// The number of subscribers that do not read
    #[arg(long, default_value_t = 10, value_parser = count())]
    pub slow: usize,
    /// How to publish events.
    #[command(flatten)]
    pub traffic: TrafficArgs,
}

/// The options of `mixed`.
#[derive(Debug, Args)]
pub struct MixedArgs {
    /// The number of subscribers of the fan-out
    #[arg(long, default_value_t = 1000, value_parser = count())]
    pub connections: usize,
    /// The number of pairs that send client events, each pair in its own channel
    #[arg(long, default_value_t = 10, value_parser = count())]
    pub pairs: usize,
    /// Client events a second of all pairs together; servers allow 10 for each member
    #[arg(long, default_value_t = 50.0, value_parser = rate)]
    pub whisper_rate: f64,
    /// The number of connections that come and go at the same time, in a separate channel
    #[arg(long, default_value_t = 0)]
    pub churners: usize,
    /// How to publish events.
    #[command(flatten)]
    pub traffic: TrafficArgs,
}

/// The options of `soak`.
#[derive(Debug, Args)]
pub struct SoakArgs {
    /// The number of subscribers that always read, spread over the channels
    #[arg(long, default_value_t = 200, value_parser = count())]
    pub connections: usize,
    /// The number of their channels
    #[arg(long, default_value_t = 10, value_parser = count())]
    pub channels: usize,
    /// Events a second, to the channels in turn
    #[arg(long, default_value_t = 50.0, value_parser = rate)]
    pub rate: f64,
    /// The number of additional events that are due at once, every ten seconds
    #[arg(long, default_value_t = 200, value_name = "EVENTS", value_parser = count())]
    pub burst: usize,
    /// The number of connections a second that come and go
    #[arg(long, default_value_t = 20.0, value_parser = rate)]
    pub churn_rate: f64,
    /// The number of subscribers that stop reading at a time
    #[arg(long, default_value_t = 5, value_parser = count())]
    pub slow: usize,
    /// The number of members of a presence channel that watch the others
    #[arg(long, default_value_t = 5, value_parser = count())]
    pub watchers: usize,
    /// The number of users that join it at once, each with two connections
    #[arg(long, default_value_t = 40, value_parser = count())]
    pub members: usize,
    /// The duration, in seconds
    #[arg(long, default_value = "1800", value_name = "SECONDS", value_parser = seconds)]
    pub duration: Duration,
}

impl ChurnArgs {
    /// The number of connections that come and go at the same time. With watchers it is 1, so that each cycle causes
    /// exactly two messages for each watcher.
    #[must_use]
    pub fn parallel(&self) -> usize {
        self.parallel.unwrap_or(if self.watchers == 0 { 16 } else { 1 })
    }
}

impl Workload {
    /// Its name on the command line.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Idle(_) => "idle",
            Self::Fanout(_) => "fanout",
            Self::Channels(_) => "channels",
            Self::Trigger(_) => "trigger",
            Self::Whisper(_) => "whisper",
            Self::Churn(_) => "churn",
            Self::Slow(_) => "slow",
            Self::Mixed(_) => "mixed",
            Self::Soak(_) => "soak",
        }
    }

    /// True if the bare server supports the scenario. It has no members of presence channels, and no queue for a client
    /// that does not read.
    #[must_use]
    pub const fn has_floor(&self) -> bool {
        match self {
            Self::Slow(_) | Self::Soak(_) => false,
            Self::Churn(churn) => churn.watchers == 0,
            _ => true,
        }
    }

    /// The largest number of sockets that the scenario has open at once.
    #[must_use]
    pub fn open_files(&self) -> u64 {
        let sockets = match self {
            Self::Idle(idle) => idle.connections,
            Self::Fanout(fanout) => fanout.connections + fanout.traffic.http_connections,
            Self::Channels(channels) => channels.connections + channels.traffic.http_connections,
            Self::Trigger(trigger) => trigger.http_connections,
            Self::Whisper(whisper) => whisper.members,
            Self::Churn(churn) => churn.parallel() + churn.watchers,
            Self::Slow(slow) => slow.connections + slow.slow + slow.traffic.http_connections,
            Self::Mixed(mixed) => mixed.connections + 2 * mixed.pairs + mixed.churners + mixed.traffic.http_connections,
            Self::Soak(soak) => soak.connections + soak.slow + soak.watchers + 2 * soak.members + MAX_CHURN,
        };
        sockets as u64
    }

    /// Checks arguments that depend on each other.
    ///
    /// # Errors
    /// They do not fit together.
    pub const fn check(&self) -> Result<(), Unfit> {
        match self {
            Self::Whisper(whisper) if whisper.members < 2 => Err(Unfit::Alone),
            Self::Channels(ChannelsArgs { channels, connections, .. })
            | Self::Soak(SoakArgs { channels, connections, .. })
                if *channels > *connections =>
            {
                Err(Unfit::Channels { channels: *channels, connections: *connections })
            }
            _ => Ok(()),
        }
    }
}

/// The reason why the arguments of a scenario do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A client event would have no receiver.
    #[error("--members is 1: a client event needs a receiver, so 2 or more are allowed")]
    Alone,
    /// There are more channels than connections.
    #[error("--channels is {channels}: the {connections} connections allow at most one each")]
    Channels {
        /// The number of channels.
        channels: usize,
        /// The number of connections.
        connections: usize,
    },
}
