//! The sources of settings, and the messages about invalid ones.

use std::{io::Write, num::NonZeroU32};

use clairon_protocol::Limits;
use tempfile::NamedTempFile;

mod fields;
mod tls_domains;
mod variables;
mod webhooks;

use super::{DEFAULTS, Problems, Settings, Sources, environment::variable, file::File};

fn temporary(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn environment(variables: &[(&str, &str)]) -> Sources {
    let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Sources { environment, ..Sources::default() }
}

fn load_environment(variables: &[(&str, &str)]) -> Result<Settings, Problems> {
    Settings::load(environment(variables))
}

/// Loads settings like `serve`.
fn load_to_serve(variables: &[(&str, &str)]) -> Result<Settings, Problems> {
    Settings::load(Sources { serving: true, ..environment(variables) })
}

fn problems(loaded: Result<Settings, Problems>) -> Vec<String> {
    loaded.unwrap_err().lines().map(str::to_owned).collect()
}

/// The problems of the settings file `text`, with `FILE` as its path.
fn file_problems(text: &str) -> Vec<String> {
    let file = temporary(text);
    let found = problems(Settings::load(Sources { config: Some(file.path().into()), ..Sources::default() }));
    found.iter().map(|problem| problem.replace(&file.path().display().to_string(), "FILE")).collect()
}

/// The addresses that a server with these settings listens on.
fn listen(settings: &Settings) -> Vec<String> {
    settings.listen.iter().map(ToString::to_string).collect()
}

/// Every setting as `section.key`, with its default and the preceding comment line.
fn defaults() -> Vec<(String, toml::Value, &'static str)> {
    let mut section = "";
    let mut above = "";
    let mut defaults = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            let value = toml::from_str::<toml::Table>(&format!("value = {value}")).unwrap()["value"].clone();
            defaults.push((format!("{section}.{key}"), value, above));
        }
        above = line;
    }
    defaults
}

#[test]
fn the_defaults_are_right() {
    let settings = load_environment(&[]).unwrap();
    assert_eq!(listen(&settings), ["*:6001"]);
    assert_eq!(settings.limits, Limits::default());
    assert!(settings.apps.is_empty());
}

#[test]
fn every_default_has_a_comment() {
    let defaults = defaults();
    assert_eq!(defaults.len(), File::defaults(&mut Problems::default()).settings.len());
    for (name, _, above) in defaults {
        assert!(above.starts_with("# "), "{name}");
    }
}

#[test]
fn every_setting_has_a_variable() {
    for (name, value, _) in defaults() {
        let base: &[(&str, &str)] = match name.split_once('.') {
            Some(("redis", key)) if key != "url" => &[("CLAIRON_REDIS_URL", "redis://h")],
            Some(("dashboard", "viewer_password")) => &[("CLAIRON_ADMIN_TOKEN", "0123456789abcdef")],
            Some(("cluster", _)) => &[("CLAIRON_REDIS_URL", "redis://h")],
            Some(("tls", _)) => {
                &[("CLAIRON_TLS_CERTIFICATE", "a.pem"), ("CLAIRON_TLS_KEY", "a.key"), ("CLAIRON_TLS_DOMAINS", "a.test")]
            }
            _ => &[],
        };
        let untouched = format!("{:?}", load_environment(base).unwrap());
        let other = match (name.as_str(), value) {
            ("server.host", _) => "127.0.0.1".to_owned(),
            ("server.path_prefix", _) => "/ws".to_owned(),
            ("tls.certificate" | "tls.key", _) => "b.pem".to_owned(),
            ("tls.domains", _) => "b.test".to_owned(),
            ("tls.acme_directory", _) => "https://ca.test/directory".to_owned(),
            ("tls.acme_email", _) => "a@b.test".to_owned(),
            ("tls.certificates", _) => "b.pem:b.key, c.pem:c.key".to_owned(),
            ("server.listen", _) => "127.0.0.1:80, unix:/run/clairon.sock".to_owned(),
            ("server.trusted_proxies", _) => "10.0.0.0/8".to_owned(),
            ("database.url", _) => "sqlite::memory:".to_owned(),
            ("log.level", _) => "debug".to_owned(),
            ("log.format", _) => "json".to_owned(),
            // The other settings of Redis have an effect only with a URL.
            ("redis.url", _) => "redis://h".to_owned(),
            ("metrics.listen", _) => "127.0.0.1:9601".to_owned(),
            ("metrics.prefix", _) => "soketi".to_owned(),
            ("metrics.token" | "admin.token" | "dashboard.password" | "dashboard.viewer_password", _) => {
                "0123456789abcdef".to_owned()
            }
            ("redis.ca_file" | "webhooks.ca_file" | "tls.acme_ca_file", _) => {
                concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/authority.pem").to_owned()
            }
            ("redis.prefix", _) => "other".to_owned(),
            (_, toml::Value::Boolean(flag)) => (!flag).to_string(),
            (_, toml::Value::Integer(number)) => (number + 1).to_string(),
            (name, value) => panic!("no other value for {name} = {value}"),
        };
        let settings = load_environment(&[base, &[(variable(&name).as_str(), other.as_str())]].concat());
        assert_ne!(format!("{:?}", settings.unwrap()), untouched, "{name}");
    }
}

#[test]
fn a_copy_of_the_defaults_sets_no_limit_of_addresses() {
    let limit = |config: &str, variables: &[(&str, &str)]| {
        let config = temporary(config);
        let sources = Sources { config: Some(config.path().into()), ..environment(variables) };
        let limit = Settings::load(sources).unwrap().server.edge.addresses.connections;
        (limit.limit.map_or(0, NonZeroU32::get), limit.is_set)
    };
    assert_eq!(limit(DEFAULTS, &[]), (10_000, false));
    assert_eq!(limit("[edge]\nconnections_per_address = 9", &[]), (9, true));
    assert_eq!(limit("", &[("CLAIRON_EDGE_CONNECTIONS_PER_ADDRESS", "10000")]), (10_000, true));
    assert_eq!(limit("", &[("CLAIRON_EDGE_CONNECTIONS_PER_ADDRESS", "0")]), (0, true));
}

#[test]
fn a_cluster_must_fit_together() {
    let refused = |variables: &[(&str, &str)]| problems(load_environment(variables));
    assert_eq!(
        refused(&[("CLAIRON_CLUSTER_LEASE_SECONDS", "9")]),
        ["CLAIRON_CLUSTER_LEASE_SECONDS is \"9\": must be twice cluster.beat_seconds, which is 5, or more"]
    );
    let [file] = <[String; 1]>::try_from(refused(&[("CLAIRON_REDIS_CA_FILE", "/none")])).unwrap();
    assert!(file.starts_with("CLAIRON_REDIS_CA_FILE is \"/none\": it cannot be read: "), "{file}");
    let [url] = <[String; 1]>::try_from(refused(&[("CLAIRON_REDIS_URL", "http://u:pw@h")])).unwrap();
    assert!(url.starts_with("CLAIRON_REDIS_URL is \"http://…@h\": "), "{url}");
}

#[test]
fn upper_layers_cover_lower_ones() {
    let config =
        temporary("[server]\nport = 1\nhost = 'file'\npath_prefix = '/file/'\n[database]\nmax_connections = 3\n");
    let env_file = temporary("CLAIRON_PORT=2\nCLAIRON_HOST=env-file\nPUSHER_APP_ID=1\nPUSHER_APP_KEY=file\n");
    let settings = Settings::load(Sources {
        config: Some(config.path().into()),
        env_file: Some(env_file.path().into()),
        flags: vec![("--port", "server.port", "4".to_owned())],
        ..environment(&[("CLAIRON_SERVER_PORT", "3"), ("PUSHER_APP_KEY", "process"), ("PUSHER_APP_SECRET", "s")])
    })
    .unwrap();
    assert_eq!(listen(&settings), ["env-file:4"]);
    assert_eq!(settings.server.path_prefix, "/file");
    assert_eq!(settings.database.max_connections, 3);
    assert_eq!(settings.apps[0].credentials.newest().key.as_str(), "process");
}

#[test]
fn several_places_can_be_listened_at() {
    let config = temporary("[server]\nlisten = ['0.0.0.0:6001', '[::]:6001', 'unix:/run/c.sock?mode=0660']\n");
    let places = ["0.0.0.0:6001", "[::]:6001", "unix:/run/c.sock"];
    let from_file = |sources| Settings::load(Sources { config: Some(config.path().into()), ..sources }).unwrap();
    assert_eq!(listen(&from_file(Sources::default())), places);
    // What Reverb was told has no effect then.
    let settings = from_file(Sources { serving: true, ..environment(&[("REVERB_SERVER_PORT", "7001")]) });
    assert_eq!(listen(&settings), places);
    assert_eq!(settings.adopted.unused, ["REVERB_SERVER_PORT"]);
}

#[test]
fn certificates_are_listed_in_their_order() {
    let config = temporary(
        "[tls]\ncertificate = 'a.pem'\nkey = 'a.key'\n[[tls.certificates]]\ncertificate = 'b.pem'\nkey = 'b.key'\n",
    );
    let sources = Sources { config: Some(config.path().into()), ..Sources::default() };
    let settings = Settings::load(sources).unwrap();
    let files = |name: &str| format!("{name}.pem {name}.key");
    let read: Vec<_> = settings
        .server
        .tls
        .files
        .iter()
        .map(|files| format!("{} {}", files.certificate.display(), files.key.display()))
        .collect();
    assert_eq!(read, ["a", "b"].map(files));
    // None of the files exists.
    assert_eq!(settings.check_certificates().unwrap_err().lines().count(), 2);
}

#[test]
fn apps_are_declared() {
    let config = temporary(
        "[limits]\nevents_per_batch = 5\n\
         [[apps]]\nid = '1'\nkey = 'k1'\nsecret = 's1'\nname = 'Shop'\nenabled = false\npresence_members = 7\n",
    );
    let variables = [
        ("PUSHER_APP_ID", "2"),
        ("PUSHER_APP_KEY", "k2"),
        ("PUSHER_APP_SECRET", "s2"),
        ("PUSHER_HOST", "not ours"),
        ("CLAIRON_APP_CLIENT_MESSAGES", "true"),
        ("CLAIRON_APP_ALLOWED_ORIGINS", "a.test, b.test"),
        ("CLAIRON_APP_CAPACITY", "9"),
        ("CLAIRON_APP_EVENT_DATA_BYTES", "10"),
    ];
    let sources = Sources { config: Some(config.path().into()), ..environment(&variables) };
    let [first, second] = <[_; 2]>::try_from(Settings::load(sources).unwrap().apps).unwrap();

    assert_eq!((first.id.as_str(), first.name.as_str(), first.enabled), ("1", "Shop", false));
    assert_eq!((first.limits.events_per_batch, first.limits.presence_members), (5, 7));
    assert_eq!((second.credentials.newest().secret.expose(), second.client_messages), ("s2", true));
    assert!(second.allowed_origins.iter().eq(["a.test", "b.test"]));
    assert_eq!((second.limits.capacity.unwrap().get(), second.limits.event_data_bytes), (9, 10));
}

#[test]
fn secrets_are_not_in_debug_output() {
    let variables = [
        ("PUSHER_APP_ID", "1"),
        ("PUSHER_APP_KEY", "k"),
        ("PUSHER_APP_SECRET", "hunter2"),
        ("CLAIRON_DATABASE_URL", "postgres://u:hunter2@h/d"),
        ("CLAIRON_ADMIN_TOKEN", "hunter2hunter2hunter2"),
    ];
    assert!(!format!("{:?}", load_environment(&variables).unwrap()).contains("hunter2"));
}

#[test]
fn wrong_variables() {
    const NEEDED: &str = "an app has PUSHER_APP_ID, PUSHER_APP_KEY and PUSHER_APP_SECRET";
    for (variables, message) in [
        (&[("CLAIRON_PORT", "x")][..], r#"CLAIRON_PORT is "x": allowed are whole numbers from 0 to 65535"#),
        (&[("CLAIRON_PORT", "65536")], r#"CLAIRON_PORT is "65536": allowed are whole numbers from 0 to 65535"#),
        (
            &[("CLAIRON_HOST", "a"), ("CLAIRON_SERVER_HOST", "b")],
            "CLAIRON_HOST and CLAIRON_SERVER_HOST are the same setting: set one of them",
        ),
        (
            &[("CLAIRON_HOST", "http://a")],
            r#"CLAIRON_HOST is "http://a": allowed is an address or a host name, without scheme and port, or nothing for every address"#,
        ),
        (
            &[("CLAIRON_SERVER_PATH_PREFIX", "ws")],
            r#"CLAIRON_SERVER_PATH_PREFIX is "ws": allowed is a path such as /ws, of A-Z a-z 0-9 - . _ ~ between its slashes"#,
        ),
        (
            &[("CLAIRON_SERVER_LISTEN", "127.0.0.1:1, tls")],
            r#"CLAIRON_SERVER_LISTEN is "127.0.0.1:1, tls": "tls" is not an address to listen on: allowed are HOST:PORT such as 0.0.0.0:6001, [::]:6001 or *:6001 for every address, tls://HOST:PORT, and unix:/PATH, each with options such as ?proxy_protocol"#,
        ),
        (
            &[("CLAIRON_SERVER_LISTEN", "tls://*:443")],
            r#"CLAIRON_SERVER_LISTEN is "tls://*:443": a listener speaks TLS: set tls.certificate and tls.key, or tls.domains"#,
        ),
        (&[("CLAIRON_TLS_KEY", "a.key")], r#"CLAIRON_TLS_KEY is "a.key": is there without tls.certificate: set both"#),
        (
            &[("CLAIRON_TLS_CERTIFICATES", "a.pem")],
            r#"CLAIRON_TLS_CERTIFICATES is "a.pem": allowed are [[tls.certificates]] tables with certificate and key, or in a variable CERTIFICATE:KEY with commas between the pairs"#,
        ),
        (&[("CLAIRON_SERVER_LISTEN", "*:1, :1")], r#"CLAIRON_SERVER_LISTEN is "*:1, :1": an address is listed twice"#),
        (
            &[("CLAIRON_SERVER_LISTEN", "*:1"), ("CLAIRON_PORT", "2")],
            "CLAIRON_SERVER_LISTEN and CLAIRON_PORT both say where to listen: set one of them",
        ),
        (
            &[("CLAIRON_SERVER_TRUSTED_PROXIES", "unix, proxy")],
            r#"CLAIRON_SERVER_TRUSTED_PROXIES is "unix, proxy": "proxy" is not an address or a network: allowed are addresses such as 192.0.2.1 or 2001:db8::1, networks such as 10.0.0.0/8 or fd00::/8, and unix for connections over a Unix socket"#,
        ),
        (
            &[("CLAIRON_DATABASE_URL", "mssql://u:hunter2@h/d")],
            r#"CLAIRON_DATABASE_URL is "mssql://…@h/d": allowed are sqlite://FILE, sqlite::memory:, postgres://… and mysql://…"#,
        ),
        (
            &[("CLAIRON_ADMIN_TOKEN", "hunter2")],
            "CLAIRON_ADMIN_TOKEN: a token has 16 to 256 printable ASCII characters and no spaces (this one has 7 characters)",
        ),
        (
            &[("CLAIRON_LOG", "inof")],
            r#"CLAIRON_LOG is "inof": allowed are error, warn, info, debug, trace, off, and directives such as info,clairon_server=debug"#,
        ),
        (
            &[("CLAIRON_HEARTBEAT_PING_AFTER_SECONDS", "150")],
            "heartbeat.close_after_seconds (default) is 150: must be more than heartbeat.ping_after_seconds, which is 150",
        ),
        (
            &[("PUSHER_APP_ID", "1")],
            &format!("PUSHER_APP_ID is there without PUSHER_APP_KEY and PUSHER_APP_SECRET: {NEEDED}"),
        ),
        (
            &[("CLAIRON_APP_WATCHLIST", "1"), ("PUSHER_APP_ID", "1"), ("PUSHER_APP_KEY", "1")],
            &format!("PUSHER_APP_ID is there without PUSHER_APP_SECRET: {NEEDED}"),
        ),
        (
            &[("PUSHER_APP_ID", "1"), ("PUSHER_APP_KEY", "1"), ("PUSHER_APP_SECRET", "hunter2\n")],
            "PUSHER_APP_SECRET: a secret has 1 to 256 bytes and no control characters (this one has 8 bytes)",
        ),
    ] {
        assert_eq!(problems(load_to_serve(variables)), [message]);
    }
}

#[test]
fn wrong_files() {
    const APP: &str = "[[apps]]\nid = '1'\nkey = 'k'\nsecret = 's'\n";
    for (text, message) in [
        (
            "[[tls.certificates]]\ncertificate = 'a.pem'",
            r#"tls.certificates (FILE:1) is [{ certificate = "a.pem" }]: allowed are [[tls.certificates]] tables with certificate and key, or in a variable CERTIFICATE:KEY with commas between the pairs"#,
        ),
        ("[server]\nport = '1'", r#"server.port (FILE:2) is "1": allowed are whole numbers from 0 to 65535"#),
        ("[server]\nprot = 1", "server.prot (FILE:2) is not a setting: did you mean server.port?"),
        ("[log]\nx = 1", "log.x (FILE:2) is not a setting: allowed are log.format, log.level"),
        ("\n[sever]\n", "sever (FILE:2) is not a setting: did you mean server?"),
        ("server = 1", "server (FILE:1) is of type integer: allowed is [server]"),
        ("apps = 1", "apps (FILE:1): allowed are [[apps]] tables"),
        (
            "[limits]\nevents_per_batch = 0",
            "limits.events_per_batch (FILE:2) is 0: allowed are whole numbers from 1 to 1000",
        ),
        ("[server]\nport = 99999999999999999999", "server.port (FILE:2) is too large: allowed are numbers of 64 bits"),
        ("[log]\n\nlevel = = 1", "FILE:3: not valid TOML: extra `=`, expected nothing"),
        ("[[apps]]\nid = '1'\nkey = 'k'", "[[apps]] (FILE:1) is there without secret: an app has id, key and secret"),
        (&format!("{APP}secert = 'hunter2'"), "apps.secert (FILE:5) is not a setting: did you mean secret?"),
        (&format!("{APP}enabled = 1"), "apps.enabled (FILE:5) is 1: allowed are true and false"),
        (&format!("{APP}allowed_origins = 'a'"), r#"apps.allowed_origins (FILE:5) is "a": allowed is a list of texts"#),
        (
            &format!("{APP}allowed_origins = ['a.test', 'https://b.test/app']"),
            r#"apps.allowed_origins (FILE:5) is ["a.test", "https://b.test/app"]: entry 2 of allowed_origins "https://b.test/app" can never match: an origin has no path, query or fragment; write "https://b.test""#,
        ),
        (&format!("{APP}name = '{}'", "x".repeat(256)), "[[apps]] (FILE:1): name has 256 bytes, allowed are 0 to 255"),
        (&APP.repeat(2), "[[apps]] (FILE:5): another app is declared with the id 1 or the key k"),
    ] {
        assert_eq!(file_problems(text), [message]);
    }
}

#[test]
fn all_problems_are_found_at_once() {
    let found = file_problems("[server]\nport = -1\n[heartbeat]\nping_after_seconds = 0\n[[apps]]\ncapacity = -1\n");
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn files_that_cannot_be_read() {
    let sources = Sources { config: Some("no-file".into()), env_file: Some("no-env".into()), ..Sources::default() };
    let found = problems(Settings::load(sources));
    assert!(found[0].starts_with("--config no-file: cannot read the file: "), "{found:?}");
    assert!(found[1].starts_with("--env-file no-env: cannot read the file: "), "{found:?}");
}
