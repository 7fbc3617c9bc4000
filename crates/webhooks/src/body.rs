//! The body of a request.

use bytes::{BufMut, Bytes, BytesMut};

/// Writes the body of a request: `{"time_ms":…,"events":[…]}`. `time_ms` is the Unix time in milliseconds at which the
/// delivery was made; `events` are JSON texts as [`WebhookEvent::to_json`](crate::WebhookEvent::to_json) gives them.
#[must_use]
pub fn write_body<'a>(time_ms: i64, events: impl IntoIterator<Item = &'a str> + Clone) -> Bytes {
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

    #[test]
    fn a_body_has_the_time_and_the_events() {
        let body = |events: &[&str]| write_body(1_327_078_148_132, events.iter().copied());
        assert_eq!(body(&[r#"{"name":"a"}"#]), r#"{"time_ms":1327078148132,"events":[{"name":"a"}]}"#);
        assert_eq!(body(&["{}", "{}"]), r#"{"time_ms":1327078148132,"events":[{},{}]}"#);
    }
}
