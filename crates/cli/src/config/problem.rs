//! Problems of the settings.

use std::fmt;

use clairon_logging::LogFormat;

/// All problems of the settings. Each has one line with the key as it was written, its value unless it may be a secret,
/// and what is allowed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Problems {
    lines: Vec<String>,
    log_format: LogFormat,
}

impl Problems {
    /// One problem with the command line.
    pub(crate) fn one(problem: impl fmt::Display) -> Self {
        let mut problems = Self::default();
        problems.add(problem);
        problems
    }

    /// Adds a problem. Line breaks are escaped.
    pub(super) fn add(&mut self, problem: impl fmt::Display) {
        self.lines.push(problem.to_string().replace('\r', "\\r").replace('\n', "\\n"));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The problems, in the order in which they were found.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    pub(super) fn in_log_format(self, log_format: LogFormat) -> Self {
        Self { log_format, ..self }
    }

    /// The log format of a server with these settings, as far as it could be parsed.
    pub(crate) fn log_format(&self) -> LogFormat {
        self.log_format
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

/// The largest number of names that are listed in one line.
const LISTED: usize = 30;

/// The problem that `written` is not a setting, with the one of `known` that was most likely meant, or with the allowed
/// ones.
pub(super) fn unknown(written: &str, name: &str, known: &[impl AsRef<str>]) -> String {
    if let Some(meant) = closest(name, known) {
        return format!("{written} is not a setting: did you mean {meant}?");
    }
    if known.len() > LISTED {
        return format!("{written} is not a setting: `clairon config` prints all there are");
    }
    let known = known.iter().map(AsRef::as_ref).collect::<Vec<_>>();
    format!("{written} is not a setting: allowed are {}", known.join(", "))
}

/// The known name from which `name` differs by a typing error. Up to a quarter of its letters may differ.
fn closest<'a>(name: &str, known: &'a [impl AsRef<str>]) -> Option<&'a str> {
    nearest(name, known.iter().map(AsRef::as_ref)).filter(|known| distance(name, known) * 4 <= name.len())
}

/// The known name that is most similar to `name`.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.min_by_key(|known| (distance(name, known), *known))
}

fn distance(one: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(one, other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised() {
        let known = ["server.host", "server.port"];
        assert_eq!(
            unknown("server.prot", "server.prot", &known),
            "server.prot is not a setting: did you mean server.port?"
        );
        assert_eq!(unknown("x", "x", &known), "x is not a setting: allowed are server.host, server.port");
    }

    #[test]
    fn a_problem_is_one_line() {
        let mut problems = Problems::default();
        problems.add("a\r\nb");
        assert_eq!(problems.lines().collect::<Vec<_>>(), ["a\\r\\nb"]);
    }
}
