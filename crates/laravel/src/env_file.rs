//! A Laravel `.env` file.

use std::{
    cell::Cell,
    io::{self, Read},
};

/// The longest value, in bytes, with what its `${…}` stand for.
const MAX_VALUE: usize = 64 << 10;
/// The most `$` in a file: values that stand for values that stand for values would fill any memory.
const MAX_REFERENCES: usize = 1_000;

/// What is wrong with a file; in words to be put behind its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnvFile {
    /// The first line, from 1, that Laravel would refuse too.
    #[error(":{0}: not a NAME=VALUE line: put a value with spaces, quotes, # or $ in 'single quotes'")]
    Line(usize),
    /// A value that is longer than any such value is.
    #[error(":{line}: the value has {size} bytes, the limit is {MAX_VALUE}")]
    Value {
        /// The line, from 1.
        line: usize,
        /// In bytes, with what it refers to.
        size: usize,
    },
    /// More references than any such file has.
    #[error(": there are {0} `$`, the limit is {MAX_REFERENCES}")]
    References(usize),
}

/// The variables of a file, in its order. `${NAME}` stands for a variable of the process or, where that has none, of the
/// file.
///
/// # Errors
/// Tells the line and shows none of it, for it may hold a secret.
pub fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, InvalidEnvFile> {
    let rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let references = rest.split(|byte| *byte == b'$').count() - 1;
    if references > MAX_REFERENCES {
        return Err(InvalidEnvFile::References(references));
    }
    let line = Cell::new(0);
    let mut variables = Vec::new();
    for variable in dotenvy::from_read_iter(Lines { rest, line: &line }) {
        let (name, value) = variable.map_err(|error| match error {
            // Of a value over many lines, the line where it begins.
            dotenvy::Error::LineParse(text, _) => {
                InvalidEnvFile::Line(line.get() + 1 - text.lines().count().clamp(1, line.get().max(1)))
            }
            _ => InvalidEnvFile::Line(line.get()),
        })?;
        let size = value.len();
        if size > MAX_VALUE {
            return Err(InvalidEnvFile::Value { line: line.get(), size });
        }
        variables.push((name, value));
    }
    Ok(variables)
}

/// Hands out one line at a time and counts them, because the parser's errors do not say where they are.
struct Lines<'a> {
    rest: &'a [u8],
    line: &'a Cell<usize>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'\n').map_or(self.rest.len(), |end| end + 1);
        let size = end.min(buffer.len());
        let (line, rest) = self.rest.split_at(size);
        buffer[..size].copy_from_slice(line);
        self.rest = rest;
        if line.ends_with(b"\n") || (rest.is_empty() && size > 0) {
            self.line.set(self.line.get() + 1);
        }
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_laravel_writes_is_read() {
        let file = "\u{feff}# comment\nA=1\n\nexport B=\"two words\" # comment\r\nC='$raw #1'\nD=\"${A}-${C}\"\nE=\nF=\"a\nb\"\n";
        let expected = [("A", "1"), ("B", "two words"), ("C", "$raw #1"), ("D", "1-$raw #1"), ("E", ""), ("F", "a\nb")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(file.as_bytes()), Ok(expected.to_vec()));
    }

    #[test]
    fn a_wrong_line_is_counted() {
        for (file, line) in [
            ("A=1\n\n# c\nB=two words\nC=3\n", 4),
            ("A=1\nnonsense", 2),
            ("A=1\nB=\"open\nC=3\nD=4\n", 2),
            ("A=1\nB='x' y\n", 2),
        ] {
            assert_eq!(parse(file.as_bytes()), Err(InvalidEnvFile::Line(line)), "{file:?}");
        }
        assert_eq!(parse(b"A=1\nB=\xff\nC=3"), Err(InvalidEnvFile::Line(2)));
        let long = format!("A={}\nB=b c\n", "x".repeat(20_000));
        assert_eq!(parse(long.as_bytes()), Err(InvalidEnvFile::Line(2)));
    }

    #[test]
    fn references_fill_no_memory() {
        let doubled = (0..60).map(|n| format!("A{}=${{A{n}}}${{A{n}}}\n", n + 1)).collect::<Vec<_>>().concat();
        assert_eq!(
            parse(format!("A0=0123456789abcdef\n{doubled}").as_bytes()),
            Err(InvalidEnvFile::Value { line: 14, size: 131_072 })
        );
        assert_eq!(parse("A=$B".repeat(1_001).as_bytes()), Err(InvalidEnvFile::References(1_001)));
    }
}
