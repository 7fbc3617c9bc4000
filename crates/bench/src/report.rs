//! The figures of a run, as a table or as JSON.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Map, Value};

/// The start of the names of figures about this tool itself, not the server.
pub(crate) const OWN: &str = "tool";

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Count,
    PerSecond,
    Millis,
    Micros,
    Kib,
    Mib,
    Percent,
}

impl Unit {
    /// The unit after a figure in the table, and the suffix of its key in JSON.
    const fn signs(self) -> (&'static str, &'static str) {
        match self {
            Self::Count => ("", ""),
            Self::PerSecond => ("/s", "_per_second"),
            Self::Millis => ("ms", "_ms"),
            Self::Micros => ("us", "_us"),
            Self::Kib => ("KiB", "_kib"),
            Self::Mib => ("MiB", "_mib"),
            Self::Percent => ("%", "_percent"),
        }
    }

    /// True for units of costs. The ratio of two costs is meaningful, that of two amounts is not.
    const fn is_cost(self) -> bool {
        matches!(self, Self::Millis | Self::Micros | Self::Kib)
    }
}

#[derive(Clone, Debug)]
struct Figure {
    name: String,
    unit: Unit,
    value: f64,
}

/// The results of one run of a scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measurement {
    figures: Vec<Figure>,
    notes: Vec<String>,
    faults: Vec<String>,
}

impl Measurement {
    pub(crate) fn add(&mut self, name: &str, unit: Unit, value: f64) {
        self.figures.push(Figure { name: name.to_owned(), unit, value });
    }

    pub(crate) fn add_count(&mut self, name: &str, value: u64) {
        self.add(name, Unit::Count, float(value));
    }

    /// Adds a duration; nothing if there is none.
    pub(crate) fn add_millis(&mut self, name: &str, time: Option<Duration>) {
        if let Some(time) = time {
            self.add(name, Unit::Millis, time.as_secs_f64() * 1e3);
        }
    }

    /// Adds an amount of memory, given in KiB.
    pub(crate) fn add_memory(&mut self, name: &str, kib: u64) {
        self.add(name, Unit::Mib, float(kib) / 1024.0);
    }

    /// Adds a cost per unit, in microseconds; nothing if there were no units.
    pub(crate) fn add_cost(&mut self, name: &str, time: Duration, units: u64) {
        if units > 0 {
            self.add(name, Unit::Micros, time.as_secs_f64() * 1e6 / float(units));
        }
    }

    /// Adds a note that explains the figures.
    pub(crate) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// Adds a fault of the server.
    pub(crate) fn fault(&mut self, text: String) {
        self.faults.push(text);
    }

    pub(crate) const fn faults(&self) -> usize {
        self.faults.len()
    }

    pub(crate) fn value(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.name == name).map(|figure| figure.value)
    }

    fn to_json(&self) -> Value {
        let mut object: Map<String, Value> =
            self.figures.iter().map(|figure| (figure.key(), figure.to_json())).collect();
        for (name, lines) in [("notes", &self.notes), ("faults", &self.faults)] {
            if !lines.is_empty() {
                object.insert(name.to_owned(), lines.clone().into());
            }
        }
        object.into()
    }
}

impl Figure {
    fn key(&self) -> String {
        format!("{}{}", self.name.to_lowercase().replace([' ', '.'], "_"), self.unit.signs().1)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count was whole before")]
    fn to_json(&self) -> Value {
        if self.unit == Unit::Count { (self.value as u64).into() } else { self.value.into() }
    }

    fn show(&self, value: f64) -> String {
        let decimals = match self.unit {
            Unit::Count | Unit::PerSecond if value >= 100.0 || value.fract() == 0.0 => 0,
            Unit::Count | Unit::PerSecond | Unit::Percent => 1,
            Unit::Millis | Unit::Micros | Unit::Kib | Unit::Mib => 2,
        };
        format!("{} {}", grouped(&format!("{value:.decimals$}")), self.unit.signs().0).trim_end().to_owned()
    }
}

/// The results of a scenario: of the server, of the bare server, or of both.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) scenario: &'static str,
    pub(crate) server: Option<Measurement>,
    pub(crate) floor: Option<Measurement>,
}

impl Report {
    pub(crate) fn print(&self, json: bool) {
        if json {
            println!("{}", self.to_json());
        } else {
            print!("{}", self.to_table());
        }
    }

    fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("scenario".to_owned(), self.scenario.into());
        for (name, measurement) in [("server", &self.server), ("floor", &self.floor)] {
            if let Some(measurement) = measurement {
                object.insert(name.to_owned(), measurement.to_json());
            }
        }
        if let (Some(server), Some(_)) = (&self.server, &self.floor) {
            let ratios = server.figures.iter().filter_map(|figure| Some((figure.key(), self.ratio(figure)?.into())));
            object.insert("ratio".to_owned(), Value::Object(ratios.collect()));
        }
        object.into()
    }

    fn to_table(&self) -> String {
        let mut columns = vec![self.scenario.to_owned()];
        columns.extend(self.server.iter().map(|_| "server".to_owned()));
        columns.extend(self.floor.iter().map(|_| "floor".to_owned()));
        if columns.len() == 3 {
            columns.push("ratio".to_owned());
        }
        let mut table = row(&columns);
        for figure in self.server.as_ref().or(self.floor.as_ref()).iter().flat_map(|shown| &shown.figures) {
            let mut cells = vec![figure.name.clone(), figure.show(figure.value)];
            if let (Some(_), Some(floor)) = (&self.server, &self.floor) {
                cells.push(floor.value(&figure.name).map_or_else(String::new, |value| figure.show(value)));
                cells.push(self.ratio(figure).map_or_else(String::new, |ratio| format!("{ratio:.2}")));
            }
            table.push_str(&row(&cells));
        }
        for (name, measurement) in [("server", &self.server), ("floor", &self.floor)] {
            for note in measurement.iter().flat_map(|measurement| measurement.notes.iter().chain(&measurement.faults)) {
                // Writing to a string cannot fail.
                let _ = writeln!(table, "{name}: {note}");
            }
        }
        table
    }

    fn ratio(&self, figure: &Figure) -> Option<f64> {
        let floor = self.floor.as_ref()?.value(&figure.name)?;
        let is_own = figure.name.starts_with(OWN);
        (figure.unit.is_cost() && !is_own && floor > 0.0).then(|| figure.value / floor)
    }
}

fn row(cells: &[String]) -> String {
    let mut line = format!("{:<34}", cells[0]);
    for cell in &cells[1..] {
        // Writing to a string cannot fail.
        let _ = write!(line, "{cell:>18}");
    }
    line.push('\n');
    line
}

/// Adds commas between thousands.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut text = String::with_capacity(number.len() + 4);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

/// A count as a floating-point number.
#[expect(clippy::cast_precision_loss, reason = "no run counts to 2^53")]
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(latency: f64, count: u64) -> Measurement {
        let mut measurement = Measurement::default();
        measurement.add_count("deliveries", count);
        measurement.add_millis("latency p99.9", Some(Duration::from_secs_f64(latency)));
        measurement.add_cost("server CPU per delivery", Duration::from_millis(20), count);
        measurement
    }

    #[test]
    fn both_forms_hold_the_same() {
        let (server, floor) = (measurement(0.003, 1000), measurement(0.002, 2000));
        let report = Report { scenario: "fanout", server: Some(server), floor: Some(floor) };
        assert_eq!(
            report.to_json()["ratio"].to_string(),
            r#"{"latency_p99_9_ms":1.5,"server_cpu_per_delivery_us":2.0}"#
        );
        assert_eq!(report.to_json()["server"]["deliveries"], 1000);
        let table = report.to_table();
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["fanout", "server", "floor", "ratio"]);
        assert_eq!(lines[1], ["deliveries", "1,000", "2,000"]);
        assert_eq!(lines[2], ["latency", "p99.9", "3.00", "ms", "2.00", "ms", "1.50"]);
        assert_eq!(lines[3], ["server", "CPU", "per", "delivery", "20.00", "us", "10.00", "us", "2.00"]);
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        assert_eq!(measurement(1.0, 0).value("server CPU per delivery"), None);
    }

    #[test]
    fn thousands() {
        for (number, text) in
            [("0", "0"), ("999", "999"), ("1000", "1,000"), ("1234567.89", "1,234,567.89"), ("-123456", "-123,456")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
