//! Errors in the project's own files.

use clairon_test_servers::SharedServer;
use clairon_tests::app::App;
use clairon_tests::server::Server;

use super::project::{ECHO, Project};

static SERVER: SharedServer<Server> = SharedServer::new(|| Server::start(App::new("settings")));

fn server_with_secret(name: &str, secret: &str) -> Server {
    let mut app = App::new(name);
    secret.clone_into(&mut app.secret);
    Server::start(app)
}

/// Laravel 11 does not read the variable of Laravel 10.
#[test]
fn the_driver_is_set_by_its_old_name() {
    let server = SERVER.get();
    let project = Project::of(&server).unset("BROADCAST_CONNECTION").set("BROADCAST_DRIVER", "pusher");
    let examination = project.examine();
    examination.only_failure(
        "driver",
        &["BROADCAST_DRIVER is set", "reads BROADCAST_CONNECTION"],
        "BROADCAST_CONNECTION=pusher",
    );
}

#[test]
fn events_go_to_the_log() {
    let examination = Project::of(&SERVER.get()).set("BROADCAST_CONNECTION", "log").examine();
    examination.only_failure("driver", &["selects the driver log"], "BROADCAST_CONNECTION=pusher");
}

#[test]
fn a_secret_is_missing() {
    let examination = Project::of(&SERVER.get()).set("PUSHER_APP_SECRET", "").examine();
    examination.only_failure("credentials", &["not set: PUSHER_APP_SECRET"], "PUSHER_APP_SECRET=");
    assert_eq!(examination.report["not_run"], serde_json::json!(["api", "event"]));
}

#[test]
fn the_page_has_another_key() {
    let examination = Project::of(&SERVER.get()).set("VITE_PUSHER_APP_KEY", "old-key").examine();
    examination.failures(&["page-key", "websocket"]);
    let fix = examination.report["findings"][4]["fix"].as_str().unwrap();
    assert_eq!(fix, "VITE_PUSHER_APP_KEY=\"${PUSHER_APP_KEY}\"\nnpm run build");
}

/// The secret is reported but not repeated.
#[test]
fn the_page_publishes_the_secret() {
    let server = SERVER.get();
    let examination = Project::of(&server).set("VITE_PUSHER_APP_SECRET", "\"${PUSHER_APP_SECRET}\"").examine();
    examination.only_failure("page-key", &["VITE_PUSHER_APP_SECRET is the app's secret"], "give the app a new secret");
    assert!(!examination.report.to_string().contains(&server.app().secret));
}

/// Without a host, Laravel derives it from the cluster, and events go to hosted Pusher, to which no check connects.
#[test]
fn a_stray_cluster_names_the_host() {
    let examination = Project::of(&SERVER.get()).unset("PUSHER_HOST").set("VITE_PUSHER_HOST", "127.0.0.1").examine();
    examination.only_failure("cluster", &["api-mt1.pusher.com", "PUSHER_HOST is not set"], "PUSHER_HOST=127.0.0.1");
}

#[test]
fn the_configuration_does_not_read_the_host() {
    let config = "<?php return ['default' => env('BROADCAST_CONNECTION'), 'connections' => ['pusher' => ['driver' => 'pusher',\n\
        'key' => env('PUSHER_APP_KEY'), 'secret' => env('PUSHER_APP_SECRET'), 'app_id' => env('PUSHER_APP_ID'),\n\
        'options' => ['cluster' => env('PUSHER_APP_CLUSTER'), 'useTLS' => true]]]];";
    let examination = Project::of(&SERVER.get()).file("config/broadcasting.php", config).examine();
    examination.only_failure(
        "cluster",
        &["config/broadcasting.php does not read PUSHER_HOST"],
        "'host' => env('PUSHER_HOST'),",
    );
}

#[test]
fn the_page_has_no_host() {
    let echo = ECHO.replace("    wsHost: import.meta.env.VITE_PUSHER_HOST,\n", "");
    let examination = Project::of(&SERVER.get()).file("resources/js/echo.js", &echo).examine();
    examination.only_failure(
        "cluster",
        &["ws-mt1.pusher.com", "no wsHost"],
        "wsHost: import.meta.env.VITE_PUSHER_HOST,",
    );
}

#[test]
fn echo_lacks_what_pusher_js_needs() {
    let server = SERVER.get();
    let without = |line: &str| {
        let echo = ECHO.lines().filter(|text| !text.contains(line)).collect::<Vec<_>>().join("\n");
        Project::of(&server).file("resources/js/echo.js", &echo).examine()
    };
    without("cluster:").only_failure("echo", &["resources/js/echo.js:5", "pusher-js throws"], "cluster: 'mt1',");
    without("enabledTransports").only_warning("echo", &["falls back"], "enabledTransports: ['ws', 'wss'],");
}

#[test]
fn a_host_with_a_scheme() {
    let examination = Project::of(&SERVER.get()).set("PUSHER_HOST", "https://ws.example.test/x").examine();
    examination.only_failure("address", &["PUSHER_HOST", "must be a bare host"], "PUSHER_HOST=ws.example.test");
}

#[test]
fn a_port_that_is_none() {
    let examination = Project::of(&SERVER.get()).set("PUSHER_PORT", "600100").examine();
    examination.only_failure("address", &["PUSHER_PORT is not a port"], "PUSHER_PORT=6001");
}

#[test]
fn an_https_site_with_plain_websockets() {
    let server = SERVER.get();
    let project = Project::of(&server).set("APP_URL", "https://localhost").set("VITE_PUSHER_HOST", "localhost");
    let examination = project.examine();
    examination.failures(&["address", "tls"]);
    assert_eq!(
        examination.report["findings"][5]["detail"],
        "APP_URL is https, so browsers connect with TLS whatever VITE_PUSHER_SCHEME says"
    );
}

#[test]
fn a_public_page_that_looks_for_the_server_on_the_visitors_machine() {
    let examination = Project::of(&SERVER.get()).set("APP_URL", "http://shop.example.test").examine();
    examination.only_failure(
        "address",
        &["the visitor's own machine", "shop.example.test"],
        "VITE_PUSHER_HOST=shop.example.test",
    );
}

#[test]
fn an_old_copy_of_the_configuration_is_used() {
    let cache = "<?php return array ('broadcasting' => array ('default' => 'pusher', 'connections' => array ('pusher' => array (\n\
        'driver' => 'pusher', 'key' => 'old', 'secret' => 'old-secret', 'app_id' => '1', 'options' => array ('host' => 'old.test')))));";
    let examination = Project::of(&SERVER.get()).file("bootstrap/cache/config.php", cache).examine();
    examination.only_failure("config-cache", &["differs in app_id, key, secret, host"], "php artisan config:clear");
}

#[test]
fn a_variable_of_the_process_hides_that_of_the_file() {
    let server = SERVER.get();
    let examination = Project::of(&server).environment("PUSHER_APP_ID", "7").examine();
    examination.failures(&["api"]);
    let project = Project::of(&server).set("PUSHER_SCHEME", "https").set("VITE_PUSHER_SCHEME", "http");
    let examination = project.environment("PUSHER_SCHEME", "http").examine();
    examination.only_warning("files", &["PUSHER_SCHEME: the process has another value"], "unset PUSHER_SCHEME");
}

#[test]
fn a_line_that_laravel_refuses() {
    let server = SERVER.get();
    let refused = |name: &str, value: &str, detail: &str, fix: &str| {
        let examination = Project::of(&server).set(name, value).examine();
        examination.only_failure("files", &[detail], fix);
        examination.only_failure("files", &[], "Laravel does not start with");
    };
    refused("APP_NAME", "My Shop", ".env:15: only a # comment may follow", "single quotes");
    refused("APP_NAME", "\"My\\Shop\"", ".env:15: in double quotes a backslash", "single quotes");
    refused("APP-NAME", "Shop", ".env:15: not a NAME=VALUE line", "put a # before it");
    let examination = Project::of(&server).set("PUSHER_APP_SECRET", "hunter2 hunter2").examine();
    assert!(!examination.report.to_string().contains("hunter2"));
}

/// Laravel starts with all of these lines, and uses them like the server does.
#[test]
fn lines_that_laravel_accepts() {
    let server = server_with_secret("accepted", "pa$w^rd");
    let project = Project::of(&server).set("APP_NAME", "Joe's").set("CASHIER_MODEL", "App\\Models\\User");
    let project = project.set("NONE", "\"a${NOBODY}b\"").set("TEXT", "\"a\n\nb c\"\nFOO\nexport BAR=1 # comment\r");
    let examination = project.set("PUSHER_SCHEME", "http#s").set("PUSHER_PORT", server.port().to_string()).examine();
    assert_eq!(
        (&examination.report["failed"], &examination.report["warned"]),
        (&0.into(), &0.into()),
        "{}",
        examination.report
    );
}

#[test]
fn a_quote_that_takes_lines_with_it() {
    let server = SERVER.get();
    let examination = Project::of(&server).set("APP_NAME", "\"Shop").examine();
    examination.only_warning("files", &[".env:15: a quote is opened and never closed"], "close the quote");
    let examination = Project::of(&server).set("# APP_NAME", "\"Shop\nB=\"1\"").examine();
    examination.only_warning("files", &[".env:15: a quote is opened in a comment", "line 16"], "from the comment");
}

/// The library gets the string cast of the PHP value.
#[test]
fn a_word_that_is_no_text_in_php() {
    let server = server_with_secret("cast", "1");
    let examination = Project::of(&server).set("PUSHER_APP_SECRET", "true").examine();
    examination.only_warning("credentials", &["PUSHER_APP_SECRET is true in Laravel"], "PUSHER_APP_SECRET='\"true\"'");
    for (value, taken) in [("null", "null"), ("(empty)", "empty"), ("\"false\"", "false")] {
        let examination = Project::of(&server).set("PUSHER_APP_SECRET", value).examine();
        let detail = format!("PUSHER_APP_SECRET (Laravel reads its text as {taken})");
        examination.only_failure("credentials", &[&detail], "PUSHER_APP_SECRET=");
    }
}

#[test]
fn credentials_of_two_drivers() {
    let server = SERVER.get();
    let both =
        || Project::of(&server).set("REVERB_APP_ID", "7").set("REVERB_APP_KEY", "k").set("REVERB_APP_SECRET", "s");
    let examination = both().examine();
    let detail = "PUSHER_APP_* counts, not REVERB_APP_*: BROADCAST_CONNECTION is pusher";
    assert!(examination.report["findings"][3]["detail"].as_str().unwrap().ends_with(detail), "{}", examination.report);
    // The driver is wrong. The other checks use the credentials that `serve` would use.
    let examination = both().set("BROADCAST_CONNECTION", "log").examine();
    examination.only_failure("driver", &["selects the driver log"], "BROADCAST_CONNECTION=pusher");
    // The configuration file is that of Laravel 10, the variable that of Laravel 11.
    let config = "<?php return ['default' => env('BROADCAST_DRIVER'), 'connections' => ['pusher' => ['driver' => 'pusher',\n\
        'key' => env('PUSHER_APP_KEY'), 'secret' => env('PUSHER_APP_SECRET'), 'app_id' => env('PUSHER_APP_ID'),\n\
        'options' => ['host' => env('PUSHER_HOST'), 'port' => env('PUSHER_PORT'), 'scheme' => env('PUSHER_SCHEME')]]]];";
    let project = both().set("BROADCAST_CONNECTION", "reverb").set("BROADCAST_DRIVER", "pusher");
    let examination = project.file("config/broadcasting.php", config).examine();
    examination.only_warning("driver", &["reads BROADCAST_CONNECTION"], "BROADCAST_CONNECTION=pusher");
}

#[test]
fn localhost_in_a_container() {
    let server = SERVER.get();
    let examination = Project::of(&server).in_container().examine();
    examination.only_warning("container", &["works only while"], "PUSHER_HOST=clairon");
    let port = server.port();
    let project = Project::of(&server).set("PUSHER_HOST", "localhost").set("PUSHER_PORT", "1").in_container();
    let project = project.set("VITE_PUSHER_HOST", "127.0.0.1").set("VITE_PUSHER_PORT", port.to_string());
    project.examine().failures(&["port", "container"]);
}
