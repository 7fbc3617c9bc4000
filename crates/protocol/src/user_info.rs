//! The `user_info` of presence members.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::json;

/// What a backend shows of a user to the other members of a presence channel: JSON of any type.
///
/// It is stored in the form in which events contain it. Their `data` is JSON within a JSON string, so each quote and
/// each backslash has a backslash before it. A new subscriber gets the info of all members, and escaping it each time
/// would be most of the work of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserInfo(Arc<str>);

impl UserInfo {
    pub(crate) fn new(json: &RawValue) -> Self {
        Self(json::escaped(json.get()).into())
    }

    /// The JSON, as it was written.
    #[must_use]
    pub fn json(&self) -> String {
        json::unescaped(&self.0)
    }

    /// The JSON within a JSON string, without the quotes of that string.
    pub(crate) fn as_escaped(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_kept_as_it_was_written(text: String, space in "[ \t\r\n]{0,3}") {
            let json = serde_json::to_string(&text)?;
            for json in [json.clone(), format!("[{space}{json}{space},\"\\ud83d\"]")] {
                let info = UserInfo::new(serde_json::from_str(&json)?);
                prop_assert_eq!(info.json(), json);
            }
        }
    }
}
