//! National figures: every version that was loaded, and the one that calculations use.

use crate::{Db, Failed, Result, StoreError, Tx, args, event, new_id};
use chrono::{DateTime, Utc};
use domain::{
    Actor, Event, FinancialYear, Now, PersonId, ReferenceId, Refusal, Service,
    calculation::National,
    reference::{self, CannotUseFigures, ReferenceFigures, ReferenceState},
    service::Problem,
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use uuid::Uuid;

/// Why a file of national figures cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotLoadFigures {
    /// The person may not.
    #[error(transparent)]
    NotAllowed(#[from] CannotUseFigures),
    /// Everything that is wrong with the file.
    #[error("The file is not valid:{}", .0.iter().map(|problem| format!("\n  {problem}")).collect::<String>())]
    Invalid(Vec<Problem>),
}
impl Refusal for CannotLoadFigures {
    fn is_forbidden(&self) -> bool {
        matches!(self, Self::NotAllowed(_))
    }
}

/// One version as lists and pages show it.
#[derive(Clone, Debug)]
pub struct Version {
    /// Identifier.
    pub id: ReferenceId,
    /// Which version of its set and year, from 1.
    pub number: i64,
    /// The figures, where they stand and who loaded them.
    pub loaded: reference::Loaded,
    /// The name of the file.
    pub file: String,
    /// Its text.
    pub text: String,
    /// The name of who loaded it.
    pub loaded_by: String,
    /// When.
    pub loaded_at: DateTime<Utc>,
    /// Who took it into use or set it aside, and when.
    pub decided: Option<(String, DateTime<Utc>)>,
    /// For the guard of a decision.
    pub version: i64,
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    id: Uuid,
    number: i64,
    content: String,
    file: String,
    loaded_by: Option<Uuid>,
    loaded_by_name: String,
    loaded_at: DateTime<Utc>,
    state: String,
    state_by_name: Option<String>,
    state_at: Option<DateTime<Utc>>,
    version: i64,
}

impl VersionRow {
    fn read(self) -> Result<Version> {
        let wrong = |what: String| StoreError::Inconsistent { table: "reference_figures", what };
        let figures = ReferenceFigures::from_toml(&self.content)
            .map_err(|problems| wrong(format!("{}: {problems:?}", self.id)))?;
        let state = ReferenceState::from_name(&self.state)
            .ok_or_else(|| wrong(format!("state {} of {}", self.state, self.id)))?;
        Ok(Version {
            id: self.id.into(),
            number: self.number,
            loaded: reference::Loaded { figures, state, loaded_by: self.loaded_by.map(PersonId) },
            file: self.file,
            text: self.content,
            loaded_by: self.loaded_by_name,
            loaded_at: self.loaded_at,
            decided: self.state_by_name.zip(self.state_at),
            version: self.version,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, number, content, file, loaded_by, loaded_by_name, loaded_at, state, state_by_name, state_at, version \
             FROM reference_figures ",
            $rest
        )
    };
}

/// Loads a file of national figures as a new version that waits to be taken into use; the newest version again
/// changes nothing.
pub async fn load(
    db: &Db,
    file: &str,
    text: &str,
    by: &Actor,
    now: &Now,
) -> Result<(Version, bool), Failed<CannotLoadFigures>> {
    reference::decides(by).map_err(|why| Failed::Refused(why.into()))?;
    let figures = ReferenceFigures::from_toml(text)
        .map_err(|problems| Failed::Refused(CannotLoadFigures::Invalid(problems)))?;
    let hash = domain::hash::sha256(text.as_bytes());
    let mut tx = db.write().await?;
    let known: Option<VersionRow> = tx
        .optional(
            select!("WHERE set_name = $1 AND year = $2 ORDER BY number DESC LIMIT 1"),
            args![&*figures.set, figures.year.0],
        )
        .await?;
    let number = known.as_ref().map_or(0, |row| row.number) + 1;
    // The same figures are no new version, however their text is spaced.
    if let Some(newest) = known.map(VersionRow::read).transpose()?
        && newest.loaded.figures == figures
        && newest.loaded.state != ReferenceState::SetAside
    {
        return Ok((newest, false));
    }
    let id: ReferenceId = new_id(now);
    tx.execute(
        "INSERT INTO reference_figures (id, set_name, year, number, content, content_hash, file, loaded_by, loaded_by_name,
             loaded_at, state, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)",
        args![
            id, &*figures.set, figures.year.0, number, text, &*hash, file, by.person(), by.name(), now.instant,
            ReferenceState::Loaded.name()
        ],
    )
    .await
    // Of two that load at the same moment, the later one meets the number of the first.
    .map_err(|error| if error.is_duplicate() { StoreError::Stale } else { error })?;
    let event = Event::ReferenceLoaded {
        reference: id,
        set: figures.set,
        year: figures.year.0,
        number,
        file: file.to_owned(),
        file_hash: hash,
    };
    event::record(&mut tx, &event, by, now)?;
    let version = find(&mut tx, id).await?;
    tx.commit().await?;
    Ok((version, true))
}

/// One version. National figures are public, so any reader may ask.
pub async fn find(tx: &mut Tx, id: ReferenceId) -> Result<Version> {
    let row: VersionRow = tx.one(select!("WHERE id = $1"), args![id]).await?;
    row.read()
}

/// Every version, newest year first, then by set, newest version first. There are a few for each year.
pub async fn list(tx: &mut Tx) -> Result<Vec<Version>> {
    let rows: Vec<VersionRow> =
        tx.all(select!("ORDER BY year DESC, set_name, number DESC"), args![]).await?;
    rows.into_iter().map(VersionRow::read).collect()
}

/// Takes a version into use: the one in force before is replaced, and every achievement that uses the set is marked to
/// be calculated again, which [`crate::achievement::sweep`] does. Gives how many those are.
pub async fn take_into_use(
    db: &Db,
    id: ReferenceId,
    seen_version: i64,
    by: &Actor,
    now: &Now,
) -> Result<u64, Failed<CannotUseFigures>> {
    let mut tx = db.write().await?;
    let version = find(&mut tx, id).await?;
    version.loaded.may_use(by).map_err(Failed::Refused)?;
    let figures = &version.loaded.figures;
    tx.execute(
        "UPDATE reference_figures SET state = $3, version = version + 1 WHERE set_name = $1 AND year = $2 AND state = $4",
        args![
            &*figures.set,
            figures.year.0,
            ReferenceState::Superseded.name(),
            ReferenceState::InForce.name()
        ],
    )
    .await?;
    decide(&mut tx, &version, seen_version, ReferenceState::InForce, by, now).await?;
    // Whoever looks at another version that waits has seen it beside the figures that were in force until now.
    tx.execute(
        "UPDATE reference_figures SET version = version + 1 WHERE set_name = $1 AND year = $2 AND state = $3",
        args![&*figures.set, figures.year.0, ReferenceState::Loaded.name()],
    )
    .await?;
    let because = format!(
        "national figures {} {}, version {}, were taken into use by {}",
        figures.set,
        figures.year,
        version.number,
        by.name()
    );
    let achievements = recalculate(&mut tx, &figures.set, figures.year, &because).await?;
    let event = Event::ReferenceUsed { reference: id, achievements };
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(achievements)
}

/// Sets a version aside that nobody wants to use.
pub async fn set_aside(
    db: &Db,
    id: ReferenceId,
    seen_version: i64,
    by: &Actor,
    now: &Now,
) -> Result<(), Failed<CannotUseFigures>> {
    let mut tx = db.write().await?;
    let version = find(&mut tx, id).await?;
    version.loaded.may_set_aside(by).map_err(Failed::Refused)?;
    decide(&mut tx, &version, seen_version, ReferenceState::SetAside, by, now).await?;
    event::record(&mut tx, &Event::ReferenceSetAside { reference: id }, by, now)?;
    Ok(tx.commit().await?)
}

async fn decide(
    tx: &mut Tx,
    version: &Version,
    seen_version: i64,
    state: ReferenceState,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    tx.change(
        "UPDATE reference_figures SET state = $3, state_by = $4, state_by_name = $5, state_at = $6, version = version + 1
         WHERE id = $1 AND version = $2",
        args![version.id, seen_version, state.name(), by.person(), by.name(), now.instant],
    )
    .await
}

/// Marks what was calculated with a set, or waits for it.
async fn recalculate(tx: &mut Tx, set: &str, year: FinancialYear, because: &str) -> Result<u64> {
    let services = crate::service::list(tx, &crate::service::Filter::default()).await?;
    let mut marked = 0;
    for published in services {
        let service = &published.service;
        if service.reference.as_deref() == Some(set) && service.year == year {
            marked += crate::achievement::recalculate(tx, published.id, service.starts_on, because)
                .await?;
        }
    }
    Ok(marked)
}

#[derive(sqlx::FromRow)]
struct Known {
    id: Uuid,
    number: i64,
}

#[derive(sqlx::FromRow)]
struct Content {
    content: String,
}

/// Versions parsed so far; their content never changes.
static PARSED: RwLock<Option<HashMap<Uuid, Arc<National>>>> = RwLock::new(None);

/// The version in force of the set that a service names, if it names one and one is in force.
pub async fn of_service(tx: &mut Tx, service: &Service) -> Result<Option<Arc<National>>> {
    match &service.reference {
        Some(set) => in_force(tx, set, service.year).await,
        None => Ok(None),
    }
}

/// The version of a set that a calculation was made with; none where it used none.
pub async fn of_year(
    tx: &mut Tx,
    set: Option<&str>,
    year: FinancialYear,
    number: Option<u32>,
) -> Result<Option<Arc<National>>> {
    let Some((set, number)) = set.zip(number) else { return Ok(None) };
    let found: Known = tx
        .one(
            "SELECT id, number FROM reference_figures WHERE set_name = $1 AND year = $2 AND number = $3",
            args![set, year.0, i64::from(number)],
        )
        .await?;
    national(tx, found.id, found.number).await.map(Some)
}

async fn in_force(tx: &mut Tx, set: &str, year: FinancialYear) -> Result<Option<Arc<National>>> {
    let found: Option<Known> = tx
        .optional(
            "SELECT id, number FROM reference_figures WHERE set_name = $1 AND year = $2 AND state = 'in_force'",
            args![set, year.0],
        )
        .await?;
    match found {
        Some(Known { id, number }) => national(tx, id, number).await.map(Some),
        None => Ok(None),
    }
}

/// One version as calculations take it. National figures are public, so any reader may ask.
pub async fn of_version(tx: &mut Tx, id: ReferenceId) -> Result<Arc<National>> {
    let found: Known =
        tx.one("SELECT id, number FROM reference_figures WHERE id = $1", args![id]).await?;
    national(tx, found.id, found.number).await
}

async fn national(tx: &mut Tx, id: Uuid, number: i64) -> Result<Arc<National>> {
    let known = PARSED
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .and_then(|known| known.get(&id).cloned());
    if let Some(national) = known {
        return Ok(national);
    }
    let Content { content } =
        tx.one("SELECT content FROM reference_figures WHERE id = $1", args![id]).await?;
    let wrong = |what: String| StoreError::Inconsistent { table: "reference_figures", what };
    let figures = ReferenceFigures::from_toml(&content)
        .map_err(|problems| wrong(format!("{id}: {problems:?}")))?;
    let version = u32::try_from(number).map_err(|_| wrong(format!("version {number} of {id}")))?;
    let national = Arc::new(National { version, figures });
    PARSED
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert_default()
        .insert(id, national.clone());
    Ok(national)
}
