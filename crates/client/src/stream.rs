//! A connection to a server, with TLS or without.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustls::{ClientConnection, StreamOwned};

use crate::{PATIENCE, endpoint::Endpoint, tls};

/// How long one address may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// More addresses of one name are not tried.
const MAX_ADDRESSES: usize = 8;

/// A connection whose reads and writes fail from a moment on. A time limit of each of them would be none for all
/// together: a peer may send a byte a second.
pub struct Timed {
    tcp: TcpStream,
    until: Instant,
}

impl Timed {
    /// A connection that may be used for so long.
    #[must_use]
    pub fn new(tcp: TcpStream, time: Duration) -> Self {
        Self { tcp, until: Instant::now() + time }
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(self.left()?)?;
        self.tcp.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(self.left()?)?;
        self.tcp.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// A connection.
pub enum Stream {
    /// Without TLS.
    Plain(Timed),
    /// With TLS.
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

impl Stream {
    /// Connects to a server, with TLS where the endpoint says so. Both have [`PATIENCE`], and so has what comes next
    /// unless it is [given](Self::give) more time.
    ///
    /// # Errors
    /// When its name does not resolve, nothing answers there, or TLS fails.
    pub fn open(endpoint: &Endpoint) -> io::Result<Self> {
        let tcp = Timed::new(dial(&resolve(&endpoint.host, endpoint.port)?)?, PATIENCE);
        if !endpoint.tls {
            return Ok(Self::Plain(tcp));
        }
        let tls = tls::Client::new().map_err(io::Error::other)?;
        Ok(Self::Tls(Box::new(tls.handshake(tcp, &endpoint.host)?)))
    }

    /// Lets it be used for so long from now on.
    pub fn give(&mut self, time: Duration) {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_mut(),
        };
        tcp.until = Instant::now() + time;
    }
}

/// The addresses of a host.
///
/// # Errors
/// When the name does not resolve, or not in time.
pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    // The system's resolver has no time limit that could be set here, hence a thread that may be left behind.
    let (sender, receiver) = mpsc::channel();
    let target = (host.to_owned(), port);
    thread::spawn(move || {
        let found = target.to_socket_addrs().map(|addresses| addresses.take(MAX_ADDRESSES).collect());
        // Nobody listens any more once the time is over.
        let _ = sender.send(found);
    });
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Connects to the first address that answers.
///
/// # Errors
/// That of the last address.
pub fn dial(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect_timeout(address, CONNECT_TIMEOUT) {
            Ok(tcp) => {
                tcp.set_nodelay(true)?;
                return Ok(tcp);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(buffer),
            Self::Tls(tls) => tls.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}
