//! The masks of clients' frames.

/// Removes the mask from `payload`. Its first byte is at `position` in the frame's payload.
pub(crate) fn remove(payload: &mut [u8], key: [u8; 4], position: usize) {
    let at = |offset: usize| key[(position + offset) % 4];
    let key: [u8; 8] = std::array::from_fn(at);
    let word = u64::from_ne_bytes(key);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_from_any_position() {
        let key = [0x11, 0x22, 0x44, 0x88];
        for position in 0..9 {
            for length in 0..40 {
                let mut payload = vec![0; length];
                remove(&mut payload, key, position);
                let expected: Vec<u8> = (position..position + length).map(|at| key[at % 4]).collect();
                assert_eq!(payload, expected);
            }
        }
    }
}
