//! A connection to a server, with TLS or without.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustls::{ClientConnection, StreamOwned};

use crate::{PATIENCE, endpoint::Endpoint, tls::TlsClient};

/// The time for one address to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The number of addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// A TCP connection with a deadline for all reads and writes together. A limit for each single read would never end the
/// connection: a peer may send one byte a second.
pub struct TimedStream {
    tcp: TcpStream,
    until: Instant,
}

impl TimedStream {
    /// A connection that fails once `time` is over.
    #[must_use]
    pub fn new(tcp: TcpStream, time: Duration) -> Self {
        Self { tcp, until: Instant::now() + time }
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for TimedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(self.left()?)?;
        self.tcp.read(buffer)
    }
}

impl Write for TimedStream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(self.left()?)?;
        self.tcp.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// A connection to a server.
pub enum Stream {
    /// Without TLS.
    Plain(TimedStream),
    /// With TLS.
    Tls(Box<StreamOwned<ClientConnection, TimedStream>>),
}

impl Stream {
    /// Connects to a server, with TLS if the endpoint has it. The deadline is [`PATIENCE`] from the start of the TCP
    /// connection on, for the TLS handshake and all that follows; [`give`](Self::give) sets another.
    ///
    /// # Errors
    /// When the name does not resolve, no address accepts the connection, or TLS fails.
    pub fn open(endpoint: &Endpoint) -> io::Result<Self> {
        let tcp = TimedStream::new(dial(&resolve(&endpoint.host, endpoint.port)?)?, PATIENCE);
        if !endpoint.tls {
            return Ok(Self::Plain(tcp));
        }
        let tls = TlsClient::new().map_err(io::Error::other)?;
        Ok(Self::Tls(Box::new(tls.handshake(tcp, &endpoint.host)?)))
    }

    /// Sets the deadline to `time` from now.
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
/// When the name does not resolve within [`PATIENCE`].
pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    // The system's resolver has no time limit, so a thread asks it. The thread is left behind when the time is over.
    let (sender, receiver) = mpsc::channel();
    let target = (host.to_owned(), port);
    thread::spawn(move || {
        let found = target.to_socket_addrs().map(|addresses| addresses.take(MAX_ADDRESSES).collect());
        // The receiver is gone when the time is over.
        let _ = sender.send(found);
    });
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Connects to the first address that accepts.
///
/// # Errors
/// The error of the last address, when none accepts within five seconds.
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
