//! The floor: a bare TCP server that shows the limit of the machine. It writes the bytes that a real server writes,
//! with one `send` for each message and socket, and does nothing else. It accepts the same connections, requests and
//! client events, so the same client measures it in the same way. It checks no keys and signatures, parses no JSON, has
//! no limits, timers and queues, and drops clients that do not read. It runs as a separate process with one thread.

mod message;
mod process;
mod server;

pub(crate) use process::FloorProcess;
pub(crate) use server::serve;

/// A bare server on a thread of this process, for tests. It ends with the process.
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
