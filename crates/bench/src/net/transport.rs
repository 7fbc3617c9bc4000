//! The bytes of a WebSocket connection, with or without TLS.

use std::io::{self, ErrorKind, Read as _, Write as _};

use mio::net::TcpStream;
use rustls::ClientConnection;

use crate::{BenchError, target::TlsTarget};

/// The bytes of a WebSocket connection, with or without TLS.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) stream: TcpStream,
    /// Boxed, because most measurements are without TLS.
    tls: Option<Box<ClientConnection>>,
}

impl Transport {
    /// The TLS handshake begins with the first write.
    pub(super) fn new(stream: TcpStream, tls: Option<&TlsTarget>) -> Result<Self, BenchError> {
        let session = |tls: &TlsTarget| ClientConnection::new(tls.config.clone(), tls.name.clone()).map(Box::new);
        let tls = tls.map(session).transpose();
        let tls = tls.map_err(|error| BenchError::Io("starting TLS".to_owned(), io::Error::other(error)))?;
        Ok(Self { stream, tls })
    }

    /// True if a read that does not fill the buffer may leave bytes in the socket.
    pub(super) const fn reads_in_parts(&self) -> bool {
        self.tls.is_some()
    }

    /// Writes bytes. With TLS, bytes wait for the end of the handshake.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.stream.write(bytes) };
        let written = tls.writer().write(bytes)?;
        flush(tls, &mut self.stream)?;
        Ok(written)
    }

    /// Reads bytes; 0 at the end of the stream.
    pub(super) fn read(&mut self, scratch: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.stream.read(scratch) };
        loop {
            match tls.reader().read(scratch) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                result => return result,
            }
            if tls.read_tls(&mut self.stream)? == 0 {
                return Ok(0);
            }
            tls.process_new_packets().map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            flush(tls, &mut self.stream)?;
        }
    }
}

fn flush(tls: &mut ClientConnection, stream: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(stream)?;
    }
    Ok(())
}
