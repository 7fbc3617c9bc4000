//! 4: reserved opcodes, of data frames (4.1) and of control frames (4.2).

use clairon_tests::raw::{PING, RawFrame, TEXT};

use super::case::{Answer, Case, PING_EVENT};

pub(crate) fn cases() -> impl Iterator<Item = Case> {
    [(1, 3..=7), (2, 11..=15)].into_iter().flat_map(|(group, opcodes)| {
        opcodes.zip(1..).map(move |(opcode, number)| {
            // Every second case has a payload.
            let reserved = RawFrame::new(opcode, if number % 2 == 0 { "Hello, world!" } else { "" });
            let case = Case::new(format!("4.{group}.{number}")).closed_with(&[1002]);
            if number < 3 {
                return case.frame(&reserved);
            }
            // The message before is answered, the ping after it is not.
            case.frames([RawFrame::new(TEXT, PING_EVENT), reserved, RawFrame::new(PING, "")])
                .answered(Answer::PongEvent)
        })
    })
}
