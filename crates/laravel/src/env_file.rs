//! A Laravel `.env` file.

use std::{
    cell::Cell,
    io::{self, Read},
};

/// The first line, from 1, that is not `NAME=VALUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidLine(pub usize);

/// The variables of a file, in its order. `${NAME}` stands for a variable of the process or, where that has none, of the
/// file.
///
/// # Errors
/// Tells the line and shows none of it, for it may hold a secret.
pub fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, InvalidLine> {
    let rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let line = Cell::new(0);
    let variables = dotenvy::from_read_iter(Lines { rest, line: &line });
    variables.collect::<Result<_, _>>().map_err(|error| match error {
        // Of a value over many lines, the line where it begins.
        dotenvy::Error::LineParse(text, _) => {
            InvalidLine(line.get() + 1 - text.lines().count().clamp(1, line.get().max(1)))
        }
        _ => InvalidLine(line.get()),
    })
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
            assert_eq!(parse(file.as_bytes()), Err(InvalidLine(line)), "{file:?}");
        }
        assert_eq!(parse(b"A=1\nB=\xff\nC=3"), Err(InvalidLine(2)));
        let long = format!("A={}\nB=b c\n", "x".repeat(20_000));
        assert_eq!(parse(long.as_bytes()), Err(InvalidLine(2)));
    }
}
