//! 3: reserved bits, which have no meaning without an extension.

use clairon_tests::raw::{BINARY, PING, RawFrame, TEXT};

use super::case::{Answer, Case, PING_EVENT, close};

pub(crate) fn cases() -> [Case; 7] {
    let text = || RawFrame::new(TEXT, PING_EVENT);
    let fails = |number: &str, frame: &RawFrame| Case::new(number).frame(frame).closed_with(&[1002]);
    // The message before is answered, the ping after it is not.
    let between = |number: &str, bits: u8| {
        Case::new(number)
            .frames([text(), text().reserved(bits), RawFrame::new(PING, "")])
            .answered(Answer::PongEvent)
            .closed_with(&[1002])
    };
    [
        fails("3.1", &text().reserved(1)),
        between("3.2", 2),
        between("3.3", 3).frame_by_frame(),
        between("3.4", 4).in_chops(1),
        fails("3.5", &RawFrame::new(BINARY, [0, 255, 254]).reserved(5)),
        fails("3.6", &RawFrame::new(PING, "Hello, world!").reserved(6)),
        fails("3.7", &close(&1000_u16.to_be_bytes()).reserved(7)),
    ]
}
