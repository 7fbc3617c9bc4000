//! The bare server and its event loop.

use std::{
    collections::HashMap,
    io::{self, Read as _, Write as _},
    net::SocketAddr,
    os::fd::AsRawFd as _,
    rc::Rc,
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
    unix::SourceFd,
};

use slab::Slab;

use super::message::{self, ClientRequest};
use crate::{
    BenchError, file_limit,
    net::{frame, http::Head},
};

/// The size of the read buffer, in bytes.
const SCRATCH: usize = 64 * 1024;

const LISTENER: Token = Token(usize::MAX - 1);
const PARENT: Token = Token(usize::MAX - 2);

/// Listens on a free port, prints the address, and serves until its standard input ends.
///
/// # Errors
/// When a system call fails that does not concern a single connection.
pub(crate) fn serve() -> Result<(), BenchError> {
    file_limit::raise_to(0)?;
    let action = "serving as the bare server";
    let mut server = Server::bind().map_err(BenchError::io(action))?;
    server.end_with_input().map_err(BenchError::io(action))?;
    println!("{}", server.address().map_err(BenchError::io(action))?);
    server.run().map_err(BenchError::io(action))
}

/// A connection: of a client after its handshake, and of a backend before any.
#[derive(Debug)]
struct Peer {
    stream: TcpStream,
    is_client: bool,
    /// The channel, and the index of this connection in the channel's list.
    seat: Option<(Rc<str>, usize)>,
    /// The received bytes of an incomplete request or frame.
    carry: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Server {
    poll: Poll,
    listener: TcpListener,
    peers: Slab<Peer>,
    channels: HashMap<Rc<str>, Vec<usize>>,
    greeting: Vec<u8>,
}

/// The peer has ended, is broken, or is too slow. It is dropped.
struct Gone;

impl Server {
    pub(super) fn bind() -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self { poll, listener, peers: Slab::new(), channels: HashMap::new(), greeting: message::greeting() })
    }

    /// Ends the server when its parent ends. Standard input is a pipe from the parent.
    fn end_with_input(&self) -> io::Result<()> {
        self.poll.registry().register(&mut SourceFd(&io::stdin().as_raw_fd()), PARENT, Interest::READABLE)
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    pub(super) fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut scratch = vec![0; SCRATCH];
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            for event in &events {
                match event.token() {
                    PARENT => return Ok(()),
                    LISTENER => self.accept()?,
                    Token(slot) => {
                        if self.read(slot, &mut scratch, event.is_read_closed()).is_err() {
                            self.remove(slot);
                        }
                    }
                }
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let slot = self.peers.vacant_entry();
            self.poll.registry().register(&mut stream, Token(slot.key()), Interest::READABLE)?;
            slot.insert(Peer { stream, is_client: false, seat: None, carry: Vec::new() });
        }
    }

    fn remove(&mut self, slot: usize) {
        let Some(peer) = self.peers.try_remove(slot) else { return };
        let Some((channel, place)) = peer.seat else { return };
        let Some(listeners) = self.channels.get_mut(&channel) else { return };
        listeners.swap_remove(place);
        // `swap_remove` has moved the last connection to this place.
        let moved = listeners.get(place).and_then(|&other| self.peers.get_mut(other));
        if let Some((_, seat)) = moved.and_then(|other| other.seat.as_mut()) {
            *seat = place;
        }
    }

    fn read(&mut self, slot: usize, scratch: &mut [u8], has_ended: bool) -> Result<(), Gone> {
        loop {
            let Some(peer) = self.peers.get_mut(slot) else { return Ok(()) };
            let size = match peer.stream.read(scratch) {
                Ok(0) => return Err(Gone),
                Ok(size) => size,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(Gone),
            };
            let carried = std::mem::take(&mut peer.carry);
            if carried.is_empty() {
                self.take(slot, &scratch[..size])?;
            } else {
                self.take(slot, &[&carried, &scratch[..size]].concat())?;
            }
            if size < scratch.len() && !has_ended {
                return Ok(());
            }
        }
    }

    fn take(&mut self, slot: usize, mut input: &[u8]) -> Result<(), Gone> {
        let Some(peer) = self.peers.get_mut(slot) else { return Ok(()) };
        if !peer.is_client && !input.starts_with(b"GET ") {
            return self.answer(slot, input);
        }
        if !peer.is_client {
            peer.is_client = true;
            return send(&mut peer.stream, &self.greeting);
        }
        while let Some(frame) = frame::take(&mut input).map_err(|_| Gone)? {
            match frame.opcode {
                frame::TEXT => self.hear(slot, frame.payload)?,
                frame::CLOSE => {
                    self.send(slot, &message::goodbye())?;
                    return Err(Gone);
                }
                _ => {}
            }
        }
        if let Some(peer) = self.peers.get_mut(slot) {
            peer.carry = input.to_vec();
        }
        Ok(())
    }

    /// Handles a trigger. The answer is written before the events, because a server may answer once the order of events
    /// is fixed.
    fn answer(&mut self, slot: usize, input: &[u8]) -> Result<(), Gone> {
        let head = Head::parse(input).map_err(|_| Gone)?;
        let Some(head) = head.filter(|head| head.is_complete(input, false)) else {
            if let Some(peer) = self.peers.get_mut(slot) {
                peer.carry = input.to_vec();
            }
            return Ok(());
        };
        self.send(slot, if head.closes { message::OK_CLOSE } else { message::OK })?;
        for (channel, data) in message::events(&input[head.size..]) {
            if self.channels.get(channel).is_some_and(|listeners| !listeners.is_empty()) {
                self.spread(channel, &message::event(channel, data), None);
            }
        }
        if head.closes { Err(Gone) } else { Ok(()) }
    }

    fn hear(&mut self, slot: usize, payload: &[u8]) -> Result<(), Gone> {
        match message::client_request(payload) {
            ClientRequest::Subscribe { channel } => {
                self.seat(slot, channel);
                self.send(slot, &message::subscribed(channel))
            }
            ClientRequest::Whisper { channel } => {
                self.spread(channel, &frame::from_server(frame::TEXT, payload), Some(slot));
                Ok(())
            }
            ClientRequest::Other => Ok(()),
        }
    }

    fn seat(&mut self, slot: usize, channel: &str) {
        let name = self.channels.get_key_value(channel).map_or_else(|| channel.into(), |(name, _)| Rc::clone(name));
        let listeners = self.channels.entry(Rc::clone(&name)).or_default();
        if let Some(peer) = self.peers.get_mut(slot) {
            peer.seat = Some((name, listeners.len()));
            listeners.push(slot);
        }
    }

    /// Sends an event to all subscribers of a channel, with one `send` for each.
    fn spread(&mut self, channel: &str, bytes: &[u8], except: Option<usize>) {
        let mut gone = Vec::new();
        for &listener in self.channels.get(channel).into_iter().flatten() {
            if Some(listener) != except
                && let Some(peer) = self.peers.get_mut(listener)
                && send(&mut peer.stream, bytes).is_err()
            {
                gone.push(listener);
            }
        }
        for listener in gone {
            self.remove(listener);
        }
    }

    fn send(&mut self, slot: usize, bytes: &[u8]) -> Result<(), Gone> {
        self.peers.get_mut(slot).map_or(Err(Gone), |peer| send(&mut peer.stream, bytes))
    }
}

fn send(stream: &mut TcpStream, bytes: &[u8]) -> Result<(), Gone> {
    match stream.write(bytes) {
        Ok(written) if written == bytes.len() => Ok(()),
        _ => Err(Gone),
    }
}
