//! Right configurations, for each version of Laravel's format.

use clairon_tests::app::App;
use clairon_tests::server::Server;

use super::project::Project;
use super::site;
use clairon_test_servers::{Nginx, certificates::Authority};

const ALL: [&str; 17] = [
    "files",
    "config-cache",
    "driver",
    "credentials",
    "page-key",
    "address",
    "cluster",
    "echo",
    "name",
    "port",
    "container",
    "tls",
    "server",
    "api",
    "upgrade",
    "websocket",
    "event",
];

#[test]
fn a_project_of_laravel_11() {
    let server = Server::start(App::new("eleven"));
    assert_eq!(Project::of(&server).examine().all_pass(), ALL);
}

#[test]
fn a_project_with_reverbs_names_and_configure_echo() {
    let server = Server::start(App::new("reverb"));
    let project = Project::of(&server)
        .rename("REVERB_")
        .set("BROADCAST_CONNECTION", "reverb")
        .file("resources/js/echo.js", "")
        .file(
            "resources/js/app.tsx",
            "import { configureEcho } from '@laravel/echo-react';\nconfigureEcho({ broadcaster: 'reverb' });",
        );
    assert_eq!(project.examine().all_pass(), ALL);
}

#[test]
fn a_project_of_laravel_8_with_mix() {
    let server = Server::start(App::new("mix"));
    let echo = super::project::ECHO.replace("import.meta.env.VITE_", "process.env.MIX_");
    let config = "<?php\nreturn [\n 'default' => env('BROADCAST_DRIVER', 'null'),\n 'connections' => [\n 'pusher' => [\n\
        'driver' => 'pusher', 'key' => env('PUSHER_APP_KEY'), 'secret' => env('PUSHER_APP_SECRET'),\n\
        'app_id' => env('PUSHER_APP_ID'), 'options' => [ 'cluster' => env('PUSHER_APP_CLUSTER'), 'host' => env('PUSHER_HOST'),\n\
        'port' => (int) env('PUSHER_PORT', 6001), 'scheme' => env('PUSHER_SCHEME', 'http'), 'useTLS' => false,\n\
        'curl_options' => [CURLOPT_SSL_VERIFYHOST => 0], ], ], ], ];";
    let mut project = Project::of(&server).file("resources/js/echo.js", "").file("resources/js/bootstrap.js", &echo);
    for name in ["APP_KEY", "HOST", "PORT", "SCHEME", "APP_CLUSTER"] {
        project = project
            .unset(&format!("VITE_PUSHER_{name}"))
            .set(&format!("MIX_PUSHER_{name}"), format!("\"${{PUSHER_{name}}}\""));
    }
    let project =
        project.unset("BROADCAST_CONNECTION").set("BROADCAST_DRIVER", "pusher").file("config/broadcasting.php", config);
    assert_eq!(project.examine().all_pass(), ALL);
}

/// The page uses a proxy with TLS, Laravel uses the inner address.
#[test]
fn two_addresses_of_one_server() {
    let server = Server::start(App::new("twofold"));
    let authority = Authority::new();
    let nginx = Nginx::with_tls(&authority.issue("localhost"), server.port());
    let examination = Project::of(&server)
        .set("APP_URL", "https://localhost")
        .set("VITE_PUSHER_HOST", "localhost")
        .set("VITE_PUSHER_PORT", nginx.port.to_string())
        .set("VITE_PUSHER_SCHEME", "https")
        .environment("SSL_CERT_FILE", authority.file())
        .examine();
    let mut expected = ALL.to_vec();
    expected.splice(13..13, ["name", "port", "tls", "server"]);
    assert_eq!(examination.all_pass(), expected);
}

#[test]
fn a_server_named_by_its_url_and_a_site_that_signs() {
    let app = App::new("signing");
    let server = Server::builder().app(app.clone()).env("CLAIRON_SERVER_PATH_PREFIX", "/ws").start();
    let url = site::serve(move |body| (200, site::signed(&app, body)));
    let examination = Project::of(&server)
        .set("PUSHER_PORT", "1")
        .argument(format!("--url=http://127.0.0.1:{}/ws", server.port()))
        .argument(format!("--auth-url={url}"))
        .examine();
    assert_eq!(examination.all_pass().last(), Some(&"auth"));
}
