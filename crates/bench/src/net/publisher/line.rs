//! One HTTP connection of the backend.

use std::io::{self, Read as _, Write as _};

use mio::{event::Event, net::TcpStream};

use crate::{
    BenchError,
    clock::Nanos,
    error::quote,
    net::{dialer::Dialer, http::Head},
};

/// The longest answer, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// A connection for one request at a time. It is kept for the next request if the server allows it.
#[derive(Debug, Default)]
pub(super) struct Line {
    token: usize,
    stream: Option<TcpStream>,
    /// The current request, and how many bytes of it are sent.
    request: Vec<u8>,
    written: usize,
    answer: Vec<u8>,
    /// The time of the request; nothing while the line is idle.
    sent: Option<Nanos>,
    /// True if the stream has carried an answer. The server may close such a stream at any time, even during a request.
    is_used: bool,
}

impl Line {
    pub(super) fn new(token: usize) -> Self {
        Self { token, ..Self::default() }
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.sent.is_none()
    }

    pub(super) fn send(&mut self, request: Vec<u8>, now: Nanos, dialer: &mut Dialer) -> Result<(), BenchError> {
        self.request = request;
        self.written = 0;
        self.sent = Some(now);
        match self.stream {
            Some(_) => self.flush().map_err(BenchError::io("sending a trigger")),
            None => self.open(dialer),
        }
    }

    /// Sends the request over a new stream, from its start.
    fn open(&mut self, dialer: &mut Dialer) -> Result<(), BenchError> {
        self.written = 0;
        self.is_used = false;
        self.stream = Some(dialer.dial(self.token, None)?);
        Ok(())
    }

    /// Handles an event of the poller. Returns the time of the request once its answer is complete.
    pub(super) fn on_event(
        &mut self,
        event: &Event,
        scratch: &mut [u8],
        dialer: &mut Dialer,
    ) -> Result<Option<Nanos>, BenchError> {
        if event.is_writable() && self.written < self.request.len() {
            self.flush().map_err(BenchError::io("sending a trigger"))?;
        }
        let answered = if event.is_readable() || event.is_read_closed() { self.read(scratch)? } else { None };
        if self.sent.is_some() && self.stream.is_none() {
            // The server closed the used stream before it read the request, so the request is sent again.
            self.open(dialer)?;
        }
        Ok(answered)
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while self.written < self.request.len() {
            match stream.write(&self.request[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected) => break,
                // The next read finds the end of the used stream.
                Err(_) if self.is_used => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read(&mut self, scratch: &mut [u8]) -> Result<Option<Nanos>, BenchError> {
        loop {
            let Some(stream) = &mut self.stream else { return Ok(None) };
            match stream.read(scratch) {
                Ok(0) => return self.end(),
                Ok(size) => self.answer.extend_from_slice(&scratch[..size]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(_) if self.is_used => return self.end(),
                Err(error) => return Err(BenchError::io("reading the answer to a trigger")(error)),
            }
            if let Some(sent) = self.finish(false)? {
                return Ok(Some(sent));
            }
        }
    }

    /// Handles the end of the stream.
    fn end(&mut self) -> Result<Option<Nanos>, BenchError> {
        self.stream = None;
        if self.sent.is_none() || (self.is_used && self.answer.is_empty()) {
            return Ok(None);
        }
        match self.finish(true)? {
            Some(sent) => Ok(Some(sent)),
            None => Err(BenchError::Protocol("the HTTP connection was closed before the answer was complete")),
        }
    }

    fn finish(&mut self, ended: bool) -> Result<Option<Nanos>, BenchError> {
        let Some(head) = Head::parse(&self.answer)?.filter(|head| head.is_complete(&self.answer, ended)) else {
            let fits = self.answer.len() < MAX_ANSWER;
            return if fits { Ok(None) } else { Err(BenchError::Protocol("an answer of more than 1 MiB")) };
        };
        if head.status() != 200 {
            return Err(BenchError::Answer(head.status(), quote(&self.answer[head.size..])));
        }
        if head.closes {
            self.stream = None;
        }
        self.is_used = true;
        self.answer.clear();
        Ok(self.sent.take())
    }
}
