//! 9 and 10: long messages in several forms, and many messages.

use clairon_tests::raw::{BINARY, RawFrame, TEXT};

use super::case::{Case, fragments, message};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// 9.1 and 9.2: in one frame.
pub(crate) fn whole() -> impl Iterator<Item = Case> {
    of_each_kind(1, [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB], |case, opcode, size| {
        let (message, answer) = message(size);
        case.frame(&RawFrame::new(opcode, message)).answered(answer)
    })
}

/// 9.3 and 9.4: 4 MiB in fragments.
pub(crate) fn fragmented() -> impl Iterator<Item = Case> {
    let sizes = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB];
    of_each_kind(3, sizes, |case, opcode, size| {
        let (message, answer) = message(4 * MIB);
        case.frames(fragments(opcode, &message, size)).answered(answer)
    })
}

/// 9.5 and 9.6: 1 MiB in one frame, written in small pieces.
pub(crate) fn chopped() -> impl Iterator<Item = Case> {
    of_each_kind(5, [64, 128, 256, 512, KIB, 2 * KIB], |case, opcode, size| {
        let (message, answer) = message(MIB);
        case.frame(&RawFrame::new(opcode, message)).answered(answer).in_chops(size)
    })
}

/// 9.7 and 9.8: a thousand messages. Each is sent after the answer to the previous one.
pub(crate) fn round_trips() -> impl Iterator<Item = Case> {
    of_each_kind(7, [0, 16, 64, 256, KIB, 4 * KIB], |case, opcode, size| {
        let (message, answer) = message(size);
        case.frame(&RawFrame::new(opcode, message)).answered(answer).rounds(1_000)
    })
}

/// 10.1.1: a message fragmented by a library with a limit for frames.
pub(crate) fn automatically_fragmented() -> [Case; 1] {
    let (message, answer) = message(64 * KIB);
    [Case::new("10.1.1").frames(fragments(TEXT, &message, 1_300)).answered(answer)]
}

/// The cases 9.`group` with text and 9.`group + 1` with binary messages, one for each size. Each is created when it
/// runs.
fn of_each_kind<const N: usize>(
    group: u8,
    sizes: [usize; N],
    fill: impl Fn(Case, u8, usize) -> Case + Copy,
) -> impl Iterator<Item = Case> {
    [(group, TEXT), (group + 1, BINARY)].into_iter().flat_map(move |(group, opcode)| {
        let numbered = sizes.into_iter().zip(1..);
        numbered.map(move |(size, number)| fill(Case::new(format!("9.{group}.{number}")), opcode, size))
    })
}
