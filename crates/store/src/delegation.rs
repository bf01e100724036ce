//! Delegations: given and ended by a provider, and asked for by everything that answers offers.

use crate::{
    Db, Failed, Result, StoreError, Tx, args,
    db::containing,
    event,
    message::{self, Of},
    organisation::find_by_code,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Change, Delegation, Now, OfferId, OrganisationId, Permission,
    delegation::{CannotEnd, CannotGive, delegate},
    message::delegation as told,
};
use uuid::Uuid;

/// The providers that let the organisation `$delegate` answer on the day `$today`; [`Delegation::stands`] as a question, and
/// a story compares the two.
macro_rules! standing {
    ($delegate:literal, $today:literal) => {
        concat!(
            "SELECT g.provider_id FROM delegation g WHERE g.delegate_id = ",
            $delegate,
            " AND g.ended_at IS NULL AND g.until_on >= ",
            $today
        )
    };
}
pub(crate) use standing;

#[derive(sqlx::FromRow)]
struct Row {
    provider_id: Uuid,
    provider_name: String,
    delegate_id: Uuid,
    delegate_name: String,
    until_on: NaiveDate,
    ended_at: Option<DateTime<Utc>>,
    version: i64,
}

impl Row {
    fn read(self) -> Delegation {
        Delegation {
            provider: self.provider_id.into(),
            provider_name: self.provider_name,
            delegate: self.delegate_id.into(),
            delegate_name: self.delegate_name,
            until: self.until_on,
            ended_at: self.ended_at,
            version: self.version,
        }
    }
}

/// An organisation that may answer for the actor's own.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Held {
    delegate_id: Uuid,
    /// Its ODS code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The last day on which it may.
    pub until_on: NaiveDate,
    /// Who gave it.
    pub given_by_name: String,
    /// When.
    pub given_at: DateTime<Utc>,
    /// The number of changes, to be seen when it is ended.
    pub version: i64,
}

impl Held {
    /// The organisation.
    pub fn delegate(&self) -> OrganisationId {
        self.delegate_id.into()
    }
}

/// Who may answer for the actor's organisation today, by name.
pub async fn held(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<Held>> {
    tx.all(
        "SELECT g.delegate_id, o.code, o.name, g.until_on, g.given_by_name, g.given_at, g.version
         FROM delegation g JOIN organisation o ON o.id = g.delegate_id
         WHERE g.provider_id = $1 AND g.ended_at IS NULL AND g.until_on >= $2 ORDER BY o.name, o.code",
        args![by.organisation().map(|own| own.id), now.today],
    )
    .await
}

/// A provider that the actor may answer for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Member {
    /// Its ODS code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The last day on which its offers may be answered.
    pub until_on: NaiveDate,
    /// Its offers that wait for an answer.
    pub to_answer: i64,
}

/// The providers that the actor may answer for today, by name.
pub async fn members(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<Member>> {
    let Some(delegate) = delegate(by, now.today) else { return Ok(Vec::new()) };
    tx.all(
        "SELECT o.code, o.name, g.until_on,
             (SELECT count(*) FROM offer f WHERE f.provider_id = g.provider_id AND f.state = 'pending'
                AND f.respond_by >= $2) AS to_answer
         FROM delegation g JOIN organisation o ON o.id = g.provider_id
         WHERE g.delegate_id = $1 AND g.ended_at IS NULL AND g.until_on >= $2 ORDER BY o.name, o.code",
        args![delegate, now.today],
    )
    .await
}

/// An organisation by the names that people know it by.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Named {
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// The organisations that the actor's own could let answer and whose name holds a text: the first ten, networks first.
pub async fn candidates(tx: &mut Tx, text: &str, by: &Actor, now: &Now) -> Result<Vec<Named>> {
    let Some(own) = by.organisation() else { return Ok(Vec::new()) };
    tx.all(
        r"SELECT code, name FROM organisation
          WHERE parent_id = $1 AND kind IN ('pcn', 'practice') AND id <> $2 AND (closed_on IS NULL OR closed_on >= $3)
            AND lower(name) LIKE lower($4) ESCAPE '\'
          ORDER BY CASE kind WHEN 'pcn' THEN 0 ELSE 1 END, name, code LIMIT 10",
        args![own.parent, own.id, now.today, containing(text)],
    )
    .await
}

/// The actor's organisation lets another one, by its ODS code, answer its offers until a day.
pub async fn give(
    db: &Db,
    code: &str,
    until: NaiveDate,
    by: &Actor,
    now: &Now,
) -> Result<Delegation, Failed<CannotGive>> {
    by.must(Permission::Delegate).map_err(|why| Failed::Refused(why.into()))?;
    let mut tx = db.write().await?;
    let Some(to) = find_by_code(&mut tx, code.trim()).await? else {
        return Err(Failed::Refused(CannotGive::NoSuchOrganisation));
    };
    let provider = by.organisation().map(|own| own.id);
    let before = between(&mut tx, provider, to.id).await?;
    let change = Delegation::give(before.as_ref(), &to, until, by, now).map_err(Failed::Refused)?;
    let is_changed = before.is_some_and(|before| before.stands(now.today));
    let Change { after, event } = change;
    tx.change(
        "INSERT INTO delegation (provider_id, delegate_id, until_on, given_by, given_by_name, given_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (provider_id, delegate_id) DO UPDATE SET until_on = excluded.until_on, given_by = excluded.given_by,
             given_by_name = excluded.given_by_name, given_at = excluded.given_at, ended_at = NULL,
             version = excluded.version
         WHERE delegation.version = excluded.version - 1",
        args![
            after.provider,
            after.delegate,
            after.until,
            by.person(),
            by.name(),
            now.instant,
            after.version
        ],
    )
    .await?;
    event::record(&mut tx, &event, by, now)?;
    let letter = told::given(&after, is_changed);
    message::tell_holders(
        &mut tx,
        Permission::AnswerOffers,
        after.delegate,
        (&letter, Of::Anything),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(after)
}

/// The actor's organisation ends what it had let another one do, as it saw it.
pub async fn end(
    db: &Db,
    delegate: OrganisationId,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Delegation, Failed<CannotEnd>> {
    let mut tx = db.write().await?;
    let provider = by.organisation().map(|own| own.id);
    let before = between(&mut tx, provider, delegate).await?.ok_or(StoreError::NotFound)?;
    let Change { after, event } = before.end(by, now).map_err(Failed::Refused)?;
    tx.change(
        "UPDATE delegation SET ended_at = $4, version = version + 1
         WHERE provider_id = $1 AND delegate_id = $2 AND version = $3",
        args![after.provider, after.delegate, seen, after.ended_at],
    )
    .await?;
    event::record(&mut tx, &event, by, now)?;
    let letter = told::ended(&after);
    message::tell_holders(
        &mut tx,
        Permission::AnswerOffers,
        after.delegate,
        (&letter, Of::Anything),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(after)
}

/// What a provider said of an organisation, standing or not.
async fn between(
    tx: &mut Tx,
    provider: Option<OrganisationId>,
    delegate: OrganisationId,
) -> Result<Option<Delegation>> {
    let row: Option<Row> = tx
        .optional(
            "SELECT g.provider_id, p.name AS provider_name, g.delegate_id, d.name AS delegate_name, g.until_on, g.ended_at,
                 g.version
             FROM delegation g JOIN organisation p ON p.id = g.provider_id JOIN organisation d ON d.id = g.delegate_id
             WHERE g.provider_id = $1 AND g.delegate_id = $2",
            args![provider, delegate],
        )
        .await?;
    Ok(row.map(Row::read))
}

/// What the provider of an offer said of an organisation, held until the transaction is over: who ends it waits, so that
/// no answer is given under what has ended.
pub(crate) async fn of_offer(
    tx: &mut Tx,
    offer: OfferId,
    delegate: OrganisationId,
) -> Result<Option<Delegation>> {
    #[derive(sqlx::FromRow)]
    struct Provider {
        provider_id: Uuid,
    }
    let row: Option<Provider> = tx
        .optional(
            "UPDATE delegation SET version = version
             WHERE delegate_id = $2 AND provider_id = (SELECT provider_id FROM offer WHERE id = $1) RETURNING provider_id",
            args![offer, delegate],
        )
        .await?;
    match row {
        Some(row) => between(tx, Some(row.provider_id.into()), delegate).await,
        None => Ok(None),
    }
}
