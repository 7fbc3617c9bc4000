//! A load generator for servers that speak the Pusher Channels protocol.
//!
//! One thread and one poller drive all connections: a client at rest costs its file descriptor and some hundred bytes,
//! an arriving event one read, a look at its frame header and a search for one byte. Scenarios can be run against a
//! bare TCP server too, which checks nothing, so that a figure can be read as a ratio to what the machine allows.

mod args;
mod clock;
mod credentials;
mod error;
mod file_limit;
mod floor;
mod histogram;
mod net;
mod process;
mod report;
mod scenario;
mod stamp;
mod target;

pub use args::BenchArgs;
pub use error::BenchError;

use crate::{
    args::{Scenario, Workload},
    floor::FloorProcess,
    report::{Measurement, Report},
    target::Target,
};

/// Runs a scenario and prints its figures: a table, or one JSON object with `--json`.
///
/// It blocks until the measurement is done and needs no asynchronous runtime. For the floor it starts the present
/// program again, with the arguments `bench floor-server`: [`BenchArgs`] must be those of its command `bench`.
///
/// # Errors
/// Names the wrong argument, or the first thing that the server did not do; after a soak, how many faults it reports.
pub fn run(arguments: BenchArgs) -> Result<(), BenchError> {
    let BenchArgs { target, output, scenario } = arguments;
    let (workload, server) = match scenario {
        Scenario::FloorServer => return floor::serve(),
        Scenario::Floor(floor) => (floor.workload, None),
        Scenario::Workload(workload) => (workload, Some(target.resolve()?)),
    };
    workload.check()?;
    let wants_floor = server.is_none() || output.floor;
    if wants_floor && !workload.has_floor() {
        let why = "the bare server keeps no roster, and no queue for those who do not read";
        return Err(BenchError::Argument(format!("{} has no floor: {why}", workload.name())));
    }
    file_limit::raise_to(workload.open_files())?;
    let server = server.map(|target| scenario::measure(&workload, &target, &output)).transpose()?;
    let floor = wants_floor.then(|| measure_floor(&workload, &output)).transpose()?;
    let faults = server.as_ref().map_or(0, Measurement::faults);
    Report { scenario: workload.name(), server, floor }.print(output.json);
    if faults > 0 { Err(BenchError::Faults(faults)) } else { Ok(()) }
}

fn measure_floor(workload: &Workload, output: &args::OutputArgs) -> Result<Measurement, BenchError> {
    let process = FloorProcess::start()?;
    let target = Target::floor(process.address(), process.id());
    scenario::measure(workload, &target, output)
}
