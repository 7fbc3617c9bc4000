//! Frames of a client, as bytes.

pub(crate) const FIN: u8 = 0x80;
/// The bit that marks a compressed message (RFC 7692, 6).
pub(crate) const RSV1: u8 = 0x40;
pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;

/// The encoding of a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Shortest,
    Medium,
    Long,
}

/// A frame of a client, valid or not.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) mask: Option<[u8; 4]>,
    pub(crate) form: Form,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// A valid frame.
    pub(crate) fn new(first: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { first, mask: Some([0x37, 0xFA, 0x21, 0x3D]), form: Form::Shortest, payload: payload.into() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let masked = if self.mask.is_some() { 0x80 } else { 0 };
        let length = self.payload.len();
        let mut bytes = vec![self.first];
        match (self.form, u8::try_from(length), u16::try_from(length)) {
            (Form::Shortest, Ok(length @ 0..=125), _) => bytes.push(masked + length),
            (Form::Shortest | Form::Medium, _, Ok(length)) => {
                bytes.push(masked + 126);
                bytes.extend(length.to_be_bytes());
            }
            _ => {
                bytes.push(masked + 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        let key = self.mask.unwrap_or_default();
        bytes.extend(self.mask.iter().flatten());
        bytes.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes
    }
}
