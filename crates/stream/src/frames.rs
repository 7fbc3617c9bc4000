//! Frames to write, in their order.

use std::{collections::VecDeque, io, io::IoSlice};

use bytes::{Buf, Bytes};

use crate::RawStream;

/// Frames to write. None of them is empty.
pub(crate) type Frames = VecDeque<Bytes>;

/// Writes with one system call. A single frame is the usual case, and `send` is cheaper for it than `writev`.
pub(crate) fn try_write(raw: &RawStream, frames: &Frames) -> io::Result<usize> {
    match frames.len() {
        0 => Ok(0),
        1 => raw.try_write(&frames[0]),
        2..=8 => try_write_vectored::<8>(raw, frames),
        _ => try_write_vectored::<64>(raw, frames),
    }
}

/// Writes at most `N` frames. Their slices lie on the stack, and clearing room for few costs less.
fn try_write_vectored<const N: usize>(raw: &RawStream, frames: &Frames) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); N];
    for (slice, frame) in slices.iter_mut().zip(frames) {
        *slice = IoSlice::new(frame);
    }
    raw.try_write_vectored(&slices[..frames.len().min(N)])
}

/// Removes bytes from the front.
pub(crate) fn remove(frames: &mut Frames, mut count: usize) {
    while let Some(frame) = frames.front_mut() {
        if frame.len() > count {
            frame.advance(count);
            return;
        }
        count -= frame.len();
        frames.pop_front();
    }
}

/// Moves bytes from the front of `frames` to the end of `bytes`, until `bytes` has `limit` bytes.
pub(crate) fn take(frames: &mut Frames, bytes: &mut Vec<u8>, limit: usize) {
    while let Some(frame) = frames.front_mut() {
        let room = limit.saturating_sub(bytes.len());
        if frame.len() > room {
            bytes.extend_from_slice(&frame[..room]);
            frame.advance(room);
            return;
        }
        bytes.extend_from_slice(frame);
        frames.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(texts: &[&'static str]) -> Frames {
        texts.iter().map(|text| Bytes::from_static(text.as_bytes())).collect()
    }

    #[test]
    fn bytes_are_removed_from_the_front() {
        let mut batch = frames(&["ab", "cde", "f"]);
        remove(&mut batch, 3);
        assert_eq!(batch, frames(&["de", "f"]));
        remove(&mut batch, 3);
        assert!(batch.is_empty());
    }

    #[test]
    fn frames_are_put_together_up_to_a_limit() {
        let mut batch = frames(&["ab", "cde", "f"]);
        let mut bytes = Vec::new();
        take(&mut batch, &mut bytes, 4);
        assert_eq!((bytes.as_slice(), &batch), (&b"abcd"[..], &frames(&["e", "f"])));
        bytes.clear();
        take(&mut batch, &mut bytes, 4);
        assert_eq!((bytes.as_slice(), batch.len()), (&b"ef"[..], 0));
    }
}
