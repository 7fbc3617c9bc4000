//! Runs every scenario that the bare server supports, for a short time.

use clap::Parser;

use clairon_bench_args::{BenchArgs, Scenario};

use crate::{floor, report::Measurement, target::Target};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    bench: BenchArgs,
}

fn measure(arguments: &str) -> Measurement {
    let BenchArgs { output, scenario, .. } = Cli::parse_from(format!("bench {arguments} --json").split(' ')).bench;
    let Scenario::Workload(workload) = scenario else { panic!("{arguments} is no workload") };
    workload.check().unwrap();
    let target = Target::floor(floor::in_process(), std::process::id());
    super::measure(&workload, &target, &output).unwrap()
}

/// Measures, and checks that the figure is not 0 and that nothing is missing.
fn assert_complete(arguments: &str, name: &str) -> Measurement {
    let measurement = measure(arguments);
    assert!(measurement.value(name).unwrap() > 0.0, "{arguments}: {measurement:?}");
    assert_eq!(measurement.value(&format!("{name} missing")), Some(0.0), "{arguments}: {measurement:?}");
    measurement
}

#[test]
fn idle() {
    let measurement = measure("idle --connections 20 --parallel 7 --hold 0.1");
    assert_eq!(measurement.value("connections"), Some(20.0));
    assert!(measurement.value("server CPU per connection").is_some());
    assert!(measurement.value("server memory after").is_some());
}

#[test]
fn fanout() {
    let measurement = assert_complete("fanout --connections 10 --rate 100 --burst 2 --duration 0.2", "deliveries");
    let triggers = measurement.value("triggers").unwrap();
    assert_eq!(measurement.value("deliveries"), Some(triggers * 10.0));
    assert!(measurement.value("server CPU per delivery").is_some());
    assert_complete("fanout --connections 10 --max --payload 9000 --duration 0.1", "deliveries");
    let measurement = assert_complete("fanout --connections 10 --laravel --payload 2048 --duration 0.2", "deliveries");
    assert!(measurement.value("bytes per delivery").is_some_and(|bytes| (2_100.0..2_700.0).contains(&bytes)));
}

#[test]
fn channels() {
    assert_complete("channels --connections 10 --channels 3 --duration 0.2", "deliveries");
}

#[test]
fn trigger() {
    for arguments in ["", " --close", " --batch 3"] {
        let measurement = measure(&format!("trigger --http-connections 2 --duration 0.1{arguments}"));
        assert!(measurement.value("triggers").unwrap() > 0.0, "{arguments}");
    }
}

#[test]
fn whisper() {
    assert_complete("whisper --members 5 --duration 0.2", "deliveries");
}

#[test]
fn churn() {
    assert!(measure("churn --parallel 3 --duration 0.1").value("cycles").unwrap() > 0.0);
}

#[test]
fn mixed() {
    let arguments = "mixed --connections 10 --pairs 2 --churners 1 --duration 0.2";
    let measurement = assert_complete(arguments, "deliveries");
    assert_eq!(measurement.value("whispers missing"), Some(0.0));
    assert!(measurement.value("churn rate").unwrap() > 0.0);
}
