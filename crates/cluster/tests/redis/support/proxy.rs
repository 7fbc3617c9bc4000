//! A TCP proxy that can fail.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Carries connections to a server on the loopback, except while it is cut.
pub(crate) struct Proxy {
    address: SocketAddr,
    is_open: Arc<watch::Sender<bool>>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let is_open = Arc::new(watch::Sender::new(true));
        let switch = is_open.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // While the proxy is cut, it closes new connections at once.
                if *switch.borrow() {
                    tokio::spawn(carry(client, port, switch.subscribe()));
                }
            }
        });
        Self { address, is_open, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Closes all connections, and new ones until [`Self::mend`].
    pub(crate) fn cut(&self) {
        self.is_open.send_replace(false);
    }

    /// Closes all connections. New ones are carried.
    pub(crate) fn hiccup(&self) {
        self.cut();
        self.mend();
    }

    /// Closes all connections, and new ones for this time.
    pub(crate) fn cut_for(&self, time: Duration) {
        self.cut();
        let is_open = self.is_open.clone();
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            is_open.send_replace(true);
        });
    }

    /// Carries new connections again.
    pub(crate) fn mend(&self) {
        self.is_open.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut client: TcpStream, port: u16, mut is_open: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = is_open.changed() => {}
    }
}
