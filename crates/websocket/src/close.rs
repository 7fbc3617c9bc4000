//! The status codes and the content of close frames.

use crate::DecodeError;

/// A status code of a close frame (RFC 6455, 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The connection is no longer needed.
    pub const NORMAL: Self = Self(1000);
    /// The server shuts down, or the user leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer violated the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A text is not UTF-8, or a compressed message cannot be inflated.
    pub const INVALID_DATA: Self = Self(1007);
    /// A message exceeds the limit.
    pub const TOO_BIG: Self = Self(1009);

    /// True if a close frame may contain the code: those of the RFC, those registered with IANA later (1012 to 1014),
    /// and the ranges for libraries (3xxx) and applications (4xxx). 1005, 1006 and 1015 are reserved for local use.
    #[must_use]
    pub const fn is_allowed_on_wire(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

/// The content of a peer's close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The code. A close frame may contain it.
    pub code: CloseCode,
    /// A text for people, at most 123 bytes, often empty.
    pub reason: String,
}

impl Close {
    /// Parses the payload of a close frame. `None` if it is empty, which is allowed.
    pub(crate) fn parse(payload: &[u8]) -> Result<Option<Self>, DecodeError> {
        let (code, reason) = match payload {
            [] => return Ok(None),
            [_] => return Err(DecodeError::CloseLength),
            [high, low, reason @ ..] => (CloseCode(u16::from_be_bytes([*high, *low])), reason),
        };
        if !code.is_allowed_on_wire() {
            return Err(DecodeError::CloseCode { code: code.0 });
        }
        let reason = str::from_utf8(reason).map_err(|problem| DecodeError::Utf8 { position: problem.valid_up_to() })?;
        Ok(Some(Self { code, reason: reason.to_owned() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_on_the_wire() {
        for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4000, 4200, 4999] {
            assert!(CloseCode(code).is_allowed_on_wire(), "{code}");
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            assert!(!CloseCode(code).is_allowed_on_wire(), "{code}");
        }
    }

    #[test]
    fn payloads() {
        assert_eq!(Close::parse(b""), Ok(None));
        assert_eq!(Close::parse(b"\x03"), Err(DecodeError::CloseLength));
        assert_eq!(Close::parse(b"\x03\xed"), Err(DecodeError::CloseCode { code: 1005 }));
        assert_eq!(Close::parse(b"\x03\xe8ab\xff"), Err(DecodeError::Utf8 { position: 2 }));
        let expected = Close { code: CloseCode::NORMAL, reason: "bye".to_owned() };
        assert_eq!(Close::parse(b"\x03\xe8bye"), Ok(Some(expected)));
    }
}
