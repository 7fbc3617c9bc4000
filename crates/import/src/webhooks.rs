//! The webhooks of a soketi app.

use clairon_laravel::{ArrayKey, ConfigValue};
use clairon_registry::{
    ChannelGlobs, InvalidWebhook, WEBHOOKS, Webhook, WebhookHeaders, WebhookKind, WebhookKinds, WebhookUrl,
};

use crate::{error::FieldError, json, mapping::kind};

/// Reads the field `webhooks`: a list, or the JSON text of one, as a column or a variable has it. Notes say what of it
/// is left out and why. They show no secret.
pub(crate) fn read(value: &ConfigValue, notes: &mut Vec<String>) -> Result<Vec<Webhook>, FieldError> {
    let parsed;
    let list = match value {
        ConfigValue::Null => return Ok(Vec::new()),
        ConfigValue::Text(text) if text.trim().is_empty() => return Ok(Vec::new()),
        ConfigValue::Text(text) => {
            let json = serde_json::from_str(text).map_err(|_| FieldError::NotWebhooks { kind: kind(value) })?;
            parsed = json::value(json);
            &parsed
        }
        other => other,
    };
    let ConfigValue::Array(entries) = list else { return Err(FieldError::NotWebhooks { kind: kind(list) }) };
    let mut webhooks = Vec::new();
    for (number, (_, entry)) in entries.iter().enumerate() {
        let mut note = |text: &str| notes.push(format!("left out: webhooks.{number}{text}"));
        if webhooks.len() == WEBHOOKS {
            note(&format!(": an app has at most {WEBHOOKS} endpoints"));
            break;
        }
        match read_one(entry, &mut note) {
            Ok(webhook) => webhooks.push(webhook),
            Err(error) => note(&format!(": {error}")),
        }
    }
    Ok(webhooks)
}

/// Why an entry becomes no endpoint.
#[derive(Debug, thiserror::Error)]
enum NoEndpoint {
    #[error("it calls a function of AWS Lambda: give the function a URL and add that as an endpoint")]
    Lambda,
    #[error("it has no url")]
    NoUrl,
    #[error("it asks for no kind of event, and so gets none")]
    NoKind,
    #[error(transparent)]
    Invalid(#[from] InvalidWebhook),
}

/// Reads an entry. `note` gets what follows its number in a note about a part that is left out.
fn read_one(entry: &ConfigValue, note: &mut impl FnMut(&str)) -> Result<Webhook, NoEndpoint> {
    if entry.get("lambda_function").and_then(ConfigValue::filled).is_some() {
        return Err(NoEndpoint::Lambda);
    }
    let url = entry.get("url").and_then(ConfigValue::filled).ok_or(NoEndpoint::NoUrl)?;
    let webhook = Webhook {
        events: kinds(entry, note)?,
        channels: channels(entry)?,
        headers: headers(entry, note),
        ..Webhook::new(WebhookUrl::parse(&url)?)
    };
    webhook.validate()?;
    Ok(webhook)
}

/// The kinds in `event_types`. In soketi an endpoint without any gets nothing.
fn kinds(entry: &ConfigValue, note: &mut impl FnMut(&str)) -> Result<WebhookKinds, NoEndpoint> {
    let names: Vec<String> = items(entry.get("event_types")).filter_map(ConfigValue::filled).collect();
    let (known, unknown): (Vec<_>, Vec<_>) = names.iter().partition(|name| WebhookKind::named(name).is_some());
    for name in unknown {
        note(&format!(".event_types: there is no kind {name}"));
    }
    if known.is_empty() { Err(NoEndpoint::NoKind) } else { Ok(WebhookKinds::parse(&known)?) }
}

/// The channels that pass both parts of `filter`, which older versions document as `filters`.
fn channels(entry: &ConfigValue) -> Result<ChannelGlobs, InvalidWebhook> {
    let filter = entry.get("filter").or_else(|| entry.get("filters")).unwrap_or(&ConfigValue::Null);
    let part = |name| filter.get(name).and_then(ConfigValue::filled).unwrap_or_default();
    let [start, end] = ["channel_name_starts_with", "channel_name_ends_with"].map(part);
    if start.is_empty() && end.is_empty() {
        return Ok(ChannelGlobs::default());
    }
    ChannelGlobs::parse(&[format!("{start}*{end}")])
}

/// The headers that can be kept.
fn headers(entry: &ConfigValue, note: &mut impl FnMut(&str)) -> WebhookHeaders {
    let Some(ConfigValue::Array(fields)) = entry.get("headers") else { return WebhookHeaders::default() };
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in fields {
        let ArrayKey::Name(name) = name else { continue };
        let Some(value) = value.text() else {
            note(&format!(".headers: the header {name:?} is {}", kind(value)));
            continue;
        };
        kept.push((name.clone(), value));
        if let Err(error) = WebhookHeaders::parse(kept.iter().map(|(name, value)| (name, value))) {
            note(&format!(".headers: {error}"));
            kept.pop();
        }
    }
    WebhookHeaders::parse(kept).unwrap_or_default()
}

fn items(list: Option<&ConfigValue>) -> impl Iterator<Item = &ConfigValue> {
    list.into_iter().flat_map(ConfigValue::items)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_json(json: &serde_json::Value) -> (Vec<Webhook>, Vec<String>) {
        let mut notes = Vec::new();
        let as_list = read(&json::value(json.clone()), &mut notes).unwrap();
        let mut of_text = Vec::new();
        let as_text = read(&ConfigValue::Text(json.to_string()), &mut of_text).unwrap();
        assert_eq!((as_list.len(), &notes), (as_text.len(), &of_text));
        (as_list, notes)
    }

    #[test]
    fn endpoints_are_taken_over() {
        let (webhooks, notes) = read_json(&json!([
            {"url": "https://u:p@a.test/hook", "event_types": ["channel_occupied", "cache_miss"],
             "headers": {"X-Custom": "1", "X-Number": 2},
             "filter": {"channel_name_starts_with": "beta-", "channel_name_ends_with": "-app"}},
            {"url": "http://b.test", "event_types": ["member_added"], "filter": {"channel_name_ends_with": "x"}},
        ]));
        assert_eq!(notes, [""; 0]);
        let [one, two] = <[Webhook; 2]>::try_from(webhooks).unwrap();
        assert_eq!(one.url.expose(), "https://u:p@a.test/hook");
        assert!(one.events.named().eq([WebhookKind::ChannelOccupied, WebhookKind::CacheMiss]));
        assert!(one.channels.iter().eq(["beta-*-app"]) && two.channels.iter().eq(["*x"]));
        assert!(one.headers.expose().eq([("X-Custom", "1"), ("X-Number", "2")]) && two.headers.is_empty());
        assert!(one.is_enabled() && one.secret.is_none() && !one.declared);
    }

    #[test]
    fn what_is_left_out_is_named_without_secrets() {
        let kinds = json!(["member_added"]);
        let (webhooks, notes) = read_json(&json!([
            {"lambda_function": "hunter2", "event_types": kinds, "lambda": {"region": "eu"}},
            {"event_types": kinds},
            {"url": "a.test?hunter2", "event_types": kinds},
            {"url": "http://a.test"},
            {"url": "http://a.test", "event_types": ["member_added", "member_left"],
             "headers": {"Host": "hunter2", "X-A": "hunter2", "x-a": "hunter2", "X-B": ["hunter2"]}},
            {"url": "http://a.test", "event_types": kinds, "filter": {"channel_name_starts_with": "a b"}},
            {"url": "http://hunter2@a.test", "event_types": kinds, "headers": {"Authorization": "hunter2"}},
        ]));
        assert_eq!(
            notes,
            [
                "left out: webhooks.0: it calls a function of AWS Lambda: give the function a URL and add that as an endpoint",
                "left out: webhooks.1: it has no url",
                "left out: webhooks.2: url \"a.test?…\": it has to begin with http:// or https://",
                "left out: webhooks.3: it asks for no kind of event, and so gets none",
                "left out: webhooks.4.event_types: there is no kind member_left",
                "left out: webhooks.4.headers: the header \"Host\": it is set by the server itself",
                "left out: webhooks.4.headers: the header \"X-B\" is an array",
                "left out: webhooks.4.headers: the header \"x-a\": it is there twice",
                "left out: webhooks.5: entry 1 of channels is \"a b*\", allowed are A-Z a-z 0-9 _ - = @ , . ; and * for any text",
                "left out: webhooks.6: the header Authorization is there, and the URL has a user, which makes one too: leave one of them out",
            ]
        );
        assert!(webhooks.len() == 1 && webhooks[0].headers.names().eq(["X-A"]));
        let many: Vec<_> = (0..22).map(|_| json!({"url": "http://a.test", "event_types": kinds})).collect();
        let (webhooks, notes) = read_json(&many.into());
        assert_eq!(
            (webhooks.len(), notes.as_slice()),
            (20, &["left out: webhooks.20: an app has at most 20 endpoints".to_owned()][..])
        );
    }

    #[test]
    fn what_is_no_list_is_said() {
        let read = |value| read(&value, &mut Vec::new());
        for none in [ConfigValue::Null, ConfigValue::Text(String::new()), ConfigValue::Text("[]".to_owned())] {
            assert!(read(none).unwrap().is_empty());
        }
        for text in ["hunter2", "7", "null "] {
            let error = read(ConfigValue::Text(text.to_owned())).unwrap_err().to_string();
            assert!(error.ends_with("is no list of webhooks") && !error.contains("hunter2"), "{error}");
        }
    }
}
