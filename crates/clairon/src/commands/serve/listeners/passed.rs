//! Sockets that a process manager has opened for this process: the protocol of systemd (`sd_listen_fds(3)`).

use std::env;

use anyhow::{Context, bail};
use clairon_server::{ListeningSocket, OpeningProtocol};
use listenfd::ListenFd;
use socket2::SockRef;
use tokio::net::{TcpListener, UnixListener};

/// The variable with the names of the sockets, with colons between them.
const NAMES: &str = "LISTEN_FDNAMES";

/// A socket that was passed in.
pub(super) struct PassedSocket {
    pub(super) socket: ListeningSocket,
    pub(super) purpose: Purpose,
}

/// What a socket is for, as its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Everything.
    All(OpeningProtocol),
    /// Metrics alone.
    Metrics,
}

/// Takes the sockets; none where there are none for this process.
pub(super) fn take() -> anyhow::Result<Vec<PassedSocket>> {
    let names = env::var(NAMES).unwrap_or_default();
    let mut names = names.split(':');
    let mut passed = ListenFd::from_env();
    (0..passed.len())
        .map(|index| {
            let name = names.next().unwrap_or_default();
            let socket = take_socket(&mut passed, index)
                .with_context(|| format!("socket {} of LISTEN_FDS ({name:?}) cannot be used", index + 1))?;
            Ok(PassedSocket { socket, purpose: Purpose::of(name) })
        })
        .collect()
}

fn take_socket(passed: &mut ListenFd, index: usize) -> anyhow::Result<ListeningSocket> {
    if let Ok(Some(unix)) = passed.take_unix_listener(index) {
        check(&SockRef::from(&unix))?;
        unix.set_nonblocking(true)?;
        return Ok(ListeningSocket::Unix(UnixListener::from_std(unix)?));
    }
    let tcp = passed.take_tcp_listener(index)?.context("it is there twice")?;
    check(&SockRef::from(&tcp))?;
    tcp.set_nonblocking(true)?;
    Ok(ListeningSocket::Tcp(TcpListener::from_std(tcp)?))
}

fn check(socket: &SockRef<'_>) -> anyhow::Result<()> {
    if socket.is_listener()? { Ok(()) } else { bail!("it is not a listening socket: a socket unit needs Accept=no") }
}

impl Purpose {
    /// Words with a `+` between them: `metrics`, or what connections begin with. systemd gives sockets without a name
    /// that of their unit, so other words mean nothing.
    fn of(name: &str) -> Self {
        let has = |word| name.split('+').any(|part| part == word);
        if has("metrics") {
            return Self::Metrics;
        }
        Self::All(OpeningProtocol { proxy_header: has("proxy_protocol") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_socket_is_for() {
        let all = |proxy_header| Purpose::All(OpeningProtocol { proxy_header });
        for (name, purpose) in [
            ("", all(false)),
            ("clairon.socket", all(false)),
            ("proxy_protocol", all(true)),
            ("web+proxy_protocol", all(true)),
            ("metrics", Purpose::Metrics),
        ] {
            assert_eq!(Purpose::of(name), purpose, "{name}");
        }
    }
}
