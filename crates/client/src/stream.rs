//! A connection to a server, with TLS or without.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustls::{ClientConnection, StreamOwned};

use crate::{PATIENCE, endpoint::Endpoint, tls};

/// How long one address may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// More addresses of one name are not tried.
const MAX_ADDRESSES: usize = 8;

/// A connection.
pub enum Stream {
    /// Without TLS.
    Plain(TcpStream),
    /// With TLS.
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// Connects to a server, with TLS where the endpoint says so.
    ///
    /// # Errors
    /// When its name does not resolve, nothing answers there, or TLS fails.
    pub fn open(endpoint: &Endpoint) -> io::Result<Self> {
        let tcp = dial(&resolve(&endpoint.host, endpoint.port)?)?;
        if !endpoint.tls {
            return Ok(Self::Plain(tcp));
        }
        let tls = tls::Client::new().map_err(io::Error::other)?;
        Ok(Self::Tls(Box::new(tls.handshake(tcp, &endpoint.host)?)))
    }

    /// How long a read may wait from now on.
    ///
    /// # Errors
    /// When the system refuses, or the time is zero.
    pub fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref(),
        };
        tcp.set_read_timeout(Some(timeout))
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
                tcp.set_read_timeout(Some(PATIENCE))?;
                tcp.set_write_timeout(Some(PATIENCE))?;
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
