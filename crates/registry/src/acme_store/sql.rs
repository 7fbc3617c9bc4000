//! The store over SQL, the same for every engine.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{AcmeAccount, AcmeChallenge, AcmeRecord, AcmeState, AcmeStore, StoredCertificate, statements};
use crate::{
    connection::Write,
    engine::{Engine, SqlValue},
    error::RegistryError,
    sql::SqlRegistry,
};

/// The longest stored problem, in characters.
const PROBLEM_CHARS: usize = 500;

#[async_trait]
impl<E: Engine> AcmeStore for SqlRegistry<E> {
    async fn acme_revision(&self) -> Result<i64, RegistryError> {
        let mut connection = self.connection().await?;
        let revision = number::<E>(&mut connection, statements::REVISION).await?;
        connection.done();
        Ok(revision)
    }

    async fn acme_state(&self, directory: &str) -> Result<AcmeState, RegistryError> {
        let mut connection = self.connection().await?;
        // Read first, so that a change between the queries is noticed by its revision.
        let revision = number::<E>(&mut connection, statements::REVISION).await?;
        let records = E::run(&mut connection, statements::RECORDS, &[SqlValue::Text(directory)]).await?;
        let challenges = E::run(&mut connection, statements::CHALLENGES, &[]).await?;
        connection.done();
        Ok(AcmeState {
            revision,
            records: records.iter().map(record::<E>).collect::<Result<_, _>>()?,
            challenges: challenges.iter().map(challenge::<E>).collect::<Result<_, _>>()?,
        })
    }

    async fn take_acme_lease(&self, node: &str, length: Duration) -> Result<bool, RegistryError> {
        let mut write = self.begin_acme().await?;
        let now = number::<E>(&mut write, E::NOW).await?;
        let end = now.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX));
        let values = [SqlValue::Text(node), SqlValue::Number(Some(now)), SqlValue::Number(Some(end))];
        let is_taken = E::execute(&mut write, statements::TAKE_LEASE, &values).await? > 0;
        write.end(is_taken).await?;
        Ok(is_taken)
    }

    async fn release_acme_lease(&self, node: &str) -> Result<(), RegistryError> {
        let mut write = self.begin_acme().await?;
        E::execute(&mut write, statements::RELEASE_LEASE, &[SqlValue::Text(node)]).await?;
        write.end(true).await
    }

    async fn acme_account(&self, directory: &str) -> Result<Option<AcmeAccount>, RegistryError> {
        let mut connection = self.connection().await?;
        let rows = E::run(&mut connection, statements::ACCOUNT, &[SqlValue::Text(directory)]).await?;
        connection.done();
        let account = |row| Ok(AcmeAccount { credentials: E::text_at(row, 0)?, email: E::text_at(row, 1)? });
        Ok(rows.first().map(account).transpose().map_err(|error: sqlx::Error| error)?)
    }

    async fn put_acme_account(&self, directory: &str, account: Option<&AcmeAccount>) -> Result<(), RegistryError> {
        let mut write = self.begin_acme().await?;
        E::execute(&mut write, statements::DELETE_ACCOUNT, &[SqlValue::Text(directory)]).await?;
        if let Some(AcmeAccount { credentials, email }) = account {
            let values = [directory, credentials, email].map(SqlValue::Text);
            E::execute(&mut write, statements::INSERT_ACCOUNT, &values).await?;
        }
        write.end(true).await
    }

    async fn put_acme_record(&self, directory: &str, record: &AcmeRecord) -> Result<(), RegistryError> {
        let AcmeRecord { domain, certificate, failures, problem, next_attempt } = record;
        let (chain, key) = certificate.as_ref().map_or(("", ""), |it| (it.chain.as_str(), it.key.as_str()));
        // Postgres cannot store the character U+0000.
        let problem: String = problem.chars().filter(|char| *char != '\0').take(PROBLEM_CHARS).collect();
        let mut write = self.begin_acme().await?;
        let [directory, domain] = [directory, domain].map(SqlValue::Text);
        E::execute(&mut write, statements::DELETE_RECORD, &[directory, domain]).await?;
        let values = [
            directory,
            domain,
            SqlValue::Text(chain),
            SqlValue::Text(key),
            SqlValue::Number(Some(i64::from(*failures))),
            SqlValue::Text(&problem),
            SqlValue::Number(Some(next_attempt.as_millisecond())),
        ];
        E::execute(&mut write, statements::INSERT_RECORD, &values).await?;
        E::execute(&mut write, statements::NEXT_REVISION, &[]).await?;
        write.end(true).await
    }

    async fn set_acme_challenges(&self, challenges: &[AcmeChallenge]) -> Result<(), RegistryError> {
        let mut write = self.begin_acme().await?;
        E::execute(&mut write, statements::DELETE_CHALLENGES, &[]).await?;
        for AcmeChallenge { domain, token, key_authorization } in challenges {
            let values = [domain, token, key_authorization].map(|text| SqlValue::Text(text));
            E::execute(&mut write, statements::INSERT_CHALLENGE, &values).await?;
        }
        E::execute(&mut write, statements::NEXT_REVISION, &[]).await?;
        write.end(true).await
    }
}

impl<E: Engine> SqlRegistry<E> {
    async fn begin_acme(&self) -> Result<Write<E>, RegistryError> {
        Ok(self.begin_with(statements::LOCK).await?.0)
    }
}

async fn number<E: Engine>(connection: &mut E::Connection, statement: &'static str) -> Result<i64, sqlx::Error> {
    let rows = E::run(connection, statement, &[]).await?;
    E::number(rows.first().ok_or(sqlx::Error::RowNotFound)?)
}

fn record<E: Engine>(row: &E::Row) -> Result<AcmeRecord, sqlx::Error> {
    let (chain, key) = (E::text_at(row, 1)?, E::text_at(row, 2)?);
    let next_attempt = Timestamp::from_millisecond(E::number_at(row, 5)?).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(AcmeRecord {
        domain: E::text_at(row, 0)?,
        certificate: (!chain.is_empty()).then_some(StoredCertificate { chain, key }),
        failures: u32::try_from(E::number_at(row, 3)?).unwrap_or_default(),
        problem: E::text_at(row, 4)?,
        next_attempt,
    })
}

fn challenge<E: Engine>(row: &E::Row) -> Result<AcmeChallenge, sqlx::Error> {
    let [domain, token, key_authorization] = [0, 1, 2].map(|column| E::text_at(row, column));
    Ok(AcmeChallenge { domain: domain?, token: token?, key_authorization: key_authorization? })
}
