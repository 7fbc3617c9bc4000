//! One case: what is sent, in which pieces, and what comes back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use clairon_test_servers::SharedServer;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::raw::{CLOSE, CONTINUATION, RawFrame, Received};
use clairon_tests::server::Server;

/// What is answered with a `pusher:pong`.
pub(crate) const PING_EVENT: &str = r#"{"event":"pusher:ping","data":{}}"#;

/// Its messages may have the 16 MiB of the longest case.
static SERVER: SharedServer<Server> = SharedServer::new(|| Server::start(app()));

fn app() -> App {
    App::new("autobahn").with("event_data_bytes", 10 << 20)
}

/// A case, named by its number in the suite.
pub(crate) struct Case {
    number: String,
    frames: Vec<Vec<u8>>,
    pieces: Pieces,
    answers: Vec<Answer>,
    /// How often the frames are sent, each time once their answers are there.
    rounds: usize,
    /// The codes that the server may close with; none where the client closes in the end.
    closes_with: Vec<u16>,
}

/// How the frames of a case are written.
#[derive(Clone, Copy)]
enum Pieces {
    /// All frames at once.
    Heap,
    /// Each frame by itself.
    Frames,
    /// So many bytes at a time.
    Bytes(usize),
}

/// What the server sends.
pub(crate) enum Answer {
    /// The event `pusher:pong`.
    PongEvent,
    /// The event `pusher:error` with this in its message.
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

    /// Sends each frame by itself.
    pub(crate) fn frame_by_frame(self) -> Self {
        Self { pieces: Pieces::Frames, ..self }
    }

    /// Sends so many bytes at a time.
    pub(crate) fn in_chops(self, bytes: usize) -> Self {
        Self { pieces: Pieces::Bytes(bytes), ..self }
    }

    /// Does all of it so often.
    pub(crate) fn rounds(self, rounds: usize) -> Self {
        Self { rounds, ..self }
    }

    /// Expects an answer.
    pub(crate) fn answered(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// Expects the server to close, with one of these codes.
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

/// Fails with the numbers of the cases that do, or where there are not as many as in the suite.
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

/// A `pusher:ping` of so many bytes, or where it would be longer a message that is none: with what answers it.
pub(crate) fn message(size: usize) -> (Vec<u8>, Answer) {
    let (start, end) = (r#"{"event":"pusher:ping","data":""#, r#""}"#);
    match size.checked_sub(start.len() + end.len()) {
        Some(rest) => ([start.as_bytes(), &vec![b'*'; rest], end.as_bytes()].concat(), Answer::PongEvent),
        None => (vec![b'*'; size], Answer::Error(format!("({size} bytes)"))),
    }
}

/// A message in fragments of so many bytes.
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
