//! A case: the bytes to send, how they are split, and the expected answers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use clairon_test_servers::SharedServer;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::raw::{CLOSE, CONTINUATION, RawFrame, Received};
use clairon_tests::server::Server;

/// An event that is answered with `pusher:pong`.
pub(crate) const PING_EVENT: &str = r#"{"event":"pusher:ping","data":{}}"#;

/// Its app allows messages of 16 MiB, the size in the longest case.
pub(crate) static SERVER: SharedServer<Server> = SharedServer::new(|| Server::start(app()));

pub(crate) fn app() -> App {
    let app = App::new("autobahn").with("event_data_bytes", 10 << 20);
    app.with("client_messages", true).with("client_events_per_second", 10_000)
}

/// A case with its number in the suite.
pub(crate) struct Case {
    number: String,
    frames: Vec<Vec<u8>>,
    pieces: Pieces,
    answers: Vec<Answer>,
    /// How often the frames are sent. Each round waits for the answers of the previous one.
    rounds: usize,
    /// The codes with which the server may close the connection; empty if the client closes it.
    closes_with: Vec<u16>,
}

/// The way in which the frames of a case are written.
#[derive(Clone, Copy)]
enum Pieces {
    /// All frames in one write.
    Heap,
    /// One write for each frame.
    Frames,
    /// Writes of this many bytes.
    Bytes(usize),
}

/// An expected answer.
pub(crate) enum Answer {
    /// The event `pusher:pong`.
    PongEvent,
    /// The event `pusher:error` with this text in its message.
    Error(String),
    /// A pong frame with this payload.
    Pong(Vec<u8>),
}

impl Case {
    pub(crate) fn new(number: impl Into<String>) -> Self {
        Self {
            number: number.into(),
            frames: Vec::new(),
            pieces: Pieces::Heap,
            answers: Vec::new(),
            rounds: 1,
            closes_with: Vec::new(),
        }
    }

    /// Sends a frame.
    pub(crate) fn frame(self, frame: &RawFrame) -> Self {
        self.bytes(frame.to_bytes())
    }

    /// Sends frames.
    pub(crate) fn frames(self, frames: impl IntoIterator<Item = RawFrame>) -> Self {
        frames.into_iter().fold(self, |case, frame| case.frame(&frame))
    }

    /// Sends a part of a frame.
    pub(crate) fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.frames.push(bytes.into());
        self
    }

    /// Writes each frame separately.
    pub(crate) fn frame_by_frame(self) -> Self {
        Self { pieces: Pieces::Frames, ..self }
    }

    /// Writes this many bytes at a time.
    pub(crate) fn in_chops(self, bytes: usize) -> Self {
        Self { pieces: Pieces::Bytes(bytes), ..self }
    }

    /// Repeats everything `rounds` times.
    pub(crate) fn rounds(self, rounds: usize) -> Self {
        Self { rounds, ..self }
    }

    /// Expects an answer.
    pub(crate) fn answered(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// Expects that the server closes the connection with one of these codes.
    pub(crate) fn closed_with(self, codes: &[u16]) -> Self {
        Self { closes_with: codes.to_vec(), ..self }
    }

    fn run(&self, server: &Server) {
        let mut client = Client::connect(server, &app());
        for _ in 0..self.rounds {
            self.write(&mut client);
            for answer in &self.answers {
                answer.check(client.socket.receive());
            }
        }
        let codes = if self.closes_with.is_empty() {
            client.socket.send(&RawFrame::close(1000, ""));
            &[1000]
        } else {
            &self.closes_with[..]
        };
        let (code, reason) = client.socket.closed();
        assert!(
            code.is_some_and(|code| codes.contains(&code)),
            "closed with {code:?} {reason:?}, not one of {codes:?}"
        );
    }

    fn write(&self, client: &mut Client) {
        match self.pieces {
            Pieces::Heap => client.socket.write(self.frames.concat()),
            Pieces::Frames => self.frames.iter().for_each(|frame| client.socket.write(frame)),
            Pieces::Bytes(size) => self.frames.concat().chunks(size).for_each(|chop| client.socket.write(chop)),
        }
    }
}

impl Answer {
    fn check(&self, received: Received) {
        match (self, received) {
            (Self::PongEvent, Received::Text(text)) => assert_eq!(text, r#"{"event":"pusher:pong","data":"{}"}"#),
            (Self::Pong(payload), Received::Pong(received)) => assert_eq!(*payload, received),
            (Self::Error(part), Received::Text(text)) => {
                assert!(text.contains("pusher:error") && text.contains(part), "{part:?} in {text}");
            }
            (_, other) => panic!("another answer: {other:?}"),
        }
    }
}

/// Runs the cases. Fails with the numbers of those that fail, or if their number is not that of the suite.
pub(crate) fn assert_all_pass(cases: impl IntoIterator<Item = Case>, count: usize) {
    let server = SERVER.get();
    let (mut run, mut failed) = (0, Vec::new());
    for case in cases {
        run += 1;
        if catch_unwind(AssertUnwindSafe(|| case.run(&server))).is_err() {
            failed.push(case.number);
        }
    }
    assert!(failed.is_empty(), "failed: {failed:?}, each for the reason above");
    assert_eq!(run, count, "cases");
}

/// A `pusher:ping` with this many bytes, or an invalid message if it cannot be that short, with its answer.
pub(crate) fn message(size: usize) -> (Vec<u8>, Answer) {
    let (start, end) = (r#"{"event":"pusher:ping","data":""#, r#""}"#);
    match size.checked_sub(start.len() + end.len()) {
        Some(rest) => ([start.as_bytes(), &vec![b'*'; rest], end.as_bytes()].concat(), Answer::PongEvent),
        None => (vec![b'*'; size], Answer::Error(format!("({size} bytes)"))),
    }
}

/// A message in fragments of this many bytes.
pub(crate) fn fragments(opcode: u8, message: &[u8], size: usize) -> Vec<RawFrame> {
    let opcodes = [opcode].into_iter().chain(std::iter::repeat(CONTINUATION));
    let mut frames: Vec<RawFrame> =
        opcodes.zip(message.chunks(size)).map(|(opcode, part)| RawFrame::new(opcode, part).unfinished()).collect();
    let last = frames.len() - 1;
    let opcode = if last == 0 { opcode } else { CONTINUATION };
    frames[last] = RawFrame::new(opcode, &message[last * size..]);
    frames
}

/// A close frame with these bytes.
pub(crate) fn close(payload: &[u8]) -> RawFrame {
    RawFrame::new(CLOSE, payload)
}
