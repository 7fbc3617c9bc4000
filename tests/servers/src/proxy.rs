//! A TCP proxy that fails on demand.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

/// Forwards connections to a port of the loopback. On drop it closes them.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    wire: Arc<Wire>,
}

#[derive(Debug)]
struct Wire {
    target: u16,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    mode: Mode,
    /// Both ends of every connection, including closed ones.
    streams: Vec<TcpStream>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Carry,
    Delay(Duration),
    Hold,
    Refuse,
    RefuseUntil(Instant),
    End,
}

impl Mode {
    /// True if connections are closed in this mode.
    fn refuses(self) -> bool {
        match self {
            Self::Refuse | Self::End => true,
            Self::RefuseUntil(end) => Instant::now() < end,
            Self::Carry | Self::Delay(_) | Self::Hold => false,
        }
    }
}

impl Proxy {
    /// Starts a proxy for the server that listens on `target`.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn start(target: u16) -> Self {
        let open = || {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let port = listener.local_addr()?.port();
            Ok::<_, io::Error>((listener, port))
        };
        let (listener, port) = open().unwrap_or_else(|error| panic!("listening: {error}"));
        let state = Mutex::new(State { mode: Mode::Carry, streams: Vec::new() });
        let wire = Arc::new(Wire { target, state, changed: Condvar::new() });
        let carrier = Arc::clone(&wire);
        thread::spawn(move || listener.incoming().map_while(Result::ok).all(|client| carrier.accept(client)));
        Self { port, wire }
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Closes all connections, and each new one until [`Self::mend`].
    pub fn cut(&self) {
        self.wire.turn(Mode::Refuse);
    }

    /// Closes all connections, and each new one for this time.
    pub fn cut_for(&self, time: Duration) {
        self.wire.turn(Mode::RefuseUntil(Instant::now() + time));
    }

    /// Closes all connections. New ones are forwarded.
    pub fn hiccup(&self) {
        self.cut();
        self.mend();
    }

    /// Forwards no bytes until [`Self::mend`], and leaves every connection open.
    pub fn freeze(&self) {
        self.wire.turn(Mode::Hold);
    }

    /// Delays all bytes by this time, in each direction.
    pub fn slow(&self, delay: Duration) {
        self.wire.turn(Mode::Delay(delay));
    }

    /// Forwards bytes and connections again, starting with the bytes that it has held back.
    pub fn mend(&self) {
        self.wire.turn(Mode::Carry);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.wire.turn(Mode::End);
        // The thread of the listener waits for a connection, and ends with this one. It fails only if the thread has
        // ended.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Wire {
    fn turn(&self, mode: Mode) {
        let mut state = self.state.lock();
        state.mode = mode;
        if mode.refuses() {
            for stream in state.streams.drain(..) {
                // It fails if the stream is closed already.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        self.changed.notify_all();
    }

    /// Forwards a connection, or closes it while connections are refused. False at the end.
    fn accept(self: &Arc<Self>, client: TcpStream) -> bool {
        let mut state = self.state.lock();
        if state.mode.refuses() {
            return state.mode != Mode::End;
        }
        // If the server does not listen, the client is closed as well.
        let Ok([server, client_too, server_too]) = self.ends(&client) else { return true };
        for (from, to) in [(client, server), (server_too, client_too)] {
            state.streams.extend(from.try_clone());
            let wire = Arc::clone(self);
            thread::spawn(move || wire.carry(from, to));
        }
        true
    }

    fn ends(&self, client: &TcpStream) -> io::Result<[TcpStream; 3]> {
        let server = TcpStream::connect(("127.0.0.1", self.target))?;
        for stream in [client, &server] {
            stream.set_nodelay(true)?;
        }
        let server_too = server.try_clone()?;
        Ok([server, client.try_clone()?, server_too])
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(size @ 1..) = from.read(&mut bytes) {
            self.wait();
            if to.write_all(&bytes[..size]).is_err() {
                break;
            }
        }
        // Ends the other direction too.
        let _ = to.shutdown(Shutdown::Both);
    }

    /// Waits as long as bytes are held back or delayed.
    fn wait(&self) {
        let mut state = self.state.lock();
        if let Mode::Delay(delay) = state.mode {
            self.changed.wait_for(&mut state, delay);
        }
        self.changed.wait_while(&mut state, |state| state.mode == Mode::Hold);
    }
}
