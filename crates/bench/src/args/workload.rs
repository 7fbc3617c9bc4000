//! The scenarios and their numbers.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::values::{count, payload, rate, seconds};
use crate::BenchError;

/// The most connections of a soak that come and go at once.
pub(crate) const MAX_CHURN: usize = 100;

#[derive(Debug, Subcommand)]
pub(crate) enum Workload {
    /// Open connections and leave them alone: cost of a connection, memory while it is idle and after it has left
    Idle(IdleArgs),
    /// Publish to one channel that everyone listens to
    Fanout(FanoutArgs),
    /// Publish to many channels in turn, the connections spread over them
    Channels(ChannelsArgs),
    /// Publish where nobody listens, as fast as the server answers
    Trigger(TriggerArgs),
    /// Client events between the members of a private channel; the app must allow them
    Whisper(WhisperArgs),
    /// Connect, subscribe, leave, over and over
    Churn(ChurnArgs),
    /// Publish while some subscribers do not read
    Slow(SlowArgs),
    /// A fan-out, client events between pairs, and churn at once, each with its own latency
    Mixed(MixedArgs),
    /// Everything at once for long, every message and member accounted for: exit code 1 where anything was lost or
    /// wrong
    Soak(SoakArgs),
}

#[derive(Debug, Args)]
pub(crate) struct IdleArgs {
    /// How many connections
    #[arg(long, default_value_t = 1000, value_parser = count())]
    pub(crate) connections: usize,
    /// How many of them may be on their way at once
    #[arg(long, default_value_t = 100, value_parser = count())]
    pub(crate) parallel: usize,
    /// How long the server may settle before its memory is read, in seconds
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) hold: Duration,
}

/// How events are published.
#[derive(Debug, Args)]
pub(crate) struct TrafficArgs {
    /// The size of an event's data, in bytes [default: 200; for `slow` 10000]
    #[arg(long, value_name = "BYTES", value_parser = payload())]
    pub(crate) payload: Option<usize>,
    /// Events a second [default: 20; for `channels` 500, for `slow` 100]
    #[arg(long, value_parser = rate)]
    pub(crate) rate: Option<f64>,
    /// How many events are due at the same time; the rate stays
    #[arg(long, default_value_t = 1, value_name = "EVENTS", value_parser = count())]
    pub(crate) burst: usize,
    /// Publish as fast as the server answers
    #[arg(long, conflicts_with_all = ["rate", "burst"])]
    pub(crate) max: bool,
    /// How many HTTP connections publish
    #[arg(long, default_value_t = 4, value_name = "NUMBER", value_parser = count())]
    pub(crate) http_connections: usize,
    #[command(flatten)]
    pub(crate) time: TimeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TimeArgs {
    /// How long to measure, in seconds
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) duration: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct FanoutArgs {
    /// How many subscribers
    #[arg(long, default_value_t = 1000, value_parser = count())]
    pub(crate) connections: usize,
    #[command(flatten)]
    pub(crate) traffic: TrafficArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ChannelsArgs {
    /// How many connections
    #[arg(long, default_value_t = 5000, value_parser = count())]
    pub(crate) connections: usize,
    /// How many channels
    #[arg(long, default_value_t = 500, value_parser = count())]
    pub(crate) channels: usize,
    #[command(flatten)]
    pub(crate) traffic: TrafficArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TriggerArgs {
    /// How many HTTP connections
    #[arg(long, default_value_t = 16, value_name = "NUMBER", value_parser = count())]
    pub(crate) http_connections: usize,
    /// How many events each request carries; more than one makes it a batch
    #[arg(long, default_value_t = 1, value_name = "EVENTS", value_parser = count())]
    pub(crate) batch: usize,
    /// Open a connection for every request
    #[arg(long)]
    pub(crate) close: bool,
    /// The size of an event's data, in bytes
    #[arg(long, default_value_t = 200, value_name = "BYTES", value_parser = payload())]
    pub(crate) payload: usize,
    #[command(flatten)]
    pub(crate) time: TimeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WhisperArgs {
    /// How many members the channel has; they speak in turn
    #[arg(long, default_value_t = 100, value_parser = count())]
    pub(crate) members: usize,
    /// Client events a second; servers allow 10 a member
    #[arg(long, default_value_t = 100.0, value_parser = rate)]
    pub(crate) rate: f64,
    /// The size of an event's data, in bytes
    #[arg(long, default_value_t = 200, value_name = "BYTES", value_parser = payload())]
    pub(crate) payload: usize,
    #[command(flatten)]
    pub(crate) time: TimeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ChurnArgs {
    /// How many connections come and go at once [default: 16; with watchers 1]
    #[arg(long, value_parser = count())]
    pub(crate) parallel: Option<usize>,
    /// How many members of a presence channel see every one come and go; 0 for a public channel with nobody in it
    #[arg(long, default_value_t = 0)]
    pub(crate) watchers: usize,
    #[command(flatten)]
    pub(crate) time: TimeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SlowArgs {
    /// How many subscribers read
    #[arg(long, default_value_t = 100, value_parser = count())]
    pub(crate) connections: usize,
    /// How many subscribers do not
    #[arg(long, default_value_t = 10, value_parser = count())]
    pub(crate) slow: usize,
    #[command(flatten)]
    pub(crate) traffic: TrafficArgs,
}

#[derive(Debug, Args)]
pub(crate) struct MixedArgs {
    /// How many subscribers the fan-out has
    #[arg(long, default_value_t = 1000, value_parser = count())]
    pub(crate) connections: usize,
    /// How many pairs whisper, each in a channel of its own
    #[arg(long, default_value_t = 10, value_parser = count())]
    pub(crate) pairs: usize,
    /// Client events a second, of all pairs together; servers allow 10 a member
    #[arg(long, default_value_t = 50.0, value_parser = rate)]
    pub(crate) whisper_rate: f64,
    /// How many connections come and go at once, in a channel of their own
    #[arg(long, default_value_t = 0)]
    pub(crate) churners: usize,
    #[command(flatten)]
    pub(crate) traffic: TrafficArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SoakArgs {
    /// How many subscribers read all the time, spread over the channels
    #[arg(long, default_value_t = 200, value_parser = count())]
    pub(crate) connections: usize,
    /// How many channels they listen to
    #[arg(long, default_value_t = 10, value_parser = count())]
    pub(crate) channels: usize,
    /// Events a second, to the channels in turn
    #[arg(long, default_value_t = 50.0, value_parser = rate)]
    pub(crate) rate: f64,
    /// How many events more are due at once every ten seconds
    #[arg(long, default_value_t = 200, value_name = "EVENTS", value_parser = count())]
    pub(crate) burst: usize,
    /// Connections a second that come and go
    #[arg(long, default_value_t = 20.0, value_parser = rate)]
    pub(crate) churn_rate: f64,
    /// How many subscribers at a time stop reading
    #[arg(long, default_value_t = 5, value_parser = count())]
    pub(crate) slow: usize,
    /// How many members of a presence channel watch the others
    #[arg(long, default_value_t = 5, value_parser = count())]
    pub(crate) watchers: usize,
    /// How many users come to it at once, each on two connections
    #[arg(long, default_value_t = 40, value_parser = count())]
    pub(crate) members: usize,
    /// How long, in seconds
    #[arg(long, default_value = "1800", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) duration: Duration,
}

impl ChurnArgs {
    /// Members of one presence channel see each other: with one at a time, every cycle makes two messages a watcher.
    pub(crate) fn parallel(&self) -> usize {
        self.parallel.unwrap_or(if self.watchers == 0 { 16 } else { 1 })
    }
}

impl Workload {
    pub(crate) const fn name(&self) -> &'static str {
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

    /// Whether the bare server can take part: it keeps no roster, and no queue for a client that does not read.
    pub(crate) const fn has_floor(&self) -> bool {
        match self {
            Self::Slow(_) | Self::Soak(_) => false,
            Self::Churn(churn) => churn.watchers == 0,
            _ => true,
        }
    }

    /// The most sockets that the scenario has open at once.
    pub(crate) fn open_files(&self) -> u64 {
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

    /// Refuses numbers that are right one by one and wrong together.
    pub(crate) fn check(&self) -> Result<(), BenchError> {
        match self {
            Self::Whisper(whisper) if whisper.members < 2 => {
                Err(BenchError::Argument("--members is 1: a whisper needs someone to hear it".to_owned()))
            }
            Self::Channels(ChannelsArgs { channels, connections, .. })
            | Self::Soak(SoakArgs { channels, connections, .. })
                if channels > connections =>
            {
                let allowed = format!("the {connections} connections allow at most one each");
                Err(BenchError::Argument(format!("--channels is {channels}: {allowed}")))
            }
            _ => Ok(()),
        }
    }
}
