//! Errors at the start of a node, when Redis cannot be used.

use clairon_cluster::{Authorities, ClusterSettings};
use clairon_test_servers::{Redis, RedisCluster, certificates::Certificate, free_port};

use crate::support::node::{Node, settings};

async fn refusal(url: &str) -> String {
    match Node::try_start(settings(url, "refused")).await {
        Ok(_) => panic!("{url} was taken"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_line_says_what_is_wrong() {
    let port = free_port();
    let text = refusal(&format!("redis://127.0.0.1:{port}")).await;
    assert!(text.starts_with(&format!("cannot use Redis at redis://127.0.0.1:{port}: ")), "{text}");
    assert!(text.contains("refused") && !text.contains('\n'), "{text}");

    let server = Redis::with(&["--save", "", "--requirepass", "sesame"]);
    let address = format!("127.0.0.1:{}", server.port());
    for url in [format!("redis://{address}"), format!("redis://:wrong-sesame@{address}")] {
        let text = refusal(&url).await;
        assert!(text.to_lowercase().contains("auth") || text.contains("WRONGPASS"), "{text}");
        assert!(!text.contains("sesame") && !text.contains('\n'), "{text}");
    }
    Node::try_start(settings(&format!("redis://:sesame@{address}/3"), "taken")).await.expect("the right password");

    let server = Redis::start();
    server.execute("REPLICAOF 127.0.0.1 1");
    assert!(refusal(&server.url()).await.contains("it is a replica"));
    let text = refusal(&format!("redis+sentinel://127.0.0.1:{}/main", server.port())).await;
    assert!(text.contains("cannot be asked"), "{text}");
    let text = refusal(&format!("redis+cluster://127.0.0.1:{}", server.port())).await;
    assert!(text.contains("cluster support disabled"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_needs_an_authority_that_is_trusted() {
    let certificate = Certificate::self_signed("localhost");
    let port = free_port().to_string();
    let _server = Redis::with(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &certificate.chain(),
        "--tls-key-file",
        &certificate.key(),
        "--tls-auth-clients",
        "no",
    ]);
    let url = format!("rediss://localhost:{port}");
    let text = refusal(&url).await;
    assert!(text.contains("invalid peer certificate") && !text.contains('\n'), "{text}");
    let pem = std::fs::read(certificate.chain()).expect("a file");
    let authorities = Authorities::from_pem(pem).expect("a certificate");
    let trusting = ClusterSettings { authorities: Some(authorities), ..settings(&url, "trusted") };
    let node = Node::try_start(trusting).await.expect("its certificate is its own authority");
    node.cluster.publish(Vec::new()).await.expect("published");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_a_redis_cluster_is_not_taken_for_a_server() {
    let cluster = RedisCluster::start();
    let text = refusal(&cluster.masters[1].url()).await;
    assert!(text.contains("the URL must be redis+cluster://"), "{text}");
}
