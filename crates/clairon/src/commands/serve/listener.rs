//! The listening socket.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use anyhow::{Context, bail};
use rustix::io::Errno;
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, lookup_host};

use crate::config::Listen;

/// How many connections may wait to be accepted. The system may allow fewer.
const BACKLOG: i32 = 1_024;

/// `setting` is what names another port.
pub(super) async fn bind(listen: &Listen, setting: &str) -> anyhow::Result<TcpListener> {
    let Listen { host, port } = listen;
    let place = host.as_ref().map_or_else(|| "this machine".to_owned(), Clone::clone);
    let bound = match host {
        Some(host) => bind_host(host, *port).await,
        None => bind_every_address(*port),
    };
    match bound {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} of {place} is in use by another program: stop it, or pick another port with {setting}")
        }
        result => result.with_context(|| format!("cannot listen on port {port} of {place}")),
    }
}

/// Listens on the first address of a host that can be listened on.
async fn bind_host(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the host has no address");
    for address in lookup_host((host, port)).await? {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Listens on IPv6 and IPv4; on IPv4 alone where the machine has no IPv6.
fn bind_every_address(port: u16) -> io::Result<TcpListener> {
    match listen_on((Ipv6Addr::UNSPECIFIED, port).into()) {
        Err(error) if has_no_ipv6(&error) => listen_on((Ipv4Addr::UNSPECIFIED, port).into()),
        result => result,
    }
}

/// IPv6 is not compiled into the kernel, or it is switched off.
fn has_no_ipv6(error: &io::Error) -> bool {
    [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        // Whatever the system's default is: `::` takes IPv4 too.
        socket.set_only_v6(false)?;
    }
    // A server that starts again need not wait for the last connections of the one before.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}
