//! The machine's limit: a bare TCP server that writes the bytes a real one would write, with one `send` for each
//! message and socket, and does nothing else.
//!
//! It takes the same connections, requests and client events over the same sockets, so that the same client measures it
//! in the same way. It checks no key and no signature, parses no JSON, keeps no limits, no timers and no queues, and
//! drops who does not read. It runs as a process of its own, on one thread.

mod message;
mod process;
mod server;

pub(crate) use process::FloorProcess;
pub(crate) use server::serve;

/// A bare server on a thread of this process, for tests: it lasts as long as the process.
#[cfg(test)]
pub(crate) fn in_process() -> std::net::SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut server = server::Server::bind().unwrap();
        sender.send(server.address().unwrap()).unwrap();
        server.run().unwrap();
    });
    receiver.recv().unwrap()
}
