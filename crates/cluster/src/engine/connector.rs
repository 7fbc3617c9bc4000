//! How a connection is made.

use std::{sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, PushInfo,
    RedisConnectionInfo, RedisError, cluster::ClusterClientBuilder,
};

use super::{Connection, Failure, sentinel};
use crate::{
    Authorities, ClusterSettings, RedisUrl,
    url::{Host, Topology},
};

/// Takes what a connection brings unasked: messages, and its own end. It runs where the connection is read.
pub(crate) type Push = Arc<dyn Fn(PushInfo) + Send + Sync>;

/// A Redis Cluster may have to be asked again where a key has moved to.
const CLUSTER_RETRIES: u32 = 3;

/// Makes connections to where a URL points.
pub(crate) struct Connector {
    url: RedisUrl,
    authorities: Option<Authorities>,
    response_timeout: Duration,
}

impl Connector {
    pub(crate) fn new(settings: &ClusterSettings) -> Self {
        Self {
            url: settings.url.clone(),
            authorities: settings.authorities.clone(),
            response_timeout: settings.response_timeout,
        }
    }

    /// True where topics belong to slots.
    pub(crate) fn is_sharded(&self) -> bool {
        matches!(self.url.topology, Topology::Cluster)
    }

    /// Where the URL points, without user and password.
    pub(crate) fn address(&self) -> String {
        self.url.to_string()
    }

    /// Connects to the master, or to all masters; whoever is master now is found out anew. With `repeats`, a request
    /// that a Redis Cluster has not answered may be sent again.
    pub(crate) async fn connect(&self, push: Option<Push>, repeats: bool) -> Result<Connection, Failure> {
        // Finding a master takes some questions, each with a bound of its own.
        let patience = self.response_timeout * 4;
        match tokio::time::timeout(patience, self.connect_unbounded(push, repeats)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::new(format!("no connection within {} ms", patience.as_millis()))),
        }
    }

    async fn connect_unbounded(&self, push: Option<Push>, repeats: bool) -> Result<Connection, Failure> {
        match &self.url.topology {
            Topology::Single => self.connect_to(&self.url.hosts[0], push).await,
            Topology::Sentinel { master, password } => {
                let master = sentinel::find_master(self, master, password.as_deref()).await?;
                self.connect_to(&master, push).await
            }
            Topology::Cluster => self.connect_cluster(push, repeats).await,
        }
    }

    async fn connect_to(&self, host: &Host, push: Option<Push>) -> Result<Connection, Failure> {
        let mut config = self.config();
        if let Some(push) = push {
            config = config.set_push_sender(move |info| {
                push(info);
                Ok::<(), RedisError>(())
            });
        }
        let client = self.client(host, self.login())?;
        Ok(Connection::Single(client.get_multiplexed_async_connection_with_config(&config).await?))
    }

    async fn connect_cluster(&self, push: Option<Push>, repeats: bool) -> Result<Connection, Failure> {
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
            builder = builder.certs(authorities.tls());
        }
        if let Some(push) = push {
            builder = builder.push_sender(move |info| {
                push(info);
                Ok::<(), RedisError>(())
            });
        }
        Ok(Connection::Cluster(builder.build()?.get_async_connection().await?))
    }

    /// Bounds and nothing else.
    pub(super) fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.response_timeout))
            .set_response_timeout(Some(self.response_timeout))
    }

    /// What makes connections to one server.
    pub(super) fn client(&self, host: &Host, login: RedisConnectionInfo) -> Result<Client, Failure> {
        let info = self.info(host, login)?;
        Ok(match self.authorities.as_ref().filter(|_| self.url.tls) {
            Some(authorities) => Client::build_with_tls(info, authorities.tls())?,
            None => Client::open(info)?,
        })
    }

    /// How to reach a server, with the URL's kind of transport.
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
        // The driver logs in only with a password. A user without one is allowed any (`nopass`), or the login is
        // refused.
        let password = self.url.password.as_deref().or_else(|| self.url.user.as_ref().map(|_| ""));
        if let Some(password) = password {
            login = login.set_password(password);
        }
        login
    }
}
