//! Reading `.env` files as Laravel does.

mod rows;

use clairon_laravel::{ConfigValue, EnvFile, Environment, InvalidEnvFile, VariableOrigin, quote_env};
use proptest::prelude::*;

use crate::rows::{Expected, PROCESS, ROWS};

fn process() -> impl Iterator<Item = (String, String)> {
    PROCESS.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn read(file: &[u8]) -> Result<Environment, InvalidEnvFile> {
    Environment::parse(file, process())
}

#[test]
fn every_rule() {
    for (rule, file, expected) in ROWS {
        let found = read(file);
        match (expected, &found) {
            (Expected::Variables(expected), Ok(environment)) => {
                let is_of_process = |name: &str| PROCESS.iter().any(|(known, _)| *known == name);
                let found: Vec<_> =
                    environment.variables().into_iter().filter(|(name, _)| !is_of_process(name)).collect();
                assert_eq!(found, *expected, "{rule}");
                assert!(process().all(|(name, value)| environment.get(&name) == Some(&value)), "{rule}");
            }
            (Expected::Refused(line, word), Err(InvalidEnvFile::Line { line: found, error })) => {
                assert_eq!(line, found, "{rule}");
                assert!(error.to_string().contains(word), "{rule}: {error}");
            }
            _ => panic!("{rule}: {:?}", found.map(|environment| environment.variables().len())),
        }
    }
}

#[test]
fn what_env_returns() {
    let text = |text: &str| ConfigValue::Text(text.to_owned());
    for (value, expected, string) in [
        ("x", text("x"), "x"),
        ("true", ConfigValue::Bool(true), "1"),
        ("(True)", ConfigValue::Bool(true), "1"),
        ("\"FALSE\"", ConfigValue::Bool(false), ""),
        ("(false)", ConfigValue::Bool(false), ""),
        ("null", ConfigValue::Null, ""),
        ("(null)", ConfigValue::Null, ""),
        ("empty", text(""), ""),
        ("(empty)", text(""), ""),
        ("(nil)", text("(nil)"), "(nil)"),
        ("nullx", text("nullx"), "nullx"),
        ("'\"null\"'", text("null"), "null"),
        ("\"'a'b'\"", text("a'b"), "a'b"),
        ("'\"a'", text("\"a"), "\"a"),
        ("\"\\\"\"", text("\""), "\""),
        ("\"'a\\nb'\"", text("'a\nb'"), "'a\nb'"),
    ] {
        let environment = read(format!("A={value}").as_bytes()).unwrap();
        assert_eq!(environment.env("A"), Some(expected), "{value}");
        assert_eq!(environment.env_text("A").unwrap_or_default(), string, "{value}");
    }
    assert_eq!(read(b"").unwrap().env("A"), None);
    // The process has it alike: Docker's --env-file keeps quotes.
    let process = [("A".to_owned(), "'x'".to_owned())];
    assert_eq!(Environment::parse(b"", process).unwrap().env("A"), Some(text("x")));
}

#[test]
fn the_process_wins_and_what_it_hides_is_known() {
    let environment = read(b"OUTER=file\nOUTER_EMPTY=file\nA=${OUTER}\n").unwrap();
    assert_eq!((environment.get("OUTER"), environment.get("OUTER_EMPTY")), (Some("process"), Some("")));
    assert_eq!(environment.origin("OUTER"), Some(VariableOrigin::ProcessOverFile));
    assert_eq!(environment.origin("A"), Some(VariableOrigin::File));
}

#[test]
fn lines_that_are_lost_are_known() {
    for (file, expected) in [
        (&b"A=1\nB=\"open\nC=1\n"[..], ":2: a quote is opened and never closed"),
        (b"# B=\"open\nC=1\n", ":1: a quote is opened and never closed"),
        (
            b"\n# A=\"x\nB=2\nC=\"3\"\nD=4",
            ":2: a quote is opened in a comment, so Laravel ignores all lines up to line 4",
        ),
    ] {
        let environment = read(file).unwrap();
        let [lost] = environment.lost() else { panic!("{:?}", environment.lost()) };
        assert!(lost.to_string().starts_with(expected), "{lost}");
    }
    assert!(read(b"# A=\"1\"\nA=\"1\n2\"\n").unwrap().lost().is_empty());
}

#[test]
fn a_refusal_shows_nothing_of_the_line() {
    for file in [&b"A=hunter2 x"[..], b"A=\"hunter2\\x\"", b"A='hunter2", b"hunter 2=1", b"=hunter2"] {
        assert!(!read(file).unwrap_err().to_string().contains("hunter"));
    }
}

/// Values that stand for values that stand for values would fill any memory.
#[test]
fn references_fill_no_memory() {
    let doubled = (0..60).map(|n| format!("A{}=${{A{n}}}${{A{n}}}\n", n + 1)).collect::<Vec<_>>().concat();
    let error = read(format!("A0=0123456789abcdef\n{doubled}").as_bytes()).unwrap_err();
    assert_eq!(error, InvalidEnvFile::Size { line: 19 });
    let many = format!("A=x\nB={}", "${A}".repeat(200_000));
    assert_eq!(read(many.as_bytes()).unwrap().get("B").map(str::len), Some(200_000));
}

proptest! {
    #[test]
    fn any_bytes(bytes in any::<Vec<u8>>()) {
        let _ = read(&bytes);
    }

    /// Of what files are made, so that more than the first state is reached.
    #[test]
    fn any_row_of_pieces(pieces in prop::collection::vec(prop::sample::select(
        &["A", "B.1", "=", "=\"", "\"", "'", "\\", "#", "$", "${A}", "${", "}", " ", "\n", "\r\n", "\x0C", "export ", "n", "ü", "\0"][..]
    ), 0..40)) {
        let _ = read(pieces.concat().as_bytes());
    }

    #[test]
    fn what_is_quoted_is_read_back(before in "[ -~]{0,8}", text in any::<String>()) {
        for text in [format!("{before}{text}"), before, text] {
            let file = format!("A={}\nB=1\n", quote_env(&text));
            let environment = read(file.as_bytes()).unwrap();
            prop_assert_eq!(environment.env("A"), Some(ConfigValue::Text(text)));
            prop_assert_eq!(environment.get("B"), Some("1"));
        }
    }
}

#[test]
fn what_env_would_change_is_quoted_twice() {
    for (text, quoted) in [
        ("abc123", "abc123"),
        ("a\"b$c\\d", r#""a\"b\$c\\d""#),
        ("true", r#""\"true\"""#),
        ("'a'", r#""\"'a'\"""#),
        ("", "\"\""),
    ] {
        assert_eq!(quote_env(text), quoted);
        let environment = read(format!("A={quoted}").as_bytes()).unwrap();
        assert_eq!(environment.env("A"), Some(ConfigValue::Text(text.to_owned())));
    }
}

#[test]
fn a_file_can_be_loaded_beside_several_processes() {
    let file = EnvFile::parse(b"A=${OUTER}").unwrap();
    let of = |value: &str| file.load(&[("OUTER".to_owned(), value.to_owned())].into()).unwrap()["A"].clone();
    assert_eq!((of("1"), of("2")), ("1".to_owned(), "2".to_owned()));
}
