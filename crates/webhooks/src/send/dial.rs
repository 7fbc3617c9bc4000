//! TCP connections.

use std::{io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{net::TcpStream, time::sleep};

/// The most addresses of a host that are tried.
const ADDRESSES: usize = 8;

/// The time after which a connection to the next address is started in parallel (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first address that accepts.
///
/// # Errors
/// The error of the last address.
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
                    // A request is a single write, so delaying it gains nothing.
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(failed) => error = failed,
            },
            () = sleep(HEAD_START), if waiting.len() > 0 => {}
        }
    }
}
