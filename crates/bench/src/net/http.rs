//! The head of an HTTP/1.1 message, and the end of its body.

use memchr::memmem;

use crate::BenchError;

/// The longest head, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// The parts of a head that this tool needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    /// The request line or the status line.
    pub(crate) line: &'a str,
    /// The size of the head, in bytes.
    pub(crate) size: usize,
    /// True if the connection ends after this message.
    pub(crate) closes: bool,
    body: Body,
}

#[derive(Debug, PartialEq, Eq)]
enum Body {
    Sized(usize),
    Chunked,
    /// No length is given. The body of an answer ends with the connection; a request has no body.
    Open,
}

impl<'a> Head<'a> {
    /// Parses the head at the start of `input`; nothing if it is incomplete.
    pub(crate) fn parse(input: &'a [u8]) -> Result<Option<Self>, BenchError> {
        let Some(end) = memmem::find(&input[..input.len().min(MAX_HEAD)], b"\r\n\r\n") else {
            let fits = input.len() < MAX_HEAD;
            return if fits { Ok(None) } else { Err(BenchError::Protocol("an HTTP head of more than 64 KiB")) };
        };
        let text = str::from_utf8(&input[..end]).map_err(|_| BenchError::Protocol("an HTTP head that is not text"))?;
        let mut lines = text.split("\r\n");
        let mut head = Head { line: lines.next().unwrap_or_default(), size: end + 4, closes: false, body: Body::Open };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            head.read(name, value.trim())?;
        }
        Ok(Some(head))
    }

    fn read(&mut self, name: &str, value: &str) -> Result<(), BenchError> {
        if name.eq_ignore_ascii_case("content-length") {
            let size = value.parse().map_err(|_| BenchError::Protocol("a Content-Length that is no number"))?;
            self.body = Body::Sized(size);
        } else if name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
            self.body = Body::Chunked;
        } else if name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close") {
            self.closes = true;
        }
        Ok(())
    }

    /// The status of an answer; 0 if the line has none.
    pub(crate) fn status(&self) -> u16 {
        self.line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// True if `input`, which starts with this head, has the whole body. `ended`: the peer sends no more.
    pub(crate) fn is_complete(&self, input: &[u8], ended: bool) -> bool {
        let body = &input[self.size..];
        match self.body {
            Body::Sized(size) => body.len() >= size,
            Body::Chunked => body.starts_with(b"0\r\n\r\n") || body.ends_with(b"\r\n0\r\n\r\n"),
            Body::Open => ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(input: &[u8], ended: bool) -> Option<bool> {
        Head::parse(input).unwrap().map(|head| head.is_complete(input, ended))
    }

    #[test]
    fn answers_end_where_they_say() {
        let sized = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(complete(&sized[..10], false), None);
        assert_eq!(complete(&sized[..sized.len() - 1], false), Some(false));
        assert_eq!(complete(sized, false), Some(true));
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        assert_eq!(complete(&chunked[..chunked.len() - 5], false), Some(false));
        assert_eq!(complete(chunked, false), Some(true));
        let open = b"HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n{}";
        assert_eq!((complete(open, false), complete(open, true)), (Some(false), Some(true)));
        let head = Head::parse(open).unwrap().unwrap();
        assert!(head.closes && head.status() == 200);
    }

    #[test]
    fn what_is_no_head_is_refused() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").is_err());
        assert!(Head::parse(b"\xff\r\n\r\n").is_err());
        assert!(Head::parse(&vec![b'a'; MAX_HEAD]).is_err());
        assert_eq!(Head::parse(b"garbage\r\n\r\n").unwrap().unwrap().status(), 0);
    }
}
