//! The metrics of a server, like Prometheus reads them.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::Server;
use crate::suite::clients;

/// A page of metrics, parsed by Prometheus' own library.
#[derive(Debug)]
pub struct Page {
    /// The text of the page.
    pub text: String,
    samples: Vec<Value>,
}

impl Page {
    /// The page of a server that was started with `CLAIRON_METRICS_LISTEN`, on that port.
    ///
    /// # Panics
    /// When there is no page, or the library cannot parse it.
    #[must_use]
    pub fn of(server: &Server) -> Self {
        let answer = get(server, "");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(head.to_lowercase().contains("content-type: text/plain; version=0.0.4"), "{answer}");
        Self::parse(body)
    }

    /// Parses a page.
    ///
    /// # Panics
    /// When the library cannot parse it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let root = clients().join("python");
        let mut child = Command::new(root.join(".venv/bin/python"))
            .arg("parse_metrics.py")
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("Python does not run, `make tools` installs what it needs: {error}"));
        let written = child.stdin.take().map(|mut stdin| stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output().unwrap_or_else(|error| panic!("Python: {error}"));
        assert!(
            matches!(written, Some(Ok(()))) && output.status.success(),
            "{}\nin\n{text}",
            String::from_utf8_lossy(&output.stderr)
        );
        let samples = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} of Python"));
        Self { text: text.to_owned(), samples }
    }

    /// The names of all samples.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        self.samples.iter().filter_map(|sample| sample["name"].as_str()).collect()
    }

    /// The type of a metric, and the labels of its samples.
    ///
    /// # Panics
    /// When there is no such metric.
    #[must_use]
    pub fn kind(&self, name: &str) -> (&str, BTreeSet<&str>) {
        let sample = self.samples.iter().find(|sample| sample["name"] == name);
        let sample = sample.unwrap_or_else(|| panic!("no {name} in {}", self.text));
        let labels = sample["labels"].as_object().into_iter().flatten().map(|(label, _)| label.as_str());
        (sample["type"].as_str().unwrap_or_default(), labels.collect())
    }

    /// The value of the only sample that has these labels.
    ///
    /// # Panics
    /// When there is none, or more than one.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |sample: &&Value| {
            sample["name"] == name && labels.iter().all(|(label, value)| sample["labels"][label] == *value)
        };
        let found: Vec<_> = self.samples.iter().filter(fits).collect();
        let [sample] = found.as_slice() else { panic!("{} of {name} {labels:?} in {}", found.len(), self.text) };
        sample["value"].as_f64().unwrap_or_else(|| panic!("{sample}"))
    }
}

/// The whole answer of the separate port for metrics, to a request with these header lines.
///
/// # Panics
/// When nothing answers there.
#[must_use]
pub fn get(server: &Server, headers: &str) -> String {
    let ready = server.wait_for_log("the line that says ready", |line| line["message"] == "ready");
    let address = ready["metrics"].as_str().unwrap_or_else(|| panic!("no port of the metrics in {ready}"));
    let mut stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("connecting to {address}: {error}"));
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap_or_else(|error| panic!("asking for metrics: {error}"));
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("reading metrics: {error}"));
    answer
}
