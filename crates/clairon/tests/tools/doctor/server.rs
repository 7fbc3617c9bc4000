//! Configurations that are consistent but do not match the server.

use std::net::TcpListener;

use clairon_test_servers::SharedServer;
use clairon_tests::app::App;
use clairon_tests::server::Server;

use super::project::Project;
use super::site;

static SERVER: SharedServer<Server> =
    SharedServer::new(|| Server::builder().app(App::new("first")).app(App::new("second")).start());

#[test]
fn a_name_without_an_address() {
    // A label that is too long for DNS is never looked up.
    let host = format!("{}.test", "x".repeat(70));
    let examination = Project::of(&SERVER.get()).set("PUSHER_HOST", host).examine();
    examination.only_failure(
        "name",
        &["does not resolve"],
        "PUSHER_HOST=127.0.0.1\nVITE_PUSHER_HOST=\"${PUSHER_HOST}\"",
    );
}

#[test]
fn a_port_where_nothing_listens() {
    // An address where no other process uses port 6001.
    let [.., high, low] = std::process::id().to_be_bytes();
    let host = format!("127.{high}.{low}.77");
    let port = TcpListener::bind((host.as_str(), 0)).unwrap().local_addr().unwrap().port();
    let project = || Project::new(&App::new("first"), port).set("PUSHER_HOST", &host);
    let nothing = ["nothing listens", "cURL error 7"];
    project().examine().only_failure("port", &nothing, &format!("clairon serve --port {port}"));
    let _usual = TcpListener::bind((host.as_str(), 6001)).unwrap();
    let elsewhere = [&nothing[..], &["a program listens at its port 6001"]].concat();
    let fix = "PUSHER_PORT=6001\nVITE_PUSHER_PORT=\"${PUSHER_PORT}\"";
    project().examine().only_failure("port", &elsewhere, fix);
}

#[test]
fn a_port_that_speaks_no_http() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            use std::io::Write;
            connection.write_all(b"220 mail.test ESMTP\r\n").unwrap();
        }
    });
    let examination = Project::new(&App::new("first"), port).examine();
    examination.only_failure("server", &["does not answer HTTP"], "PUSHER_PORT=6001");
}

#[test]
fn the_secret_is_wrong() {
    let examination = Project::of(&SERVER.get()).set("PUSHER_APP_SECRET", "not-the-secret").examine();
    examination.only_failure("api", &["PUSHER_APP_SECRET is not the secret"], "PUSHER_APP_SECRET=…");
}

#[test]
fn the_app_id_is_wrong() {
    let examination = Project::of(&SERVER.get()).set("PUSHER_APP_ID", "99").examine();
    examination.only_failure("api", &["no app with the id of PUSHER_APP_ID"], "PUSHER_APP_ID=…");
}

#[test]
fn id_and_key_are_of_two_apps() {
    let examination = Project::of(&SERVER.get()).set("PUSHER_APP_KEY", "second-key").examine();
    examination.only_failure("api", &["PUSHER_APP_KEY is not the key of the app PUSHER_APP_ID"], "PUSHER_APP_KEY=…");
}

#[test]
fn the_server_does_not_know_the_app() {
    let examination = Project::new(&App::new("third"), SERVER.get().port()).examine();
    examination.failures(&["api", "websocket"]);
}

#[test]
fn a_clock_that_is_off() {
    let server = SERVER.get();
    let examination = Project::of(&server).clock("+1200s").examine();
    examination.only_failure("api", &["this machine's clock is 1200 s ahead"], "timedatectl");
    let examination = Project::of(&server).clock("-90s").examine();
    examination.only_warning("api", &["90 s behind"], "timedatectl");
}

#[test]
fn the_app_is_switched_off() {
    let server = Server::builder().app(App::new("off").with("enabled", false)).start();
    let examination = Project::of(&server).examine();
    examination.failures(&["api", "websocket"]);
}

#[test]
fn the_sites_origin_is_not_let_in() {
    let server = Server::start(App::new("origins").with("allowed_origins", vec!["https://other.test"]));
    let examination = Project::of(&server).examine();
    examination.only_failure("websocket", &["pages of http://localhost are refused", "4009"], "allowed_origins");
}

#[test]
fn laravel_and_the_page_use_two_servers() {
    let (server, other) = (Server::start(App::new("two")), Server::start(App::new("two")));
    let examination = Project::of(&server)
        .set("VITE_PUSHER_HOST", "localhost")
        .set("VITE_PUSHER_PORT", other.port().to_string())
        .examine();
    examination.only_failure("event", &["use two different servers"], "the same server");
}

#[test]
fn the_site_does_not_sign() {
    let server = SERVER.get();
    let with = |status: u16, text: &str| {
        let text = text.to_owned();
        let url = site::serve(move |_| (status, text.clone()));
        Project::of(&server).argument(format!("--auth-url={url}")).examine()
    };
    // The null driver gives this answer to every request.
    with(200, "").only_failure("auth", &["200 with nothing instead of a signature"], "BROADCAST_CONNECTION=pusher");
    with(404, "<html>").only_failure("auth", &["no such route"], "php artisan install:broadcasting");
    with(500, "<html>").only_failure("auth", &["500: an HTML page"], "laravel.log");
    let other = format!("{{\"auth\":\"first-key:{}\"}}", "0".repeat(64));
    with(200, &other).only_failure("auth", &["with another secret"], "config:clear");
    for status in [403, 419] {
        assert_eq!(with(status, "{}").all_pass().last(), Some(&"auth"), "{status}");
    }
}
