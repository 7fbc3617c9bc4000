//! 1: messages of any size, text and binary.

use clairon_tests::raw::{BINARY, RawFrame, TEXT};

use super::case::{Case, message};

const SIZES: [usize; 8] = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536];

pub(crate) fn cases() -> impl Iterator<Item = Case> {
    [(1, TEXT), (2, BINARY)].into_iter().flat_map(|(kind, opcode)| {
        SIZES.into_iter().zip(1..).map(move |(size, number)| {
            let (message, answer) = message(size);
            let case = Case::new(format!("1.{kind}.{number}")).frame(&RawFrame::new(opcode, message)).answered(answer);
            if number == SIZES.len() { case.in_chops(997) } else { case }
        })
    })
}
