//! `clairon stats`

use clairon_protocol::AppId;
use clairon_registry::Statistics;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::place::Place;

/// Records statistics of an app for a time `hours` ago.
async fn record(place: &Place, app: &str, hours: i64, [peak, websocket, api]: [u64; 3]) {
    let url = format!("sqlite://{}", place.path().join("clairon.db").display());
    let entry = Statistics {
        app: AppId::parse(app).unwrap(),
        since: Timestamp::now() - SignedDuration::from_hours(hours),
        peak_connections: peak,
        websocket_messages: websocket,
        api_messages: api,
    };
    clairon_registry::open(&url, 1).await.unwrap().record_statistics(&[entry]).await.unwrap();
}

async fn with_statistics() -> Place {
    let place = Place::new();
    for (id, name) in [("1", "Shop"), ("2", "Ünused")] {
        assert_eq!(place.run(&["app", "create", "--id", id, "--name", name]).code, 0);
    }
    record(&place, "1", 2, [3, 40, 5]).await;
    record(&place, "1", 4, [7, 2, 1]).await;
    record(&place, "1", 100, [1_000, 2_000, 3_000]).await;
    record(&place, "gone", 2, [1, 1, 0]).await;
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn every_app_has_a_line() {
    let place = with_statistics().await;
    let run = place.run(&["stats"]);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("Since ") && lines[0].ends_with(" UTC; each block is 30 min."), "{}", run.stdout);
    assert_eq!(lines[2], "ID    NAME       PEAK  MESSAGES  API  CONNECTIONS");
    let (figures, sparkline) = lines[3].split_at(lines[3].find('▁').unwrap());
    assert_eq!(figures, "1     Shop          7        42    6  ");
    assert_eq!(sparkline.replace('▁', ""), "█▄");
    assert!((48..=49).contains(&sparkline.chars().count()), "{sparkline}");
    assert_eq!(lines[4], "2     Ünused        0         0    0  nothing happened");
    assert!(lines[5].starts_with("gone  (deleted)     1         1    0  ▁"), "{}", lines[5]);
    assert_eq!((lines.len(), run.code), (6, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_app_has_a_line_for_each_figure() {
    let place = with_statistics().await;
    let run = place.run(&["stats", "--app", "1", "--since", "7d"]);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines[2], "1 Shop");
    assert!(lines[3].starts_with("peak connections    1000  ▁"), "{}", run.stdout);
    assert!(lines[4].starts_with("WebSocket messages  2042  ▁"), "{}", run.stdout);
    assert!(lines[5].starts_with("API messages        3006  ▁"), "{}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_what_happened() {
    let place = with_statistics().await;
    let run = place.run(&["stats", "--json", "--since", "1d"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["step_seconds"], 1_800);
    let apps = report["apps"].as_array().unwrap();
    assert_eq!(
        apps.iter().map(|app| &app["name"]).collect::<Vec<_>>(),
        [&json!("Shop"), &json!("Ünused"), &json!(null)]
    );
    let shop = &apps[0];
    assert_eq!(
        (&shop["peak_connections"], &shop["websocket_messages"], &shop["api_messages"], &shop["statistics"]),
        (&json!(7), &json!(42), &json!(6), &json!(true))
    );
    let entries = shop["entries"].as_array().unwrap();
    let figures = |entry: &Value| entry["peak_connections"].as_u64();
    assert_eq!(entries.iter().map(figures).collect::<Vec<_>>(), [Some(7), Some(3)]);
    let since: Timestamp = entries[0]["since"].as_str().unwrap().parse().unwrap();
    assert_eq!(since.as_second() % 1_800, 0);
    let one: Value = serde_json::from_str(&place.run(&["stats", "--json", "--app", "gone"]).stdout).unwrap();
    assert_eq!((one["apps"].as_array().unwrap().len(), &one["apps"][0]["statistics"]), (1, &json!(false)));
}

#[test]
fn what_cannot_be_asked_is_said() {
    let place = Place::new();
    assert_eq!(place.run(&["app", "create"]).code, 0);
    let run = place.run(&["stats", "--app", "9"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, "error: no app has the id 9, and there are no statistics of it\n"));
    let run = place.run(&["stats", "--since", "2999-01-01"]);
    assert_eq!((run.code, run.stderr.as_str()), (2, "error: --since: this is still to come\n"));
    for since in ["yesterday", "0d", "24"] {
        let run = place.run(&["stats", "--since", since]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("allowed are spans such as 90m, 24h or 7d"), "{}", run.stderr);
    }
    assert_eq!(place.run(&["stats", "--app", "a/b"]).code, 2);
}
