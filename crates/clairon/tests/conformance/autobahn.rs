//! The cases of chapters 1 to 10, 12 and 13 of the Autobahn test suite (crossbario/autobahn-testsuite), with their
//! numbers.
//!
//! The suite's peer echoes every message; this server does not. The message of a case is therefore a `pusher:ping`,
//! which the server answers, or an event with a name that clients may not send, which the error repeats. Close codes,
//! pongs and the moment of a failure are those of the suite.

mod case;
mod close;
mod deflate;
mod fragments;
mod framing;
mod opcodes;
mod pings;
mod reserved_bits;
mod sizes;
mod utf8;

use case::{SERVER, assert_all_pass};

#[test]
fn cases_1_framing() {
    assert_all_pass(framing::cases(), 16);
}

#[test]
fn cases_2_pings_and_pongs() {
    assert_all_pass(pings::cases(), 11);
}

#[test]
fn cases_3_reserved_bits() {
    assert_all_pass(reserved_bits::cases(), 7);
}

#[test]
fn cases_4_opcodes() {
    assert_all_pass(opcodes::cases(), 10);
}

#[test]
fn cases_5_fragmentation() {
    assert_all_pass(fragments::cases(), 20);
}

#[test]
fn cases_6_utf8() {
    assert_all_pass(utf8::fragmented(), 13);
    assert_all_pass(utf8::sequences(), 132);
}

#[test]
fn cases_7_close() {
    assert_all_pass(close::cases(), 37);
}

#[test]
fn cases_9_1_and_9_2_sizes() {
    assert_all_pass(sizes::whole(), 12);
}

#[test]
fn cases_9_3_and_9_4_fragments() {
    assert_all_pass(sizes::fragmented(), 18);
}

#[test]
fn cases_9_5_and_9_6_chops() {
    assert_all_pass(sizes::chopped(), 12);
}

#[test]
fn cases_9_7_and_9_8_round_trips() {
    assert_all_pass(sizes::round_trips(), 12);
}

#[test]
fn cases_10_automatic_fragmentation() {
    assert_all_pass(sizes::automatically_fragmented(), 1);
}

#[test]
fn cases_12_compression_of_many_kinds_of_data() {
    deflate::kinds_of_data(&SERVER.get());
}

#[test]
fn cases_13_compression_with_every_offer() {
    deflate::offers(&SERVER.get());
}
