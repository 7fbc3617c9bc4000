//! Tables of apps, in the engines and with the columns that the two servers have.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a preparation that fails is a test that fails")]

use clairon_import::{Format, ImportError, Plan, SourceArgs, SourceUrl, read};
use clairon_laravel::Environment;
use clairon_registry::App;
use clairon_test_servers::{MariaDb, Postgres};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, PgConnection, SqliteConnection};

async fn import(format: Format, url: &str, table: Option<&str>) -> Result<Plan, ImportError> {
    let source = SourceArgs {
        format,
        file: None,
        from_database: Some(SourceUrl::from(url.to_owned())),
        from_table: table.map(str::to_owned),
    };
    read(&source, &Environment::default(), &App::random()).await
}

/// Runs statements over a connection of this kind.
async fn run<C>(url: &str, statements: &str)
where
    C: Connection,
    for<'c> &'c mut C: Executor<'c>,
{
    let mut connection = C::connect(url).await.unwrap();
    connection.execute(sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))).await.unwrap();
    connection.close().await.unwrap();
}

/// One line an app: what a row has come to.
fn lines(plan: &Plan) -> Vec<String> {
    let line = |planned: &clairon_import::PlannedApp| {
        let app = &planned.app;
        let capacity = app.limits.capacity.map_or(0, Into::into);
        let webhooks = app.webhooks.iter().map(|webhook| webhook.url.expose()).collect::<Vec<_>>().join(" ");
        let (limits, origins) = (&app.limits, app.allowed_origins.iter().collect::<Vec<_>>().join(" "));
        format!(
            "{} {} {} {} {capacity} {} {} {} [{origins}] [{webhooks}] {:?}",
            app.id,
            app.credentials.newest().key,
            app.name,
            app.enabled,
            app.client_messages,
            app.statistics,
            limits.event_data_bytes,
            planned.notes
        )
    };
    plan.apps.iter().map(line).collect()
}

const WEBSOCKETS: &str = "INSERT INTO websockets_apps VALUES \
    (1, 'k1', 's1', 'Shop', NULL, NULL, 1, 0, 50, 'shop.test,*.shop.test'), (2, 'k2', '', 'Broken', NULL, NULL, 0, 1, NULL, NULL), \
    (3, 'k3', 's3', 'Bücher', NULL, '/ws', 0, 1, NULL, '')";

fn assert_websockets(plan: &Plan) {
    assert_eq!(
        lines(plan),
        [
            "1 k1 Shop true 50 true false 102400 [shop.test *.shop.test] [] []",
            "3 k3 Bücher true 0 false true 102400 [] [] [\"no equivalent: path: the setting server.path_prefix is the prefix of all paths, for the whole server\"]",
        ]
    );
    assert_eq!(plan.notes, ["row 2: it has no secret"]);
}

fn soketi(boolean: &str, quote: char) -> String {
    format!(
        "CREATE TABLE apps (id varchar(255) PRIMARY KEY, {quote}key{quote} varchar(255) NOT NULL, secret varchar(255) NOT NULL, \
         max_connections integer NOT NULL, {quote}enabled{quote} {boolean} NOT NULL, enable_client_messages {boolean} NOT NULL, \
         max_backend_events_per_sec integer NOT NULL, max_client_events_per_sec integer NOT NULL, \
         max_event_payload_in_kb float, webhooks json); \
         INSERT INTO apps VALUES ('a', 'ka', 'sa', 200, 1, 1, -1, -1, 0.5, '[]'), \
         ('b', 'kb', 'sb', -1, 0, 0, 7, 9, NULL, '[{{\"url\":\"https://x.test\",\"event_types\":[\"member_added\"]}}, {{\"lambda_function\":\"f\"}}]');"
    )
}

fn assert_soketi(plan: &Plan) {
    assert_eq!(
        lines(plan),
        [
            "a ka  true 200 true true 512 [] [] []",
            "b kb  false 0 false true 102400 [] [https://x.test] [\"no equivalent: max_backend_events_per_sec: backends have no limit per second\", \
         \"left out: webhooks.1: it calls a function of AWS Lambda: give the function a URL and add that as an endpoint\"]",
        ]
    );
}

#[tokio::test]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("database.sqlite").display());
    let table = "CREATE TABLE websockets_apps (id integer primary key, key varchar, secret varchar, name varchar, host varchar, \
                 path varchar, enable_client_messages tinyint(1), enable_statistics tinyint(1), capacity integer, allowed_origins varchar);";
    run::<SqliteConnection>(&format!("{url}?mode=rwc"), &format!("{table}{WEBSOCKETS}")).await;
    assert_websockets(&import(Format::LaravelWebsockets, &url, None).await.unwrap());

    let missing = import(Format::Soketi, &url, None).await.unwrap_err().to_string();
    assert_eq!(missing, "the table apps of --from-database has no column id");
    let renamed = import(Format::LaravelWebsockets, &url, Some("other")).await.unwrap_err().to_string();
    assert_eq!(renamed, "the table other of --from-database has no column id");
    let absent = format!("{url}.absent");
    assert_eq!(once(&import(Format::Soketi, &absent, None).await.unwrap_err()), "unable to open database file");
    let no_url = import(Format::Soketi, "redis://secret@host", None).await.unwrap_err();
    assert_eq!(
        no_url.to_string(),
        "--from-database: expected sqlite://, mysql:// or postgres://, got 19 bytes of another form"
    );
    let no_table = import(Format::Reverb, &url, None).await.unwrap_err();
    assert!(matches!(no_table, ImportError::NoTable));
    assert!(no_url.is_usage() && no_table.is_usage());
}

/// What the database said, which the whole chain of causes tells only once.
fn once(error: &ImportError) -> String {
    let said = error.to_string();
    assert!(!error.is_usage() && std::error::Error::source(error).is_none(), "{said}");
    said.strip_prefix("the database of --from-database: ").expect("the place first").to_owned()
}

#[tokio::test]
async fn a_value_that_is_no_text_costs_its_row_alone() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("database.sqlite").display());
    let rows = "CREATE TABLE websockets_apps (id, key, secret, name); \
                INSERT INTO websockets_apps VALUES (1, 'k1', CAST(x'73ff32' AS TEXT), 'Bytes'), (2, x'6b32', 's2', NULL);";
    run::<SqliteConnection>(&format!("{url}?mode=rwc"), rows).await;
    let plan = import(Format::LaravelWebsockets, &url, None).await.unwrap();
    assert_eq!(plan.notes, ["row 1: its secret is 3 bytes that are not UTF-8"]);
    assert_eq!(lines(&plan), ["2 k2  true 0 false true 102400 [] [] []"]);

    run::<SqliteConnection>(&url, "ALTER TABLE websockets_apps RENAME TO kept; CREATE VIEW websockets_apps AS SELECT id, key, json(name) AS secret FROM kept").await;
    let refused = import(Format::LaravelWebsockets, &url, None).await.unwrap_err();
    assert_eq!(once(&refused), "malformed JSON");
}

#[tokio::test]
async fn mysql() {
    let server = MariaDb::start();
    server.execute("CREATE DATABASE laravel CHARACTER SET utf8mb4; CREATE DATABASE soketi CHARACTER SET utf8mb4");
    let table = "CREATE TABLE websockets_apps (id bigint unsigned primary key, `key` varchar(255), secret varchar(255), \
                 name varchar(255) CHARACTER SET latin1, host varchar(255), path varchar(255), \
                 enable_client_messages tinyint(1), enable_statistics tinyint(1), capacity int, allowed_origins varchar(255));";
    let url = server.url("laravel");
    run::<MySqlConnection>(&url, &format!("{table}{WEBSOCKETS}")).await;
    assert_websockets(&import(Format::LaravelWebsockets, &url, None).await.unwrap());
    let url = server.url("soketi").replace("mysql:", "mariadb:");
    run::<MySqlConnection>(&url, &soketi("tinyint(1)", '`')).await;
    assert_soketi(&import(Format::Soketi, &url, None).await.unwrap());
}

#[tokio::test]
async fn postgres() {
    let server = Postgres::shared();
    let url = server.url("postgres");
    run::<PgConnection>(&url, &soketi("smallint", '"')).await;
    assert_soketi(&import(Format::Soketi, &url, None).await.unwrap());
}
