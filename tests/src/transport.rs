//! The socket of a client.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use clairon_test_servers::DEADLINE;
use clairon_tls::{Authorities, provider};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned};

/// A connected socket.
#[derive(Debug)]
pub enum Transport {
    /// TCP.
    Tcp(TcpStream),
    /// A Unix socket.
    Unix(UnixStream),
    /// TLS over TCP.
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// The authorities that a TLS client trusts, and the host name that it requests.
#[derive(Clone, Debug)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    name: String,
}

impl TlsClient {
    /// Trusts the authorities of a PEM file, and requests a host name.
    ///
    /// # Panics
    /// When the file is unusable.
    #[must_use]
    pub fn new(authorities: &str, name: &str) -> Self {
        let pem = fs::read(authorities).unwrap_or_else(|error| panic!("{authorities}: {error}"));
        let authorities = Authorities::from_pem(pem).unwrap_or_else(|error| panic!("{authorities}: {error}"));
        let mut roots = RootCertStore::empty();
        authorities.add_to(&mut roots);
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap_or_else(|error| panic!("{error}"))
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { config: Arc::new(config), name: name.to_owned() }
    }

    /// The same with these protocols in the handshake (ALPN).
    #[must_use]
    pub fn alpn(mut self, protocols: &[&str]) -> Self {
        Arc::make_mut(&mut self.config).alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
        self
    }

    /// Connects, and makes the handshake.
    ///
    /// # Errors
    /// When the connection or the handshake fails.
    pub fn connect(&self, address: impl ToSocketAddrs) -> io::Result<Transport> {
        self.handshake(TcpStream::connect(address)?)
    }

    /// Makes the handshake over a connection.
    ///
    /// # Errors
    /// When it fails.
    pub fn handshake(&self, stream: TcpStream) -> io::Result<Transport> {
        let Transport::Tcp(mut stream) = Transport::tcp(stream)? else { unreachable!("TCP is TCP") };
        let name = ServerName::try_from(self.name.clone()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(self.config.clone(), name).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(Transport::Tls(Box::new(StreamOwned::new(connection, stream))))
    }
}

impl Transport {
    /// TCP, with deadlines.
    ///
    /// # Errors
    /// When the socket is broken.
    pub fn tcp(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        Ok(Self::Tcp(stream))
    }

    /// The certificates that the server has sent; none without TLS.
    #[must_use]
    pub fn certificates(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Tls(stream) => stream
                .conn
                .peer_certificates()
                .unwrap_or_default()
                .iter()
                .map(|certificate| certificate.to_vec())
                .collect(),
            _ => Vec::new(),
        }
    }

    /// True if the handshake resumed an earlier session.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.conn.handshake_kind() == Some(HandshakeKind::Resumed))
    }

    /// A Unix socket, with deadlines.
    ///
    /// # Errors
    /// When the socket is broken.
    pub fn unix(stream: UnixStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        Ok(Self::Unix(stream))
    }
}

/// The certificate in a PEM file, in the form in which a client gets it.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn certificate_in(file: &str) -> Vec<u8> {
    CertificateDer::from_pem_file(file).unwrap_or_else(|error| panic!("{file}: {error}")).to_vec()
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.flush(),
            Self::Unix(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
