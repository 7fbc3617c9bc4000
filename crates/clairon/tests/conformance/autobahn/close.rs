//! 7: the closing handshake.

use clairon_tests::raw::{CONTINUATION, PING, RawFrame, TEXT};

use super::case::{Answer, Case, PING_EVENT, close, message};

/// Codes that a client may send.
const VALID: [u16; 13] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
/// Codes that must not be sent.
const INVALID: [u16; 9] = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];

pub(crate) fn cases() -> impl Iterator<Item = Case> {
    let valid = VALID.into_iter().zip(1..).map(|(code, number)| with_code(7, number, code, code));
    let invalid = INVALID.into_iter().zip(1..).map(|(code, number)| with_code(9, number, code, 1002));
    // The suite does not specify the answers to these codes.
    let unspecified = [5000, 65_535].into_iter().zip(1..).map(|(code, number)| with_code(13, number, code, 1002));
    behind_a_close().chain(payloads()).chain(valid).chain(invalid).chain(unspecified)
}

fn with_code(group: u8, number: u8, code: u16, answer: u16) -> Case {
    Case::new(format!("7.{group}.{number}")).frame(&close(&code.to_be_bytes())).closed_with(&[answer])
}

/// Bytes after a close frame are ignored.
fn behind_a_close() -> impl Iterator<Item = Case> {
    let text = || RawFrame::new(TEXT, PING_EVENT);
    let normal = || RawFrame::close(1000, "");
    let (long, answer) = message(256 << 10);
    let cases = [
        (vec![text(), normal()], vec![Answer::PongEvent]),
        (vec![normal(), normal()], vec![]),
        (vec![normal(), RawFrame::new(PING, "")], vec![]),
        (vec![normal(), text()], vec![]),
        (
            vec![RawFrame::new(TEXT, "fragment1").unfinished(), normal(), RawFrame::new(CONTINUATION, "fragment2")],
            vec![],
        ),
        (vec![RawFrame::new(TEXT, long), text(), normal(), RawFrame::new(PING, "")], vec![answer, Answer::PongEvent]),
    ];
    cases.into_iter().zip(1..).map(|((frames, answers), number)| {
        let case = Case::new(format!("7.1.{number}")).frames(frames).closed_with(&[1000]);
        answers.into_iter().fold(case, Case::answered)
    })
}

/// No code, half a code, and reasons.
fn payloads() -> [Case; 7] {
    let reason = |text: &[u8]| close(&[&1000_u16.to_be_bytes(), text].concat());
    let not_utf8 = ["κ\u{1f79}σμε".as_bytes(), b"\xed\xa0\x80edited"].concat();
    [
        Case::new("7.3.1").frame(&close(b"")).closed_with(&[1000]),
        Case::new("7.3.2").frame(&close(b"a")).closed_with(&[1002]),
        Case::new("7.3.3").frame(&reason(b"")).closed_with(&[1000]),
        Case::new("7.3.4").frame(&reason(b"Hello World!")).closed_with(&[1000]),
        Case::new("7.3.5").frame(&reason(&[b'*'; 123])).closed_with(&[1000]),
        Case::new("7.3.6").frame(&reason(&[b'*'; 124])).closed_with(&[1002]),
        Case::new("7.5.1").frame(&reason(&not_utf8)).closed_with(&[1002, 1007]),
    ]
}
