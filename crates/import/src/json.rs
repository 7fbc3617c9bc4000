//! Converts JSON to the type of values that all sources share.

use clairon_laravel::{ArrayKey, ConfigValue};

pub(crate) fn value(json: serde_json::Value) -> ConfigValue {
    use serde_json::Value as Json;
    match json {
        Json::Null => ConfigValue::Null,
        Json::Bool(flag) => ConfigValue::Bool(flag),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => ConfigValue::Integer(integer),
            None => number.as_f64().map_or(ConfigValue::Null, ConfigValue::Float),
        },
        Json::String(text) => ConfigValue::Text(text),
        Json::Array(items) => {
            ConfigValue::Array((0..).zip(items).map(|(index, item)| (ArrayKey::Index(index), value(item))).collect())
        }
        Json::Object(members) => ConfigValue::Array(
            members.into_iter().map(|(name, member)| (ArrayKey::Name(name), value(member))).collect(),
        ),
    }
}
