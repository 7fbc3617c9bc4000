//! The arguments of `clairon bench`.
//!
//! They are a crate of their own because the load generator has to be fast, and parsing its arguments does not.

mod target;
mod values;
mod workload;

use clap::{Args, Subcommand};

pub use target::{Hidden, TargetArgs};
pub use values::MIN_PAYLOAD;
pub use workload::{
    ChannelsArgs, ChurnArgs, FanoutArgs, IdleArgs, MAX_CHURN, MixedArgs, SlowArgs, SoakArgs, TimeArgs, TrafficArgs,
    TriggerArgs, Unfit, WhisperArgs, Workload,
};

/// Put load on a server that speaks the Pusher protocol, and measure it
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// The server and the app.
    #[command(flatten, next_help_heading = "Server")]
    pub target: TargetArgs,
    /// The output.
    #[command(flatten, next_help_heading = "Figures")]
    pub output: OutputArgs,
    /// What to measure.
    #[command(subcommand)]
    pub scenario: Scenario,
}

/// The options of the output.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Also measure a bare TCP server in the same way, and show the ratio to it
    #[arg(long, global = true)]
    pub floor: bool,
    /// Print one JSON object instead of a table
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Scenario {
    /// A server
    #[command(flatten)]
    Workload(Workload),
    /// Run a scenario against a bare TCP server only: it shows the limit of this machine
    Floor(FloorArgs),
    /// The bare TCP server itself, which the tool starts as a separate process
    #[command(hide = true)]
    FloorServer,
}

/// What to measure with the bare TCP server.
#[derive(Debug, Args)]
pub struct FloorArgs {
    /// The scenario.
    #[command(subcommand)]
    pub workload: Workload,
}
