//! 2: pings and pongs.

use clairon_tests::raw::{PING, PONG, RawFrame};

use super::case::{Answer, Case};

pub(crate) fn cases() -> [Case; 11] {
    let ping = |payload: &[u8]| RawFrame::new(PING, payload);
    let answered =
        |number: &str, payload: &[u8]| Case::new(number).frame(&ping(payload)).answered(Answer::Pong(payload.to_vec()));
    let ten: Vec<Vec<u8>> = (0..10).map(|number| format!("payload-{number}").into_bytes()).collect();
    let ten_answered = |number: &str| {
        let case = Case::new(number).frames(ten.iter().map(|payload| ping(payload)));
        ten.iter().fold(case, |case, payload| case.answered(Answer::Pong(payload.clone())))
    };
    let unsolicited = "unsolicited pong payload";
    [
        answered("2.1", b""),
        answered("2.2", b"Hello, world!"),
        answered("2.3", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),
        answered("2.4", &[0xfe; 125]),
        Case::new("2.5").frame(&ping(&[0xfe; 126])).closed_with(&[1002]),
        answered("2.6", &[0xfe; 125]).in_chops(1),
        Case::new("2.7").frame(&RawFrame::new(PONG, "")),
        Case::new("2.8").frame(&RawFrame::new(PONG, unsolicited)),
        Case::new("2.9")
            .frames([RawFrame::new(PONG, unsolicited), ping(b"ping payload")])
            .answered(Answer::Pong(b"ping payload".to_vec())),
        ten_answered("2.10"),
        ten_answered("2.11").in_chops(1),
    ]
}
