//! Both ends of a connection.

use std::{
    future::poll_fn,
    io,
    net::{SocketAddr, TcpStream as ClientSocket},
    sync::Arc,
    thread::{self, JoinHandle},
};

use bytes::Bytes;
use clairon_stream::{RawStream, Stream};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned, SupportedProtocolVersion,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
};
use tokio::net::{TcpListener, TcpSocket};

/// The client's end of a TLS connection.
pub(crate) type TlsClient = StreamOwned<ClientConnection, ClientSocket>;

/// The TLS configurations of both ends.
pub(crate) struct Ends {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) client: Arc<ClientConfig>,
}

impl Ends {
    /// Configurations for these versions of TLS. `client` changes that of the client.
    pub(crate) fn new(versions: &[&'static SupportedProtocolVersion], client: impl FnOnce(&mut ClientConfig)) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = clairon_tls::provider();
        let server = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
        let server = server.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        client(&mut config);
        Self { server: Arc::new(server), client: Arc::new(config) }
    }

    pub(crate) fn connection(&self) -> ClientConnection {
        ClientConnection::new(self.client.clone(), ServerName::try_from("localhost").unwrap()).unwrap()
    }

    /// Connects a client, which runs in its own thread, and makes the server's handshake.
    pub(crate) async fn connect<T: Send + 'static>(
        &self,
        client: impl FnOnce(TlsClient) -> T + Send + 'static,
    ) -> (io::Result<(Stream, Bytes)>, JoinHandle<T>) {
        let connection = self.connection();
        let (raw, client) = raw(move |socket| client(StreamOwned::new(connection, socket))).await;
        (Stream::accept_tls(raw, self.server.clone(), &[]).await, client)
    }
}

/// Connects a client, which runs in its own thread. The server's send buffer has the smallest possible size.
pub(crate) async fn raw<T: Send + 'static>(
    client: impl FnOnce(ClientSocket) -> T + Send + 'static,
) -> (RawStream, JoinHandle<T>) {
    let (listener, address) = listener();
    let client = thread::spawn(move || client(ClientSocket::connect(address).unwrap()));
    let (socket, _) = listener.accept().await.unwrap();
    (socket.into(), client)
}

fn listener() -> (TcpListener, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(1).unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The next bytes; empty at the end of the stream.
pub(crate) async fn receive(stream: &mut Stream) -> io::Result<Vec<u8>> {
    poll_fn(|cx| stream.poll_receive(cx, usize::MAX, <[u8]>::to_vec)).await
}

/// Reads exactly `count` bytes.
pub(crate) async fn receive_exactly(stream: &mut Stream, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < count {
        let part = receive(stream).await.unwrap();
        assert!(!part.is_empty(), "the stream has ended after {} of {count} bytes", bytes.len());
        bytes.extend(part);
    }
    assert_eq!(bytes.len(), count);
    bytes
}

/// Writes all frames.
pub(crate) async fn write(stream: &mut Stream, frames: impl IntoIterator<Item = Bytes>) -> io::Result<()> {
    let mut frames = frames.into_iter().collect();
    poll_fn(|cx| stream.poll_write_frames(cx, &mut frames)).await
}
