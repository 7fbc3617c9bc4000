//! Converts JSON to the type of values that all sources share.

use clairon_laravel::{Key, Value};

pub(crate) fn value(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => number.as_f64().map_or(Value::Null, Value::Float),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(items) => {
            Value::Array((0..).zip(items).map(|(index, item)| (Key::Index(index), value(item))).collect())
        }
        Json::Object(members) => {
            Value::Array(members.into_iter().map(|(name, member)| (Key::Name(name), value(member))).collect())
        }
    }
}
