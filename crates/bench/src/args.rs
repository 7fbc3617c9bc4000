//! The arguments of `clairon bench`.

mod target;
mod values;
mod workload;

use clap::{Args, Subcommand};

pub(crate) use target::TargetArgs;
pub(crate) use workload::{
    ChannelsArgs, ChurnArgs, FanoutArgs, IdleArgs, MAX_CHURN, MixedArgs, SlowArgs, SoakArgs, TrafficArgs, TriggerArgs,
    WhisperArgs, Workload,
};

/// Put load on a server that speaks the Pusher protocol, and measure it
#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(flatten, next_help_heading = "Server")]
    pub(crate) target: TargetArgs,
    #[command(flatten, next_help_heading = "Figures")]
    pub(crate) output: OutputArgs,
    #[command(subcommand)]
    pub(crate) scenario: Scenario,
}

/// The options of the output.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Also measure a bare TCP server in the same way, and show the ratio to it
    #[arg(long, global = true)]
    pub(crate) floor: bool,
    /// Print one JSON object instead of a table
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    #[command(flatten)]
    Workload(Workload),
    /// Run a scenario against a bare TCP server only: it shows the limit of this machine
    Floor(FloorArgs),
    /// The bare TCP server itself, which the tool starts as a separate process
    #[command(hide = true)]
    FloorServer,
}

#[derive(Debug, Args)]
pub(crate) struct FloorArgs {
    #[command(subcommand)]
    pub(crate) workload: Workload,
}
