//! Opens TCP connections.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use mio::{Interest, Registry, Token, net::TcpStream};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::BenchError;

pub(super) const READ_WRITE: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// Opens connections to the target from several loopback addresses in turn. One address has only about 28,000 ports,
/// and a port is blocked for a minute after the client closes its connection.
#[derive(Debug)]
pub(super) struct Dialer {
    registry: Registry,
    target: SocketAddr,
    /// The number of source addresses; 0 if the system chooses the address.
    addresses: u8,
    next: u8,
}

impl Dialer {
    /// `sources` is the number of loopback addresses to connect from.
    pub(super) fn new(target: SocketAddr, sources: u8, registry: &Registry) -> io::Result<Self> {
        let is_bindable = target.is_ipv4() && target.ip().is_loopback();
        let addresses = if is_bindable { sources } else { 0 };
        Ok(Self { registry: registry.try_clone()?, target, addresses, next: 0 })
    }

    /// Starts a connection. The stream becomes writable when it is connected or has failed. `receive_buffer` is in
    /// bytes.
    pub(super) fn dial(&mut self, token: usize, receive_buffer: Option<usize>) -> Result<TcpStream, BenchError> {
        let mut stream = self.connect(receive_buffer).map_err(not_connected(self.target))?;
        self.registry
            .register(&mut stream, Token(token), READ_WRITE)
            .map_err(BenchError::io("registering a connection"))?;
        Ok(stream)
    }

    /// Changes the events that the poller reports for a stream.
    pub(super) fn watch(&self, stream: &mut TcpStream, token: usize, interest: Interest) -> Result<(), BenchError> {
        self.registry.reregister(stream, Token(token), interest).map_err(BenchError::io("registering a connection"))
    }

    fn connect(&mut self, receive_buffer: Option<usize>) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(self.target), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        if let Some(size) = receive_buffer {
            socket.set_recv_buffer_size(size)?;
        }
        if self.addresses > 0 {
            let address = Ipv4Addr::new(127, 0, 0, 1 + self.next);
            self.next = (self.next + 1) % self.addresses;
            socket.bind(&SocketAddr::from((address, 0)).into())?;
        }
        match socket.connect(&self.target.into()) {
            Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
            _ => Ok(TcpStream::from_std(socket.into())),
        }
    }
}

/// True if a stream of a [`Dialer`] is connected.
///
/// # Errors
/// When the connection has failed.
pub(super) fn is_connected(stream: &TcpStream, address: SocketAddr) -> Result<bool, BenchError> {
    let answer = match stream.take_error() {
        Ok(None) => stream.peer_addr(),
        Ok(Some(error)) | Err(error) => Err(error),
    };
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(not_connected(address)(error)),
    }
}

fn not_connected(address: SocketAddr) -> impl FnOnce(io::Error) -> BenchError {
    BenchError::io(format!("no connection to {address}, the server of --host, --port or --url"))
}
