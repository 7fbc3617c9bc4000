//! No circle of imports: every module uses only modules before it in these lists.
#![expect(clippy::expect_used, reason = "a test may panic")]

use std::{fs, path::Path};

const CRATE: [&str; 17] = [
    "error",
    "notice",
    "joining",
    "health",
    "channel_log",
    "backoff",
    "throttle",
    "ledger",
    "local",
    "redis",
    "settings",
    "membership",
    "signals",
    "core",
    "tasks",
    "pending",
    "cluster",
];
const LOCAL: [&str; 4] = ["shares", "clients", "watches", "topics"];
const REDIS: [&str; 10] =
    ["failure", "url", "keys", "message", "scripts", "engine", "client", "changes", "nodes", "reads"];
const TASKS: [&str; 6] = ["node_index", "receiver", "listener", "committer", "heartbeat", "reaper"];

#[test]
fn imports_have_no_circle() {
    let mut files = Vec::new();
    collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut Vec::new(), &mut files);
    assert!(files.len() > 30, "{} files", files.len());
    for (module, text) in files.iter().filter(|(module, _)| module != &["lib"]) {
        for import in imports(text).iter().filter_map(|import| resolve(module, import)) {
            let list = match module[0].as_str() {
                "local" => &LOCAL[..],
                "redis" => &REDIS[..],
                "tasks" => &TASKS[..],
                _ => &[],
            };
            assert!(position(&CRATE, &module[0]).is_some(), "{} stands in no list", module[0]);
            assert!(position(&CRATE, &import[0]).is_some(), "{module:?} imports {import:?} past its module");
            let levels = [&CRATE[..], list];
            // The first level at which the two differ.
            let level = module.iter().zip(&import).take_while(|(one, other)| one == other).count();
            let Some(list) = levels.get(level) else { continue };
            let (from, to) = (module.get(level).and_then(|name| position(list, name)), position(list, &import[level]));
            if let (Some(from), Some(to)) = (from, to) {
                assert!(to < from, "{module:?} imports {import:?}, which stands after it");
            }
        }
    }
}

/// All modules below a folder, with their text.
fn collect(folder: &Path, path: &mut Vec<String>, files: &mut Vec<(Vec<String>, String)>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        path.push(entry.file_stem().expect("a name").to_string_lossy().into_owned());
        if entry.is_dir() {
            collect(&entry, path, files);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push((path.clone(), fs::read_to_string(&entry).expect("a text")));
        }
        path.pop();
    }
}

/// Every path of the `use` statements of a file.
fn imports(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for statement in text.split("use ").skip(1).filter_map(|rest| rest.split_once(';')) {
        expand(&statement.0.split_whitespace().collect::<String>(), &mut paths);
    }
    paths
}

/// Writes `a::{b,c::{d}}` as `a::b` and `a::c::d`.
fn expand(tree: &str, paths: &mut Vec<String>) {
    let Some((head, rest)) = tree.split_once('{') else {
        paths.push(tree.to_owned());
        return;
    };
    let (mut depth, mut part) = (0, String::new());
    for letter in rest.strip_suffix('}').unwrap_or(rest).chars().chain([',']) {
        match letter {
            ',' if depth == 0 => expand(&format!("{head}{}", std::mem::take(&mut part)), paths),
            _ => part.push(letter),
        }
        depth += i32::from(letter == '{') - i32::from(letter == '}');
    }
}

/// A path from the root of the crate, or `None` for another crate.
fn resolve(module: &[String], import: &str) -> Option<Vec<String>> {
    let mut names = import.split("::").peekable();
    let mut path: Vec<String> = match names.peek()? {
        &"crate" => Vec::new(),
        &"self" | &"super" => module.to_vec(),
        _ => return None,
    };
    for name in names {
        match name {
            "crate" | "self" | "" => {}
            "super" => drop(path.pop()),
            _ => path.push(name.to_owned()),
        }
    }
    // A module that imports from itself, or from the module around it, has nothing to compare.
    (path.len() > 1).then_some(path)
}

fn position(list: &[&str], name: &str) -> Option<usize> {
    list.iter().position(|other| *other == name)
}
