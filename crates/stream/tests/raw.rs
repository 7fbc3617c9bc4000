//! Reads of sockets without TLS: when they wait, and what they notice of the end.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream as ClientSocket},
    os::unix::net::UnixStream as UnixClient,
    pin::pin,
    task::{Context, Poll, Waker},
};

use clairon_stream::RawStream;
use socket2::SockRef;
use tokio::net::{TcpStream, UnixStream};

/// The end of a client, whose writes and half closes are done before they return.
enum Client {
    Tcp(ClientSocket),
    Unix(UnixClient),
}

impl Client {
    fn write(&self, bytes: &[u8]) {
        let written = match self {
            Self::Tcp(stream) => (&*stream).write(bytes),
            Self::Unix(stream) => (&*stream).write(bytes),
        };
        assert_eq!(written.unwrap(), bytes.len());
    }

    fn end_writing(&self) {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write).unwrap(),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write).unwrap(),
        }
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => (&*stream).read(buffer),
            Self::Unix(stream) => (&*stream).read(buffer),
        }
    }
}

fn tcp() -> (Client, RawStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let client = ClientSocket::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    server.set_nonblocking(true).unwrap();
    (Client::Tcp(client), TcpStream::from_std(server).unwrap().into())
}

fn unix() -> (Client, RawStream) {
    let (client, server) = UnixClient::pair().unwrap();
    server.set_nonblocking(true).unwrap();
    (Client::Unix(client), UnixStream::from_std(server).unwrap().into())
}

fn both() -> [(Client, RawStream); 2] {
    [tcp(), unix()]
}

/// The bytes of one read.
async fn read(raw: &RawStream) -> Vec<u8> {
    let mut buffer = [0; 64];
    let length = raw.read(&mut buffer).await.unwrap();
    buffer[..length].to_vec()
}

/// Polls a read once. The runtime has one thread, and asks the system for events only while the test awaits something.
/// So a read that is ready here was not announced by the system: it was tried on suspicion.
fn poll_read(raw: &RawStream, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
    pin!(raw.read(buffer)).poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn a_read_that_empties_the_socket_is_not_followed_by_another() {
    for (client, raw) in both() {
        client.write(b"one");
        assert_eq!(read(&raw).await, b"one");
        client.write(b"two");
        assert!(poll_read(&raw, &mut [0; 64]).is_pending());
        assert_eq!(read(&raw).await, b"two");
    }
}

#[tokio::test]
async fn a_read_that_fills_its_buffer_is_followed_by_another() {
    for (client, raw) in both() {
        client.write(b"onetwo");
        let mut buffer = [0; 3];
        assert_eq!((raw.read(&mut buffer).await.unwrap(), &buffer), (3, b"one"));
        assert!(matches!(poll_read(&raw, &mut buffer), Poll::Ready(Ok(3))));
        assert_eq!(&buffer, b"two");
        // The buffer was filled exactly, so only another read shows that the socket is empty.
        assert!(poll_read(&raw, &mut buffer).is_pending());
        client.write(b"end");
        assert_eq!(read(&raw).await, b"end");
    }
}

#[tokio::test]
async fn the_end_is_noticed_whenever_it_comes() {
    for (client, raw) in both() {
        // Together with the last bytes. The system announces both at once, and not again.
        client.write(b"last");
        client.end_writing();
        assert_eq!((read(&raw).await, read(&raw).await), (b"last".to_vec(), Vec::new()));
        // The client has ended one direction, and gets what is written in the other.
        assert_eq!(raw.try_write(b"answer").unwrap(), 6);
        let mut buffer = [0; 64];
        assert_eq!(client.read(&mut buffer).unwrap(), 6);
    }
    for (client, raw) in both() {
        // After a read that has emptied the socket, and before the system is asked for events.
        client.write(b"last");
        assert_eq!(read(&raw).await, b"last");
        client.end_writing();
        assert_eq!(read(&raw).await, b"");
    }
    for (client, raw) in both() {
        // Together with bytes that fill the buffer.
        client.write(b"last");
        client.end_writing();
        let mut buffer = [0; 4];
        assert_eq!(raw.read(&mut buffer).await.unwrap(), 4);
        assert_eq!(read(&raw).await, b"");
    }
}

/// A read ends before urgent data, so it may be short although more bytes wait. They are read with the next ones.
#[tokio::test]
async fn urgent_data_loses_no_bytes() {
    let (client, raw) = tcp();
    let Client::Tcp(socket) = &client else { unreachable!("it is TCP") };
    client.write(b"before");
    SockRef::from(socket).send_out_of_band(b"!").unwrap();
    client.write(b"after");
    assert_eq!(read(&raw).await, b"before");
    client.write(b" and more");
    let mut rest = read(&raw).await;
    while rest.len() < b"after and more".len() {
        rest.extend(read(&raw).await);
    }
    assert_eq!(rest, b"after and more");
    // The end is noticed behind urgent data too.
    client.write(b"last");
    SockRef::from(socket).send_out_of_band(b"!").unwrap();
    client.write(b"bytes");
    client.end_writing();
    let mut rest = read(&raw).await;
    while rest.len() < b"lastbytes".len() {
        rest.extend(read(&raw).await);
    }
    assert_eq!((rest, read(&raw).await), (b"lastbytes".to_vec(), Vec::new()));
}
