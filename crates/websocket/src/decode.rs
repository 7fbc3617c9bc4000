//! Decodes bytes to messages, without I/O.

use std::mem;

use crate::{
    ClientMessage, Close, DecodeError, deflate,
    header::{Header, MAX_HEADER, Opcode},
    mask,
};

/// Decodes the bytes of one client.
///
/// Bytes are decoded in place and copied once, into their message. The decoder owns memory only between the first and
/// the last byte of a message. That memory grows with the bytes received, not with the length that a header declares,
/// and stays within the limit passed with the frame's header. An empty fragment needs no memory.
///
/// A compressed message is inflated when it is complete, to at most the number of bytes of its limit.
///
/// After an error or a close frame nothing is decoded any more (RFC 6455, 1.4 and 7.1.7): further bytes are discarded.
#[derive(Debug, Default)]
pub struct Decoder {
    state: Option<Box<State>>,
    /// Whether messages may be compressed.
    deflate: bool,
    /// Whether messages are only found, so that compressed ones are not inflated.
    discards: bool,
}

impl Decoder {
    /// A decoder for the start of a stream. It owns no memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same decoder for a client with which [`Deflate`](crate::Deflate) was negotiated. Its messages may be
    /// compressed.
    #[must_use]
    pub fn with_deflate(self) -> Self {
        Self { deflate: true, ..self }
    }

    /// Takes the next message from the start of `input`, or all of `input` if the message is incomplete.
    ///
    /// The caller repeats this with the same `input` until it returns no message. `max_message` limits the payload of a
    /// message in bytes, all fragments together. Control frames have their own limit of 125 bytes.
    ///
    /// # Errors
    ///
    /// The client violated the protocol or the limit.
    pub fn decode(&mut self, input: &mut &[u8], max_message: usize) -> Result<Option<ClientMessage>, DecodeError> {
        let mut state = self.state.take().map_or_else(State::default, |state| *state);
        let result = state.advance(input, Rules { max_message, deflate: self.deflate, discards: self.discards });
        match result {
            Ok(Some(ClientMessage::Close(_))) => state = State::ended(End::Closed),
            Err(_) => state = State::ended(End::Failed),
            Ok(_) => {}
        }
        if !state.is_empty() {
            self.state = Some(Box::new(state));
        }
        result
    }

    /// The number of messages that end in `input`, which begins with a frame. What follows a broken frame is not
    /// counted.
    pub(crate) fn count_messages(&self, mut input: &[u8]) -> usize {
        let mut messages = 0;
        while let Ok(Some((header, size))) = Header::parse(input, self.deflate) {
            let end = usize::try_from(header.length).ok().and_then(|length| size.checked_add(length));
            let Some(rest) = end.and_then(|end| input.get(end..)) else { break };
            messages += usize::from(header.fin);
            input = rest;
        }
        messages
    }

    /// Drops what has come of an incomplete message, and stops checking it. The decoder still finds its end. From now
    /// on no message is inflated, because nobody uses it and a few bytes may be inflated to very many.
    pub(crate) fn forget_message(&mut self) {
        self.discards = true;
        if let Some(state) = self.state.as_deref_mut().filter(|state| state.kind.is_some()) {
            state.message = Vec::new();
            (state.kind, state.is_compressed, state.checked) = (Some(Kind::Binary), false, 0);
        }
    }

    /// The number of bytes of memory that the decoder owns; 0 between messages.
    #[must_use]
    pub fn buffered(&self) -> usize {
        let owned = |state: &State| size_of::<State>() + state.message.capacity() + state.control.capacity();
        self.state.as_deref().map_or(0, owned)
    }

    /// The end of the messages, if it is reached.
    pub(crate) fn end(&self) -> Option<End> {
        self.state.as_deref()?.end
    }
}

/// The reason why nothing is decoded any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A close frame was received.
    Closed,
    /// An error occurred.
    Failed,
}

/// The rules for the frames of a client.
#[derive(Clone, Copy)]
struct Rules {
    /// The longest message, in bytes.
    max_message: usize,
    /// True if messages may be compressed.
    deflate: bool,
    /// True if messages are not inflated.
    discards: bool,
}

/// The state between two calls.
#[derive(Debug, Default)]
struct State {
    end: Option<End>,
    /// The first bytes of an incomplete header.
    header: [u8; MAX_HEADER],
    header_length: usize,
    frame: Option<Frame>,
    /// The payload of an incomplete control frame. It has its own buffer, because a control frame may interrupt a
    /// message.
    control: Vec<u8>,
    /// The kind of the message, from its first frame to its last.
    kind: Option<Kind>,
    /// Whether the message is compressed.
    is_compressed: bool,
    message: Vec<u8>,
    /// The number of bytes of a text message that are known to be UTF-8.
    checked: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
}

/// A frame with a payload that is being read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    header: Header,
    /// The received and the missing bytes of the payload.
    received: usize,
    remaining: usize,
    /// The largest size of the buffer for this frame, in bytes.
    ceiling: usize,
}

impl State {
    fn ended(end: End) -> Self {
        Self { end: Some(end), ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        self.end.is_none() && self.header_length == 0 && self.frame.is_none() && self.kind.is_none()
    }

    fn advance(&mut self, input: &mut &[u8], rules: Rules) -> Result<Option<ClientMessage>, DecodeError> {
        if self.end.is_some() {
            *input = &[];
        }
        loop {
            let frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.take_header(input, rules.deflate)? {
                    Some(header) => self.admit(header, rules.max_message)?,
                    None => return Ok(None),
                },
            };
            let frame = self.take_payload(frame, input)?;
            if frame.remaining > 0 {
                self.frame = Some(frame);
                return Ok(None);
            }
            if let Some(message) = self.finish(frame.header, rules)? {
                return Ok(Some(message));
            }
        }
    }

    fn take_header(&mut self, input: &mut &[u8], deflate: bool) -> Result<Option<Header>, DecodeError> {
        let held = self.header_length;
        let taken = input.len().min(MAX_HEADER - held);
        self.header[held..held + taken].copy_from_slice(&input[..taken]);
        if let Some((header, length)) = Header::parse(&self.header[..held + taken], deflate)? {
            *input = &input[length - held..];
            self.header_length = 0;
            Ok(Some(header))
        } else {
            *input = &input[taken..];
            self.header_length += taken;
            Ok(None)
        }
    }

    /// Checks a header against the current message, before any of the payload is stored.
    fn admit(&mut self, header: Header, limit: usize) -> Result<Frame, DecodeError> {
        let before = match (header.opcode, self.kind) {
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => 0,
            (Opcode::Continuation, None) => return Err(DecodeError::UnexpectedContinuation),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(DecodeError::ExpectedContinuation),
            _ => self.message.len(),
        };
        let begun = match header.opcode {
            Opcode::Text => Some(Kind::Text),
            Opcode::Binary => Some(Kind::Binary),
            _ => None,
        };
        if begun.is_some() {
            (self.kind, self.is_compressed) = (begun, header.is_compressed);
        }
        let size = header.length.saturating_add(before as u64);
        let total = usize::try_from(size).unwrap_or(usize::MAX);
        if !header.opcode.is_control() && total > limit {
            return Err(DecodeError::TooBig { size, limit });
        }
        let ceiling = if header.fin { total } else { limit };
        Ok(Frame { header, received: 0, remaining: total - before, ceiling })
    }

    fn take_payload(&mut self, mut frame: Frame, input: &mut &[u8]) -> Result<Frame, DecodeError> {
        let (payload, rest) = input.split_at(frame.remaining.min(input.len()));
        *input = rest;
        let buffer = if frame.header.opcode.is_control() { &mut self.control } else { &mut self.message };
        let start = buffer.len();
        append(buffer, payload, frame.ceiling);
        mask::remove(&mut buffer[start..], frame.header.mask, frame.received);
        frame.received += payload.len();
        frame.remaining -= payload.len();
        let complete = frame.remaining == 0 && frame.header.fin;
        if !complete && !frame.header.opcode.is_control() {
            self.check_text()?;
        }
        Ok(frame)
    }

    /// Checks the text received so far. Its last character may be incomplete. Compressed text is checked after it is
    /// inflated.
    fn check_text(&mut self) -> Result<(), DecodeError> {
        if self.kind == Some(Kind::Text)
            && !self.is_compressed
            && let Err(problem) = str::from_utf8(&self.message[self.checked..])
        {
            self.checked += problem.valid_up_to();
            if problem.error_len().is_some() {
                return Err(DecodeError::Utf8 { position: self.checked });
            }
        } else {
            self.checked = self.message.len();
        }
        Ok(())
    }

    /// Ends a frame, and the message if this was its last fragment.
    fn finish(&mut self, header: Header, rules: Rules) -> Result<Option<ClientMessage>, DecodeError> {
        Ok(Some(match header.opcode {
            Opcode::Ping => ClientMessage::Ping(mem::take(&mut self.control)),
            Opcode::Pong => ClientMessage::Pong(mem::take(&mut self.control)),
            Opcode::Close => ClientMessage::Close(Close::parse(&self.control)?),
            Opcode::Continuation | Opcode::Text | Opcode::Binary if !header.fin => return Ok(None),
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                let Self { kind, is_compressed, message, .. } = mem::take(self);
                if is_compressed && rules.discards {
                    return Ok(Some(ClientMessage::Binary(message)));
                }
                let message = if is_compressed { deflate::inflate(&message, rules.max_message)? } else { message };
                match kind {
                    Some(Kind::Text) => ClientMessage::Text(text(message)?),
                    Some(Kind::Binary) | None => ClientMessage::Binary(message),
                }
            }
        }))
    }
}

/// Appends to a buffer that doubles when it is full, but never beyond `ceiling`, the largest final size.
fn append(buffer: &mut Vec<u8>, payload: &[u8], ceiling: usize) {
    let needed = buffer.len() + payload.len();
    if needed > buffer.capacity() {
        let capacity = needed.max(buffer.capacity().saturating_mul(2).min(ceiling));
        buffer.reserve_exact(capacity - buffer.len());
    }
    buffer.extend_from_slice(payload);
}

fn text(payload: Vec<u8>) -> Result<String, DecodeError> {
    String::from_utf8(payload).map_err(|problem| DecodeError::Utf8 { position: problem.utf8_error().valid_up_to() })
}
