//! TCP connections.

use std::{io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{net::TcpStream, time::sleep};

/// The most addresses of a host that are tried.
const ADDRESSES: usize = 8;

/// The time after which the next address is tried beside the one before it (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first of the addresses that answers.
///
/// # Errors
/// The error of the last address that was tried.
pub(super) async fn dial(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut waiting = addresses.iter().take(ADDRESSES);
    let mut attempts = FuturesUnordered::new();
    let mut error = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        if let Some(address) = waiting.next() {
            attempts.push(TcpStream::connect(*address));
        } else if attempts.is_empty() {
            return Err(error);
        }
        tokio::select! {
            Some(attempt) = attempts.next() => match attempt {
                Ok(stream) => {
                    // A request is one write, and nothing follows it that it could wait for.
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(failed) => error = failed,
            },
            () = sleep(HEAD_START), if waiting.len() > 0 => {}
        }
    }
}
