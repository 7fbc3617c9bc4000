//! The socket over TCP, with an independent client at the other end.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{Read, Write},
    net::TcpStream as ClientStream,
    sync::mpsc,
    task::Poll,
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::Bytes;
use clairon_websocket::{ClientMessage, Close, CloseCode, DecodeError, Patience, ReadError, Socket, frame};
use socket2::SockRef;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::Instant,
};
use tungstenite::{WebSocket, protocol::Role};

use crate::client::{BINARY, CLOSE, CONTINUATION, FIN, Frame, RSV1, TEXT};

const LIMIT: usize = 1 << 20;
const MINUTE: Duration = Duration::from_mins(1);
const PATIENCE: Patience = Patience { write: MINUTE, answer: MINUTE };

/// A connected socket, and a client in its own thread. The server's send buffer is as small as possible.
async fn pair<T: Send + 'static>(
    unread: &'static [u8],
    client: impl FnOnce(ClientStream) -> T + Send + 'static,
) -> (Socket, JoinHandle<T>) {
    let (stream, client) = connect(1, client).await;
    (Socket::new(stream.into(), Bytes::from_static(unread)), client)
}

/// A stream with a send buffer of the given size in bytes, and a client in its own thread.
async fn connect<T: Send + 'static>(
    send_buffer: u32,
    client: impl FnOnce(ClientStream) -> T + Send + 'static,
) -> (TcpStream, JoinHandle<T>) {
    let listener = TcpSocket::new_v4().expect("a socket");
    listener.set_send_buffer_size(send_buffer).expect("a buffer");
    listener.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let listener = listener.listen(1).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let client = thread::spawn(move || client(ClientStream::connect(address).expect("a connection")));
    let (stream, _) = listener.accept().await.expect("a client");
    (stream, client)
}

fn websocket(stream: ClientStream) -> WebSocket<ClientStream> {
    WebSocket::from_raw_socket(stream, Role::Client, None)
}

async fn read(socket: &mut Socket) -> Result<ClientMessage, ReadError> {
    loop {
        if let Some(message) = poll_fn(|cx| socket.poll_read(cx, || LIMIT)).await?.message {
            return Ok(message);
        }
    }
}

fn text(payload: &str) -> Bytes {
    frame::text(payload.len(), |buffer| buffer.extend_from_slice(payload.as_bytes()))
}

#[test]
fn an_idle_socket_is_small() {
    // The two halves of the stream, the decoder, and the rest of a read.
    assert!(size_of::<Socket>() <= 5 * size_of::<usize>(), "{} bytes", size_of::<Socket>());
}

#[tokio::test]
async fn what_came_with_the_request_is_read_first() {
    let (mut socket, client) = pair(b"\x81\x82\0\0\0\0hi\x89\x80\0\0\0\0\x81\x84\0\0\0\0wo", |mut stream| {
        stream.write_all(b"rd\x81\x83\0\0\0\0!!!").expect("a write");
    })
    .await;
    assert_eq!(socket.waiting_messages(), 2);
    assert_eq!(read(&mut socket).await.expect("a message"), ClientMessage::Text("hi".to_owned()));
    assert_eq!(socket.waiting_messages(), 1);
    assert_eq!(read(&mut socket).await.expect("a message"), ClientMessage::Ping(vec![]));
    assert_eq!(socket.waiting_messages(), 0, "a part of a message is not counted");
    assert_eq!(read(&mut socket).await.expect("a message"), ClientMessage::Text("word".to_owned()));
    assert_eq!(read(&mut socket).await.expect("a message"), ClientMessage::Text("!!!".to_owned()));
    assert!(matches!(read(&mut socket).await, Err(ReadError::Eof)));
    client.join().expect("a client");
}

#[tokio::test]
async fn many_messages_both_ways() {
    let (go, wait) = mpsc::channel::<()>();
    let (mut socket, client) = pair(b"", move |stream| {
        let mut client = websocket(stream);
        for number in 0..2000 {
            client.send(number.to_string().into()).expect("a write");
        }
        // It reads nothing before the server has had to wait.
        wait.recv().expect("a test");
        for number in 0..2000 {
            let payload = client.read().expect("a message").into_text().expect("text");
            assert_eq!(payload.as_str(), format!("{number}:{}", "x".repeat(number)));
        }
    })
    .await;
    let mut batch = VecDeque::new();
    for number in 0..2000 {
        assert_eq!(read(&mut socket).await.expect("a message"), ClientMessage::Text(number.to_string()));
        batch.push_back(text(&format!("{number}:{}", "x".repeat(number))));
    }
    let mut waits = 0;
    poll_fn(|cx| {
        let poll = socket.poll_write(cx, &mut batch);
        if waits == 0 {
            go.send(()).expect("a client");
        }
        waits += usize::from(poll.is_pending());
        poll
    })
    .await
    .expect("a write");
    assert!(batch.is_empty());
    assert!(waits > 0, "the small buffer makes partial writes");
    client.join().expect("a client");
}

#[tokio::test]
async fn a_chatty_peer_yields_to_others() {
    let (mut socket, client) = pair(b"", |mut stream| {
        let frames = b"\x89\x80\0\0\0\0".repeat(5000);
        stream.write_all(&frames).expect("a write");
    })
    .await;
    client.join().expect("a client");
    let (mut messages, mut most) = (0, 0);
    let end = poll_fn(|cx| {
        let mut at_once = 0;
        loop {
            match socket.poll_read(cx, || LIMIT) {
                Poll::Ready(Ok(_)) => at_once += 1,
                Poll::Ready(Err(error)) => return Poll::Ready(error),
                Poll::Pending => break,
            }
        }
        messages += at_once;
        most = most.max(at_once);
        Poll::Pending
    })
    .await;
    assert!(matches!(end, ReadError::Eof));
    assert!(most < 500, "{most} messages without a pause");
    assert!(messages >= 4500, "{messages} messages");
}

#[tokio::test]
async fn the_peer_sees_all_frames_and_the_close() {
    let payload = "y".repeat(100_000);
    let expected = payload.clone();
    let (socket, client) = pair(b"", move |stream| {
        let mut client = websocket(stream);
        client.send("never read".into()).expect("a write");
        for _ in 0..20 {
            assert_eq!(client.read().expect("a message").into_text().expect("text").as_str(), expected);
        }
        let close = client.read().expect("a close frame");
        assert!(matches!(client.read(), Err(tungstenite::Error::ConnectionClosed)), "the stream ends without a reset");
        close
    })
    .await;
    let pending = std::iter::repeat_n(text(&payload), 20).collect();
    socket.close(frame::close(CloseCode(4200), "Restart"), pending, PATIENCE).await;
    let tungstenite::Message::Close(Some(close)) = client.join().expect("a client") else { panic!("a close frame") };
    assert_eq!((u16::from(close.code), close.reason.as_str()), (4200, "Restart"));
}

#[tokio::test]
async fn a_peer_that_breaks_the_protocol_learns_why() {
    let (mut socket, client) = pair(b"", |mut stream| {
        stream.write_all(&Frame::new(FIN | BINARY, vec![0; 12 << 20]).bytes()).expect("a write");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("no reset");
        answer
    })
    .await;
    let Err(ReadError::Decode(error)) = read(&mut socket).await else { panic!("an error") };
    assert_eq!(error, DecodeError::TooBig { size: 12 << 20, limit: LIMIT });
    let frame = frame::close(error.close_code(), "too big");
    socket.close(frame.clone(), VecDeque::new(), PATIENCE).await;
    assert_eq!(client.join().expect("a client"), frame);
}

/// A peer whose connection is being closed may still send compressed messages, in one frame or several. Here they
/// cannot be inflated, and the close frame after them is found nevertheless.
#[tokio::test]
async fn a_goodbye_inflates_nothing() {
    let (go, wait) = mpsc::channel::<()>();
    let (socket, client) = pair(b"", move |mut stream| {
        stream.read_exact(&mut [0; 4]).expect("a close frame");
        for frame in [
            Frame::new(FIN | RSV1 | TEXT, "no deflate"),
            Frame::new(RSV1 | TEXT, "nor "),
            Frame::new(FIN | CONTINUATION, "here"),
            Frame::new(FIN | CLOSE, CloseCode::NORMAL.0.to_be_bytes()),
        ] {
            stream.write_all(&frame.bytes()).expect("a write");
        }
        assert!(wait.recv().is_err(), "the server has gone");
        drop(stream);
    })
    .await;
    let closing = socket.with_deflate().close(frame::close(CloseCode::NORMAL, ""), VecDeque::new(), PATIENCE);
    tokio::time::timeout(MINUTE, closing).await.expect("the peer's answer");
    drop(go);
    client.join().expect("a client");
}

#[tokio::test]
async fn the_peer_closes_first() {
    let (mut socket, client) = pair(b"", |stream| {
        let mut client = websocket(stream);
        client.close(None).expect("a write");
        let answer = client.read().expect("an answer");
        assert!(matches!(client.read(), Err(tungstenite::Error::ConnectionClosed)));
        answer
    })
    .await;
    assert_eq!(read(&mut socket).await.expect("a message"), ClientMessage::Close(None::<Close>));
    socket.close(frame::close(CloseCode::NORMAL, ""), VecDeque::new(), PATIENCE).await;
    assert!(client.join().expect("a client").is_close());
}

#[tokio::test(start_paused = true)]
async fn patience_ends() {
    let (go, wait) = mpsc::channel::<()>();
    let (socket, client) = pair(b"", move |stream| {
        assert!(wait.recv().is_err(), "the server has gone");
        drop(stream);
    })
    .await;
    socket.close(frame::close(CloseCode::NORMAL, ""), VecDeque::new(), PATIENCE).await;
    drop(go);
    client.join().expect("a client");
}

/// Enlarging the send buffer has the same effect as a peer that reads: the kernel accepts more. The growth is too small
/// for the kernel to report the socket as writable, which needs room for half of the waiting data.
#[tokio::test(start_paused = true)]
async fn a_goodbye_lasts_as_long_as_something_is_taken() {
    let pending = text(&"z".repeat(10_000_000));
    let close = frame::close(CloseCode(4100), "slow");
    let expected = [&pending[..], &close[..]].concat();
    let (read, wait) = mpsc::channel::<()>();
    let mut received = vec![0; expected.len()];
    let (stream, client) = connect(130_000, move |mut stream| {
        wait.recv().expect("a test");
        stream.read_exact(&mut received).expect("all of it");
        received
    })
    .await;
    let buffer = SockRef::from(&stream).try_clone().expect("a second handle");
    let socket = Socket::new(stream.into(), Bytes::new());
    let closing = tokio::spawn(socket.close(close, [pending].into(), PATIENCE));
    for _ in 0..2 {
        // Each step is shorter than the patience; together they are longer.
        tokio::time::sleep(MINUTE * 5 / 6).await;
        assert!(!closing.is_finished(), "the peer is given up though it takes something");
        buffer.set_send_buffer_size(180_000).expect("a longer buffer");
    }
    drop(buffer);
    read.send(()).expect("a client");
    // A blocked task keeps the paused clock from advancing by itself.
    let client = tokio::task::spawn_blocking(|| client.join().expect("a client"));
    assert!(client.await.expect("a client") == expected, "all of it, and the close frame");
    closing.await.expect("a goodbye");
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_ends_when_nothing_is_taken() {
    let (go, wait) = mpsc::channel::<()>();
    let (socket, client) = pair(b"", move |stream| {
        assert!(wait.recv().is_err(), "the server has gone");
        drop(stream);
    })
    .await;
    let pending = text(&"z".repeat(10_000_000));
    let began = Instant::now();
    socket.close(frame::close(CloseCode(4100), "slow"), [pending].into(), PATIENCE).await;
    assert!(began.elapsed() >= MINUTE);
    drop(go);
    client.join().expect("a client");
}
