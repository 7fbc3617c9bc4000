//! Asking Sentinels for the master.

use redis::{ProtocolVersion, RedisConnectionInfo};

use super::Connector;
use crate::redis::{failure::Failure, url::Host};

/// Asks one Sentinel after the other until one knows the master.
pub(super) async fn find_master(connector: &Connector, name: &str, password: Option<&str>) -> Result<Host, Failure> {
    let mut failure = Failure::new("the URL names no Sentinel");
    for sentinel in connector.sentinels() {
        match ask(connector, sentinel, name, password).await {
            Ok(Some(master)) => return Ok(master),
            Ok(None) => failure = Failure::new(format!("the Sentinel {sentinel} knows no master {name:?}")),
            Err(error) => failure = Failure::new(format!("the Sentinel {sentinel} cannot be asked: {error}")),
        }
    }
    Err(failure)
}

async fn ask(
    connector: &Connector,
    sentinel: &Host,
    name: &str,
    password: Option<&str>,
) -> Result<Option<Host>, Failure> {
    let mut login = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
    if let Some(password) = password {
        login = login.set_password(password);
    }
    let client = connector.client(sentinel, login)?;
    let mut connection = client.get_multiplexed_async_connection_with_config(&connector.config()).await?;
    let mut question = redis::cmd("SENTINEL");
    question.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    let master: Option<(String, u16)> = question.query_async(&mut connection).await?;
    Ok(master.map(|(name, port)| Host { name, port }))
}
