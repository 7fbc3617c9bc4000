//! `clairon publish`

use std::fs;

use clairon_test_servers::{Nginx, SharedServer, certificates::Authority, free_port};
use clairon_tests::app::App;
use clairon_tests::server::Server;
use serde_json::Value;

use super::tool::{clairon, run, run_with, url, url_of};

static SERVER: SharedServer<Server> = SharedServer::new(|| Server::start(App::new("publish")));

#[test]
fn what_was_sent_is_told() {
    let server = SERVER.get();
    let url = url(&server);
    let sent = run(&["publish", "lobby", "greeting", "hello", "--url", &url]);
    assert_eq!((sent.code, sent.stderr.as_str()), (0, ""));
    let place = format!("http://127.0.0.1:{}", server.port());
    assert_eq!(sent.stdout, format!("{place} took \"greeting\" for lobby (5 bytes)\n"));

    let sent = run_with(
        &["publish", "lobby", "greeting", "-", "--channel=b", "--json", "--url", &url],
        "{\"text\":\"Hello\"}\n",
    );
    let told: Value = serde_json::from_str(&sent.stdout).unwrap();
    assert_eq!((&told["channels"], &told["bytes"]), (&serde_json::json!(["lobby", "b"]), &16.into()));
    assert!(!sent.stdout.contains("secret"), "{}", sent.stdout);
}

#[test]
fn refusals_say_what_to_change() {
    let server = SERVER.get();
    let app = App::new("publish");
    let port = server.port();
    let publish = |url: &str| run(&["publish", "lobby", "e", "{}", "--url", url]);
    let wrong = |change: &dyn Fn(&mut App)| {
        let mut app = app.clone();
        change(&mut app);
        publish(&url_of(&app, port))
    };
    wrong(&|app| app.secret = "hunter2".into()).ended(1, "answers 401: the secret is not that of the app");
    wrong(&|app| app.key = "other".into()).ended(1, "answers 401: the key other is not that of the app");
    wrong(&|app| app.id = "nobody".into()).ended(1, "answers 404: the server has no app with the id nobody");
    assert!(!wrong(&|app| app.secret = "hunter2".into()).stderr.contains("hunter2"));

    let free = free_port();
    publish(&url_of(&app, free)).ended(1, &format!("nothing listens at 127.0.0.1:{free}"));
    publish(&url(&server).replace("http:", "https:")).ended(1, "does not speak TLS");
    publish(&url(&server).replace("/apps/", "/prefix/apps/")).ended(1, "is a path prefix missing?");
    run(&["publish", "no channel", "e", "{}", "--url", &url(&server)]).ended(1, "answers 400: the channel name");
}

#[test]
fn wrong_command_lines_end_with_2() {
    let url = url_of(&App::new("publish"), 1);
    run(&["publish", "lobby", "e", "{}"]).ended(2, "name the server with --url, --env-file or --app");
    run(&["publish", "lobby", "e", "{}", "--url", "http://127.0.0.1:1"]).ended(2, "names a server and no app");
    run(&["publish", "lobby", "e", "{}", "--url", "ws://127.0.0.1:1/app/k"]).ended(2, "needs the app's id and secret");
    run(&["publish", "private-encrypted-a", "e", "{}", "--url", &url]).ended(2, "--encryption-master-key is needed");
    run(&["publish", "lobby", "e", "{}", "--socket-id", "x", "--url", &url]).ended(2, "a socket id is two numbers");
    run(&["publish", "lobby", "e"]).ended(2, "<DATA>");
}

#[test]
fn tls_and_its_certificates() {
    let server = SERVER.get();
    let authority = Authority::new();
    let url = |nginx: &Nginx| {
        url_of(server.app(), nginx.port).replace("http://", "https://").replace("127.0.0.1", "localhost")
    };
    let publish = |nginx: &Nginx| {
        let mut command = clairon(&["publish", "lobby", "e", "{}", "--url", &url(nginx)]);
        super::tool::Run::from(command.env("SSL_CERT_FILE", authority.file()).output().unwrap())
    };
    let good = Nginx::with_tls(&authority.issue("localhost"), server.port());
    assert_eq!(publish(&good).stderr, "");
    let bad = Nginx::with_tls(&Authority::new().issue("localhost"), server.port());
    publish(&bad).ended(1, "is not valid for localhost");
    run(&["publish", "lobby", "e", "{}", "--url", &url(&good).replace("https:", "http:")]).ended(1, "it speaks TLS");
}

#[test]
fn the_server_and_app_of_a_laravel_project_or_of_the_registry() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("apps.db").display());
    let app = App::new("publish");
    let server = Server::builder().app(app.clone()).database(database.clone()).start();
    let (id, port) = (app.id.clone(), server.port().to_string());
    let publish = |arguments: &[&str]| {
        let mut command = clairon(&["publish", "lobby", "e", "{}"]);
        super::tool::Run::from(command.args(arguments).current_dir(folder.path()).output().unwrap())
    };
    publish(&["--app", &id, "--database", &database, "--url", &format!("http://127.0.0.1:{port}")]).ended(0, "");
    publish(&["--app", "nobody", "--database", &database]).ended(1, "no app has the id nobody");

    let lines = |prefix: &str| {
        let App { id, key, secret, .. } = &app;
        [("APP_ID", id), ("APP_KEY", key), ("APP_SECRET", secret), ("HOST", &"127.0.0.1".to_owned()), ("PORT", &port)]
            .map(|(name, value)| format!("{prefix}_{name}={value}\n"))
            .concat()
            + &format!("{prefix}_SCHEME=http\n")
    };
    fs::write(folder.path().join(".env"), lines("PUSHER")).unwrap();
    publish(&[]).ended(0, "");
    fs::write(folder.path().join("other.env"), lines("REVERB") + "BROADCAST_CONNECTION=reverb\n").unwrap();
    fs::write(folder.path().join(".env"), lines("PUSHER").replace("PUSHER_APP_SECRET", "OTHER")).unwrap();
    publish(&["--env-file", "other.env"]).ended(0, "");
    publish(&[]).ended(2, ".env: PUSHER_APP_SECRET is not set");
    let odd = "APP_NAME=Joe's\r\nFOO\r\nREVERB_APP_ID=7\r\n# APP_URL=\"x";
    fs::write(folder.path().join("both.env"), lines("PUSHER") + odd).unwrap();
    let both = publish(&["--env-file", "both.env"]);
    assert_eq!(both.code, 0, "{}", both.stderr);
    let [lost, choice] = both.stderr.lines().collect::<Vec<_>>()[..] else { panic!("{}", both.stderr) };
    assert!(lost.starts_with("warning: both.env:10: a quote is opened and never closed"), "{lost}");
    assert_eq!(choice, "note: PUSHER_APP_* counts, not REVERB_APP_*: REVERB_APP_KEY is not set");
    publish(&["--env-file", "missing.env"]).ended(2, "missing.env");
    fs::write(folder.path().join(".env"), format!("PUSHER_URL={}\n", url(&server))).unwrap();
    publish(&[]).ended(0, "");
}
