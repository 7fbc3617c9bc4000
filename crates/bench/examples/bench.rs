//! Temporary.
#[derive(clap::Parser)]
struct Cli {
    #[command(subcommand)]
    c: C,
}
#[derive(clap::Subcommand)]
enum C {
    Bench(clairon_bench::BenchArgs),
}
fn main() {
    let C::Bench(a) = <Cli as clap::Parser>::parse().c;
    if let Err(e) = clairon_bench::run(a) {
        eprintln!("error: {e}");
        std::process::exit(1)
    }
}
