//! The command line, the two forms of output, and the exit code.

use clairon_tests::app::App;
use clairon_tests::server::Server;

use super::project::Project;

#[test]
fn wrong_arguments_are_usage_errors() {
    let wrong = |argument: &str, words: &str| {
        let output = Project::new(&App::new("usage"), 1).argument(argument).run();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(output.stdout.is_empty() && stderr.contains(words), "{stderr}");
    };
    wrong("--url=ws.example.test", "--url: expected http(s)://");
    wrong("--auth-url=/broadcasting/auth", "--auth-url: expected http(s)://");
    wrong("--env-file=missing.env", "--env-file: missing.env is not a file");
    wrong("--colour", "--colour");
}

#[test]
fn another_file_in_place_of_env() {
    let server = Server::start(App::new("file"));
    let lines = format!(
        "BROADCAST_CONNECTION=null\nVITE_PUSHER_APP_CLUSTER=mt1\nVITE_PUSHER_HOST=127.0.0.1\nVITE_PUSHER_PORT={}\n\
         VITE_PUSHER_SCHEME=http\n",
        server.port()
    );
    let project = Project::of(&server).file("other.env", &lines).argument("--env-file=other.env");
    project.examine().failures(&["driver"]);
}

/// Replaces ports and times, which differ in each run. The rest is the output for people and scripts.
fn steady(text: &str, server: &Server) -> String {
    let text = text.replace(&format!(":{}", server.port()), ":PORT").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let lines = text.lines().map(|line| match line.split_once("arrived after ") {
        Some((before, after)) => {
            format!(
                "{before}arrived after N{}",
                after.trim_start_matches(|char: char| char.is_ascii_digit() || char == '.')
            )
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_report_for_people() {
    let server = Server::start(App::new("people"));
    let output = Project::of(&server).set("VITE_PUSHER_APP_KEY", "old-key").run();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "error: 2 of 16 checks failed\n");
    insta::assert_snapshot!(steady(&String::from_utf8(output.stdout).unwrap(), &server));
}

#[test]
fn the_report_for_programs() {
    let server = Server::start(App::new("programs"));
    let output = Project::of(&server).set("PUSHER_APP_SECRET", "wrong").argument("--json").run();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(steady(&String::from_utf8(output.stdout).unwrap(), &server));
}
