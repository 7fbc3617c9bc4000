//! Making connections.

use std::time::Duration;

use clairon_tls::Authorities;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, PushInfo,
    RedisConnectionInfo, RedisError, TlsCertificates, cluster::ClusterClientBuilder,
};

use super::{
    RedisConnection,
    push::{Push, Pushed},
    sentinel,
};
use crate::redis::{
    failure::Failure,
    url::{Host, RedisUrl, Topology},
};

/// How many times the client library sends a request to a Redis Cluster again.
const CLUSTER_RETRIES: u32 = 3;

/// Makes connections to the servers of a URL.
pub(crate) struct Connector {
    pub(crate) url: RedisUrl,
    /// Trusted over TLS instead of the public authorities.
    pub(crate) authorities: Option<Authorities>,
    pub(crate) response_timeout: Duration,
}

impl Connector {
    /// True for a Redis Cluster: each topic belongs to a shard.
    pub(crate) fn is_sharded(&self) -> bool {
        self.url.is_sharded()
    }

    /// The URL without user and passwords.
    pub(crate) fn address(&self) -> String {
        self.url.to_string()
    }

    /// Connects to the master, or to all masters. The masters are looked up each time. With `repeats`, requests that a
    /// Redis Cluster does not answer may be sent again.
    pub(crate) async fn connect(&self, push: Option<Push>, repeats: bool) -> Result<RedisConnection, Failure> {
        // The look-up of a master takes several requests, each with its own timeout.
        let patience = self.response_timeout * 4;
        match tokio::time::timeout(patience, self.connect_unbounded(push, repeats)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::new(format!("no connection within {} ms", patience.as_millis()))),
        }
    }

    async fn connect_unbounded(&self, push: Option<Push>, repeats: bool) -> Result<RedisConnection, Failure> {
        match &self.url.topology {
            Topology::Single => self.connect_to(&self.url.hosts[0], push).await,
            Topology::Sentinel { master, password } => {
                let master = sentinel::find_master(self, master, password.as_deref()).await?;
                self.connect_to(&master, push).await
            }
            Topology::Cluster => self.connect_cluster(push, repeats).await,
        }
    }

    async fn connect_to(&self, host: &Host, push: Option<Push>) -> Result<RedisConnection, Failure> {
        let mut config = self.config();
        if let Some(push) = push {
            config = config.set_push_sender(sender(push));
        }
        let client = self.client(host, self.login())?;
        Ok(RedisConnection::Single(client.get_multiplexed_async_connection_with_config(&config).await?))
    }

    async fn connect_cluster(&self, push: Option<Push>, repeats: bool) -> Result<RedisConnection, Failure> {
        let infos = self.url.hosts.iter().map(|host| self.info(host, self.login())).collect::<Result<Vec<_>, _>>()?;
        let mut builder = ClusterClientBuilder::new(infos)
            .use_protocol(ProtocolVersion::RESP3)
            .connection_timeout(self.response_timeout)
            .response_timeout(self.response_timeout)
            .overall_response_timeout(Some(self.response_timeout * 2))
            .retries(if repeats { CLUSTER_RETRIES } else { 0 })
            .min_retry_wait(20)
            .max_retry_wait(200);
        if let Some(authorities) = &self.authorities {
            builder = builder.certs(tls(authorities));
        }
        if let Some(push) = push {
            builder = builder.push_sender(sender(push));
        }
        Ok(RedisConnection::Cluster(builder.build()?.get_async_connection().await?))
    }

    /// The timeouts of a connection.
    pub(super) fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.response_timeout))
            .set_response_timeout(Some(self.response_timeout))
    }

    /// Makes connections to one server.
    pub(super) fn client(&self, host: &Host, login: RedisConnectionInfo) -> Result<Client, Failure> {
        let info = self.info(host, login)?;
        Ok(match self.authorities.as_ref().filter(|_| self.url.tls) {
            Some(authorities) => Client::build_with_tls(info, tls(authorities))?,
            None => Client::open(info)?,
        })
    }

    /// The address of a server, with TLS if the URL asks for it.
    fn info(&self, host: &Host, login: RedisConnectionInfo) -> Result<ConnectionInfo, Failure> {
        let Host { name, port } = host.clone();
        let address = if self.url.tls {
            ConnectionAddr::TcpTls { host: name, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(name, port)
        };
        Ok(address.into_connection_info()?.set_redis_settings(login))
    }

    pub(super) fn sentinels(&self) -> &[Host] {
        &self.url.hosts
    }

    fn login(&self) -> RedisConnectionInfo {
        let mut login = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP3)
            .set_lib_name("clairon", env!("CARGO_PKG_VERSION"))
            .set_db(self.url.db.into());
        if let Some(user) = &self.url.user {
            login = login.set_username(user);
        }
        // The client library logs in only with a password. Redis accepts any password for a user without one
        // (`nopass`).
        let password = self.url.password.as_deref().or_else(|| self.url.user.as_ref().map(|_| ""));
        if let Some(password) = password {
            login = login.set_password(password);
        }
        login
    }
}

/// Hands over what the client library gets.
fn sender(push: Push) -> impl Fn(PushInfo) -> Result<(), RedisError> + Send + Sync + 'static {
    move |info| {
        if let Some(pushed) = Pushed::read(info) {
            push(pushed);
        }
        Ok(())
    }
}

fn tls(authorities: &Authorities) -> TlsCertificates {
    TlsCertificates { client_tls: None, root_cert: Some(authorities.pem().to_vec()) }
}
