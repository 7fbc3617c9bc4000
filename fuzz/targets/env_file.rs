//! A Laravel `.env` file: any bytes are parsed or refused without a panic, a refused part is a line of the file, and
//! any quoted text is read back.
#![no_main]

use clairon_laravel::{ConfigValue, EnvFile, Environment, InvalidEnvFile, quote_env};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
    match EnvFile::parse(bytes) {
        Ok(file) => check_variables(bytes, &file),
        Err(InvalidEnvFile::Line { line, .. }) => assert!((1..=lines).contains(&line)),
        Err(InvalidEnvFile::Size { .. }) => unreachable!("nothing has been resolved yet"),
    }
    read_back(&String::from_utf8_lossy(bytes));
});

fn process() -> [(String, String); 1] {
    [("OUTER".to_owned(), "${A}".to_owned())]
}

/// Additional variables of the process change only values that refer to them, and override those of the file.
fn check_variables(bytes: &[u8], file: &EnvFile) {
    let (Ok(alone), Ok(variables)) = (file.load(&[].into()), file.load(&process().into())) else { return };
    assert!(alone.keys().eq(variables.keys()));
    let is_valid = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
    assert!(alone.keys().all(|name| !name.is_empty() && is_valid(name)));
    let environment = Environment::parse(bytes, process()).expect("the file has just been read");
    assert_eq!(environment.get("OUTER"), Some("${A}"));
    for (name, text) in variables.iter().filter(|(name, _)| *name != "OUTER") {
        assert_eq!(environment.get(name), Some(text.as_str()));
    }
}

fn read_back(text: &str) {
    let file = format!("A={}\nB=1\n", quote_env(text));
    let environment = Environment::parse(file.as_bytes(), []).expect("what is quoted is no other line");
    assert_eq!(environment.env("A"), Some(ConfigValue::Text(text.to_owned())));
    assert_eq!(environment.get("B"), Some("1"));
}
