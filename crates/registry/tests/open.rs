//! Errors when a registry is opened, and their messages.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{fs, os::unix::fs::PermissionsExt};

use clairon_registry::{App, open, open_existing};
use clairon_test_servers::free_port;
use tempfile::TempDir;

async fn error(url: &str) -> String {
    open(url, 1).await.unwrap_err().to_string()
}

#[tokio::test]
async fn an_unreachable_postgres_is_named_without_its_password() {
    let port = free_port();
    let error = error(&format!("postgres://user:sesame@127.0.0.1:{port}/apps?sslmode=disable")).await;
    assert!(error.starts_with(&format!("cannot connect to postgres://127.0.0.1:{port}/apps: ")), "{error}");
    assert!(error.contains("refused") && !error.contains("sesame") && !error.contains("user"), "{error}");
}

#[tokio::test]
async fn a_file_that_cannot_be_created_is_named() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("missing/apps.db");
    let error = error(&format!("sqlite://{}", path.display())).await;
    assert!(error.starts_with(&format!("cannot create sqlite://{}: No such file", path.display())), "{error}");
}

#[tokio::test]
async fn a_file_is_not_made_where_there_has_to_be_one() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("apps.db");
    let url = format!("sqlite://{}", path.display());
    let error = open_existing(&url, 1).await.unwrap_err().to_string();
    assert_eq!(error, format!("there is no database {}", path.display()));
    assert!(!path.exists());
    open(&url, 1).await.unwrap();
    assert_eq!(open_existing(&url, 1).await.unwrap().list().await.unwrap(), []);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("notes.txt");
    fs::write(&path, "not a database ".repeat(100)).unwrap();
    let error = error(&format!("sqlite://{}", path.display())).await;
    assert!(error.contains("file is not a database"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a database ".repeat(100));
}

#[tokio::test]
async fn a_new_file_is_for_its_owner_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("apps.db");
    let registry = open(&format!("sqlite://{}", path.display()), 1).await.unwrap();
    for file in fs::read_dir(directory.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.path().display());
    }
    assert_eq!(format!("{registry:?}"), format!("SqlRegistry(sqlite://{})", path.display()));
}

#[tokio::test]
async fn nothing_is_written_to_a_file_that_was_deleted_or_replaced() {
    let directory = TempDir::new().unwrap();
    let [path, elsewhere] = ["apps.db", "elsewhere.db"].map(|name| directory.path().join(name));
    let registry = open(&format!("sqlite://{}", path.display()), 4).await.unwrap();
    let complaint = format!("the file of sqlite://{} was deleted or replaced", path.display());
    fs::rename(&path, &elsewhere).unwrap();
    assert!(registry.create(&App::random()).await.unwrap_err().to_string().starts_with(&complaint));
    fs::write(&path, "").unwrap();
    assert!(registry.revision().await.unwrap_err().to_string().starts_with(&complaint));
    fs::rename(&elsewhere, &path).unwrap();
    registry.create(&App::random()).await.unwrap();
}
