//! The backend: sends triggers over a few HTTP connections.

use std::{collections::VecDeque, fmt::Write as _};

use mio::event::Event;

use self::line::Line;
use super::{Tally, dialer::Dialer, subscription::public_channel};
use crate::{
    BenchError,
    clock::{Clock, Nanos},
    laravel_data,
    stamp::{self, Kind},
    target::Target,
};

mod line;

/// The number of jobs that may wait for a free connection.
const MAX_WAITING: usize = 10_000;

/// What the data of an event looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DataKind {
    /// The mark, and then a run of one letter.
    Filler,
    /// An object as a Laravel site broadcasts it.
    Laravel,
}

/// A trigger to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    /// The mark of its events.
    pub(crate) kind: Kind,
    /// The time at which it is due; the latency is counted from here. For a numbered event it is the number.
    pub(crate) due: Nanos,
    /// The channel's number.
    pub(crate) channel: usize,
    /// The number of events; more than one makes a batch.
    pub(crate) events: usize,
    /// The size of an event's data, in bytes.
    pub(crate) payload: usize,
    /// What the data looks like.
    pub(crate) data: DataKind,
    /// True if the connection closes afterwards.
    pub(crate) close: bool,
}

/// The HTTP connections, and the jobs that wait for one.
#[derive(Debug)]
pub(crate) struct Publisher<'t> {
    target: &'t Target,
    clock: Clock,
    dialer: Dialer,
    lines: Vec<Line>,
    first_token: usize,
    waiting: VecDeque<Job>,
}

impl<'t> Publisher<'t> {
    pub(super) const fn new(target: &'t Target, clock: Clock, dialer: Dialer, first_token: usize) -> Self {
        Self { target, clock, dialer, lines: Vec::new(), first_token, waiting: VecDeque::new() }
    }

    /// Sets the number of connections. It must be called once, before the first job.
    pub(crate) fn set_connections(&mut self, count: usize) {
        self.lines = (self.first_token..).take(count).map(Line::new).collect();
    }

    /// The number of connections that have neither a request nor a waiting job.
    pub(crate) fn idle(&self) -> usize {
        self.lines.iter().filter(|line| line.is_idle()).count().saturating_sub(self.waiting.len())
    }

    pub(crate) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.lines.iter().all(Line::is_idle)
    }

    /// Queues a trigger; false if too many wait, and then it is left out.
    pub(crate) fn submit(&mut self, job: Job) -> bool {
        let has_room = self.waiting.len() < MAX_WAITING;
        if has_room {
            self.waiting.push_back(job);
        }
        has_room
    }

    /// Gives waiting jobs to idle connections.
    pub(super) fn dispatch(&mut self) -> Result<(), BenchError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        for line in self.lines.iter_mut().filter(|line| line.is_idle()) {
            let Some(job) = self.waiting.pop_front() else { break };
            line.send(request(self.target, job), self.clock.now(), &mut self.dialer)?;
        }
        Ok(())
    }

    pub(super) fn on_event(&mut self, event: &Event, scratch: &mut [u8], tally: &mut Tally) -> Result<(), BenchError> {
        let Some(line) = self.lines.get_mut(event.token().0 - self.first_token) else { return Ok(()) };
        if let Some(sent) = line.on_event(event, scratch, &mut self.dialer)? {
            tally.answers.record(self.clock.now().saturating_sub(sent));
        }
        Ok(())
    }
}

fn request(target: &Target, job: Job) -> Vec<u8> {
    let (endpoint, body) = body(job);
    let path = target.credentials.sign_post(endpoint, &body);
    let Target { authority, prefix, .. } = target;
    let connection = if job.close { "close" } else { "keep-alive" };
    let request = format!(
        "POST {prefix}{path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\n\
        Content-Length: {}\r\nConnection: {connection}\r\n\r\n{body}",
        body.len()
    );
    request.into_bytes()
}

/// The endpoint and the JSON body.
fn body(job: Job) -> (&'static str, String) {
    let mut body = String::with_capacity(job.events * (job.payload + 64));
    if job.events == 1 {
        write_event(job, &mut body);
        return ("events", body);
    }
    body.push_str(r#"{"batch":["#);
    for index in 0..job.events {
        if index > 0 {
            body.push(',');
        }
        write_event(job, &mut body);
    }
    body.push_str("]}");
    ("batch_events", body)
}

fn write_event(job: Job, body: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(body, r#"{{"name":"bench","channel":"{}","data":""#, public_channel(job.channel));
    match job.data {
        DataKind::Filler => stamp::write(job.kind, job.due, job.payload, body),
        DataKind::Laravel => laravel_data::write(job.kind, job.due, job.payload, body),
    }
    body.push_str(r#""}"#);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_json() {
        let job =
            Job { kind: Kind::Event, due: 5, channel: 3, events: 1, payload: 20, data: DataKind::Filler, close: false };
        let (endpoint, one) = body(job);
        assert_eq!(
            (endpoint, one.as_str()),
            ("events", r#"{"name":"bench","channel":"bench-3","data":"@e0000000000000005xx"}"#)
        );
        let (endpoint, two) = body(Job { events: 2, ..job });
        assert_eq!((endpoint, two), ("batch_events", format!(r#"{{"batch":[{one},{one}]}}"#)));
    }
}
