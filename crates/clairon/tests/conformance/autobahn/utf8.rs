//! 6: text must be UTF-8, and an error is detected as early as possible.

use clairon_tests::raw::{CONTINUATION, RawFrame, TEXT};

use super::case::{Answer, Case, PING_EVENT, fragments};

/// A Greek word with a character of three bytes. Like most of the sequences it is from Markus Kuhn's UTF-8 test file.
const WORD: &str = "κ\u{1f79}σμε";
/// The start of a message. The text of a case follows, as the name of an event.
const START: &[u8] = br#"{"event":""#;

/// Characters without their last byte.
const INCOMPLETE: [&[u8]; 10] = [
    b"\xc0",
    b"\xe0\x80",
    b"\xf0\x80\x80",
    b"\xf8\x80\x80\x80",
    b"\xfc\x80\x80\x80\x80",
    b"\xdf",
    b"\xef\xbf",
    b"\xf7\xbf\xbf",
    b"\xfb\xbf\xbf\xbf",
    b"\xfd\xbf\xbf\xbf\xbf",
];

/// A text, and whether it is UTF-8.
type Sequence = (Vec<u8>, bool);

/// 6.1 to 6.4: in fragments, in pieces, and with the rest of an invalid text never sent.
pub(crate) fn fragmented() -> Vec<Case> {
    let text = |part: &[u8]| RawFrame::new(TEXT, part).unfinished();
    let more = |part: &[u8]| RawFrame::new(CONTINUATION, part).unfinished();
    let last = |part: &[u8]| RawFrame::new(CONTINUATION, part);
    let empty = || Answer::Error("(0 bytes)".to_owned());
    let repeated = |text: &str| Answer::Error(text.to_owned());

    let (first, second) = ("Hello-µ@ßöä", "üàá-UTF-8!!");
    let hello = event(format!("{first}{second}").as_bytes());
    let surrogate = event(&[WORD.as_bytes(), b"\xed\xa0\x80edited"].concat());
    // Invalid at the second byte after the word.
    let too_large = event(&[WORD.as_bytes(), b"\xf4\x90\x80\x80edited"].concat());
    let word_end = START.len() + WORD.len();
    let parts = |ends: [usize; 2]| [&too_large[..ends[0]], &too_large[ends[0]..ends[1]]];
    let in_frames = |number: &str, ends: [usize; 2]| {
        let [first, second] = parts(ends);
        Case::new(number).frames([text(first), more(second)]).frame_by_frame().closed_with(&[1007])
    };
    let in_chops = |number: &str, ends: [usize; 2]| {
        let whole = RawFrame::new(TEXT, &too_large).to_bytes();
        let header = whole.len() - too_large.len();
        let (first, second) = (&whole[..header + ends[0]], &whole[header + ends[0]..header + ends[1]]);
        Case::new(number).bytes(first).bytes(second).frame_by_frame().closed_with(&[1007])
    };
    vec![
        Case::new("6.1.1").frame(&RawFrame::new(TEXT, "")).answered(empty()),
        Case::new("6.1.2").frames([text(b""), more(b""), last(b"")]).answered(empty()),
        Case::new("6.1.3").frames([text(b""), more(PING_EVENT.as_bytes()), last(b"")]).answered(Answer::PongEvent),
        Case::new("6.2.1").frame(&RawFrame::new(TEXT, &hello)).answered(repeated(first)),
        Case::new("6.2.2")
            .frames([text(&hello[..START.len() + first.len()]), last(&hello[START.len() + first.len()..])])
            .answered(repeated(second)),
        Case::new("6.2.3").frames(fragments(TEXT, &hello, 1)).answered(repeated(second)),
        Case::new("6.2.4").frames(fragments(TEXT, &event(WORD.as_bytes()), 1)).answered(repeated(WORD)),
        Case::new("6.3.1").frame(&RawFrame::new(TEXT, &surrogate)).closed_with(&[1007]),
        Case::new("6.3.2").frames(fragments(TEXT, &surrogate, 1)).closed_with(&[1007]),
        in_frames("6.4.1", [word_end, word_end + 4]),
        in_frames("6.4.2", [word_end + 1, word_end + 2]),
        in_chops("6.4.3", [word_end, word_end + 4]),
        in_chops("6.4.4", [word_end + 1, word_end + 2]),
    ]
}

/// 6.5 to 6.23: one text each, in one frame.
pub(crate) fn sequences() -> Vec<Case> {
    let continuations: Vec<u8> = (0x80..0xbf).collect();
    let starts = [(0xc0, 0xdf), (0xe0, 0xef), (0xf0, 0xf7), (0xf8, 0xfb), (0xfc, 0xfd)];
    let lonely = starts.map(|(first, end)| (first..end).flat_map(|start| [start, b' ']).collect::<Vec<u8>>());
    let noncharacters = (0..=16).flat_map(|plane| [plane << 16 | 0xfffe, plane << 16 | 0xffff]);
    let specials = 0xfff9..=0xffff;
    let sections = [
        // Valid text and all of its prefixes.
        valid(&[
            b"hello$world",
            b"hello\xc2\xa2world",
            b"hello\xe2\x82\xacworld",
            b"hello\xf0\xa4\xad\xa2world",
            WORD.as_bytes(),
        ]),
        (1..=WORD.len()).map(|end| (WORD.as_bytes()[..end].to_vec(), WORD.is_char_boundary(end))).collect(),
        // The first and the last code point of each length, including noncharacters, and others at a boundary.
        valid(&[b"\0", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"]),
        invalid(&[b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"]),
        valid(&[b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"]),
        invalid(&[b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"]),
        [
            valid(&[b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf"]),
            invalid(&[b"\xf4\x90\x80\x80"]),
        ]
        .concat(),
        // Continuations without a start, starts without a continuation, and bytes that are never valid.
        invalid(&[
            b"\x80",
            b"\xbf",
            b"\x80\xbf",
            b"\x80\xbf\x80",
            b"\x80\xbf\x80\xbf",
            b"\x80\xbf\x80\xbf\x80",
            b"\x80\xbf\x80\xbf\x80\xbf",
            &continuations,
        ]),
        invalid(&lonely.each_ref().map(Vec::as_slice)),
        invalid(&INCOMPLETE),
        invalid(&[&INCOMPLETE.concat()]),
        invalid(&[b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]),
        // Overlong forms of a slash, of the last character of a shorter form, and of NUL.
        invalid(&[
            b"\xc0\xaf",
            b"\xe0\x80\xaf",
            b"\xf0\x80\x80\xaf",
            b"\xf8\x80\x80\x80\xaf",
            b"\xfc\x80\x80\x80\x80\xaf",
        ]),
        invalid(&[
            b"\xc1\xbf",
            b"\xe0\x9f\xbf",
            b"\xf0\x8f\xbf\xbf",
            b"\xf8\x87\xbf\xbf\xbf",
            b"\xfc\x83\xbf\xbf\xbf\xbf",
        ]),
        invalid(&[
            b"\xc0\x80",
            b"\xe0\x80\x80",
            b"\xf0\x80\x80\x80",
            b"\xf8\x80\x80\x80\x80",
            b"\xfc\x80\x80\x80\x80\x80",
        ]),
        // Surrogates, alone and in pairs.
        invalid(&[
            b"\xed\xa0\x80",
            b"\xed\xad\xbf",
            b"\xed\xae\x80",
            b"\xed\xaf\xbf",
            b"\xed\xb0\x80",
            b"\xed\xbe\x80",
            b"\xed\xbf\xbf",
        ]),
        invalid(&[
            b"\xed\xa0\x80\xed\xb0\x80",
            b"\xed\xa0\x80\xed\xbf\xbf",
            b"\xed\xad\xbf\xed\xb0\x80",
            b"\xed\xad\xbf\xed\xbf\xbf",
            b"\xed\xae\x80\xed\xb0\x80",
            b"\xed\xae\x80\xed\xbf\xbf",
            b"\xed\xaf\xbf\xed\xb0\x80",
            b"\xed\xaf\xbf\xed\xbf\xbf",
        ]),
        // Noncharacters, which are valid in UTF-8, and the specials.
        noncharacters.filter_map(character).collect(),
        specials.filter_map(character).collect(),
    ];
    sections.into_iter().zip(5..).flat_map(|(section, group)| numbered(group, section)).collect()
}

fn numbered(group: u8, section: Vec<Sequence>) -> impl Iterator<Item = Case> {
    section.into_iter().zip(1..).map(move |((text, is_valid), number)| {
        let case = Case::new(format!("6.{group}.{number}")).frame(&RawFrame::new(TEXT, event(&text)));
        match String::from_utf8(text).ok().filter(|_| is_valid) {
            // JSON does not allow this character in a string.
            Some(text) if text == "\0" => case.answered(Answer::Error("control character".to_owned())),
            Some(text) => case.answered(Answer::Error(text)),
            None => case.closed_with(&[1007]),
        }
    })
}

/// An event with this name. The error repeats the name.
fn event(name: &[u8]) -> Vec<u8> {
    [START, name, br#""}"#].concat()
}

fn valid(texts: &[&[u8]]) -> Vec<Sequence> {
    texts.iter().map(|text| (text.to_vec(), true)).collect()
}

fn invalid(texts: &[&[u8]]) -> Vec<Sequence> {
    texts.iter().map(|text| (text.to_vec(), false)).collect()
}

fn character(code: u32) -> Option<Sequence> {
    char::from_u32(code).map(|char| (char.to_string().into_bytes(), true))
}
