//! The reader of `.env` files beside Laravel's own: phpdotenv and `env()`, run by PHP.

#![expect(clippy::unwrap_used, reason = "where a preparation fails, the test has failed")]

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use clairon_laravel::{ConfigValue, Environment, quote_env};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

#[expect(dead_code, reason = "in place of what the table expects stands what Laravel makes of its files")]
mod rows;

use crate::rows::{PROCESS, ROWS};

const FILES: usize = 20_000;

/// How a line begins, mostly one that sets a variable: what precedes a value should not be what is refused.
const STARTS: [&str; 12] =
    ["A=", "BB=", "A = ", "A=\"", "BB=\"", "A='", "export BB=", "C=\t", "C= \"", "A", "# A=\"", ""];

/// Of what values are made.
const PIECES: [&str; 36] = [
    "=", "\"", "\"", "'", "'", "\\", "\\\\", "\\\"", "\\n", "#", " #", "$", "\\$", "${A}", "${BB}", "${OUTER}", "${",
    "}", "A", "BB", "x", "y", "true", "(null)", "empty", "ü", " ", "\t", "\x0C", "\0", "\n", "\"\n", "'\n", "=\"",
    "\u{feff}", "1",
];

const ENDS: [&str; 6] = ["\n", "\r\n", "\r", "\"\n", "'\n", " # c\n"];

type Variables = BTreeMap<String, (String, serde_json::Value)>;

/// What Laravel makes of each file; `None`: it refuses it.
fn laravel(files: &[Vec<u8>]) -> Vec<Option<Variables>> {
    let process = BTreeMap::from(PROCESS);
    let input: Vec<_> = files.iter().map(|file| json!({"file": hex::encode(file), "process": process})).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/clients/php/env.php");
    let mut php = Command::new("php").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // It writes nothing before it has read everything.
    php.stdin.take().unwrap().write_all(json!(input).to_string().as_bytes()).unwrap();
    let output = php.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let answers: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let variables = |answer: serde_json::Value| -> Option<Variables> {
        let variables = answer.as_array()?.iter().map(|variable| {
            let text = |place: usize| variable[place].as_str().unwrap().to_owned();
            (text(0), (text(1), variable[2].clone()))
        });
        Some(variables.collect())
    };
    answers.into_iter().map(variables).collect()
}

fn clairon(file: &[u8]) -> Option<Variables> {
    let process = PROCESS.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment = Environment::parse(file, process).ok()?;
    let variables = environment.variables().into_iter().map(|(name, text)| {
        let value = match environment.env(name).unwrap() {
            ConfigValue::Null => serde_json::Value::Null,
            ConfigValue::Bool(value) => value.into(),
            ConfigValue::Text(text) => text.into(),
            other => panic!("env() never returns {other:?}"),
        };
        (name.to_owned(), (text.to_owned(), value))
    });
    Some(variables.collect())
}

fn any(pieces: &[&'static str], random: &mut StdRng) -> &'static str {
    pieces[random.random_range(0..pieces.len())]
}

fn line(random: &mut StdRng) -> String {
    let value: String = (0..random.random_range(0..4)).map(|_| any(&PIECES, random)).collect();
    format!("{}{value}{}", any(&STARTS, random), any(&ENDS, random))
}

#[test]
fn every_file_is_read_as_laravel_reads_it() {
    let mut random = StdRng::seed_from_u64(5);
    let mut files: Vec<Vec<u8>> = ROWS.iter().map(|(_, file, _)| file.to_vec()).collect();
    for _ in 0..FILES {
        let mut file = (0..random.random_range(1..5)).map(|_| line(&mut random)).collect::<String>().into_bytes();
        // A byte that is no UTF-8, or makes what follows none.
        if random.random_ratio(1, 8) {
            file.insert(random.random_range(0..=file.len()), random.random_range(0x80..=0xFF));
        }
        files.push(file);
    }
    let expected = laravel(&files);
    assert_eq!(expected.len(), files.len());
    let accepted = expected.iter().flatten().count();
    assert!(accepted > FILES / 4 && accepted < files.len() * 3 / 4, "{accepted} of {} accepted", files.len());
    for (file, expected) in files.iter().zip(expected) {
        assert_eq!(clairon(file), expected, "{:?}", String::from_utf8_lossy(file));
    }
}

#[test]
fn laravel_reads_what_is_quoted() {
    let mut random = StdRng::seed_from_u64(6);
    let mut texts: Vec<String> =
        ["", "null", "(True)", "'a'", "\"a\"", "'a\nb'", "\"", "\\", "a\\"].map(str::to_owned).into();
    texts.extend((0..2_000).map(|_| (0..random.random_range(0..9)).map(|_| any(&PIECES, &mut random)).collect()));
    let files: Vec<_> = texts.iter().map(|text| format!("A={}\nB=1\n", quote_env(text)).into_bytes()).collect();
    for (text, variables) in texts.iter().zip(laravel(&files)) {
        let variables = variables.unwrap_or_else(|| panic!("{text:?} is refused"));
        assert_eq!((&variables["A"].1, &variables["B"].1), (&json!(text), &json!("1")), "{text:?}");
    }
}
