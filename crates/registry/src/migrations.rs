//! The migrations of the engines, embedded in the program.

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// The version, name and SQL of each migration of an engine.
type Files = &'static [(i64, &'static str, &'static str)];

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Runs the migrations by version. The database remembers their checksums, and refuses one that has changed.
pub(crate) fn migrator(files: Files) -> Migrator {
    let migration = |&(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(files.iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_has_all_migrations_in_the_order_of_their_versions() {
        let names = |files| {
            let migrator = migrator(files);
            migrator.iter().map(|each| (each.version, each.description.to_string())).collect::<Vec<_>>()
        };
        let sqlite = names(SQLITE);
        let versions = sqlite.iter().map(|(version, _)| *version);
        assert!(versions.eq(1..=i64::try_from(SQLITE.len()).expect("few")), "{sqlite:?}");
        assert_eq!(sqlite[0], (1, "apps".to_owned()));
        assert_eq!(names(POSTGRES), sqlite);
        assert_eq!(names(MYSQL), sqlite);
    }
}
