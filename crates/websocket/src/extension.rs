//! The negotiation of permessage-deflate (RFC 7692), the only supported extension.
//!
//! Both sides start every message with an empty window (`server_no_context_takeover`, `client_no_context_takeover`). A
//! compressed frame is therefore the same for every client, so all of them share it, and no connection owns a window.

use http::{HeaderMap, header};

/// The name of the extension.
const NAME: &str = "permessage-deflate";

/// The longest window, as the base-2 logarithm of its bytes (RFC 7692, 7.1.2).
const LONGEST_WINDOW: u8 = 15;

/// The extension as negotiated with one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deflate {
    /// The base-2 logarithm of the client's window in bytes, 8 to 15.
    window_bits: u8,
    /// True if the client requested that window. The answer then has to confirm it.
    is_asked: bool,
}

impl Deflate {
    /// Accepts the first supported offer in a handshake. `None` if there is no such offer: the connection is then not
    /// compressed.
    #[must_use]
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter();
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).find_map(Self::accept)
    }

    /// Parses one offer: `permessage-deflate` with its parameters. An offer with an unknown, invalid or repeated
    /// parameter is declined (7.1).
    fn accept(offer: &str) -> Option<Self> {
        let mut parts = offer.split(';').map(str::trim);
        parts.next().filter(|name| name.eq_ignore_ascii_case(NAME))?;
        let mut seen = Vec::new();
        let mut accepted = Self { window_bits: LONGEST_WINDOW, is_asked: false };
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim_end(), Some(unquoted(value.trim_start()))),
                None => (part, None),
            };
            if seen.contains(&name) {
                return None;
            }
            seen.push(name);
            match (name, value) {
                // The server does the first two in any case, and lets the client use the longest window.
                ("server_no_context_takeover" | "client_no_context_takeover" | "client_max_window_bits", None) => {}
                ("client_max_window_bits", Some(bits)) => _ = window_bits(bits)?,
                ("server_max_window_bits", Some(bits)) => {
                    accepted = Self { window_bits: window_bits(bits)?, is_asked: true };
                }
                _ => return None,
            }
        }
        Some(accepted)
    }

    /// The base-2 logarithm of the client's window in bytes, 8 to 15. The client can inflate any message that is not
    /// longer than its window, whatever window compressed it. With 15 it can inflate every message.
    #[must_use]
    pub const fn window_bits(self) -> u8 {
        self.window_bits
    }

    /// The value of `Sec-WebSocket-Extensions` in the answer to the handshake.
    #[must_use]
    pub fn answer(self) -> String {
        let window =
            if self.is_asked { format!("; server_max_window_bits={}", self.window_bits) } else { String::new() };
        format!("{NAME}; server_no_context_takeover; client_no_context_takeover{window}")
    }
}

/// A value, which is a token or a quoted token (RFC 6455, 9.1). A token needs no escapes.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// A number from 8 to 15 without leading zeros (7.1.2.1).
fn window_bits(text: &str) -> Option<u8> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|bits| is_number && (8..=LONGEST_WINDOW).contains(bits))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const PLAIN: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    fn negotiate(values: &[&'static str]) -> Option<String> {
        let values = values.iter().map(|value| (header::SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name, value);
        }
        Deflate::negotiate(&headers).map(Deflate::answer)
    }

    #[test]
    fn usual_offers() {
        for offer in [
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate",
            "permessage-deflate; client_no_context_takeover; server_no_context_takeover; client_max_window_bits=10",
            "Permessage-Deflate ; client_max_window_bits = \"12\" ",
            "x-webkit-deflate-frame, permessage-deflate",
        ] {
            assert_eq!(negotiate(&[offer]).as_deref(), Some(PLAIN), "{offer}");
        }
        assert_eq!(negotiate(&["x-other", "permessage-deflate"]).as_deref(), Some(PLAIN));
    }

    #[test]
    fn a_window_that_is_asked_for_is_granted() {
        for bits in 8..=15 {
            for quote in ["", "\""] {
                let offer = format!("permessage-deflate; server_max_window_bits={quote}{bits}{quote}");
                let accepted = Deflate::accept(&offer).expect("an offer");
                assert_eq!(accepted.window_bits(), bits);
                assert_eq!(accepted.answer(), format!("{PLAIN}; server_max_window_bits={bits}"));
            }
        }
    }

    #[test]
    fn the_first_offer_that_is_understood_is_accepted() {
        let offers = "permessage-deflate; server_max_window_bits=7, permessage-deflate; server_max_window_bits=9, \
                      permessage-deflate";
        assert_eq!(negotiate(&[offers]), Some(format!("{PLAIN}; server_max_window_bits=9")));
    }

    #[test]
    fn wrong_offers_are_declined() {
        assert_eq!(negotiate(&[]), None);
        for offer in [
            "",
            "permessage-bzip2",
            "permessage-deflate; unknown",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover=",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; server_max_window_bits=09",
            "permessage-deflate; client_max_window_bits=0",
            "permessage-deflate; client_max_window_bits=x",
            "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9",
            "permessage-deflate;",
        ] {
            assert_eq!(negotiate(&[offer]), None, "{offer}");
        }
    }
}
