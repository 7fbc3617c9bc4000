//! Misconfigured proxies.

use clairon_test_servers::{Nginx, PASS_UPGRADE, SharedServer, free_port};
use clairon_tests::app::App;
use clairon_tests::server::Server;

use super::project::Project;

static SERVER: SharedServer<Server> = SharedServer::new(|| Server::start(App::new("proxied")));

/// nginx with `proxy_pass`, but without the directives that a WebSocket needs.
#[test]
fn a_proxy_that_takes_upgrade_away() {
    let server = SERVER.get();
    let nginx = Nginx::start(&format!("location / {{ proxy_pass http://127.0.0.1:{}; }}", server.port()));
    let examination = Project::new(server.app(), nginx.port).examine();
    examination.only_failure(
        "upgrade",
        &["nginx", "removes the header Upgrade"],
        "proxy_set_header Upgrade $http_upgrade;",
    );
}

#[test]
fn a_proxy_that_does_not_pass_the_page_on() {
    let server = SERVER.get();
    let nginx = Nginx::start(&format!("location /apps/ {{ proxy_pass http://127.0.0.1:{}; }}", server.port()));
    let examination = Project::new(server.app(), nginx.port).examine();
    examination.only_failure("upgrade", &["nginx", "does not know the path /app (404)"], "location /app/ {");
}

#[test]
fn a_prefix_that_laravel_does_not_know() {
    let server = SERVER.get();
    let nginx = Nginx::start(&format!(
        "location /ws/ {{ proxy_pass http://127.0.0.1:{}/; {PASS_UPGRADE} }} location / {{ return 404; }}",
        server.port()
    ));
    let echo = super::project::ECHO.replace("wsHost:", "wsPath: '/ws',\n    wsHost:");
    let examination = Project::new(server.app(), nginx.port).file("resources/js/echo.js", &echo).examine();
    examination.only_failure("api", &["404", "it works with the prefix /ws"], "'path' => '/ws',");
}

#[test]
fn a_proxy_whose_server_is_down() {
    let port = free_port();
    let nginx = Nginx::start(&format!("location / {{ proxy_pass http://127.0.0.1:{port}; {PASS_UPGRADE} }}"));
    let examination = Project::new(&App::new("proxied"), nginx.port).examine();
    examination.only_failure("server", &["nginx", "does not reach the server behind it (502)"], "proxy_pass");
}

#[test]
fn a_proxy_that_redirects_to_https() {
    let nginx = Nginx::start("return 301 https://localhost$request_uri;");
    let examination = Project::new(&App::new("proxied"), nginx.port).examine();
    examination.failures(&["api", "upgrade"]);
    let fix = examination.report["findings"][13]["fix"].as_str().unwrap();
    assert!(fix.contains("PUSHER_SCHEME=https") && fix.contains("PUSHER_PORT=443"), "{fix}");
}

#[test]
fn the_site_itself_in_place_of_the_server() {
    let nginx =
        Nginx::start("add_header Set-Cookie \"laravel_session=x; path=/\"; location / { return 200 '<html>'; }");
    let examination = Project::new(&App::new("proxied"), nginx.port).examine();
    examination.only_failure("server", &["the Laravel site itself"], "PUSHER_PORT=6001");
}
