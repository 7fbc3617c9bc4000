//! A load generator for servers that speak the Pusher Channels protocol. One thread with one poller drives all
//! connections. An idle client costs a file descriptor and about a hundred bytes; an event costs one read, the decoding
//! of its frame header, and a search for one byte. Scenarios can also run against a bare TCP server that checks
//! nothing. The ratio of the two figures compares the server with the limit of the machine.

mod clock;
mod credentials;
mod error;
mod file_limit;
mod floor;
mod histogram;
mod laravel_data;
mod net;
mod process;
mod report;
mod scenario;
mod stamp;
mod target;

pub use clairon_bench_args::BenchArgs;
pub use error::BenchError;

use clairon_bench_args::{OutputArgs, Scenario, Workload};

use crate::{
    floor::FloorProcess,
    report::{Measurement, Report},
    target::Target,
};

/// Runs a scenario and prints its figures: a table, or one JSON object with `--json`. The call blocks until the
/// measurement is done, and needs no asynchronous runtime. For the floor it starts the current program again with the
/// arguments `bench floor-server`, so [`BenchArgs`] must belong to a command `bench`.
///
/// # Errors
/// When an argument is wrong, or at the first failure of the server. After a soak, when the report has faults.
pub fn run(arguments: BenchArgs) -> Result<(), BenchError> {
    let BenchArgs { target, output, scenario } = arguments;
    let (workload, server) = match scenario {
        Scenario::FloorServer => return floor::serve(),
        Scenario::Floor(floor) => (floor.workload, None),
        Scenario::Workload(workload) => (workload, Some(Target::resolve(target)?)),
    };
    workload.check()?;
    let wants_floor = server.is_none() || output.floor;
    if wants_floor && !workload.has_floor() {
        let why = "the bare server has no presence channels, and no queue for clients that do not read";
        return Err(BenchError::Argument(format!("{} has no floor: {why}", workload.name())));
    }
    file_limit::raise_to(workload.open_files())?;
    let server = server.map(|target| scenario::measure(&workload, &target, &output)).transpose()?;
    let floor = wants_floor.then(|| measure_floor(&workload, &output)).transpose()?;
    let faults = server.as_ref().map_or(0, Measurement::faults);
    Report { scenario: workload.name(), server, floor }.print(output.json);
    if faults > 0 { Err(BenchError::Faults(faults)) } else { Ok(()) }
}

fn measure_floor(workload: &Workload, output: &OutputArgs) -> Result<Measurement, BenchError> {
    let process = FloorProcess::start()?;
    let target = Target::floor(process.address(), process.id());
    scenario::measure(workload, &target, output)
}
