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
pub(super) struct Purpose {
    /// True if it serves metrics only.
    pub(super) is_metrics: bool,
    pub(super) opening: OpeningProtocol,
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
    /// Parses the name of a socket: words separated by `+`, which are `metrics` and the protocols before HTTP. Other
    /// words have no meaning, because systemd names unnamed sockets after their unit.
    fn of(name: &str) -> Self {
        let has = |word| name.split('+').any(|part| part == word);
        let opening = OpeningProtocol { tls: has("tls"), proxy_header: has("proxy_protocol") };
        Self { is_metrics: has("metrics"), opening }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_socket_is_for() {
        for (name, is_metrics, tls, proxy_header) in [
            ("", false, false, false),
            ("clairon.socket", false, false, false),
            ("proxy_protocol", false, false, true),
            ("tls", false, true, false),
            ("web+tls+proxy_protocol", false, true, true),
            ("metrics", true, false, false),
            ("metrics+tls", true, true, false),
        ] {
            let opening = OpeningProtocol { tls, proxy_header };
            assert_eq!(Purpose::of(name), Purpose { is_metrics, opening }, "{name}");
        }
    }
}
