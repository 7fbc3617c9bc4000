//! What scripts answer in `MessagePack`.

use std::fmt::Display;

use bytes::{Buf, Bytes};
use redis::Value;
use rmp::decode;

use crate::redis::failure::Failure;

/// The byte of `false`.
const FALSE: u8 = 0xc2;

/// An answer that is read from its start.
pub(super) struct PackedAnswer {
    rest: Bytes,
}

impl PackedAnswer {
    pub(super) fn of(answer: Value) -> Result<Self, Failure> {
        match answer {
            Value::BulkString(bytes) => Ok(Self { rest: bytes.into() }),
            _ => Err(unexpected("it is not a string")),
        }
    }

    /// Begins to read a list of so many parts.
    pub(super) fn begin(&mut self, parts: u32) -> Result<(), Failure> {
        match self.length()? {
            length if length == parts => Ok(()),
            length => Err(unexpected(format!("a list of {length} parts, not {parts}"))),
        }
    }

    /// Reads a list of any length.
    pub(super) fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
        (0..self.length()?).map(|_| read(self)).collect()
    }

    /// Reads what may be `false` instead.
    pub(super) fn optional<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Failure>) -> Result<Option<T>, Failure> {
        if self.takes_false() { Ok(None) } else { read(self).map(Some) }
    }

    /// Reads `false`, if that is next.
    pub(super) fn takes_false(&mut self) -> bool {
        let is_false = self.rest.first() == Some(&FALSE);
        if is_false {
            self.rest.advance(1);
        }
        is_false
    }

    /// Reads a number.
    pub(super) fn number(&mut self) -> Result<u64, Failure> {
        self.take(|rest| decode::read_int(rest))
    }

    /// Reads a number that may be negative.
    pub(super) fn signed_number(&mut self) -> Result<i64, Failure> {
        self.take(|rest| decode::read_int(rest))
    }

    /// Reads a text.
    pub(super) fn text(&mut self) -> Result<String, Failure> {
        let length = self.text_length()?;
        let text = std::str::from_utf8(&self.rest[..length]).map_err(unexpected)?.to_owned();
        self.rest.advance(length);
        Ok(text)
    }

    /// Reads a text as bytes, which are shared with the answer.
    pub(super) fn bytes(&mut self) -> Result<Bytes, Failure> {
        let length = self.text_length()?;
        Ok(self.rest.split_to(length))
    }

    fn text_length(&mut self) -> Result<usize, Failure> {
        let length = self.take(|rest| decode::read_str_len(rest))? as usize;
        if length <= self.rest.len() { Ok(length) } else { Err(unexpected("it ends within a text")) }
    }

    fn length(&mut self) -> Result<u32, Failure> {
        self.take(|rest| decode::read_array_len(rest))
    }

    fn take<T, E: Display>(&mut self, read: impl Fn(&mut &[u8]) -> Result<T, E>) -> Result<T, Failure> {
        let mut rest = &self.rest[..];
        let value = read(&mut rest).map_err(unexpected)?;
        let taken = self.rest.len() - rest.len();
        self.rest.advance(taken);
        Ok(value)
    }
}

fn unexpected(problem: impl Display) -> Failure {
    Failure::new(format!("a script gave an unexpected answer: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(bytes: &[u8]) -> PackedAnswer {
        PackedAnswer::of(Value::BulkString(bytes.to_vec())).unwrap()
    }

    /// `[7, -2, "é", ["a"], false]`
    const LIST: [u8; 9] = [0x95, 7, 0xfe, 0xa2, 0xc3, 0xa9, 0x91, 0xa1, b'a'];

    type Parts = (u64, i64, String, Vec<String>, Option<u64>);

    fn read(answer: &mut PackedAnswer) -> Result<Parts, Failure> {
        answer.begin(5)?;
        let (number, signed) = (answer.number()?, answer.signed_number()?);
        let (text, texts) = (answer.text()?, answer.list(PackedAnswer::text)?);
        Ok((number, signed, text, texts, answer.optional(PackedAnswer::number)?))
    }

    #[test]
    fn a_list_is_read_part_by_part() {
        let parts = read(&mut answer(&[&LIST[..], &[FALSE]].concat())).unwrap();
        assert_eq!(parts, (7, -2, "é".to_owned(), vec!["a".to_owned()], None));
        let parts = read(&mut answer(&[&LIST[..], &[0xcd, 1, 0]].concat())).unwrap();
        assert_eq!(parts.4, Some(256));
    }

    #[test]
    fn what_is_garbled_is_an_error() {
        assert!(PackedAnswer::of(Value::Int(7)).is_err());
        for end in 0..LIST.len() {
            assert!(read(&mut answer(&LIST[..end])).is_err(), "{end}");
        }
        let error = answer(&LIST).begin(4).unwrap_err().to_string();
        assert_eq!(error, "a script gave an unexpected answer: a list of 5 parts, not 4");
        // A text of 4 GiB and a list of as many parts are not made room for.
        assert!(answer(&[0xdb, 0xff, 0xff, 0xff, 0xff]).bytes().is_err());
        assert!(answer(&[0xdd, 0xff, 0xff, 0xff, 0xff]).list(PackedAnswer::number).is_err());
        assert!(answer(&[0xa1, 0xff]).text().is_err());
    }
}
