//! No input makes the readers panic, overflow the stack, or go on for ever.

use std::path::Path;

use clairon_laravel::{ConfigFile, EchoSetup, Environment};
use proptest::prelude::*;

/// Pieces of which both languages are made, so that more than the first token is reached.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "return ",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        ",",
        ";",
        "=>",
        ":",
        "?",
        "?:",
        "??",
        "||",
        "&&",
        "===",
        "!",
        ".",
        "+",
        "-",
        "'",
        "\"",
        "`",
        "\\",
        "$x",
        "env(",
        "'A'",
        "1",
        "0x",
        "array(",
        "(int)",
        "X::class",
        "null",
        "// c\n",
        "/*",
        "*/",
        "#",
        "<<<T\n",
        "\nT",
        "\n",
        " ",
        "new Echo(",
        "configureEcho(",
        "const a = ",
        "import.meta.env.B",
        "key",
        "...o",
        "as string",
        "ü",
        "\u{0}",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn read_everything(source: &str) {
    let environment = Environment::new([("A".to_owned(), "x".to_owned())], []);
    let config = ConfigFile::parse(Path::new("x.php"), &format!("<?php {source}"));
    let _ = (config.get(&["x", "key"], &environment), config.names(&["x"]));
    let setup = EchoSetup::parse(Path::new("x.js"), source);
    let _ = setup.map(|setup| (setup.get("key", &environment), setup.unread().cloned()));
    let _ = Environment::parse(source.as_bytes(), []);
}

proptest! {
    #[test]
    fn any_text(source in any::<String>()) {
        read_everything(&source);
    }

    #[test]
    fn any_row_of_tokens(source in pieces()) {
        read_everything(&source);
        read_everything(&format!("return [{source}"));
        read_everything(&format!("new Echo({{{source}"));
    }
}

/// Each of these would be a deep recursion or a quadratic search without its bound.
#[test]
fn large_and_hostile_files() {
    for piece in
        ["[", "(", "{a:", "!", "a ?? ", "'a'.", "a ? ", "'", "\"\\", "`", "const a = [", "new Echo([", "/*", "-", "[["]
    {
        let source = piece.repeat(20_000);
        read_everything(&source);
        read_everything(&format!("return ['x' => {source}"));
        read_everything(&format!("new Echo({{ key: {source}"));
    }
}
