//! The table of app fields, and everything derived from it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use clairon_protocol::LIMITS;
use clairon_registry::{App, AppField, AppFields};
use clap::Parser;
use serde_json::Value;

use super::{super::environment::app_variable, *};
use crate::cli::Cli;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap()
}

fn value(app: &App, field: AppField) -> Value {
    serde_json::to_value(AppFields::of(app)).unwrap()[field.name()].clone()
}

/// A value other than the default: in a variable, in TOML, and as it is shown.
fn other_value(field: AppField) -> (String, String, Value) {
    match field {
        AppField::Name => ("Shop".into(), "'Shop'".into(), "Shop".into()),
        AppField::AllowedOrigins => ("a.test".into(), "['a.test']".into(), vec!["a.test"].into()),
        AppField::Webhooks => unreachable!("endpoints are not plain"),
        AppField::Switch(switch) => {
            let other = !switch.default;
            (other.to_string(), other.to_string(), other.into())
        }
        AppField::Limit(limit) => (limit.max.to_string(), limit.max.to_string(), limit.max.into()),
    }
}

/// The text of all migrations of a database.
fn migrations(folder: &Path) -> String {
    let files = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    files.collect()
}

/// A field is a line of the table and a column in each database. Everything else is derived from it.
#[test]
fn every_surface_knows_every_field() {
    let databases: Vec<_> =
        fs::read_dir(repository().join("migrations")).unwrap().map(|entry| entry.unwrap()).collect();
    assert!(databases.len() >= 2);
    let openapi: Value = serde_json::from_str(&read("docs/openapi.json")).unwrap();
    let docs = read("docs/configuration.md");
    for field in AppField::all() {
        let column = format!("\n    {} ", field.name());
        for database in &databases {
            let path = database.path();
            assert!(migrations(&path).contains(&column), "{}: no column in {path:?}", field.name());
        }
    }
    for field in AppField::plain() {
        let name = field.name();
        let (text, toml, shown) = other_value(field);

        let credentials = "id = '1'\nkey = 'k'\nsecret = 's'\n";
        let file = temporary(&format!("[[apps]]\n{credentials}{name} = {toml}\n"));
        let declared = Settings::load(Sources { config: Some(file.path().into()), ..Sources::default() }).unwrap();
        assert_eq!(value(&declared.apps[0], field), shown, "{name} in a file");
        let variables = [("PUSHER_APP_ID", "1"), ("PUSHER_APP_KEY", "k"), ("PUSHER_APP_SECRET", "s")];
        let variable = app_variable(name);
        let declared = load_environment(&[&variables[..], &[(variable.as_str(), text.as_str())]].concat()).unwrap();
        assert_eq!(value(&declared.apps[0], field), shown, "{variable}");

        let flag = format!("--{}={text}", name.replace('_', "-"));
        for command in [&["clairon", "app", "create", &flag][..], &["clairon", "app", "update", "1", &flag]] {
            assert!(Cli::try_parse_from(command).is_ok(), "{command:?}");
        }
        for schema in ["AppFields", "AppPatch", "NewApp"] {
            let property = &openapi["components"]["schemas"][schema]["properties"][name];
            let range = [&property["minimum"], &property["maximum"]].map(Value::as_u64);
            match field {
                AppField::Limit(limit) => assert_eq!(range, [limit.min, limit.max].map(|bound| Some(bound.into()))),
                _ => assert!(property.is_object(), "{name} in {schema}"),
            }
        }
        assert!(docs.contains(&format!("\n| `{name}` |")), "{name} in docs/configuration.md");
    }
}

#[test]
fn every_limit_is_a_setting() {
    let lines: Vec<_> = LIMITS.iter().map(|limit| format!("{} = {}", limit.name, limit.max)).collect();
    let file = temporary(&format!("[limits]\n{}", lines.join("\n")));
    let settings = Settings::load(Sources { config: Some(file.path().into()), ..Sources::default() }).unwrap();
    for limit in &LIMITS {
        assert_eq!(limit.get(&settings.limits), limit.max, "{}", limit.name);
        let name = variable(&format!("limits.{}", limit.name));
        let settings = load_environment(&[(&name, &limit.max.to_string())]).unwrap();
        assert_eq!(limit.get(&settings.random_app().limits), limit.max, "{name}");
    }
}

/// A number in the form of the docs, with a comma between thousands.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let parts: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    parts.join(",")
}

/// The rows of docs/configuration.md.
fn rows() -> String {
    let row = |field: AppField| {
        let (default, allowed) = match field {
            AppField::Name => ("empty".to_owned(), format!("up to {} bytes", clairon_registry::NAME_BYTES)),
            AppField::AllowedOrigins => ("all".to_owned(), "up to 100 entries".to_owned()),
            AppField::Webhooks => unreachable!("endpoints are not plain"),
            AppField::Switch(switch) => (format!("`{}`", switch.default), "`true`, `false`".to_owned()),
            AppField::Limit(limit) => (grouped(limit.default()), format!("{} to {}", limit.min, grouped(limit.max))),
        };
        format!("| `{}` | {default} | {allowed} | {field} |\n", field.name())
    };
    AppField::plain().map(row).collect::<Vec<_>>().concat()
}

/// The settings of the section `limits`.
fn section() -> String {
    let lines = LIMITS.iter().map(|limit| format!("# {limit}.\n{} = {}\n", limit.name, limit.default()));
    lines.collect::<Vec<_>>().concat()
}

/// `text` with `lines` instead of the lines between one that starts with `beginning` and the next empty line.
fn with_lines(text: &str, beginning: &str, lines: &str) -> String {
    let start = text.find(beginning).unwrap();
    let start = start + text[start..].find('\n').unwrap() + 1;
    let end = start + text[start - 1..].find("\n\n").unwrap();
    format!("{}{lines}{}", &text[..start], &text[end..])
}

#[test]
fn what_is_written_from_the_table_is_current() {
    for (path, beginning, lines) in
        [("docs/configuration.md", "| `secret` |", rows()), ("config/clairon.toml", "[limits]\n", section())]
    {
        let expected = with_lines(&read(path), beginning, &lines);
        if env::var_os("RENEW_FIELDS").is_some() {
            fs::write(repository().join(path), &expected).unwrap();
        }
        assert!(read(path) == expected, "{path} is not what the table of fields says: `make fields` renews it");
    }
}
