//! 5: fragmented messages, and frames between the fragments.

use clairon_tests::raw::{CONTINUATION, PING, PONG, RawFrame, TEXT};

use super::case::{Answer, Case, PING_EVENT, fragments};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("5.1").frames(fragments(PING, b"fragment", 4)).closed_with(&[1002]),
        Case::new("5.2").frames(fragments(PONG, b"fragment", 4)).closed_with(&[1002]),
    ];
    cases.extend(in_three_forms(3, &|number| Case::new(number).frames(halves()).answered(Answer::PongEvent)));
    cases.extend(in_three_forms(6, &|number| {
        let [first, last] = halves();
        let case = Case::new(number).frames([first, RawFrame::new(PING, "ping payload"), last]);
        case.answered(Answer::Pong(b"ping payload".to_vec())).answered(Answer::PongEvent)
    }));
    // There is no message to continue.
    cases.extend(in_three_forms(9, &|number| {
        let stray = RawFrame::new(CONTINUATION, "non-continuation payload");
        Case::new(number).frames([stray, RawFrame::new(TEXT, PING_EVENT)]).closed_with(&[1002])
    }));
    cases.extend(in_three_forms(12, &|number| {
        let stray = RawFrame::new(CONTINUATION, "non-continuation payload").unfinished();
        Case::new(number).frames([stray, RawFrame::new(TEXT, PING_EVENT)]).closed_with(&[1002])
    }));
    let [first, last] = halves();
    let stray = RawFrame::new(CONTINUATION, PING_EVENT);
    cases.push(
        Case::new("5.15")
            .frames([first.clone(), last.clone(), stray.clone().unfinished(), RawFrame::new(TEXT, PING_EVENT)])
            .answered(Answer::PongEvent)
            .closed_with(&[1002]),
    );
    for (number, stray) in [("5.16", stray.clone().unfinished()), ("5.17", stray)] {
        let once = [stray, first.clone(), last.clone()];
        cases.push(Case::new(number).frames(once.clone().into_iter().chain(once)).closed_with(&[1002]));
    }
    cases.push(Case::new("5.18").frames([first, RawFrame::new(TEXT, "fragment2")]).closed_with(&[1002]));
    cases.push(pings_between("5.19"));
    cases.push(pings_between("5.20").frame_by_frame());
    cases
}

/// A message in two fragments.
fn halves() -> [RawFrame; 2] {
    let (first, last) = PING_EVENT.split_at(17);
    [RawFrame::new(TEXT, first).unfinished(), RawFrame::new(CONTINUATION, last)]
}

/// A case with the number 5.`first`, the next case with a write for each frame, and the one after with a write for each
/// byte.
fn in_three_forms(first: u8, case: &impl Fn(String) -> Case) -> [Case; 3] {
    let number = |more: u8| format!("5.{}", first + more);
    [case(number(0)), case(number(1)).frame_by_frame(), case(number(2)).in_chops(1)]
}

/// A message in five fragments, with a ping after the second and one after the fourth.
fn pings_between(number: &str) -> Case {
    let mut frames = fragments(TEXT, PING_EVENT.as_bytes(), PING_EVENT.len().div_ceil(5));
    frames.insert(4, RawFrame::new(PING, "pongme 2!"));
    frames.insert(2, RawFrame::new(PING, "pongme 1!"));
    assert_eq!(frames.len(), 7);
    Case::new(number)
        .frames(frames)
        .answered(Answer::Pong(b"pongme 1!".to_vec()))
        .answered(Answer::Pong(b"pongme 2!".to_vec()))
        .answered(Answer::PongEvent)
}
