//! WebSocket frames (RFC 6455, section 5), as far as a load generator needs them. Received payloads are not copied.

use crate::BenchError;

pub(crate) const TEXT: u8 = 1;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

const FINAL: u8 = 0x80;
/// Marks a compressed message (RFC 7692, section 6).
const COMPRESSED: u8 = 0x40;
const MASKED: u8 = 0x80;

/// Values of the length field that mean that two or eight bytes with the length follow.
const LENGTH_16: u8 = 0x7e;
const LENGTH_64: u8 = 0x7f;

/// The longest payload, in bytes.
const MAX_PAYLOAD: u64 = 16 * 1024 * 1024;

/// A complete frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// The opcode; 0 for a continuation frame.
    pub(crate) opcode: u8,
    pub(crate) is_compressed: bool,
    pub(crate) payload: &'a [u8],
}

/// Takes the frame at the start of `input`. If it is incomplete, it returns nothing and leaves `input` unchanged.
///
/// It also reads frames of this tool's own clients, which are masked with zeros.
pub(crate) fn take<'a>(input: &mut &'a [u8]) -> Result<Option<Frame<'a>>, BenchError> {
    let Some(&[first, second]) = input.first_chunk() else { return Ok(None) };
    let (mut start, announced) = match second & !MASKED {
        LENGTH_16 => match input.get(2..4).and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) => (4, u64::from(u16::from_be_bytes(bytes))),
            None => return Ok(None),
        },
        LENGTH_64 => match input.get(2..10).and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) => (10, u64::from_be_bytes(bytes)),
            None => return Ok(None),
        },
        short => (2, u64::from(short)),
    };
    let size = usize::try_from(announced).ok().filter(|_| announced <= MAX_PAYLOAD);
    let size = size.ok_or(BenchError::Protocol("a frame announces more than 16 MiB"))?;
    if second & MASKED != 0 {
        match input.get(start..start + 4) {
            Some([0, 0, 0, 0]) => start += 4,
            Some(_) => return Err(BenchError::Protocol("a masked frame")),
            None => return Ok(None),
        }
    }
    let Some(payload) = input.get(start..start + size) else { return Ok(None) };
    *input = &input[start + size..];
    Ok(Some(Frame { opcode: first & 0x0f, is_compressed: first & COMPRESSED != 0, payload }))
}

/// A client's frame. The mask is zero, which is valid and costs this tool nothing. The server's work is the same.
pub(crate) fn from_client(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, payload.len(), MASKED);
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// A server's frame.
pub(crate) fn from_server(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, payload.len(), 0);
    frame.extend_from_slice(payload);
    frame
}

fn header(opcode: u8, size: usize, mask: u8) -> Vec<u8> {
    let mut header = Vec::with_capacity(14 + size);
    header.push(FINAL | opcode);
    match (u8::try_from(size), u16::try_from(size)) {
        (Ok(short), _) if short < LENGTH_16 => header.push(mask | short),
        (_, Ok(medium)) => {
            header.push(mask | LENGTH_16);
            header.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            header.push(mask | LENGTH_64);
            header.extend_from_slice(&(size as u64).to_be_bytes());
        }
    }
    header
}

/// The code of a close frame, if it has one.
pub(crate) fn close_code(payload: &[u8]) -> Option<u16> {
    payload.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 8] = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];

    #[test]
    fn frames_of_every_length_are_taken() {
        for size in SIZES {
            let payload = vec![b'a'; size];
            for bytes in [from_client(TEXT, &payload), from_server(TEXT, &payload)] {
                let mut input = &bytes[..];
                assert_eq!(
                    take(&mut input).unwrap(),
                    Some(Frame { opcode: TEXT, is_compressed: false, payload: &payload })
                );
                assert!(input.is_empty());
            }
        }
    }

    #[test]
    fn an_incomplete_frame_is_left_alone() {
        for size in SIZES {
            for bytes in [from_client(TEXT, &vec![0; size]), from_server(TEXT, &vec![0; size])] {
                for cut in (0..bytes.len().min(20)).chain([bytes.len() - 1]) {
                    let mut input = &bytes[..cut];
                    assert_eq!(take(&mut input).unwrap(), None);
                    assert_eq!(input.len(), cut);
                }
            }
        }
    }

    #[test]
    fn frames_follow_one_another() {
        let mut bytes = from_server(TEXT, b"one");
        bytes.extend(from_server(PING, b""));
        bytes.extend(from_server(CLOSE, &[0x10, 0x04, b'x']));
        bytes.push(0x81);
        let mut input = &bytes[..];
        let mut seen = Vec::new();
        while let Some(frame) = take(&mut input).unwrap() {
            seen.push((frame.opcode, frame.payload.len()));
        }
        assert_eq!(seen, [(TEXT, 3), (PING, 0), (CLOSE, 3)]);
        assert_eq!(input, [0x81]);
    }

    #[test]
    fn what_no_server_sends_is_refused() {
        assert!(take(&mut &[0x81, 0x81, 1, 2, 3, 4, 5][..]).is_err());
        assert!(take(&mut &[0x81, 127, 0, 0, 0, 0, 0xff, 0, 0, 0][..]).is_err());
    }

    #[test]
    fn close_codes() {
        assert_eq!((close_code(&[0x10, 0x04, b'x']), close_code(&[1])), (Some(4100), None));
    }
}
