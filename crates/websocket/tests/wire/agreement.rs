//! Compares the decoder with an independent one, and with itself, on valid, invalid and random streams.
//!
//! `PROPTEST_CASES` sets the number of streams.

use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{
    client::{BINARY, CLOSE, CONTINUATION, FIN, Form, Frame, PING, PONG, TEXT},
    reference::{LIMIT, compare, decode},
};

/// Appends more valid pings than the limit has bytes. They show whether both decoders are still in step, and no
/// admitted frame is cut short.
fn with_tail(mut stream: Vec<u8>) -> Vec<u8> {
    let ping = Frame { mask: Some([0; 4]), ..Frame::new(FIN | PING, "") }.bytes();
    for _ in 0..=LIMIT / ping.len() + 3 {
        stream.extend(&ping);
    }
    stream
}

fn bytes(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::bytes).collect()
}

/// Cuts a stream at the given positions.
fn chunks<'a>(stream: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut points: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    points.sort_unstable();
    points.push(stream.len());
    let mut start = 0;
    points
        .into_iter()
        .map(|end| {
            let chunk = &stream[start..end];
            start = end;
            chunk
        })
        .collect()
}

fn control() -> impl Strategy<Value = Frame> {
    let payload = vec(any::<u8>(), 0..126);
    (prop_oneof![Just(FIN | PING), Just(FIN | PONG)], payload).prop_map(|(first, payload)| Frame::new(first, payload))
}

/// A message in fragments, with control frames between them.
fn message() -> impl Strategy<Value = Vec<Frame>> {
    let payload = prop_oneof![
        "\\PC{0,60}".prop_map(|text| (TEXT, text.into_bytes())),
        vec(any::<u8>(), 0..200).prop_map(|bytes| (BINARY, bytes)),
    ];
    (payload, vec((any::<Index>(), proptest::option::of(control())), 0..4)).prop_map(|((kind, payload), cuts)| {
        let points: Vec<Index> = cuts.iter().map(|(cut, _)| *cut).collect();
        let mut frames: Vec<Frame> =
            chunks(&payload, &points).into_iter().map(|part| Frame::new(CONTINUATION, part)).collect();
        let last = frames.len() - 1;
        frames[last].first |= FIN;
        frames[0].first |= kind;
        for (at, (_, control)) in cuts.into_iter().enumerate().rev() {
            if let Some(control) = control {
                frames.insert(at + 1, control);
            }
        }
        frames
    })
}

fn close() -> impl Strategy<Value = Frame> {
    let code = prop_oneof![990..1020_u16, Just(3000), Just(4200), any::<u16>()];
    let payload = prop_oneof![
        8 => (code, "\\PC{0,10}").prop_map(|(code, reason)| [&code.to_be_bytes()[..], reason.as_bytes()].concat()),
        1 => vec(any::<u8>(), 0..3),
    ];
    payload.prop_map(|payload| Frame::new(FIN | CLOSE, payload))
}

/// Valid frames. A close frame may be the last.
fn correct() -> impl Strategy<Value = Vec<Frame>> {
    (
        vec(prop_oneof![3 => message(), 1 => control().prop_map(|frame| vec![frame])], 0..6),
        proptest::option::of(close()),
    )
        .prop_map(|(messages, close)| messages.into_iter().flatten().chain(close).collect())
}

/// A frame that may break any rule.
fn strange() -> impl Strategy<Value = Frame> {
    let form = prop_oneof![4 => Just(Form::Shortest), 1 => Just(Form::Medium), 1 => Just(Form::Long)];
    let mask = prop_oneof![6 => any::<[u8; 4]>().prop_map(Some), 1 => Just(None)];
    let first = prop_oneof![
        3 => (any::<bool>(), 0..16_u8).prop_map(|(fin, opcode)| if fin { FIN | opcode } else { opcode }),
        1 => any::<u8>(),
    ];
    (first, mask, form, vec(any::<u8>(), 0..LIMIT + 20)).prop_map(|(first, mask, form, payload)| Frame {
        first,
        mask,
        form,
        payload,
    })
}

proptest! {
    #[test]
    fn correct_streams(frames in correct()) {
        compare(&with_tail(bytes(&frames)));
    }

    #[test]
    fn streams_with_a_strange_frame(frames in correct(), strange in strange(), at in any::<Index>()) {
        let mut frames = frames;
        frames.insert(at.index(frames.len() + 1), strange);
        compare(&with_tail(bytes(&frames)));
    }

    #[test]
    fn streams_with_wrong_bytes(
        frames in correct(),
        changes in vec((any::<Index>(), any::<u8>()), 1..4),
        end in any::<Index>(),
    ) {
        let mut stream = with_tail(bytes(&frames));
        for (at, byte) in changes {
            let at = at.index(stream.len());
            stream[at] ^= byte;
        }
        stream.truncate(end.index(stream.len()) + 1);
        compare(&stream);
    }

    #[test]
    fn chunks_do_not_matter(
        frames in correct(),
        strange in proptest::option::of(strange()),
        cuts in vec(any::<Index>(), 0..30),
    ) {
        let mut frames = frames;
        frames.extend(strange);
        let stream = with_tail(bytes(&frames));
        let whole = decode([&stream[..]], LIMIT);
        prop_assert_eq!(&decode(chunks(&stream, &cuts), LIMIT), &whole);
        prop_assert_eq!(&decode(stream.chunks(1), LIMIT), &whole);
    }

    #[test]
    fn any_bytes_in_any_chunks(
        stream in vec(any::<u8>(), 0..600),
        cuts in vec(any::<Index>(), 0..10),
        limit in 0..400_usize,
    ) {
        decode(chunks(&stream, &cuts), limit);
    }
}
