//! The identity of a server, and the check that this program can use it.

use crate::redis::failure::Failure;

/// Oldest version of Redis that this program can use. Valkey reports itself as Redis 7.2.
const OLDEST: (u32, u32) = (7, 0);

/// A master.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Server {
    /// Random, and new after each start of the server. After a change, data may be missing.
    run_id: String,
    /// The id of the replication that the server followed before it became a master.
    followed: String,
}

impl Server {
    /// Another text after each start of the server, and each time that it becomes a master.
    pub(super) fn id(&self) -> String {
        format!("{} {}", self.run_id, self.followed)
    }
}

/// Reads the `INFO` of a server that is not part of a Redis Cluster.
pub(super) fn parse_single(info: &str) -> Result<Server, Failure> {
    // Redis and Valkey have different names for it.
    match field(info, "redis_mode").or_else(|| field(info, "server_mode")) {
        Some("cluster") => {
            return Err(Failure::new("it is part of a Redis Cluster: the URL must be redis+cluster://host:port,…"));
        }
        Some("sentinel") => {
            return Err(Failure::new("it is a Sentinel: the URL must be redis+sentinel://host:port,…/master-name"));
        }
        _ => {}
    }
    if field(info, "role").is_some_and(|role| role != "master") {
        return Err(Failure::new("it is a replica, which takes no writes"));
    }
    parse_cluster(info)
}

/// Reads the `INFO` of a master in a Redis Cluster.
pub(super) fn parse_cluster(info: &str) -> Result<Server, Failure> {
    let version = field(info, "redis_version").unwrap_or("?");
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < OLDEST {
        let (major, minor) = OLDEST;
        return Err(Failure::new(format!("its version is {version}, Redis {major}.{minor} or Valkey is needed")));
    }
    if field(info, "loading") == Some("1") {
        return Err(Failure::new("it is still loading its data"));
    }
    let id = |name| field(info, name).unwrap_or_default().to_owned();
    Ok(Server { run_id: id("run_id"), followed: id("master_replid2") })
}

fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_and_checked() {
        let info = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:abc\r\nrole:master\r\n\
                    master_replid:d\r\nmaster_replid2:def\r\n";
        assert_eq!(parse_single(info).map(|server| server.id()), Ok("abc def".to_owned()));
        for (from, to, problem) in [
            ("7.0.15", "6.2.1", "its version is 6.2.1"),
            ("standalone", "cluster", "redis+cluster://"),
            ("redis_mode:standalone", "server_mode:cluster", "redis+cluster://"),
            ("standalone", "sentinel", "redis+sentinel://"),
            ("role:master", "role:slave", "replica"),
            ("role:master", "loading:1", "loading"),
        ] {
            let failure = parse_single(&info.replace(from, to)).unwrap_err();
            assert!(failure.to_string().contains(problem), "{failure}");
        }
        assert!(parse_cluster("").is_err());
    }
}
