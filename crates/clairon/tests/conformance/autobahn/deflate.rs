//! 12 and 13: compressed messages of many kinds and sizes, whole and in fragments, with every offer of the suite.
//!
//! The message of a case is a client event whose data has the size of the case. Instead of an echo, a second client
//! that made the same offer receives the event. It is compressed if it is long enough and fits into the requested
//! window. The suite sends a thousand messages for each case, which differ only in their data; this test sends fewer.

use clairon_tests::client::Client;
use clairon_tests::raw::{BINARY, CONTINUATION, RawFrame, Received, TEXT};
use clairon_tests::server::Server;
use serde_json::{Value, json};

use super::case::app;

const KIB: usize = 1 << 10;

/// The sizes of the messages and of their fragments; 0 for unfragmented messages.
const SIZES: [(usize, usize); 18] = [
    (16, 0),
    (64, 0),
    (256, 0),
    (KIB, 0),
    (4 * KIB, 0),
    (8 * KIB, 0),
    (16 * KIB, 0),
    (32 * KIB, 0),
    (64 * KIB, 0),
    (128 * KIB, 0),
    (8 * KIB, 256),
    (16 * KIB, 256),
    (32 * KIB, 256),
    (64 * KIB, 256),
    (128 * KIB, 256),
    (128 * KIB, KIB),
    (128 * KIB, 4 * KIB),
    (128 * KIB, 32 * KIB),
];

/// The number of messages of each case.
const MESSAGES: usize = 5;

/// The smallest compressed message, in bytes.
const MIN_BYTES: usize = KIB;

/// An endless text.
type Words = fn(u64) -> String;

/// 12: the kind of data, and whether it is sent in binary frames.
const DATA: [(Words, bool); 5] = [
    (|number| format!(r#"{{"id":{number},"name":"item {}","price":{}.99}},"#, number % 97, number * 31 % 500), false),
    // The pixels of an image.
    (|number| char::from(b'A' + (noise(number) % 26).to_le_bytes()[0]).to_string(), true),
    (|number| format!("{} ", ["Habe", "nun", "ach", "Philosophie", "Juristerei"][(noise(number) % 5) as usize]), true),
    (|number| format!("<tr class=\"row{}\"><td>{number}</td></tr>\n", number % 2), false),
    // A document that is mostly compressed already.
    (|number| if number % 50 == 0 { "endstream endobj ".to_owned() } else { format!("{:x}", noise(number)) }, true),
];

/// 13: the offer of the client, and the granted window.
const OFFERS: [(&str, u8); 7] = [
    ("permessage-deflate; client_no_context_takeover; client_max_window_bits", 15),
    ("permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover", 15),
    ("permessage-deflate; client_no_context_takeover; client_max_window_bits; server_max_window_bits=8", 8),
    ("permessage-deflate; client_no_context_takeover; client_max_window_bits; server_max_window_bits=15", 15),
    ("permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=8", 8),
    ("permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=15", 15),
    (
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=8, \
         permessage-deflate; server_no_context_takeover, permessage-deflate",
        8,
    ),
];

/// Two clients. One receives the events of the other.
pub(crate) struct Pair {
    sender: Client,
    receiver: Client,
    window_bits: u8,
    /// The number of the group of cases.
    group: String,
}

/// Runs the 90 cases of chapter 12. The panic lists the numbers of those that fail.
pub(crate) fn kinds_of_data(server: &Server) {
    for ((words, is_binary), kind) in DATA.into_iter().zip(1..) {
        Pair::connect(server, OFFERS[0], format!("12.{kind}")).run(words, is_binary);
    }
}

/// Runs the 126 cases of chapter 13.
pub(crate) fn offers(server: &Server) {
    for (offer, number) in OFFERS.into_iter().zip(1..) {
        let (words, is_binary) = DATA[0];
        Pair::connect(server, offer, format!("13.{number}")).run(words, is_binary);
    }
}

impl Pair {
    fn connect(server: &Server, (offer, window_bits): (&str, u8), group: String) -> Self {
        let [sender, receiver] = [(); 2].map(|()| {
            let mut client = Client::connect_offering(server, &app(), offer);
            assert!(client.socket.extensions().is_some(), "{offer}");
            client.subscribe(&channel(&group));
            client
        });
        Self { sender, receiver, window_bits, group }
    }

    /// Runs the cases of one group, one for each size.
    fn run(mut self, words: Words, is_binary: bool) {
        let mut text = String::new();
        let mut number = 0;
        for ((size, fragment), case) in SIZES.into_iter().zip(1..) {
            for _ in 0..MESSAGES {
                while text.len() < size {
                    number += 1;
                    text.push_str(&words(number));
                }
                let data: String = text.drain(..size).collect();
                self.send(&data, is_binary, fragment);
                self.hear(&data, &format!("{}.{case}", self.group));
            }
        }
    }

    fn send(&mut self, data: &str, is_binary: bool, fragment: usize) {
        let event = json!({"event": "client-echo", "channel": channel(&self.group), "data": data}).to_string();
        let whole = RawFrame::compressed(if is_binary { BINARY } else { TEXT }, event);
        if fragment == 0 {
            return self.sender.socket.send(&whole);
        }
        let opcode = if is_binary { BINARY } else { TEXT };
        let mut frames: Vec<RawFrame> =
            whole.payload().chunks(fragment).map(|part| RawFrame::new(CONTINUATION, part).unfinished()).collect();
        let last = frames.len() - 1;
        let first = RawFrame::new(opcode, &whole.payload()[..fragment.min(whole.payload().len())]).reserved(0b100);
        frames[last] = RawFrame::new(CONTINUATION, &whole.payload()[last * fragment..]);
        frames[0] = if last == 0 { first } else { first.unfinished() };
        let bytes: Vec<u8> = frames.iter().flat_map(RawFrame::to_bytes).collect();
        self.sender.socket.write(bytes);
    }

    fn hear(&mut self, data: &str, case: &str) {
        let (text, is_compressed) = match self.receiver.socket.receive() {
            Received::Compressed(text) => (text, true),
            Received::Text(text) => (text, false),
            other => panic!("{case}: {other:?}"),
        };
        let event: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{case}: {error} in {text}"));
        assert_eq!(event["data"], data, "{case}");
        let fits = self.window_bits == 15 || text.len() <= 1 << self.window_bits;
        assert_eq!(is_compressed, text.len() >= MIN_BYTES && fits, "{case}: {} bytes", text.len());
    }
}

fn channel(group: &str) -> String {
    format!("private-{group}").replace('.', "-")
}

/// A pseudorandom number.
fn noise(number: u64) -> u64 {
    let mixed = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB) >> 20
}
