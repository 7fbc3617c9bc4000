//! The bodies of requests.

use std::{fmt, sync::Arc};

use axum::extract::{FromRequest, Request};
use clairon_server::{api::RequestBody, node::Node};
use http::{HeaderMap, header};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use crate::problem::{Fault, Problem, shown};

/// The largest body, in bytes.
const BODY_BYTES: usize = 64 * 1024;

/// An extractor: a body that is one JSON object without duplicate fields.
#[derive(Debug)]
pub(crate) struct Object(pub(crate) Vec<(String, Value)>);

impl FromRequest<Arc<Node>> for Object {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<Node>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(Problem::not_json());
        }
        let body = RequestBody::read(&parts.headers, body, BODY_BYTES).await?.into_bytes();
        let object: Self = serde_json::from_slice(&body).map_err(|error| not_an_object(&error))?;
        object.refuse_doubles()?;
        Ok(object)
    }
}

impl Object {
    /// Refuses duplicate fields, because it is unclear which value is meant.
    fn refuse_doubles(&self) -> Result<(), Problem> {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Problem::fields(vec![Fault::field(
                pair[0],
                format!("{:?} ({} bytes) is there twice", shown(pair[0]), pair[0].len()),
            )])),
            None => Ok(()),
        }
    }
}

/// The error for other data. It does not repeat the data, which may be a secret.
fn not_an_object(error: &serde_json::Error) -> Problem {
    if error.is_data() {
        Problem::invalid("The body is JSON, but not an object")
    } else {
        Problem::invalid(format!("The body is not valid JSON: {error}"))
    }
}

/// True if a body is declared as JSON.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_one_object_without_doubles() {
        let read = |text: &str| serde_json::from_str::<Object>(text).map_err(|error| not_an_object(&error));
        assert!(read(r#"{"a": 1, "b": 2}"#).unwrap().refuse_doubles().is_ok());
        assert!(read(r#"{"a": 1, "b": 2, "a": 1}"#).unwrap().refuse_doubles().is_err());
        for text in [r#""hunter2""#, "[]", "null", "{", r#"{"a": }"#, "{} {}"] {
            let problem = format!("{:?}", read(text).unwrap_err());
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
