//! What packages are made of: `clairon --version`, `clairon completions`, `clairon man`.

use crate::place::Place;

#[test]
fn the_version_names_the_commit_and_the_build() {
    let place = Place::new();
    let version = concat!("clairon ", env!("CARGO_PKG_VERSION"));
    assert_eq!(place.run(&["-V"]).stdout, format!("{version}\n"));
    let long = place.run(&["--version"]).stdout;
    let lines = long.lines().collect::<Vec<_>>();
    assert_eq!(lines[0], version);
    let commit = lines[1].strip_prefix("commit ").unwrap();
    let known = commit.split_once(" of ").is_some_and(|(hash, day)| {
        hash.len() >= 7 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && day.len() == "2026-01-31".len()
    });
    assert!(known || commit == "unknown" || option_env!("CLAIRON_COMMIT").is_some(), "{long}");
    assert!(lines[2].starts_with("build ") && lines[2].contains(" for "), "{long}");
    assert_eq!(lines.len(), 3, "{long}");
}

#[test]
fn completions_know_the_commands() {
    let place = Place::new();
    for (shell, words) in [
        ("bash", &["complete -F _clairon", "--env-file"][..]),
        ("zsh", &["#compdef clairon", "--env-file"]),
        ("fish", &["complete -c clairon", "env-file"]),
    ] {
        let run = place.run(&["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        for word in words.iter().chain(&["serve", "doctor", "publish"]) {
            assert!(run.stdout.contains(word), "{shell} lacks {word}");
        }
    }
    let run = place.run(&["completions", "csh"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("possible values: bash"), "{}", run.stderr);
}

#[test]
fn each_command_has_a_man_page() {
    let place = Place::new();
    let run = place.run(&["man", "pages"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let page = |name| std::fs::read_to_string(place.path().join("pages").join(name)).unwrap();
    assert!(page("clairon.1").contains("clairon\\-serve(1)"));
    assert!(page("clairon-serve.1").contains("\\-\\-env\\-file"));
    assert!(page("clairon-app-create.1").contains("\\-\\-name"));
    place.write("file", "");
    let run = place.run(&["man", "file"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("the man pages cannot be written to file: "), "{}", run.stderr);
}
