//! The settings for a node among others.

use std::{fs, time::Duration};

use anyhow::anyhow;
use clairon_server::{Authorities, ClusterSettings, RedisUrl};

use super::fields::{Fields, optional};

/// `None` for a single node, and if a setting is invalid, which is added to the problems.
pub(super) fn read(fields: &mut Fields<'_>) -> Option<ClusterSettings> {
    let url = fields.url("redis.url", optional(str::parse::<RedisUrl>));
    let authorities = fields.text("redis.ca_file", optional(read_authorities));
    let prefix = fields.text("redis.prefix", parse_prefix);
    let response = fields.number("redis.response_seconds", 1..=60);
    let lease = fields.number("cluster.lease_seconds", 2..=3_600);
    let beat = fields.number("cluster.beat_seconds", 1..=1_800);
    let (lease, beat, response) = (lease?, beat?, response?);
    if lease < 2 * beat {
        fields.refuse("cluster.lease_seconds", format!("must be twice cluster.beat_seconds, which is {beat}, or more"));
        return None;
    }
    if response >= lease {
        let wrong = format!("must be less than cluster.lease_seconds, which is {lease}");
        fields.refuse("redis.response_seconds", wrong);
        return None;
    }
    let (url, authorities, prefix) = (url??, authorities?, prefix?);
    if url.is_sharded() && 2 * response >= lease {
        let wrong = format!(
            "must be less than half of cluster.lease_seconds, which is {lease}, with a Redis Cluster: a request may take \
             twice this time"
        );
        fields.refuse("redis.response_seconds", wrong);
        return None;
    }
    Some(ClusterSettings {
        url,
        authorities,
        prefix,
        lease: Duration::from_secs(lease),
        beat: Duration::from_secs(beat),
        response_timeout: Duration::from_secs(response),
    })
}

pub(super) fn read_authorities(path: &str) -> anyhow::Result<Authorities> {
    let pem = fs::read(path).map_err(|error| anyhow!("it cannot be read: {error}"))?;
    Ok(Authorities::from_pem(pem)?)
}

fn parse_prefix(text: &str) -> Result<String, &'static str> {
    let is_good =
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"{}".contains(&byte));
    if is_good { Ok(text.to_owned()) } else { Err("allowed are 1 to 64 ASCII characters without spaces and braces") }
}
