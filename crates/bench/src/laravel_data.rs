//! Data like that of an event that a Laravel site broadcasts: an object with a model, its relations, ids and times.

use std::fmt::Write as _;

use clairon_bench_args::MIN_PAYLOAD;

use crate::{
    clock::Nanos,
    stamp::{self, Kind},
};

const STATES: [&str; 4] = ["pending", "paid", "shipped", "delivered"];
const WORDS: [&str; 12] =
    ["blue", "cotton", "desk", "lamp", "organic", "paper", "set", "small", "steel", "travel", "water", "wooden"];

/// Writes an object of `size` bytes, as it stands in the body of a trigger: JSON within a JSON string. The mark is in
/// it. Two events differ in all ids and amounts, as those of a site do.
pub(crate) fn write(kind: Kind, sent: Nanos, size: usize, out: &mut String) {
    let mut data = String::with_capacity(size);
    let mut numbers = Numbers(sent | 1);
    data.push_str(r#"{"event":""#);
    stamp::write(kind, sent, MIN_PAYLOAD, &mut data);
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        data,
        r#"","order":{{"id":{},"uuid":"{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}","status":"{}","total":"{}.{:02}","items":["#,
        numbers.below(1_000_000),
        numbers.below(1 << 32),
        numbers.below(1 << 16),
        numbers.below(1 << 12),
        numbers.below(1 << 12),
        numbers.below(1 << 48),
        numbers.one_of(&STATES),
        numbers.below(1_000),
        numbers.below(100),
    );
    let end = |note: &str| format!(r#"{{"note":"{note}"}}]}},"socket":null}}"#);
    let most = size.saturating_sub(end("").len());
    loop {
        let item = item(&mut numbers);
        if data.len() + item.len() > most {
            break;
        }
        data.push_str(&item);
    }
    let mut note = String::new();
    while data.len() + note.len() < most {
        note.push_str(numbers.one_of(&WORDS));
        note.push(' ');
    }
    note.truncate(most.saturating_sub(data.len()));
    data.push_str(&end(&note));
    out.push_str(&data.replace('"', r#"\""#));
}

fn item(numbers: &mut Numbers) -> String {
    format!(
        r#"{{"id":{},"order_id":{},"sku":"{}-{}","name":"{} {} {}","quantity":{},"price":"{}.{:02}","created_at":"2026-{:02}-{:02}T{:02}:{:02}:{:02}.000000Z","deleted_at":null}},"#,
        numbers.below(10_000_000),
        numbers.below(1_000_000),
        numbers.one_of(&WORDS),
        numbers.below(10_000),
        numbers.one_of(&WORDS),
        numbers.one_of(&WORDS),
        numbers.one_of(&WORDS),
        1 + numbers.below(9),
        numbers.below(200),
        numbers.below(100),
        1 + numbers.below(12),
        1 + numbers.below(28),
        numbers.below(24),
        numbers.below(60),
        numbers.below(60),
    )
}

/// Numbers that look like chance, the same for the same event.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn one_of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        usize::try_from(self.below(texts.len() as u64))
            .ok()
            .and_then(|index| texts.get(index))
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn it_is_an_object_of_its_size_with_the_mark() {
        for size in [512, 2_048, 8_192, 100_000] {
            let mut body = String::from("{\"data\":\"");
            write(Kind::Event, 1_234_567_890, size, &mut body);
            body.push_str("\"}");
            assert_eq!(stamp::find(body.as_bytes()), Some((Kind::Event, 1_234_567_890)));
            let body: Value = serde_json::from_str(&body).unwrap();
            let data = body["data"].as_str().unwrap();
            assert_eq!(data.len(), size);
            let data: Value = serde_json::from_str(data).unwrap();
            assert!(data["order"]["items"].as_array().unwrap().len() >= size / 300, "{data}");
        }
    }

    #[test]
    fn two_events_differ() {
        let data = |sent| {
            let mut data = String::new();
            write(Kind::Event, sent, 2_048, &mut data);
            data
        };
        assert_ne!(data(1_000_000)[60..], data(2_000_000)[60..]);
    }
}
