//! Services: published once from a definition, never edited, and read by everyone.

mod next_year;
mod version;

pub use next_year::next_year;
pub(crate) use version::agreed;
pub use version::{Version, at, version, versions};

use crate::{Db, Failed, Result, StoreError, Tx, args, db::containing, event, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Event, NotAllowed, Now, Permission, Refusal, Service, ServiceId, service::Problem,
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use uuid::Uuid;

/// A published service with its identifier.
#[derive(Clone, Debug)]
pub struct Published {
    /// Identifier.
    pub id: ServiceId,
    /// What the definition says.
    pub service: Arc<Service>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
}

/// Why a definition cannot be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotPublish {
    /// The person may not.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// Everything that is wrong with the definition.
    #[error("The definition is not valid:{}", .0.iter().map(|problem| format!("\n  {problem}")).collect::<String>())]
    Invalid(Vec<Problem>),
    /// Contracts stand on the definition that is there; it never changes under them.
    #[error(
        "Service {code} is already published with another definition. Write version = {next} and effective_on, the first achievement date that the change counts for, or give it a new code."
    )]
    Different {
        /// The code.
        code: String,
        /// The number of the next version.
        next: u32,
    },
}
impl Refusal for CannotPublish {
    fn is_forbidden(&self) -> bool {
        matches!(self, Self::NotAllowed(_))
    }
}

/// What publishing found.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Identifier.
    pub id: ServiceId,
    /// What the definition says.
    pub service: Arc<Service>,
    /// Whether it is new; otherwise the very same definition was there before, and nothing changed.
    pub is_new: bool,
}

/// Publishes the service that a TOML definition describes, or a new version of it. The same definition again changes
/// nothing; a published version is never altered.
pub async fn publish(
    db: &Db,
    definition: &str,
    by: &Actor,
    now: &Now,
) -> Result<Publication, Failed<CannotPublish>> {
    let service = read(definition, by).map_err(Failed::Refused)?;
    let hash = domain::hash::sha256(definition.as_bytes());
    let mut tx = db.write().await?;
    let (id, is_new) = match place(&mut tx, &service, &hash).await? {
        Place::There(id) => (id, false),
        Place::After(id) => {
            follow(&mut tx, id, &service, (definition, &hash), by, now).await?;
            (id, true)
        }
        Place::First => {
            let id: ServiceId = new_id(now);
            insert(&mut tx, id, &service, (definition, &hash), by, now).await?;
            (id, true)
        }
    };
    if is_new {
        let code = service.code.clone();
        let version = service.version;
        let event = Event::ServicePublished { service: id, code, version, definition_hash: hash };
        event::record(&mut tx, &event, by, now)?;
        tx.commit().await?;
    }
    Ok(Publication { id, service, is_new })
}

/// The service that a definition describes, for whoever may publish it.
pub(crate) fn read(definition: &str, by: &Actor) -> Result<Arc<Service>, CannotPublish> {
    by.must(Permission::MaintainRegister)?;
    Service::from_toml(definition).map(Arc::new).map_err(CannotPublish::Invalid)
}

/// Where a definition stands beside what is published.
pub(crate) enum Place {
    /// Its code is new.
    First,
    /// The very same definition is there.
    There(ServiceId),
    /// It is the version after the one that is there.
    After(ServiceId),
}

/// Where a definition stands, unless it does not follow what is published.
pub(crate) async fn place(
    tx: &mut Tx,
    service: &Service,
    hash: &str,
) -> Result<Place, Failed<CannotPublish>> {
    let refuse = |problems| Failed::Refused(CannotPublish::Invalid(problems));
    // The service of the year before may be published later, or never: then nothing stands beside the boxes.
    if let Some(code) = &service.follows
        && let Some(earlier) = find_by_code(tx, code).await?
    {
        service.goes_on_from(&earlier.service).map_err(refuse)?;
    }
    let known: Option<Known> = tx
        .optional("SELECT id, definition_hash FROM service WHERE code = $1", args![&*service.code])
        .await?;
    let Some(known) = known else { return Ok(Place::First) };
    let id = known.id.into();
    if known.definition_hash == hash {
        return Ok(Place::There(id));
    }
    let newest: Known = tx
        .one(
            "SELECT service_id AS id, definition_hash FROM service_version WHERE service_id = $1
             ORDER BY number DESC LIMIT 1",
            args![id],
        )
        .await?;
    if newest.definition_hash == hash {
        return Ok(Place::There(id));
    }
    let before = parsed(tx, newest.id, newest.definition_hash).await?;
    if service.version == before.version {
        let (code, next) = (service.code.clone(), before.version + 1);
        return Err(Failed::Refused(CannotPublish::Different { code, next }));
    }
    service.follows(&before).map_err(refuse)?;
    Ok(Place::After(id))
}

async fn insert(
    tx: &mut Tx,
    id: ServiceId,
    service: &Service,
    (definition, hash): (&str, &str),
    by: &Actor,
    now: &Now,
) -> Result<(), Failed<CannotPublish>> {
    tx.execute(
        "INSERT INTO service (id, code, name, family, year, starts_on, ends_on, provider_kind, definition,
             definition_hash, published_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            id,
            &*service.code,
            &*service.name,
            &*service.family,
            service.year.0,
            service.starts_on,
            service.ends_on,
            service.provider.organisation().name(),
            definition,
            hash,
            now.instant
        ],
    )
    .await
    .map_err(|error| taken(error, &service.code))?;
    Ok(keep_version(tx, id, service, (definition, hash), by, now).await?)
}

/// Publishes the version after the one there is; what it pays is calculated again from its first date on.
async fn follow(
    tx: &mut Tx,
    id: ServiceId,
    after: &Service,
    (definition, hash): (&str, &str),
    by: &Actor,
    now: &Now,
) -> Result<()> {
    keep_version(tx, id, after, (definition, hash), by, now).await?;
    if after.is_variation {
        // It is nobody's terms yet: its commissioners offer it.
        return Ok(());
    }
    tx.change(
        "UPDATE service SET name = $2, family = $3, definition = $4, definition_hash = $5 WHERE id = $1",
        args![id, &*after.name, &*after.family, definition, hash],
    )
    .await?;
    let because = format!(
        "version {} of the definition of {} was published by {}",
        after.version,
        after.code,
        by.name()
    );
    let from = after.effective_on.unwrap_or(after.starts_on);
    crate::achievement::recalculate(tx, id, from, &because).await?;
    Ok(())
}

async fn keep_version(
    tx: &mut Tx,
    id: ServiceId,
    service: &Service,
    (definition, hash): (&str, &str),
    by: &Actor,
    now: &Now,
) -> Result<()> {
    tx.execute(
        "INSERT INTO service_version (service_id, number, effective_on, definition, definition_hash, published_by_name,
             published_at, is_variation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            id,
            i64::from(service.version),
            service.effective_on,
            definition,
            hash,
            by.name(),
            now.instant,
            service.is_variation
        ],
    )
    .await?;
    Ok(())
}

/// Somebody published the same code at the same moment.
fn taken(error: StoreError, code: &str) -> Failed<CannotPublish> {
    if error.is_duplicate() {
        Failed::Refused(CannotPublish::Different { code: code.to_owned(), next: 2 })
    } else {
        Failed::Other(error)
    }
}

#[derive(sqlx::FromRow)]
struct Known {
    id: Uuid,
    definition_hash: String,
}

#[derive(sqlx::FromRow)]
struct Definition {
    definition: String,
}

/// The service with an identifier, in its newest version. Definitions are public, so any reader may ask.
pub async fn find(tx: &mut Tx, id: ServiceId) -> Result<Arc<Service>> {
    let known: Known =
        tx.one("SELECT id, definition_hash FROM service WHERE id = $1", args![id]).await?;
    parsed(tx, known.id, known.definition_hash).await
}

/// The published service with a code, if there is one.
pub async fn find_by_code(tx: &mut Tx, code: &str) -> Result<Option<Published>> {
    let row: Option<PublishedRow> = tx
        .optional(
            "SELECT id, definition_hash, published_at FROM service WHERE code = $1",
            args![code],
        )
        .await?;
    match row {
        Some(row) => Ok(Some(row.read(tx).await?)),
        None => Ok(None),
    }
}

#[derive(sqlx::FromRow)]
struct PublishedRow {
    id: Uuid,
    definition_hash: String,
    published_at: DateTime<Utc>,
}

impl PublishedRow {
    async fn read(self, tx: &mut Tx) -> Result<Published> {
        Ok(Published {
            id: self.id.into(),
            service: parsed(tx, self.id, self.definition_hash).await?,
            published_at: self.published_at,
        })
    }
}

/// What a list of services is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A part of the name or code.
    pub text: String,
    /// The financial year, by the calendar year it starts in.
    pub year: Option<i32>,
    /// The family.
    pub family: Option<String>,
    /// Only services that have not ended before this day.
    pub not_ended_on: Option<NaiveDate>,
}

/// The published services that fit a filter, newest year first, then by name. There are some tens of them a year.
pub async fn list(tx: &mut Tx, filter: &Filter) -> Result<Vec<Published>> {
    let rows: Vec<PublishedRow> = tx
        .all(
            r"SELECT id, definition_hash, published_at FROM service
             WHERE (CAST($1 AS TEXT) IS NULL OR lower(name) LIKE lower($1) ESCAPE '\' OR lower(code) LIKE lower($1) ESCAPE '\')
               AND (CAST($2 AS BIGINT) IS NULL OR year = $2)
               AND (CAST($3 AS TEXT) IS NULL OR family = $3)
               AND (CAST($4 AS DATE) IS NULL OR ends_on >= $4)
             ORDER BY year DESC, name, code",
            args![
                containing(&filter.text),
                filter.year.map(i64::from),
                filter.family.as_deref(),
                filter.not_ended_on
            ],
        )
        .await?;
    let mut services = Vec::with_capacity(rows.len());
    for row in rows {
        services.push(row.read(tx).await?);
    }
    Ok(services)
}

/// Definitions parsed so far, by the hash of their text: a text always means the same service, so nothing grows stale.
static PARSED: RwLock<Option<HashMap<String, Arc<Service>>>> = RwLock::new(None);

/// The service whose definition has a hash; it is read and parsed once.
pub(crate) async fn parsed(tx: &mut Tx, id: Uuid, hash: String) -> Result<Arc<Service>> {
    let known = PARSED
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .and_then(|known| known.get(&hash).cloned());
    if let Some(service) = known {
        return Ok(service);
    }
    let Definition { definition } = tx
        .one(
            "SELECT definition FROM service_version WHERE service_id = $1 AND definition_hash = $2",
            args![id, &*hash],
        )
        .await?;
    let service = Service::from_toml(&definition).map_err(|problems| StoreError::Inconsistent {
        table: "service",
        what: format!("the definition of {id}: {problems:?}"),
    })?;
    let service = Arc::new(service);
    PARSED
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert_default()
        .insert(hash, service.clone());
    Ok(service)
}
