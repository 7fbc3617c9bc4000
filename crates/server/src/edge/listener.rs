//! Sockets that accept connections.

use std::io;

use clairon_certificates::ChallengeKind;
use clairon_stream::RawStream;
use socket2::SockRef;
use tokio::net::{TcpListener, UnixListener};

use super::PeerAddress;
use crate::settings::Settings;

/// A listening socket, and what its connections send before HTTP.
#[derive(Debug)]
pub struct Listener {
    socket: ListeningSocket,
    opening: OpeningProtocol,
}

/// A listening socket of the operating system.
#[derive(Debug)]
pub enum ListeningSocket {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

/// What the connections of a listener send before HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpeningProtocol {
    /// TLS, after the PROXY header if there is one.
    pub tls: bool,
    /// A PROXY header, in which a load balancer states the address of the client. A connection without one is closed.
    pub proxy_header: bool,
}

impl Listener {
    /// A listener for connections that start with these protocols.
    #[must_use]
    pub const fn new(socket: ListeningSocket, opening: OpeningProtocol) -> Self {
        Self { socket, opening }
    }

    /// True if its connections use TLS.
    #[must_use]
    pub const fn speaks_tls(&self) -> bool {
        self.opening.tls
    }

    /// The challenge of an ACME authority that it can answer.
    pub(crate) const fn challenge_kind(&self) -> ChallengeKind {
        if self.speaks_tls() { ChallengeKind::TlsAlpn } else { ChallengeKind::Http }
    }

    pub(crate) const fn opening(&self) -> OpeningProtocol {
        self.opening
    }

    /// Sets socket options that every accepted TCP connection inherits: small frames are not delayed, and the kernel
    /// gives up a peer that neither reads nor acknowledges. The sweep comes before the kernel, as it says why.
    ///
    /// # Errors
    /// The system does not support an option.
    pub(crate) fn prepare(&self, settings: &Settings) -> io::Result<()> {
        let ListeningSocket::Tcp(listener) = &self.socket else { return Ok(()) };
        let socket = SockRef::from(listener);
        socket.set_tcp_nodelay(true)?;
        socket.set_tcp_user_timeout(Some(settings.write_timeout * 3 / 2))
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// The system cannot accept a connection now, or the connection was lost before it was accepted.
    pub(crate) async fn accept(&self) -> io::Result<(RawStream, PeerAddress)> {
        Ok(match &self.socket {
            ListeningSocket::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                (stream.into(), PeerAddress::of_socket(address))
            }
            ListeningSocket::Unix(listener) => (listener.accept().await?.0.into(), PeerAddress::default()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_connection_inherits_the_options_of_its_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = SockRef::from(&listener);
        socket.set_tcp_nodelay(true).unwrap();
        socket.set_tcp_user_timeout(Some(Duration::from_secs(7))).unwrap();
        let (_client, accepted) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (stream, _) = accepted.unwrap();
        assert!(stream.nodelay().unwrap());
        assert_eq!(SockRef::from(&stream).tcp_user_timeout().unwrap(), Some(Duration::from_secs(7)));
    }
}
