//! The body of a request.

use bytes::{BufMut, Bytes, BytesMut};

/// The age of a delivery, in milliseconds, from which its requests contain the time of the attempt. Pusher's Python
/// library refuses requests whose time differs from its clock by more than 5 minutes, because hosted Pusher stops
/// retrying after 5 minutes. One minute is left for differing clocks.
const OLD: i64 = 4 * 60_000;

/// Writes the body of a request: `{"time_ms":…,"events":[…]}`. `made_ms` is the Unix time in milliseconds of the
/// delivery, `now_ms` that of the attempt. `events` are JSON texts from
/// [`WebhookEvent::to_json`](crate::WebhookEvent::to_json).
///
/// `time_ms` is `made_ms` if that is less than 4 minutes ago, otherwise `now_ms`.
#[must_use]
pub fn write_body<'a>(made_ms: i64, now_ms: i64, events: impl IntoIterator<Item = &'a str> + Clone) -> Bytes {
    let time_ms = if now_ms.saturating_sub(made_ms) < OLD { made_ms } else { now_ms };
    let length = events.clone().into_iter().map(|event| event.len() + 1).sum::<usize>();
    let mut body = BytesMut::with_capacity(length + 64);
    body.put_slice(format!(r#"{{"time_ms":{time_ms},"events":["#).as_bytes());
    for (index, event) in events.into_iter().enumerate() {
        if index > 0 {
            body.put_u8(b',');
        }
        body.put_slice(event.as_bytes());
    }
    body.put_slice(b"]}");
    body.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(made_ms: i64, now_ms: i64, events: &[&str]) -> String {
        String::from_utf8(write_body(made_ms, now_ms, events.iter().copied()).to_vec()).unwrap()
    }

    #[test]
    fn a_body_has_the_time_and_the_events() {
        let at = 1_327_078_148_132;
        assert_eq!(body(at, at, &[r#"{"name":"a"}"#]), r#"{"time_ms":1327078148132,"events":[{"name":"a"}]}"#);
        assert_eq!(body(at, at, &["{}", "{}"]), r#"{"time_ms":1327078148132,"events":[{},{}]}"#);
    }

    #[test]
    fn a_late_attempt_has_its_own_time() {
        assert_eq!(body(1_000, 240_999, &[]), r#"{"time_ms":1000,"events":[]}"#);
        assert_eq!(body(1_000, 241_000, &[]), r#"{"time_ms":241000,"events":[]}"#);
    }
}
