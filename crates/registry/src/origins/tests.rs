use super::*;

/// An entry, origins that it allows, and origins that it does not allow.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const TABLE: [Row; 25] = [
    ("*", &["https://a.example", "null", "file://", "", "no origin"], &[]),
    // A host: any scheme, any port.
    (
        "shop.example",
        &["https://shop.example", "http://SHOP.example:8080", "capacitor://shop.example", "https://shop.example/"],
        &[
            "https://a.shop.example",
            "https://shop.example.evil.test",
            "https://evilshop.example",
            "null",
            "",
            "shop.example",
        ],
    ),
    ("Shop.EXAMPLE", &["https://shop.example"], &["https://shop.examples"]),
    // A host and a port: any scheme.
    (
        "localhost:3000",
        &["http://localhost:3000", "https://localhost:3000"],
        &["http://localhost", "http://localhost:30"],
    ),
    ("shop.example:443", &["https://shop.example", "https://shop.example:443"], &["http://shop.example"]),
    ("shop.example:80", &["http://shop.example"], &["https://shop.example"]),
    ("localhost:*", &["http://localhost:5173", "https://localhost"], &["http://localhosts:5173"]),
    ("*:8080", &["http://a.example:8080", "http://[::1]:8080"], &["http://a.example:80", "null"]),
    // A whole origin.
    (
        "https://shop.example",
        &["https://shop.example", "HTTPS://Shop.Example:443", "https://shop.example/"],
        &["http://shop.example", "https://shop.example:8443", "https://a.shop.example", "https://shop.example:x"],
    ),
    ("https://shop.example:443/", &["https://shop.example"], &["https://shop.example:444"]),
    ("HTTP://shop.example:8080", &["http://shop.example:8080"], &["http://shop.example", "https://shop.example:8080"]),
    ("http://localhost:*", &["http://localhost", "http://localhost:5173"], &["https://localhost:5173"]),
    (
        "*://shop.example",
        &["http://shop.example", "https://shop.example", "app://shop.example"],
        &["http://shop.example:81"],
    ),
    // Stars, as `Str::is` has them.
    (
        "*.shop.example",
        &["https://a.shop.example", "https://a.b.shop.example:1"],
        &["https://shop.example", "https://ashop.example", "https://a.shop.example.evil.test"],
    ),
    (
        "https://*.shop.example",
        &["https://a.shop.example"],
        &["http://a.shop.example", "https://a.shop.example:8443", "https://shop.example"],
    ),
    ("shop.*", &["https://shop.test", "http://shop.co.uk:81"], &["https://a.shop.test", "https://shops.test"]),
    (
        "a*b*c.example",
        &["https://abc.example", "https://a1b2c.example"],
        &["https://ac.example", "https://abc.examples"],
    ),
    ("192.168.*", &["http://192.168.1.5:3000"], &["http://10.192.168.1"]),
    // Names outside of ASCII, in either form.
    ("münchen.example", &["https://xn--mnchen-3ya.example", "https://MÜNCHEN.example"], &["https://munchen.example"]),
    ("https://xn--mnchen-3ya.example", &["https://münchen.example"], &["https://mnchen-3ya.example"]),
    ("*.münchen.example", &["https://a.xn--mnchen-3ya.example"], &["https://xn--mnchen-3ya.example"]),
    // Addresses, in the form that browsers send.
    ("[0:0:0:0:0:0:0:1]:8080", &["http://[::1]:8080"], &["http://[::1]", "http://[::2]:8080"]),
    // Apps and files.
    (
        "capacitor://localhost",
        &["capacitor://localhost"],
        &["ionic://localhost", "http://localhost", "capacitor://localhost:1"],
    ),
    ("file://", &["file://", "file:///"], &["null", "http://file"]),
    ("null", &["null"], &["file://", "http://null", "", "no origin"]),
];

#[test]
fn an_entry_lets_in_what_a_person_means_by_it() {
    for (entry, good, bad) in TABLE {
        let origins = AllowedOrigins::parse(&[entry]).unwrap();
        for origin in good {
            assert!(origins.allow(origin), "{entry} does not let {origin:?} in");
        }
        for origin in bad {
            assert!(!origins.allow(origin), "{entry} lets {origin:?} in");
        }
    }
}

#[test]
fn apps_have_schemes_of_their_own() {
    let apps =
        ["tauri://localhost", "ionic://localhost", "app://.", "chrome-extension://abcdefghijklmnop", "ms-appx-web://A"];
    let origins = AllowedOrigins::parse(&apps).unwrap();
    for app in apps {
        assert!(origins.allow(app), "{app}");
    }
    assert!(!origins.allow("tauri://otherhost") && !origins.allow("http://localhost"));
}

#[test]
fn one_of_several_entries_is_enough_and_none_is_no_bar() {
    let origins = AllowedOrigins::parse(&["a.example", "b.example"]).unwrap();
    assert!(origins.allow("https://b.example") && !origins.allow("https://c.example"));
    assert!(AllowedOrigins::default().allow("https://c.example") && AllowedOrigins::default().allow(""));
}

#[test]
fn what_is_no_origin_is_let_in_by_a_star_alone() {
    let long = format!("https://{}", "a.".repeat(1_000));
    let star = AllowedOrigins::parse(&["*:*", "null", "file://"]).unwrap();
    for text in
        ["", "a.example", "https:a.example", "https://a@a.example", "https://a.example:1:2", "https://[::1", &long]
    {
        assert!(!star.allow(text), "{text}");
        assert!(AllowedOrigins::parse(&["*"]).unwrap().allow(text), "{text}");
    }
}

#[test]
fn an_entry_that_can_never_match_is_refused_with_the_reason() {
    use OriginFault as F;
    let long = "o".repeat(256);
    for (entry, fault, instead) in [
        ("", F::Size { chars: 0, most: 255 }, None),
        (long.as_str(), F::Size { chars: 256, most: 255 }, None),
        ("https://a.example https://b.example", F::Space { at: 17 }, None),
        ("a.example\n", F::Space { at: 9 }, None),
        ("https://a.example,https://b.example", F::Several, None),
        ("https://shop.example/app", F::Path, Some("https://shop.example")),
        ("shop.example/#/home", F::Path, Some("shop.example")),
        ("shop.example:8080?x=1", F::Path, Some("shop.example:8080")),
        ("file:///android_asset/www", F::Path, Some("file://")),
        ("https://ann:hunter2@shop.example:81", F::User, Some("https://shop.example:81")),
        ("ws://shop.example:6001", F::WebSocket, Some("http://shop.example:6001")),
        ("WSS://shop.example", F::WebSocket, Some("https://shop.example")),
        ("1a://shop.example", F::Scheme, None),
        ("^https://shop.example$", F::Scheme, None),
        ("http*://shop.example", F::Scheme, None),
        ("//shop.example", F::Slashes, Some("shop.example")),
        ("https:/shop.example", F::Slashes, Some("https://shop.example")),
        ("http:shop.example", F::Slashes, Some("http://shop.example")),
        ("https//shop.example:81", F::Slashes, Some("https://shop.example:81")),
        ("https://", F::NoHost, None),
        ("*://", F::NoHost, None),
        ("https:", F::NoHost, None),
        (":8080", F::NoHost, None),
        (".shop.example", F::Dot, Some("*.shop.example")),
        ("https://.shop.example:8443", F::Dot, Some("https://*.shop.example:8443")),
        ("https://shop_example!", F::Host, None),
        ("(a|b).example", F::Host, None),
        ("'self'", F::Host, None),
        ("0", F::Address, None),
        ("http://127.1", F::Address, None),
        ("http://0x7f.1", F::Address, None),
        ("010.0.0.1:80", F::Address, None),
        ("256.1.1.1", F::Address, None),
        ("xn--a.example", F::Punycode, None),
        ("https://a.XN--A.example:81", F::Punycode, None),
        ("file://localhost", F::FileHost, Some("file://")),
        ("file://*", F::FileHost, Some("file://")),
        ("https://[::1", F::Host, None),
        ("*.shop.example'", F::Host, None),
        ("mün*.example", F::Star, None),
        ("shop.example:port", F::Port, Some("shop.example")),
        ("shop.example:0", F::Port, Some("shop.example")),
        ("https://shop.example:65536", F::Port, Some("https://shop.example")),
        ("https://shop.example:", F::Port, Some("https://shop.example")),
        ("::1", F::Brackets, Some("[::1]")),
        ("http://fe80::1", F::Brackets, Some("http://[fe80::1]")),
    ] {
        let invalid = AllowedOrigin::parse(entry).expect_err(entry);
        assert_eq!((invalid.fault(), invalid.instead()), (fault, instead), "{entry}");
        if let Some(instead) = instead {
            AllowedOrigin::parse(instead).unwrap();
        }
    }
}

#[test]
fn an_error_says_which_entry_and_what_to_write() {
    let error = |entries: &[&str]| AllowedOrigins::parse(entries).unwrap_err().to_string();
    assert_eq!(
        error(&["a.example", "https://shop.example/app"]),
        "entry 2 of allowed_origins \"https://shop.example/app\" can never match: an origin has no path, query or \
         fragment; write \"https://shop.example\""
    );
    let password = error(&["https://ann:hunter2@shop.example"]);
    assert!(!password.contains("hunter2"), "{password}");
    assert!(error(&[&"o".repeat(10_000)]).len() < 300);
}

#[test]
fn a_list_is_written_as_it_was_read() {
    let json = r#"["HTTPS://Shop.example:443/","*.a.example"]"#;
    let origins: AllowedOrigins = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&origins).unwrap(), json);
    assert_eq!((origins.len(), origins.is_empty()), (2, false));
    assert!(serde_json::from_str::<AllowedOrigins>(r#"["a/b"]"#).is_err());
}
