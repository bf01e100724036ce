//! The tables step by step: which steps this program knows, which a database has had, and how it gets the others.

use super::{Db, Engine, EngineTx, alone::alone};
use crate::{Result, StoreError, args};
use sqlx::migrate::Migrator;

/// The tables as this program knows them.
static STEPS: Migrator = sqlx::migrate!("./migrations");

/// One step of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub about: &'static str,
}

/// How the tables of a database stand to this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There are none yet.
    New,
    /// They are this program's.
    Current,
    /// These steps are missing.
    Older(Vec<Step>),
    /// A newer program has made a step that this one does not know.
    Newer(i64),
}

impl Standing {
    /// Of a database that has had these steps, in order.
    fn of(applied: &[i64]) -> Self {
        if applied.is_empty() {
            return Self::New;
        }
        if let Some(unknown) = applied.iter().rev().find(|version| !STEPS.version_exists(**version))
        {
            return Self::Newer(*unknown);
        }
        let missing: Vec<Step> = steps().filter(|step| !applied.contains(&step.version)).collect();
        if missing.is_empty() { Self::Current } else { Self::Older(missing) }
    }
}

/// The steps that this program knows, in order.
pub fn steps() -> impl Iterator<Item = Step> {
    STEPS.iter().map(|step| Step { version: step.version, about: &step.description })
}

/// The number of the last step that this program knows.
pub fn newest() -> i64 {
    steps().map(|step| step.version).max().unwrap_or_default()
}

impl Db {
    /// Brings the tables to this program's version.
    ///
    /// # Errors
    /// Also when a newer program has been here: this one would not understand what it wrote.
    pub async fn migrate(&self) -> Result<()> {
        if let Standing::Newer(version) = self.standing().await? {
            return Err(newer("the database", version));
        }
        match &self.0 {
            Engine::Sqlite { write, file, .. } => {
                let _alone = alone(file).await?;
                STEPS.run(write).await?;
            }
            Engine::Postgres(primary) => STEPS.run(&primary.pool()).await?,
        }
        Ok(())
    }

    /// Brings the tables to an earlier version, for rows that come from it.
    pub async fn migrate_to(&self, version: i64) -> Result<()> {
        match &self.0 {
            Engine::Sqlite { write, .. } => STEPS.run_to(version, write).await?,
            Engine::Postgres(primary) => STEPS.run_to(version, &primary.pool()).await?,
        }
        Ok(())
    }

    /// How the tables stand to this program; changes nothing.
    pub async fn standing(&self) -> Result<Standing> {
        Ok(Standing::of(&self.applied().await?))
    }

    /// The steps that the database has had, by number; none where it is new.
    pub async fn applied(&self) -> Result<Vec<i64>> {
        #[derive(sqlx::FromRow)]
        struct Number {
            version: i64,
        }
        let mut tx = self.read().await?;
        let is_there = match &tx.engine {
            EngineTx::Postgres(_) => {
                "SELECT count(*) AS version FROM pg_class WHERE relname = '_sqlx_migrations'
                     AND relnamespace = CAST(current_schema() AS REGNAMESPACE)"
            }
            _ => "SELECT count(*) AS version FROM sqlite_schema WHERE name = '_sqlx_migrations'",
        };
        if tx.one::<Number>(is_there, args![]).await?.version == 0 {
            return Ok(Vec::new());
        }
        let sql = "SELECT version FROM _sqlx_migrations ORDER BY version";
        let all: Vec<Number> = tx.all(sql, args![]).await?;
        Ok(all.into_iter().map(|one| one.version).collect())
    }
}

/// Why something that a newer program has written is left alone.
#[must_use]
pub fn newer(what: &str, version: i64) -> StoreError {
    StoreError::Setup(format!(
        "{what} was made by a newer Accord: its tables are at step {version}, and this program knows up to {}. \
         Use that program, or a backup from before",
        newest()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_new_current_older_or_newer() {
        let all: Vec<i64> = steps().map(|step| step.version).collect();
        assert_eq!(Standing::of(&[]), Standing::New);
        assert_eq!(Standing::of(&all), Standing::Current);
        let (last, before) = all.split_last().expect("steps");
        let Standing::Older(missing) = Standing::of(before) else { unreachable!("it is older") };
        assert_eq!(missing.iter().map(|step| step.version).collect::<Vec<_>>(), [*last]);
        assert_eq!(
            Standing::of(&[all.clone(), vec![last + 1]].concat()),
            Standing::Newer(last + 1)
        );
        // A step of another line in the middle is as unknown.
        assert_eq!(Standing::of(&[1, 7, *last]), Standing::Newer(7));
    }
}
