//! The variables of Laravel, of other servers and of orchestrators.

use super::*;

#[test]
fn laravels_empty_variables_declare_nothing() {
    let variables = [("PUSHER_APP_ID", ""), ("PUSHER_APP_KEY", ""), ("PUSHER_APP_SECRET", "")];
    assert!(load_environment(&variables).unwrap().apps.is_empty());
}

const SOKETI: [(&str, &str); 3] = [
    ("SOKETI_DEFAULT_APP_ID", "5"),
    ("SOKETI_DEFAULT_APP_KEY", "soketi-key"),
    ("SOKETI_DEFAULT_APP_SECRET", "hunter2"),
];
const REVERB: [(&str, &str); 3] =
    [("REVERB_APP_ID", "6"), ("REVERB_APP_KEY", "reverb-key"), ("REVERB_APP_SECRET", "hunter2")];

#[test]
fn the_variables_of_soketi_are_understood() {
    let others = [
        ("SOKETI_DEFAULT_APP_ENABLE_CLIENT_MESSAGES", "1"),
        ("SOKETI_DEFAULT_APP_ENABLED", "false"),
        ("SOKETI_DEFAULT_APP_MAX_CONNECTIONS", "-1"),
        ("SOKETI_DEFAULT_APP_MAX_BACKEND_EVENTS_PER_SEC", "100"),
        ("SOKETI_DEFAULT_APP_MAX_CLIENT_EVENTS_PER_SEC", "7"),
        (
            "SOKETI_DEFAULT_APP_WEBHOOKS",
            r#"[{"url": "http://a.test/?hunter2", "event_types": ["cache_miss"]}, {"lambda_function": "hunter2"}]"#,
        ),
        ("SOKETI_HOST", "127.0.0.2"),
        ("SOKETI_PORT", "7001"),
        ("SOKETI_PATH_PREFIX", "ws"),
        ("SOKETI_EVENT_MAX_SIZE_IN_KB", "5"),
        ("SOKETI_DEBUG", "1"),
        ("CLAIRON_HOST", "127.0.0.3"),
        ("CLAIRON_APP_WATCHLIST", "true"),
    ];
    let settings = load_to_serve(&[&SOKETI[..], &others].concat()).unwrap();
    let app = &settings.apps[0];
    let newest = app.credentials.newest();
    assert_eq!((app.id.as_str(), newest.key.as_str(), newest.secret.expose()), ("5", "soketi-key", "hunter2"));
    assert_eq!((app.client_messages, app.enabled, app.limits.capacity, app.watchlist), (true, false, None, true));
    assert_eq!((app.limits.client_events_per_second, app.limits.event_data_bytes), (7, 5_120));
    let webhooks: Vec<_> = app.webhooks.iter().map(|webhook| (webhook.url.expose(), webhook.declared)).collect();
    assert_eq!(webhooks, [("http://a.test/?hunter2", true)]);
    let note = "SOKETI_DEFAULT_APP_WEBHOOKS: left out: webhooks.1: it calls a function of AWS Lambda: give the function a URL and add that as an endpoint";
    assert_eq!(settings.adopted.notes, [note]);
    assert_eq!(listen(&settings), ["127.0.0.3:7001"]);
    assert_eq!(settings.server.path_prefix, "/ws");
    assert_eq!(
        settings.adopted.used,
        [
            "SOKETI_DEFAULT_APP_ID for id",
            "SOKETI_DEFAULT_APP_KEY for key",
            "SOKETI_DEFAULT_APP_SECRET for secret",
            "SOKETI_DEFAULT_APP_MAX_CONNECTIONS for capacity",
            "SOKETI_DEFAULT_APP_ENABLE_CLIENT_MESSAGES for client_messages",
            "SOKETI_DEFAULT_APP_ENABLED for enabled",
            "SOKETI_DEFAULT_APP_MAX_CLIENT_EVENTS_PER_SEC for client_events_per_second",
            "SOKETI_DEFAULT_APP_WEBHOOKS for webhooks",
            "SOKETI_EVENT_MAX_SIZE_IN_KB for limits.event_data_bytes",
            "SOKETI_PORT for server.port",
            "SOKETI_PATH_PREFIX for server.path_prefix",
        ]
    );
    let unused = ["SOKETI_DEFAULT_APP_MAX_BACKEND_EVENTS_PER_SEC", "SOKETI_HOST", "SOKETI_DEBUG"];
    assert_eq!(settings.adopted.unused, unused);
}

#[test]
fn the_variables_of_reverb_are_understood() {
    let env_file = temporary("REVERB_APP_ID=6\nREVERB_APP_KEY=reverb-key\nREVERB_SERVER_PORT=8080\nREVERB_PORT=443\n");
    let config = temporary("[server]\npath_prefix = '/file'\n");
    let settings = Settings::load(Sources {
        config: Some(config.path().into()),
        env_file: Some(env_file.path().into()),
        serving: true,
        ..environment(&[("REVERB_APP_SECRET", "hunter2"), ("REVERB_HOST", "shop.test"), ("REVERB_SERVER_PATH", "/ws")])
    })
    .unwrap();
    assert_eq!(listen(&settings), ["*:8080"]);
    assert_eq!(settings.server.path_prefix, "/file");
    assert_eq!((settings.apps[0].id.as_str(), settings.apps[0].client_messages), ("6", true));
    assert_eq!(
        settings.adopted.used,
        [
            "REVERB_APP_ID for id",
            "REVERB_APP_KEY for key",
            "REVERB_APP_SECRET for secret",
            "REVERB_SERVER_PORT for server.port",
            "Reverb's default for client_messages",
        ]
    );
    assert_eq!(settings.adopted.unused, ["REVERB_SERVER_PATH"]);
}

#[test]
fn our_app_and_our_names_win() {
    let ours = [("PUSHER_APP_ID", "1"), ("PUSHER_APP_KEY", "k"), ("PUSHER_APP_SECRET", "s")];
    let settings = load_to_serve(&[&ours[..], &SOKETI, &REVERB].concat()).unwrap();
    assert_eq!(settings.apps.len(), 1);
    assert_eq!(settings.apps[0].id.as_str(), "1");
    assert!(settings.adopted.used.is_empty(), "{:?}", settings.adopted);
    let reverb = load_to_serve(&[&SOKETI[..], &REVERB].concat()).unwrap();
    assert_eq!((reverb.apps.len(), reverb.apps[0].id.as_str()), (1, "6"));
    // For other commands than `serve` an app need not be complete, and soketi's variables are not read.
    for variables in [&SOKETI[..], &ours[..2], &[("CLAIRON_APP_WATCHLIST", "true")]] {
        assert!(load_environment(variables).unwrap().apps.is_empty());
    }
}

#[test]
fn wrong_variables_of_others() {
    let none: &[(&str, &str)] = &[];
    for (variables, more, message) in [
        (
            &REVERB[..2],
            none,
            "REVERB_APP_ID is there without REVERB_APP_SECRET: \
             an app has REVERB_APP_ID, REVERB_APP_KEY and REVERB_APP_SECRET",
        ),
        (
            &SOKETI[1..2],
            none,
            "SOKETI_DEFAULT_APP_KEY is there without SOKETI_DEFAULT_APP_ID and SOKETI_DEFAULT_APP_SECRET: an app has \
             SOKETI_DEFAULT_APP_ID, SOKETI_DEFAULT_APP_KEY and SOKETI_DEFAULT_APP_SECRET",
        ),
        (
            &SOKETI[..],
            &[("SOKETI_DEFAULT_APP_ENABLED", "perhaps")],
            "SOKETI_DEFAULT_APP_ENABLED is \"perhaps\": allowed are true and false",
        ),
        (&[], &[("SOKETI_PORT", "x")], "SOKETI_PORT is \"x\": allowed are whole numbers from 0 to 65535"),
    ] {
        assert_eq!(problems(load_to_serve(&[variables, more].concat())), [message]);
    }
    // The variables that Kubernetes sets in containers beside a service named "soketi".
    let links = [("SOKETI_PORT", "tcp://10.0.0.1:6001"), ("SOKETI_SERVICE_HOST", "10.0.0.1")];
    let settings = load_to_serve(&links).unwrap();
    assert_eq!((listen(&settings), settings.adopted.unused.len()), (vec!["*:6001".to_owned()], 0));
}

/// The settings of a server with an `.env` file, in a process with these variables.
fn load_file(file: &str, variables: &[(&str, &str)]) -> Result<Settings, Problems> {
    let env_file = temporary(file);
    Settings::load(Sources { env_file: Some(env_file.path().into()), serving: true, ..environment(variables) })
}

fn credentials(settings: &Settings) -> [&str; 3] {
    let app = &settings.apps[0];
    let newest = app.credentials.newest();
    [app.id.as_str(), newest.key.as_str(), newest.secret.expose()]
}

#[test]
fn an_env_file_is_read_as_laravel_reads_it() {
    let file = "\u{feff}APP_NAME=Joe's\r\nCASHIER_MODEL=App\\Models\\User\r\nFOO\r\nTEXT=\"a\r\n\r\nb\"\r\n\
                PUSHER_APP_ID=12#34\r\nexport PUSHER_APP_KEY=\"'app-${PUSHER_APP_ID}'\"\r\nPUSHER_APP_SECRET=pa$word\r\n";
    assert_eq!(credentials(&load_file(file, &[]).unwrap()), ["12", "app-12", "pa$word"]);
    let process = [("PUSHER_APP_ID", "7"), ("PUSHER_APP_SECRET", "true")];
    assert_eq!(credentials(&load_file(file, &process).unwrap()), ["7", "app-7", "1"]);
    // Settings are not parsed like Laravel's `env()`.
    let settings = load_file(&format!("{file}CLAIRON_APP_WATCHLIST=true"), &[]).unwrap();
    assert!(settings.apps[0].watchlist);
    assert!(
        load_file("PUSHER_APP_ID=null\nPUSHER_APP_KEY=(empty)\nPUSHER_APP_SECRET=false", &[]).unwrap().apps.is_empty()
    );
}

#[test]
fn a_line_that_laravel_refuses_is_named_and_one_that_it_loses_is_warned_of() {
    let [refused] = <[String; 1]>::try_from(problems(load_file("A=1\nPUSHER_APP_SECRET=hunter2 x", &[]))).unwrap();
    assert!(refused.contains(":2: only a # comment may follow a space") && !refused.contains("hunter2"), "{refused}");
    let settings = load_file("A=1\nB=\"open\nPUSHER_APP_ID=1\n", &[]).unwrap();
    let [lost] = settings.remarks.lines()[..] else { panic!("{:?}", settings.remarks) };
    assert!(lost.contains(":2: a quote is opened and never closed"), "{lost}");
    assert!(settings.apps.is_empty());
}

#[test]
fn one_line_says_which_credentials_count() {
    const BOTH: &str = "PUSHER_APP_ID=1\nPUSHER_APP_KEY=k1\nPUSHER_APP_SECRET=s1\n\
                        REVERB_APP_ID=2\nREVERB_APP_KEY=k2\nREVERB_APP_SECRET=s2\n";
    let pusher = ["1", "k1", "s1"];
    let reverb = ["2", "k2", "s2"];
    for (file, expected, reason) in [
        (
            format!("{BOTH}BROADCAST_CONNECTION=pusher\nBROADCAST_DRIVER=reverb"),
            pusher,
            "BROADCAST_CONNECTION is pusher",
        ),
        (format!("{BOTH}BROADCAST_DRIVER=reverb"), reverb, "BROADCAST_DRIVER is reverb"),
        (format!("{BOTH}BROADCAST_CONNECTION=log"), pusher, "PUSHER_APP_* comes first"),
        (BOTH.replace("PUSHER_APP_KEY=k1", "BROADCAST_CONNECTION=null"), reverb, "PUSHER_APP_KEY is not set"),
        (BOTH.replace("REVERB_APP_SECRET", "OTHER"), pusher, "REVERB_APP_SECRET is not set"),
    ] {
        let settings = load_file(&file, &[]).unwrap();
        assert_eq!(credentials(&settings), expected, "{file}");
        let [note] = settings.remarks.lines()[..] else { panic!("{:?}", settings.remarks) };
        assert!(note.contains(reason), "{note}");
    }
    let incomplete = format!("{}BROADCAST_CONNECTION=reverb", BOTH.replace("REVERB_APP_KEY", "OTHER"));
    let [problem] = <[String; 1]>::try_from(problems(load_file(&incomplete, &[]))).unwrap();
    assert!(problem.starts_with("REVERB_APP_ID (") && problem.contains("is there without REVERB_APP_KEY"), "{problem}");
    // A variable of the process has the same effect as one of the file.
    assert_eq!(credentials(&load_file(BOTH, &[("BROADCAST_CONNECTION", "reverb")]).unwrap()), reverb);
    assert!(load_file(&BOTH.replace("PUSHER_", "OTHER_"), &[]).unwrap().remarks.lines().is_empty());
}

#[test]
fn unknown_names_of_the_environment_stop_nothing() {
    for (name, nearest) in [
        ("CLAIRON_PROT", "CLAIRON_PORT"),
        ("CLAIRON_APP_ID", "PUSHER_APP_ID"),
        ("CLAIRON_WATCHLIST", "CLAIRON_APP_WATCHLIST"),
        ("CLAIRON_SERVER_HOSTS", "CLAIRON_SERVER_HOST"),
    ] {
        let settings = load_environment(&[(name, "hunter2")]).unwrap();
        let expected = format!("{name} is not a setting and has no effect; the nearest name is {nearest}");
        assert_eq!(settings.remarks.lines(), [expected]);
    }
    let settings = load_file("CLAIRON_PROT=1\n", &[]).unwrap();
    assert!(settings.remarks.lines()[0].starts_with("CLAIRON_PROT (/"), "{:?}", settings.remarks);
}

/// A variable that is not UTF-8 is a problem only if it would be read.
#[cfg(unix)]
#[test]
fn bytes_that_are_no_text() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    let load = |name: &str| {
        let environment = vec![(name.into(), OsString::from_vec(vec![0xFF]))];
        Settings::load(Sources { environment, ..Sources::default() })
    };
    for name in ["CLAIRON_PORT", "CLAIRON_APP_NAME", "REVERB_APP_KEY"] {
        assert_eq!(problems(load(name)), [format!("{name} is not UTF-8: allowed is text")]);
    }
    for name in ["CLAIRON_ENV_X", "PUSHER_APP_NAME", "PATH"] {
        assert!(load(name).unwrap().remarks.lines().is_empty());
    }
}

#[test]
fn the_variables_of_services_are_not_ours() {
    let variables = [
        ("CLAIRON_PORT", "tcp://10.0.0.1:6001"),
        ("CLAIRON_PORT_6001_TCP_ADDR", "10.0.0.1"),
        ("CLAIRON_SERVICE_HOST", "10.0.0.1"),
        ("CLAIRON_SERVICE_PORT_HTTP", "6001"),
        ("CLAIRON_SERVER_PORT", "tcp://10.0.0.2:6001"),
        ("CLAIRON_SERVER_SERVICE_HOST", "10.0.0.2"),
        ("CLAIRON_REDIS_PORT_6379_TCP", "tcp://10.0.0.3:6379"),
        ("CLAIRON_APP_NAME", "/shop/clairon-app"),
        ("CLAIRON_APP_ENV_PATH", "/bin"),
    ];
    let settings = load_environment(&variables).unwrap();
    assert_eq!((listen(&settings), settings.apps.len()), (vec!["*:6001".to_owned()], 0));
    let mut names = variables.map(|(name, _)| name);
    names.sort_unstable();
    assert_eq!(settings.remarks.lines(), names);
    // Settings beside such variables still count.
    let settings = load_environment(&[&variables[..], &[("CLAIRON_PORT", "7001")]].concat()).unwrap();
    assert_eq!(listen(&settings), ["*:7001"]);
}
