//! A TCP proxy that fails when it is told to.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::nodes::Engine;
use crate::redis::Redis;

/// Carries connections to a port of the loopback. It ends when it is dropped, and so do they.
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
    /// Both ends of every connection, those that are gone too.
    streams: Vec<TcpStream>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Carry,
    Delay(Duration),
    Hold,
    Refuse,
    End,
}

impl Proxy {
    /// Starts one.
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

    /// Closes all connections, and from now on each new one at once.
    pub fn cut(&self) {
        self.wire.turn(Mode::Refuse);
    }

    /// Closes all connections; new ones are carried.
    pub fn hiccup(&self) {
        self.cut();
        self.mend();
    }

    /// Keeps all bytes to itself, and every connection open.
    pub fn freeze(&self) {
        self.wire.turn(Mode::Hold);
    }

    /// Carries bytes only after they have waited so long, piece by piece, each way.
    pub fn slow(&self, delay: Duration) {
        self.wire.turn(Mode::Delay(delay));
    }

    /// Carries bytes and new connections as they come, those that were held first.
    pub fn mend(&self) {
        self.wire.turn(Mode::Carry);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.wire.turn(Mode::End);
        // The listener's thread waits for a connection; this one it does not carry. None is possible only without it.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Wire {
    fn turn(&self, mode: Mode) {
        let mut state = self.state.lock();
        state.mode = mode;
        if matches!(mode, Mode::Refuse | Mode::End) {
            for stream in state.streams.drain(..) {
                // It fails for what is closed already.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        self.changed.notify_all();
    }

    /// Carries a connection, unless they are refused. False at the end.
    fn accept(self: &Arc<Self>, client: TcpStream) -> bool {
        let mut state = self.state.lock();
        if matches!(state.mode, Mode::Refuse | Mode::End) {
            return state.mode != Mode::End;
        }
        // Where nobody listens, the client is closed as well.
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
        // The other direction ends too, if it has not yet.
        let _ = to.shutdown(Shutdown::Both);
    }

    /// Waits as long as bytes are held or delayed.
    fn wait(&self) {
        let mut state = self.state.lock();
        if let Mode::Delay(delay) = state.mode {
            self.changed.wait_for(&mut state, delay);
        }
        self.changed.wait_while(&mut state, |state| state.mode == Mode::Hold);
    }
}

/// A Redis that each node reaches through a proxy of its own.
#[derive(Debug)]
pub struct Proxied {
    /// What is behind the proxies.
    pub redis: Redis,
    /// One for each node.
    pub proxies: Vec<Proxy>,
}

impl Proxied {
    /// Starts a Redis and its proxies.
    #[must_use]
    pub fn start(nodes: usize) -> Self {
        let redis = Redis::start();
        let proxies = (0..nodes).map(|_| Proxy::start(redis.port())).collect();
        Self { redis, proxies }
    }
}

impl Engine for Proxied {
    fn url(&self, node: usize) -> String {
        format!("redis://127.0.0.1:{}", self.proxies[node].port())
    }
}
