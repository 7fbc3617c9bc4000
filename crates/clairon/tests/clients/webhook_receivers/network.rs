//! A name server, and a receiver behind its names.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;

/// A name server. It returns the same addresses for every name. It does not answer for names that begin with `silent`.
pub(crate) struct NameServer {
    answers: Arc<Mutex<VecDeque<Vec<Ipv4Addr>>>>,
    questions: Arc<AtomicUsize>,
}

impl NameServer {
    /// Starts a name server that returns the first of `answers` once, then the second, and the last from then on.
    pub(crate) fn start(answers: impl IntoIterator<Item = Vec<Ipv4Addr>>) -> Self {
        let server = Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), questions: Arc::default() };
        let (answers, questions) = (server.answers.clone(), server.questions.clone());
        let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
        thread::spawn(move || {
            let mut packet = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                let question = &packet[12..length];
                let name_end = question.iter().position(|byte| *byte == 0).unwrap();
                let is_a = question[name_end + 1..name_end + 3] == [0, 1];
                if question[1..].starts_with(b"silent") {
                    questions.fetch_add(1, Ordering::SeqCst);
                    continue;
                }
                let addresses = if is_a { next(&mut answers.lock()) } else { Vec::new() };
                socket.send_to(&answer(&packet[..2], &question[..name_end + 5], &addresses), from).unwrap();
            }
        });
        server
    }

    /// The number of questions without an answer.
    pub(crate) fn unanswered(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }
}

fn next(answers: &mut VecDeque<Vec<Ipv4Addr>>) -> Vec<Ipv4Addr> {
    if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() }
}

/// A successful answer (RFC 1035, section 4.1). Each address is valid for 0 seconds.
fn answer(id: &[u8], question: &[u8], addresses: &[Ipv4Addr]) -> Vec<u8> {
    let count = u8::try_from(addresses.len()).unwrap();
    let mut packet = [id, &[0x84, 0, 0, 1, 0, count, 0, 0, 0, 0], question].concat();
    for address in addresses {
        packet.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        packet.extend(address.octets());
    }
    packet
}

/// A receiver that accepts every delivery and counts connections.
pub(crate) struct Counter(Arc<AtomicUsize>);

impl Counter {
    pub(crate) const PORT: u16 = 8080;

    pub(crate) fn start(address: Ipv4Addr) -> Self {
        let counter = Self(Arc::default());
        let count = counter.0.clone();
        let listener = TcpListener::bind(SocketAddr::new(IpAddr::V4(address), Self::PORT)).unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                // A request is a single packet on loopback.
                let _ = stream.read(&mut [0; 4_096]);
                let _ = stream.write_all(b"HTTP/1.1 204 Fine\r\nConnection: close\r\n\r\n");
            }
        });
        counter
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}
