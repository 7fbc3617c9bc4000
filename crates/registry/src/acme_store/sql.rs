//! The store over SQL, the same for every engine.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{AcmeAccount, AcmeChallenge, AcmeRecord, AcmeState, AcmeStore, StoredCertificate, statements};
use crate::{connection::Write, engine::SqlValue, error::RegistryError, row::Row, sql::SqlRegistry};

/// The longest stored problem, in characters.
const PROBLEM_CHARS: usize = 500;

#[async_trait]
impl AcmeStore for SqlRegistry {
    async fn acme_revision(&self) -> Result<i64, RegistryError> {
        let mut connection = self.connection().await?;
        let revision = connection.number(statements::REVISION).await?;
        connection.done();
        Ok(revision)
    }

    async fn acme_state(&self, directory: &str) -> Result<AcmeState, RegistryError> {
        let mut connection = self.connection().await?;
        // Read first, so that a change between the queries is noticed by its revision.
        let revision = connection.number(statements::REVISION).await?;
        let records = connection.run(statements::RECORDS, &[SqlValue::Text(directory)]).await?;
        let challenges = connection.run(statements::CHALLENGES, &[]).await?;
        connection.done();
        Ok(AcmeState {
            revision,
            records: records.iter().map(record).collect::<Result<_, _>>()?,
            challenges: challenges.iter().map(challenge).collect::<Result<_, _>>()?,
        })
    }

    async fn take_acme_lease(&self, node: &str, length: Duration) -> Result<bool, RegistryError> {
        let mut write = self.begin_acme().await?;
        let now = write.dialect().now;
        let now = write.number(now).await?;
        let end = now.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX));
        let values = [SqlValue::Text(node), SqlValue::Number(Some(now)), SqlValue::Number(Some(end))];
        let is_taken = write.execute(statements::TAKE_LEASE, &values).await? > 0;
        write.end(is_taken).await?;
        Ok(is_taken)
    }

    async fn release_acme_lease(&self, node: &str) -> Result<(), RegistryError> {
        let mut write = self.begin_acme().await?;
        write.execute(statements::RELEASE_LEASE, &[SqlValue::Text(node)]).await?;
        write.end(true).await
    }

    async fn acme_account(&self, directory: &str) -> Result<Option<AcmeAccount>, RegistryError> {
        let mut connection = self.connection().await?;
        let rows = connection.run(statements::ACCOUNT, &[SqlValue::Text(directory)]).await?;
        connection.done();
        let account = |row: &Row| Ok(AcmeAccount { credentials: row.text_at(0)?, email: row.text_at(1)? });
        Ok(rows.first().map(account).transpose().map_err(|error: sqlx::Error| error)?)
    }

    async fn put_acme_account(&self, directory: &str, account: Option<&AcmeAccount>) -> Result<(), RegistryError> {
        let mut write = self.begin_acme().await?;
        write.execute(statements::DELETE_ACCOUNT, &[SqlValue::Text(directory)]).await?;
        if let Some(AcmeAccount { credentials, email }) = account {
            let values = [directory, credentials, email].map(SqlValue::Text);
            write.execute(statements::INSERT_ACCOUNT, &values).await?;
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
        write.execute(statements::DELETE_RECORD, &[directory, domain]).await?;
        let values = [
            directory,
            domain,
            SqlValue::Text(chain),
            SqlValue::Text(key),
            SqlValue::Number(Some(i64::from(*failures))),
            SqlValue::Text(&problem),
            SqlValue::Number(Some(next_attempt.as_millisecond())),
        ];
        write.execute(statements::INSERT_RECORD, &values).await?;
        write.execute(statements::NEXT_REVISION, &[]).await?;
        write.end(true).await
    }

    async fn set_acme_challenges(&self, challenges: &[AcmeChallenge]) -> Result<(), RegistryError> {
        let mut write = self.begin_acme().await?;
        write.execute(statements::DELETE_CHALLENGES, &[]).await?;
        for AcmeChallenge { domain, token, key_authorization } in challenges {
            let values = [domain, token, key_authorization].map(|text| SqlValue::Text(text));
            write.execute(statements::INSERT_CHALLENGE, &values).await?;
        }
        write.execute(statements::NEXT_REVISION, &[]).await?;
        write.end(true).await
    }
}

impl SqlRegistry {
    async fn begin_acme(&self) -> Result<Write, RegistryError> {
        self.begin_with(statements::LOCK).await
    }
}

fn record(row: &Row) -> Result<AcmeRecord, sqlx::Error> {
    let (chain, key) = (row.text_at(1)?, row.text_at(2)?);
    let next_attempt = Timestamp::from_millisecond(row.number_at(5)?).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(AcmeRecord {
        domain: row.text_at(0)?,
        certificate: (!chain.is_empty()).then_some(StoredCertificate { chain, key }),
        failures: u32::try_from(row.number_at(3)?).unwrap_or_default(),
        problem: row.text_at(4)?,
        next_attempt,
    })
}

fn challenge(row: &Row) -> Result<AcmeChallenge, sqlx::Error> {
    let [domain, token, key_authorization] = [0, 1, 2].map(|column| row.text_at(column));
    Ok(AcmeChallenge { domain: domain?, token: token?, key_authorization: key_authorization? })
}
