//! Listening TCP sockets.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use anyhow::{Context, bail};
use rustix::io::Errno;
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, lookup_host};

use super::BACKLOG;

/// Listens on a port of a host, or of every address. `setting` names the port.
pub(super) async fn bind(
    host: Option<&str>,
    port: u16,
    families: Families,
    setting: &str,
) -> anyhow::Result<TcpListener> {
    let place = host.unwrap_or("this machine");
    let bound = match host {
        Some(host) => bind_host(host, port, families).await,
        None => bind_every_address(port),
    };
    match bound {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} of {place} is in use by another program: stop it, or pick another port with {setting}")
        }
        result => result.with_context(|| format!("cannot listen on port {port} of {place}")),
    }
}

/// The meaning of the address `::`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Families {
    /// Every IPv6 and every IPv4 address.
    Both,
    /// Every IPv6 address. Another listener has the IPv4 addresses.
    Own,
}

/// Listens on the first address of a host that can be listened on.
async fn bind_host(host: &str, port: u16, families: Families) -> io::Result<TcpListener> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the host has no address");
    for address in lookup_host((host, port)).await? {
        match listen_on(address, families) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Listens on IPv6 and IPv4, or only on IPv4 if the machine has no IPv6.
fn bind_every_address(port: u16) -> io::Result<TcpListener> {
    match listen_on((Ipv6Addr::UNSPECIFIED, port).into(), Families::Both) {
        Err(error) if has_no_ipv6(&error) => listen_on((Ipv4Addr::UNSPECIFIED, port).into(), Families::Own),
        result => result,
    }
}

/// True if IPv6 is missing from the kernel or switched off.
fn has_no_ipv6(error: &io::Error) -> bool {
    [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

fn listen_on(address: SocketAddr, families: Families) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        // Set in any case, because the default differs between systems.
        socket.set_only_v6(families == Families::Own)?;
    }
    // A restarted server need not wait for the last connections of its predecessor.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}
