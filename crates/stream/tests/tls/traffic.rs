//! Traffic after the handshake.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{Read, Write},
    sync::mpsc,
    task::Poll,
    thread,
};

use bytes::Bytes;
use rustls::version::{TLS12, TLS13};

use crate::support::{Ends, TlsClient, receive, receive_exactly, write};

async fn connected<T: Send + 'static>(
    client: impl FnOnce(TlsClient) -> T + Send + 'static,
) -> (clairon_stream::Stream, thread::JoinHandle<T>) {
    let ends = Ends::new(&[&TLS13, &TLS12], |_| {});
    let (accepted_it, is_accepted) = mpsc::channel();
    let (accepted, client) = ends
        .connect(move |mut tls| {
            tls.conn.complete_io(&mut tls.sock).unwrap();
            is_accepted.recv().unwrap();
            client(tls)
        })
        .await;
    let (stream, early) = accepted.unwrap();
    assert!(early.is_empty());
    accepted_it.send(()).unwrap();
    (stream, client)
}

#[tokio::test]
async fn frames_arrive_in_order_whatever_their_sizes() {
    let sizes = [1, 16_384, 16_385, 7, 100_000, 3, 40_000];
    let frames: Vec<Bytes> = sizes.iter().zip(b'a'..).map(|(size, byte)| Bytes::from(vec![byte; *size])).collect();
    let expected = frames.concat();
    let total = expected.len();
    let (mut stream, client) = connected(move |mut tls| {
        let mut bytes = vec![0; total];
        tls.read_exact(&mut bytes).unwrap();
        bytes
    })
    .await;
    write(&mut stream, frames).await.unwrap();
    assert_eq!(stream.unsent(), 0);
    assert!(client.join().unwrap() == expected);
}

#[tokio::test]
async fn a_slow_peer_leaves_at_most_one_record_encrypted() {
    let (go, wait) = mpsc::channel::<()>();
    let (mut stream, client) = connected(move |mut tls| {
        wait.recv().unwrap();
        // Not to the end: where the kernel's buffer is still full, the end of the stream is not said.
        tls.read_exact(&mut vec![0; 25_000_000]).unwrap();
        tls
    })
    .await;
    let mut frames: VecDeque<Bytes> = (0..5_000).map(|_| Bytes::from(vec![b'x'; 5_000])).collect();
    poll_fn(|cx| {
        assert!(
            stream.poll_write_frames(cx, &mut frames).is_pending(),
            "25 MB do not fit into the buffers of a kernel"
        );
        Poll::Ready(())
    })
    .await;
    assert!((1..=18_500).contains(&stream.unsent()), "{}", stream.unsent());
    go.send(()).unwrap();
    poll_fn(|cx| stream.poll_write_frames(cx, &mut frames)).await.unwrap();
    assert_eq!(stream.unsent(), 0);
    drop(client.join().unwrap());
}

#[tokio::test]
async fn records_in_pieces_and_many_at_once_are_read() {
    let (mut stream, client) = connected(|mut tls| {
        for number in 0..2_000_u32 {
            tls.conn.writer().write_all(&number.to_be_bytes()).unwrap();
            if number % 100 == 0 {
                tls.flush().unwrap();
            }
        }
        let mut records = Vec::new();
        while tls.conn.wants_write() {
            tls.conn.write_tls(&mut records).unwrap();
        }
        // Pieces that end in the middle of records.
        records.chunks(999).for_each(|piece| tls.sock.write_all(piece).unwrap());
        // Closing the socket while the server's bytes are unread would reset the connection.
        tls
    })
    .await;
    let expected: Vec<u8> = (0..2_000_u32).flat_map(u32::to_be_bytes).collect();
    assert!(receive_exactly(&mut stream, expected.len()).await == expected);
    drop(client.join().unwrap());
}

#[tokio::test]
async fn the_peer_may_change_its_keys_and_ask_for_the_same() {
    let (mut stream, client) = connected(|mut tls| {
        for _ in 0..3 {
            tls.conn.refresh_traffic_keys().unwrap();
            tls.write_all(b"new keys").unwrap();
            let mut answer = [0; 2];
            tls.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"ok");
        }
    })
    .await;
    for _ in 0..3 {
        assert_eq!(receive_exactly(&mut stream, 8).await, b"new keys");
        write(&mut stream, [Bytes::from_static(b"ok")]).await.unwrap();
    }
    client.join().unwrap();
}

#[tokio::test]
async fn the_end_of_the_stream_is_seen_and_said() {
    let (mut stream, client) = connected(|mut tls| {
        tls.conn.send_close_notify();
        tls.flush().unwrap();
        let mut rest = String::new();
        tls.read_to_string(&mut rest).map(|_| rest)
    })
    .await;
    assert!(receive(&mut stream).await.unwrap().is_empty());
    // A peer that has ended its sending direction may still read.
    write(&mut stream, [Bytes::from_static(b"bye")]).await.unwrap();
    stream.say_end();
    drop(stream);
    assert_eq!(client.join().unwrap().unwrap(), "bye");
}

#[tokio::test]
async fn forged_records_end_the_stream_with_an_alert() {
    let (mut stream, client) = connected(|mut tls| {
        tls.sock.write_all(&[&[23, 3, 3, 0, 32][..], &[7; 32]].concat()).unwrap();
        let mut rest = Vec::new();
        tls.read_to_end(&mut rest).unwrap_err().to_string()
    })
    .await;
    assert!(receive(&mut stream).await.is_err());
    assert!(write(&mut stream, [Bytes::from_static(b"x")]).await.is_err());
    assert!(receive(&mut stream).await.unwrap().is_empty(), "nothing more comes");
    drop(stream);
    let error = client.join().unwrap();
    assert!(error.contains("BadRecordMac"), "{error}");
}
