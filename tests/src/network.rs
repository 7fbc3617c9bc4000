//! A network for one test: only loopback, with a public address on it, and every port free.

use std::env;
use std::fs;
use std::net::Ipv4Addr;
use std::process::Command;

/// A public address that leads to this machine in such a network.
pub const PUBLIC: Ipv4Addr = Ipv4Addr::new(93, 184, 216, 34);

const INSIDE: &str = "CLAIRON_TEST_NETWORK";

/// Runs `test` in a separate process with a private network, in which it may listen on any port.
///
/// `name` is the name of the test function: the process is this executable, which runs that test alone. All host names
/// are looked up at 127.0.0.1.
///
/// # Panics
/// When the test fails, or such a network cannot be made.
pub fn in_own_network(name: &str, test: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        return test();
    }
    let resolver = tempfile::NamedTempFile::new().unwrap_or_else(|error| panic!("a temporary file: {error}"));
    fs::write(&resolver, "nameserver 127.0.0.1\noptions attempts:1 timeout:30\n")
        .unwrap_or_else(|error| panic!("{}: {error}", resolver.path().display()));
    let script = format!(
        "ip link set lo up && ip address add {PUBLIC}/32 dev lo && mount --bind \"$1\" /etc/resolv.conf && shift && \
         exec \"$@\""
    );
    let this_program = env::current_exe().unwrap_or_else(|error| panic!("the path of this program: {error}"));
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c", &script, "sh"])
        .arg(resolver.path())
        .arg(this_program)
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap_or_else(|error| panic!("unshare does not run, `make tools` installs what it needs: {error}"));
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}
