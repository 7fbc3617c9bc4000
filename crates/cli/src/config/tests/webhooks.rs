//! Endpoints of webhooks in the settings, and the section `webhooks`.

use std::time::Duration;

use clairon_registry::{Webhook, WebhookKind};
use clairon_webhooks::WebhookSettings;

use super::*;

const APP: &str = "[[apps]]\nid = '1'\nkey = 'k'\nsecret = 's'\n";
const CREDENTIALS: [(&str, &str); 3] = [("PUSHER_APP_ID", "1"), ("PUSHER_APP_KEY", "k"), ("PUSHER_APP_SECRET", "s")];

fn load_file(text: &str) -> Vec<Webhook> {
    let file = temporary(text);
    let sources = Sources { config: Some(file.path().into()), ..Sources::default() };
    Settings::load(sources).unwrap().apps[0].webhooks.iter().cloned().collect()
}

#[test]
fn an_app_is_declared_with_endpoints() {
    let text = format!(
        "{APP}[[apps.webhooks]]\nurl = 'https://shop.example/pusher/webhook'\n\
         events = ['channel_vacated', 'client_event']\nchannels = ['presence-*', 'private-order.*']\n\
         headers = {{ 'X-Shop' = '1' }}\nenabled = false\nsecret = 'hunter2'\n\
         [[apps.webhooks]]\nurl = 'http://other.example'\nsecret = ''\n"
    );
    let [full, short] = <[Webhook; 2]>::try_from(load_file(&text)).unwrap();
    assert_eq!(full.url.expose(), "https://shop.example/pusher/webhook");
    assert!(full.events.named().eq([WebhookKind::ChannelVacated, WebhookKind::ClientEvent]));
    assert!(full.channels.iter().eq(["presence-*", "private-order.*"]));
    assert!(full.headers.expose().eq([("X-Shop", "1")]));
    assert_eq!((full.is_enabled(), full.secret.as_ref().unwrap().expose()), (false, "hunter2"));
    assert_eq!(short, Webhook { id: short.id.clone(), declared: true, ..Webhook::new(short.url.clone()) });
    let ids: Vec<_> = load_file(&text).into_iter().map(|webhook| webhook.id).collect();
    assert_eq!(ids, [full.id, short.id], "they are not the same at the next start");
    assert!(load_file(&format!("{APP}webhooks = []")).is_empty());
}

#[test]
fn a_variable_gives_the_app_an_endpoint() {
    let load = |url| load_environment(&[&CREDENTIALS[..], &[("CLAIRON_APP_WEBHOOK_URL", url)]].concat());
    let apps = load("https://shop.example/hook").unwrap().apps;
    let urls: Vec<_> = apps[0].webhooks.iter().map(|webhook| webhook.url.expose()).collect();
    assert_eq!(urls, ["https://shop.example/hook"]);
    assert!(load("").unwrap().apps[0].webhooks.is_empty());
    assert_eq!(
        problems(load("ftp://u:hunter2@a.test/?hunter2")),
        [r#"CLAIRON_APP_WEBHOOK_URL: url "ftp://…@a.test/?…": it has to begin with http:// or https://"#]
    );
    let alone = problems(load_to_serve(&[("CLAIRON_APP_WEBHOOK_URL", "http://a.test")]));
    assert!(alone[0].starts_with("CLAIRON_APP_WEBHOOK_URL is there without PUSHER_APP_ID and"), "{alone:?}");
}

#[test]
fn wrong_endpoints_are_named_without_secrets() {
    let webhook = |lines: &str| format!("{APP}[[apps.webhooks]]\nurl = 'http://a.test'\n{lines}");
    for (text, message) in [
        (format!("{APP}webhooks = 'x'"), r#"apps.webhooks (FILE:5) is "x": allowed are [[apps.webhooks]] tables"#),
        (
            format!("{APP}[[apps.webhooks]]\nenabled = true"),
            "[[apps.webhooks]] (FILE:5) is there without url: an endpoint has one",
        ),
        (
            format!("{APP}[[apps.webhooks]]\nurl = 'a.test?hunter2'"),
            r#"apps.webhooks.url (FILE:6): url "a.test?…": it has to begin with http:// or https://"#,
        ),
        (
            webhook("events = ['member_added', 'occupied']"),
            r#"apps.webhooks.events (FILE:7): entry 2 of events is "occupied", allowed are channel_occupied, channel_vacated, member_added, member_removed, client_event, cache_miss, subscription_count"#,
        ),
        (webhook("events = 'all'"), r#"apps.webhooks.events (FILE:7) is "all": allowed is a list of texts"#),
        (
            webhook("channels = ['a b']"),
            r#"apps.webhooks.channels (FILE:7): entry 1 of channels is "a b", allowed are A-Z a-z 0-9 _ - = @ , . ; and * for any text"#,
        ),
        (
            webhook("headers = ['hunter2']"),
            r#"apps.webhooks.headers (FILE:7): allowed is a table of texts, such as { "X-Shop" = "1" }"#,
        ),
        (
            webhook("headers = { Host = 'hunter2' }"),
            r#"apps.webhooks.headers (FILE:7): the header "Host": it is set by the server itself"#,
        ),
        (
            webhook("secret = '…'"),
            "apps.webhooks.secret (FILE:7): secret: … replaces a hidden secret: write the whole secret",
        ),
        (webhook("secert = 'hunter2'"), "apps.webhooks.secert (FILE:7) is not a setting: did you mean secret?"),
        (webhook("enabled = 'x'"), r#"apps.webhooks.enabled (FILE:7) is "x": allowed are true and false"#),
        (
            format!("{APP}{}", "[[apps.webhooks]]\nurl = 'http://a.test'\n".repeat(21)),
            "[[apps]] (FILE:1): webhooks has 21 entries, allowed are 0 to 20",
        ),
        (
            format!("{APP}[[apps.webhooks]]\nurl = 'http://u:p@a.test'\nheaders = {{ Authorization = 'x' }}"),
            "[[apps.webhooks]] (FILE:5): the header Authorization is there, and the URL has a user, which makes one too: leave one of them out",
        ),
    ] {
        assert_eq!(file_problems(&text), [message]);
    }
}

#[test]
fn the_defaults_are_those_of_the_sender() {
    let settings = load_environment(&[]).unwrap().server.webhooks;
    assert_eq!(format!("{settings:?}"), format!("{:?}", WebhookSettings::default()));
    let variables = [("CLAIRON_WEBHOOKS_RETRY_SECONDS", "60"), ("CLAIRON_WEBHOOKS_KEEP_DAYS", "2")];
    let settings = load_environment(&variables).unwrap().server.webhooks;
    assert_eq!((settings.retry, settings.keep), (Duration::from_mins(1), Duration::from_hours(48)));
    assert_eq!(
        problems(load_environment(&[("CLAIRON_WEBHOOKS_TIMEOUT_SECONDS", "0")])),
        [r#"CLAIRON_WEBHOOKS_TIMEOUT_SECONDS is "0": allowed are whole numbers from 1 to 60"#]
    );
}
