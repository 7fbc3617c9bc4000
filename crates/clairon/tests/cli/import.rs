//! `clairon import`

use serde_json::{Value, json};

use crate::place::{Place, json};

/// An app of the registry as JSON, with its secrets.
fn app(place: &Place, id: &str) -> Value {
    let run = place.run(&["app", "show", id, "--show-secret", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

fn count(place: &Place) -> usize {
    let list: Vec<Value> = serde_json::from_str(&place.run(&["app", "list", "--json"]).stdout).unwrap();
    list.len()
}

#[track_caller]
fn imported(place: &Place, arguments: &[&str]) -> String {
    let run = place.run(&[&["import"], arguments, &["--yes"]].concat());
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    run.stdout
}

fn folder(place: &Place, name: &str) {
    std::fs::create_dir_all(place.path().join(name)).unwrap();
}

const WEBSOCKETS: &str = "<?php
use BeyondCode\\LaravelWebSockets\\Dashboard\\Http\\Middleware\\Authorize;
return [
    'apps' => [
        [ // the first
            'id' => env('PUSHER_APP_ID'), 'name' => env('APP_NAME', 'Shop'), 'key' => env('PUSHER_APP_KEY'),
            'secret' => env('PUSHER_APP_SECRET'), 'path' => null, 'capacity' => 50, 'enable_client_messages' => true,
            'enable_statistics' => false,
        ],
        ['id' => 'two', 'key' => 'key-two', 'secret' => config('app.key'), 'capacity' => null],
    ],
    'app_provider' => App\\MyProvider::class,
    'allowed_origins' => ['shop.test'],
    'max_request_size_in_kb' => 250,
    'ssl' => ['local_cert' => env('LARAVEL_WEBSOCKETS_SSL_LOCAL_CERT', null)],
    'middleware' => ['web', Authorize::class],
];";

#[test]
fn laravel_websockets() {
    let place = Place::new();
    folder(&place, "config");
    place.write("config/websockets.php", WEBSOCKETS);
    let variables = "PUSHER_APP_ID=12\nPUSHER_APP_KEY=key-one\nPUSHER_APP_SECRET=secret-one\nLARAVEL_WEBSOCKETS_SSL_LOCAL_CERT=/c.pem\n";
    place.write(".env", variables);
    let shown = imported(&place, &["laravel-websockets"]);
    for words in [
        "create  12  \"Shop\"  key key-one, allowed_origins shop.test, capacity 50, client_messages true, statistics false",
        "apps.1: its secret is a call of config (line 10), which cannot be read",
        "this server keeps its apps not in its file but in App\\MyProvider",
        "max_request_size_in_kb (250)",
        "ssl.local_cert: put a proxy with TLS",
        "created 1 of 1",
    ] {
        assert!(shown.contains(words), "no {words:?} in {shown}");
    }
    assert!(!shown.contains("secret-one"), "{shown}");
    let app = app(&place, "12");
    assert_eq!((&app["secret"], &app["capacity"]), (&json!("secret-one"), &json!(50)));
    // Existing apps are not changed.
    let again = place.run(&["import", "laravel-websockets", "--yes"]);
    assert_eq!((again.code, again.stderr.as_str()), (1, "error: there is nothing to create\n"));
    assert!(again.stdout.contains("leave   12  \"Shop\": is there already"), "{}", again.stdout);
}

#[test]
fn what_a_source_leaves_open_is_as_new_apps_have_it() {
    let place = Place::new();
    place.write("new.toml", "[limits]\npresence_members = 33\nuser_id_chars = 44\n");
    let apps = json!({"appManager.array.apps": [
        {"id": "a", "key": "key-a", "secret": "secret-a"},
        {"id": "b", "key": "key-b", "secret": "secret-b", "maxPresenceMembersPerChannel": 55},
    ]});
    place.write("soketi.json", &apps.to_string());
    let shown = imported(&place, &["--config", "new.toml", "soketi", "soketi.json"]);
    assert!(shown.contains("key key-a\n") && shown.contains("key key-b, presence_members 55\n"), "{shown}");
    let figures =
        ["a", "b"].map(|id| app(&place, id)).map(|app| json!([app["presence_members"], app["user_id_chars"]]));
    assert_eq!(figures, [json!([33, 44]), json!([55, 44])]);
}

#[test]
fn what_makes_no_sense_is_named_and_left_as_the_default() {
    let place = Place::new();
    folder(&place, "config");
    let config = "<?php return ['apps' => [
        ['id' => '1', 'key' => 'k1', 'secret' => 's1', 'name' => ['x'], 'capacity' => 'plenty',
         'enable_client_messages' => 'perhaps', 'allowed_origins' => 5],
        ['id' => '2', 'key' => 'k2', 'secret' => 's2', 'capacity' => 99999999999, 'allowed_origins' => [['a.test']]],
    ]];";
    place.write("config/websockets.php", config);
    let shown = imported(&place, &["laravel-websockets"]);
    let expected = "\
  create  1  \"\"  key k1
          left as the default: name: an array is no text
          left as the default: capacity: a text of 6 bytes is no number
          left as the default: enable_client_messages: a text of 7 bytes is neither true nor false
          left as the default: allowed_origins: a number is no list of origins
  create  2  \"\"  key k2, capacity 4294967295
          left as the default: allowed_origins: an array is no text
";
    assert!(shown.contains(expected), "{shown}");
    let config = json!({"presence": {"maxMembersPerChannel": "many"}, "eventLimits.maxPayloadInKb": 99_999_999,
        "appManager.array.apps": [{"id": "a", "key": "key-a", "secret": "secret-a", "maxEventNameLength": "NaN",
            "\u{1b}[2J\u{202e}": "x".repeat(1_000)}]});
    place.write("soketi.json", &config.to_string());
    let shown = imported(&place, &["soketi", "soketi.json"]);
    let expected = "\
          no equivalent: [2J : unknown field
          left as the default: maxEventNameLength: a text of 3 bytes is no number
          left as the default: eventLimits.maxPayloadInKb: event_data_bytes is 102399998976, allowed are 1 to 10485760
          left as the default: presence.maxMembersPerChannel: a text of 4 bytes is no number
";
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn soketis_file() {
    let place = Place::new();
    let config = json!({
        "debug": true, "port": 7001, "eventLimits.maxPayloadInKb": 5, "presence": {"maxMembersPerChannel": 20},
        "adapter": {"driver": "redis"}, "webhooks": {"batching": {"enabled": true}},
        "appManager.array.apps": [
            {"id": "a", "key": "key-a", "secret": "secret-a", "maxConnections": -1, "enableClientMessages": true,
             "maxBackendEventsPerSecond": -1, "maxClientEventsPerSecond": 7, "webhooks": [
                 {"url": "https://u:p@a.test/hook", "event_types": ["member_added", "channel_vacated"],
                  "headers": {"X-Custom": "1"}, "filter": {"channel_name_starts_with": "presence-"}},
                 {"url": "https://b.test", "event_types": ["client_event"]},
                 {"lambda_function": "arn", "event_types": ["client_event"]},
             ]},
            {"id": "b", "key": "key-b", "secret": "secret-b", "maxConnections": "200", "enabled": false,
             "maxPresenceMembersPerChannel": 30, "maxEventPayloadInKb": 0.5, "colour": "red"},
            {"id": "c d", "key": "key-c", "secret": "secret-c"},
        ],
    });
    place.write("soketi.json", &config.to_string());
    let shown = imported(&place, &["soketi", "soketi.json"]);
    for words in [
        ", webhooks https://…@a.test/hook https://b.test\n",
        "left out: webhooks.2: it calls a function of AWS Lambda: give the function a URL and add that as an endpoint",
        "webhooks.batching.enabled: CLAIRON_WEBHOOKS_BATCH_MILLISECONDS=50 keeps it",
        "colour: unknown field",
        "port: CLAIRON_SERVER_PORT=7001 keeps it",
        "adapter.driver: CLAIRON_REDIS_URL joins nodes",
        "created 2 of 2",
    ] {
        assert!(shown.contains(words), "no {words:?} in {shown}");
    }
    assert!(!shown.contains("maxBackendEventsPerSecond"), "{shown}");
    let (a, b) = (app(&place, "a"), app(&place, "b"));
    let part = |app: &Value| json!([app["capacity"], app["presence_members"], app["event_data_bytes"], app["enabled"]]);
    assert_eq!(part(&a), json!([0, 20, 5120, true]));
    assert_eq!(part(&b), json!([200, 30, 512, false]));
    assert_eq!((&a["client_events_per_second"], &a["client_messages"]), (&json!(7), &json!(true)));
    let [one, two] = [&a["webhooks"][0], &a["webhooks"][1]];
    assert_eq!(
        [&one["url"], &one["events"], &one["channels"], &one["headers"], &two["url"]],
        [
            &json!("https://u:p@a.test/hook"),
            &json!(["channel_vacated", "member_added"]),
            &json!(["presence-*"]),
            &json!({"X-Custom": "1"}),
            &json!("https://b.test"),
        ]
    );
}

#[test]
fn variables_of_soketi_and_reverb() {
    let place = Place::new();
    let variables = "SOKETI_DEFAULT_APP_ID=1\nSOKETI_DEFAULT_APP_KEY=0123\nSOKETI_DEFAULT_APP_SECRET=s\n\
                     SOKETI_DEFAULT_APP_MAX_CONNS=9\n\
                     SOKETI_DEFAULT_APP_WEBHOOKS='[{\"url\":\"http://a.test\",\"event_types\":[\"cache_miss\"]}]'\nSOKETI_PATH_PREFIX=/ws\nPORT=80\n\
                     REVERB_APP_ID=2\nREVERB_APP_KEY=k\nREVERB_APP_SECRET=s\nREVERB_SERVER_PORT=8080\n";
    place.write("other.env", variables);
    let shown = imported(&place, &["soketi", "--env-file", "other.env"]);
    assert!(shown.contains("CLAIRON_SERVER_PATH_PREFIX=/ws") && !shown.contains("port:"), "{shown}");
    let shown = imported(&place, &["reverb", "--env-file", "other.env"]);
    assert!(shown.contains("CLAIRON_SERVER_PORT=8080"), "{shown}");
    let (soketi, reverb) = (app(&place, "1"), app(&place, "2"));
    assert_eq!((&soketi["key"], &soketi["capacity"]), (&json!("0123"), &json!(9)));
    assert_eq!(soketi["webhooks"][0]["url"], "http://a.test");
    assert_eq!((&reverb["client_messages"], &soketi["client_messages"]), (&json!(true), &json!(false)));
}

/// `.env` is parsed like in Laravel, and its values like the results of `env()`.
#[test]
fn what_laravel_makes_of_variables() {
    let place = Place::new();
    place.write(
        ".env",
        "APP_NAME=Joe's\r\nFOO\r\nREVERB_APP_ID=2#1\r\nREVERB_APP_KEY=\"'k'\"\r\nREVERB_APP_SECRET=pa$word\r\n\
         REVERB_APP_MAX_CONNECTIONS=null\r\nPUSHER_APP_ID=1\r\n# A=\"x\r\n",
    );
    let run = place.run(&["import", "reverb", "--yes"]);
    assert!(run.stderr.contains(".env:8: a quote is opened and never closed"), "{}", run.stderr);
    let app = json(&place.run(&["app", "show", "2", "--show-secret", "--json"]));
    let part = json!([app["key"], app["secret"], app["capacity"]]);
    assert_eq!(part, json!(["k", "pa$word", 0]));
}

#[test]
fn reverbs_file() {
    let place = Place::new();
    folder(&place, "config");
    let config = "<?php return ['servers' => ['reverb' => ['port' => env('REVERB_SERVER_PORT', 8080), 'options' => ['tls' => []],
        'scaling' => ['enabled' => env('REVERB_SCALING_ENABLED', false)]]], 'apps' => ['provider' => 'config', 'apps' => [[
        'key' => 'k', 'secret' => 's', 'app_id' => 3, 'allowed_origins' => ['*'], 'ping_interval' => 60,
        'max_message_size' => 10_000, 'accept_client_events_from' => 'none', 'max_connections' => 11 ]]]];";
    place.write("config/reverb.php", config);
    let shown = imported(&place, &["reverb"]);
    assert!(shown.contains("max_message_size: the limit is event_data_bytes") && !shown.contains("scaling"), "{shown}");
    let app = app(&place, "3");
    let part = json!([app["capacity"], app["allowed_origins"], app["client_messages"]]);
    assert_eq!(part, json!([11, [], false]));
}

/// These entries never match on other servers either: Reverb compares only hosts.
#[test]
fn origins_that_nothing_matches_are_left_out_and_named() {
    let place = Place::new();
    folder(&place, "config");
    let config = "<?php return ['apps' => ['apps' => [
        ['key' => 'k1', 'secret' => 's', 'app_id' => 1, 'allowed_origins' => ['shop.test', 'https://b.test/app', '*.c.test']],
        ['key' => 'k2', 'secret' => 's', 'app_id' => 2, 'allowed_origins' => ['wss://d.test']],
        ]]];";
    place.write("config/reverb.php", config);
    let shown = imported(&place, &["reverb"]);
    for words in [
        "left out: allowed_origins: the entry \"https://b.test/app\" can never match: an origin has no path",
        "the entry \"wss://d.test\" can never match",
        "allowed_origins: no entry is left, so pages of every origin may connect",
    ] {
        assert_eq!(shown.matches(words).count(), 1, "{words:?} in {shown}");
    }
    assert_eq!(app(&place, "1")["allowed_origins"], json!(["shop.test", "*.c.test"]));
    assert_eq!(app(&place, "2")["allowed_origins"], json!([]));
    // Version 1 of Laravel WebSockets has one list for all apps.
    place.write("config/websockets.php", &WEBSOCKETS.replace("['shop.test']", "['shop.test', 'https://b.test/#']"));
    place.write(".env", "PUSHER_APP_ID=12\nPUSHER_APP_KEY=key-one\nPUSHER_APP_SECRET=secret-one\n");
    let shown = imported(&place, &["laravel-websockets"]);
    assert!(shown.contains("the entry \"https://b.test/#\" can never match"), "{shown}");
    assert_eq!(app(&place, "12")["allowed_origins"], json!(["shop.test"]));
}

#[test]
fn nothing_is_written_where_something_is_wrong() {
    let place = Place::new();
    place.write("one.json", r#"{"appManager":{"array":{"apps":[{"id":"a","key":"k","secret":"hush"},{"id":"b","key":"k","secret":"hush"}]}}}"#);
    place.write("none.json", r#"{"appManager":{"array":{"apps":[{"id":"a","key":"k"}]}}}"#);
    place.write("broken.json", "{\"a\": hush");
    place.write("broken.php", "<?php return hush();");
    for (arguments, code, words) in [
        (["soketi", "one.json", "--yes"], 1, "the key k belongs to the app \"a\""),
        (["soketi", "none.json", "--yes"], 1, "appManager.array.apps.0: it has no secret"),
        (["soketi", "broken.json", "--yes"], 1, "broken.json:1:7: not JSON"),
        (
            ["soketi", "missing.json", "--yes"],
            1,
            "there is no missing.json: run this command in the folder of the project",
        ),
        (["soketi", "--yes", "--database=sqlite://x.db"], 1, "SOKETI_DEFAULT_APP_ID is not set"),
        (["reverb", "--yes", "--database=sqlite://x.db"], 1, "REVERB_APP_ID is not set"),
        (["reverb", "broken.php", "--yes"], 1, "broken.php:1: a call of hush where an array is expected"),
        (["nobody", "one.json", "--yes"], 2, "invalid value '…' for '<FORMAT>'"),
        (["soketi", "one.json", "--database=sqlite://clairon.db"], 2, "import needs --yes"),
    ] {
        let run = place.run(&[&["import"], &arguments[..]].concat());
        assert_eq!(run.code, code, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.stderr);
        assert!(!(run.stdout + &run.stderr.replace("hush where", "")).contains("hush\""));
        assert_eq!(count(&place), 0);
    }
}
