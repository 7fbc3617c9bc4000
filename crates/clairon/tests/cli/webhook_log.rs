//! `clairon webhook log` and `replay`

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use clairon_protocol::{AppId, ChannelName, Limits};
use clairon_registry::{
    Attempt, AttemptOutcome, DeliveryAttempt, DeliveryId, Endpoint, Entry, EventCopy, NewEvent, Registry, WebhookId,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::place::{Place, Run, json};

const WEBHOOK: &str = "0123456789ab";
const OTHER: &str = "0123456789cd";

/// A temporary folder with a registry that has the app `1`. The test writes to its database what a server would.
struct Written {
    place: Place,
    runtime: Runtime,
    registry: Arc<dyn Registry>,
}

impl Written {
    fn new() -> Self {
        let place = Place::new();
        json(&place.run(&["app", "create", "--id", "1", "--json"]));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let url = format!("sqlite://{}", place.path().join("clairon.db").display());
        let registry = runtime.block_on(clairon_registry::open_existing(&url, 1)).unwrap();
        Self { place, runtime, registry }
    }

    /// A delivery of one event to an endpoint.
    fn deliver(&self, webhook: &str, channel: &str, ago: SignedDuration) -> DeliveryId {
        let delivery = DeliveryId::made_at(Timestamp::now());
        let webhook = WebhookId::parse(webhook).unwrap();
        let copy = EventCopy { webhook, delivery: delivery.clone(), is_alone: true };
        let body = json!({"name": "channel_vacated", "channel": channel}).to_string();
        let event = NewEvent { body, happened_at: Timestamp::now() - ago, copies: vec![copy] };
        let channel = ChannelName::parse(channel, &Limits::default()).unwrap();
        let entry =
            Entry { app: AppId::parse("1").unwrap(), channel, place: None, observation: None, event: Some(event) };
        self.runtime.block_on(self.registry.record(&[entry], 100, false)).unwrap();
        delivery
    }

    /// An attempt to deliver, with the status of the answer.
    fn attempt(&self, webhook: &str, delivery: &DeliveryId, status: Option<u16>, outcome: AttemptOutcome) {
        let attempt = Attempt {
            endpoint: Endpoint::new(AppId::parse("1").unwrap(), WebhookId::parse(webhook).unwrap()),
            delivery: delivery.clone(),
            replay_of: None,
            node: "node".to_owned(),
            at: "2026-11-29T01:02:03.456Z".parse().unwrap(),
            latency: Duration::from_millis(12),
            status,
            problem: status.is_none_or(|status| status >= 300).then(|| "the answer\u{1b}[2J".to_owned()),
            outcome,
        };
        let events = self.runtime.block_on(self.registry.pending_of_delivery(delivery)).unwrap();
        let events = events.iter().map(|event| event.id).collect();
        self.runtime.block_on(self.registry.note_attempts(&[DeliveryAttempt { attempt, events }])).unwrap();
    }

    fn log(&self, arguments: &[&str]) -> Run {
        let run = self.place.run(&[&["webhook", "log"], arguments].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        run
    }

    /// The channels of the printed attempts, in their order.
    fn channels(&self, arguments: &[&str]) -> Vec<String> {
        let run = self.log(&[arguments, &["--json"]].concat());
        let line = |line| serde_json::from_str::<Value>(line).unwrap();
        let channel = |line: Value| line["events"][0]["channel"].as_str().unwrap().to_owned();
        run.stdout.lines().map(line).map(channel).collect()
    }
}

#[test]
fn attempts_are_printed_with_what_came_of_them() {
    let written = Written::new();
    let retry = AttemptOutcome::Retried { at: "2026-11-29T01:02:04.5Z".parse().unwrap() };
    let one = written.deliver(WEBHOOK, "a", SignedDuration::ZERO);
    written.attempt(WEBHOOK, &one, Some(500), retry);
    written.attempt(WEBHOOK, &one, Some(204), AttemptOutcome::Delivered);
    let two = written.deliver(OTHER, "b", SignedDuration::ZERO);
    written.attempt(OTHER, &two, None, AttemptOutcome::GivenUp);
    let expected = format!(
        "2026-11-29T01:02:03.456Z  failed     500     12 ms  1  {WEBHOOK}  {one}  next try 2026-11-29T01:02:04.500Z\n\
         \u{20}   the answer [2J\n    {{\"channel\":\"a\",\"name\":\"channel_vacated\"}}\n\
         2026-11-29T01:02:03.456Z  delivered  204     12 ms  1  {WEBHOOK}  {one}\n    {{\"channel\":\"a\",\"name\":\"channel_vacated\"}}\n\
         2026-11-29T01:02:03.456Z  given up     -     12 ms  1  {OTHER}  {two}\n\
         \u{20}   the answer [2J\n    {{\"channel\":\"b\",\"name\":\"channel_vacated\"}}\n"
    );
    let printed = written.log(&[]).stdout;
    assert_eq!(printed, expected, "{printed}");

    let line = written.log(&["--json", "--limit", "1"]).stdout;
    assert!(line.ends_with("}\n") && line.contains("the answer\\u001b[2J"), "{line}");
    let mut shown: Value = serde_json::from_str(&line).unwrap();
    assert!(shown["id"].take().as_i64().is_some());
    let expected = json!({
        "id": null, "app": "1", "webhook": OTHER, "delivery": two.as_str(), "replay_of": null, "node": "node",
        "at": "2026-11-29T01:02:03.456Z", "outcome": "given_up", "status": null, "latency_milliseconds": 12,
        "problem": "the answer\u{1b}[2J", "next_at": null,
        "events": [{"name": "channel_vacated", "channel": "b"}],
    });
    assert_eq!(shown, expected);
}

#[test]
fn what_is_printed_can_be_chosen() {
    let written = Written::new();
    for number in 0..120 {
        let webhook = if number % 2 == 0 { WEBHOOK } else { OTHER };
        let delivery = written.deliver(webhook, &number.to_string(), SignedDuration::ZERO);
        let (status, outcome) =
            if number % 10 == 0 { (500, AttemptOutcome::GivenUp) } else { (200, AttemptOutcome::Delivered) };
        written.attempt(webhook, &delivery, Some(status), outcome);
    }
    let numbers = |numbers: std::ops::Range<usize>, step| -> Vec<String> {
        numbers.step_by(step).map(|number| number.to_string()).collect()
    };
    assert_eq!(written.channels(&[]), numbers(70..120, 1));
    assert_eq!(written.channels(&["--limit", "110"]), numbers(10..120, 1));
    assert_eq!(written.channels(&["--failed"]), numbers(0..120, 10));
    assert_eq!(written.channels(&["--endpoint", OTHER, "--limit", "1000"]), numbers(1..120, 2));
    assert_eq!(written.channels(&["--app", "none"]), [""; 0]);
    assert_eq!(written.log(&["--app", "none"]).stderr, "note: there are no such attempts\n");
    for (arguments, error) in [
        (&["--endpoint", "x"][..], "the id of an endpoint has 12 hexadecimal digits in lower case"),
        (&["--limit", "0"], "0 is not in 1..=10000"),
        (&["--since", "2999-01-01"], "error: --since: this is still to come"),
    ] {
        let run = written.place.run(&[&["webhook", "log"], arguments].concat());
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(error), "{}", run.stderr);
    }
}

#[test]
fn the_log_is_followed() {
    let written = Written::new();
    let attempt = |channel| {
        let delivery = written.deliver(WEBHOOK, channel, SignedDuration::ZERO);
        written.attempt(WEBHOOK, &delivery, Some(200), AttemptOutcome::Delivered);
        delivery.to_string()
    };
    let before = attempt("before");
    let mut command = written.place.command(&["webhook", "log", "--follow", "--json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap()["delivery"].clone();
    assert_eq!(next(), before);
    for channel in ["one", "two"] {
        let delivery = attempt(channel);
        assert_eq!(next(), delivery);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_has_ended_is_delivered_again() {
    let written = Written::new();
    let replay = |arguments: &[&str]| written.place.run(&[&["webhook", "replay"], arguments].concat());
    let deliver = |channel, hours, outcome| {
        let delivery = written.deliver(WEBHOOK, channel, SignedDuration::from_hours(hours));
        written.attempt(WEBHOOK, &delivery, Some(200), outcome);
        delivery.to_string()
    };
    let old = deliver("old", 5, AttemptOutcome::Delivered);
    let dead = deliver("dead", 5, AttemptOutcome::GivenUp);
    let new = deliver("new", 1, AttemptOutcome::Delivered);
    let pending = written.deliver(WEBHOOK, "pending", SignedDuration::ZERO).to_string();

    let run = replay(&[&old, &pending, "--json"]);
    let printed: Value = serde_json::from_str(&run.stdout).unwrap();
    let replayed = &printed["replayed"][0];
    let expected = json!({"app": "1", "webhook": WEBHOOK, "delivery": replayed["delivery"], "replay_of": old});
    assert_eq!(printed, json!({"replayed": [expected], "missing": [pending]}));
    let error =
        format!("error: no delivery that has ended has the id {pending}: `clairon webhook log` lists the deliveries\n");
    assert_eq!((run.code, run.stderr), (1, error));
    assert_eq!(json(&replay(&["--failed", "--app", "none", "--json"])), json!({"replayed": [], "missing": []}));
    let run = replay(&["--failed"]);
    assert!(run.code == 0 && run.stdout.starts_with(&format!("{dead}  again as ")), "{}{}", run.stdout, run.stderr);
    assert_eq!(replay(&["--failed"]).stdout, "there is nothing to replay\n");
    let since = json(&replay(&["--since", "2h", "--endpoint", WEBHOOK, "--json"]));
    let originals: Vec<_> = since["replayed"].as_array().unwrap().iter().map(|replay| &replay["replay_of"]).collect();
    assert_eq!(originals, [&json!(new)]);
    for arguments in [&[][..], &["--failed", "--since", "2h"], &[&new, "--failed"], &["x"]] {
        assert_eq!(replay(arguments).code, 2, "{arguments:?}");
    }
}
