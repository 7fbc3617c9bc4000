//! PROXY headers: a header parses the same in pieces, and before any other bytes.
#![no_main]

use clairon_stream::ProxyHeader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let whole = ProxyHeader::parse(input);
    let Ok(Some(header)) = whole else {
        if whole == Ok(None) {
            assert!(input.len() < ProxyHeader::MAX_BYTES);
        }
        return;
    };
    assert!(header.length <= input.len().min(ProxyHeader::MAX_BYTES));
    for length in 0..header.length {
        assert_eq!(ProxyHeader::parse(&input[..length]), Ok(None));
    }
    assert_eq!(ProxyHeader::parse(&input[..header.length]), whole);
    let longer = [&input[..header.length], b"GET / HTTP/1.1\r\n"].concat();
    assert_eq!(ProxyHeader::parse(&longer), whole);
});
