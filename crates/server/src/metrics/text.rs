//! Prometheus' text format, version 0.0.4.
//!
//! It is written by hand because the names are those of other servers' dashboards. The usual crates append a suffix to
//! the names of counters, and would copy every figure into their own registry.

use std::fmt::{Display, Write};

/// The media type of the format.
pub(super) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page of metrics. All their names have the same prefix.
pub(super) struct Text {
    prefix: String,
    page: String,
}

/// The types of metrics.
#[derive(Clone, Copy)]
pub(super) enum MetricKind {
    Counter,
    Gauge,
    Histogram,
}

/// The labels of a sample: names and values. A value may be any text.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

impl Text {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), page: String::new() }
    }

    /// Begins a metric. Its samples must follow directly.
    pub(super) fn metric(&mut self, name: &str, kind: MetricKind, help: &str) {
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        let prefix = &self.prefix;
        // Writing to a `String` cannot fail, here and below.
        let _ = writeln!(self.page, "# HELP {prefix}_{name} {help}\n# TYPE {prefix}_{name} {kind}");
    }

    /// Adds a sample of the last metric.
    pub(super) fn sample(&mut self, name: &str, labels: Labels<'_>, value: impl Display) {
        let prefix = &self.prefix;
        let labels = join(labels);
        let _ = writeln!(self.page, "{prefix}_{name}{labels} {value}");
    }

    /// Adds a metric with a single sample.
    pub(super) fn single(&mut self, name: &str, kind: MetricKind, help: &str, value: impl Display) {
        self.metric(name, kind, help);
        self.sample(name, &[], value);
    }

    /// Adds a histogram without labels: the counts up to each bound, and the count and the sum of all. Figures are
    /// divided by `unit`.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        help: &str,
        unit: f64,
        (bounds, counts): (&[u64], &[u64]),
        (total, sum): (u64, u64),
    ) {
        self.metric(name, MetricKind::Histogram, help);
        let bucket = format!("{name}_bucket");
        for (bound, count) in bounds.iter().zip(counts) {
            self.sample(&bucket, &[("le", &scaled(*bound, unit).to_string())], count);
        }
        self.sample(&bucket, &[("le", "+Inf")], total);
        self.sample(&format!("{name}_sum"), &[], scaled(sum, unit));
        self.sample(&format!("{name}_count"), &[], total);
    }

    pub(super) fn into_page(self) -> String {
        self.page
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric is a float, and no figure here is near 2^53")]
fn scaled(value: u64, unit: f64) -> f64 {
    value as f64 / unit
}

fn join(labels: Labels<'_>) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let label = |(name, value): &(&str, &str)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("{name}=\"{value}\"")
    };
    format!("{{{}}}", labels.iter().map(label).collect::<Vec<_>>().join(","))
}
