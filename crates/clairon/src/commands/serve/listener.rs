//! The listening socket.

use std::io::ErrorKind;

use anyhow::{Context, bail};
use tokio::net::TcpListener;

use crate::config::Listen;

/// `setting` is what names another port.
pub(super) async fn bind(listen: &Listen, setting: &str) -> anyhow::Result<TcpListener> {
    let Listen { host, port } = listen;
    match TcpListener::bind((host.as_str(), *port)).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} of {host} is in use by another program: stop it, or pick another port with {setting}")
        }
        result => result.with_context(|| format!("cannot listen on port {port} of {host}")),
    }
}
