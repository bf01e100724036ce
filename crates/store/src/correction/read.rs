//! Corrections as pages show them: one, those of a declaration, a list, and what they come to.

use super::{
    corrected,
    part::{Part, parts},
    row::{Row, corrections},
};
use crate::{
    Result, StoreError, Tx, args,
    declaration::{self, Named, by_side, limits, reader},
    hold::{self, Scope},
    recovery,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, CorrectionId, DeclarationId, Now, Pence, Period, ServiceId,
    correction::{Correction, Original},
    declaration::DeclarationState,
    hold::{Act, Open},
    recovery::{Due, Progress, Recovery},
};

/// A correction with what stands around it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The correction; its amounts are nothing for a reader who may not see money.
    pub correction: Correction,
    /// Whose.
    pub provider: Named,
    /// Who approves and pays.
    pub commissioner: Named,
    /// Of which service.
    pub service: Named,
    pub(crate) service_id: ServiceId,
    /// Of which period.
    pub period: Period,
    /// Whether the declaration stands at another amount by it.
    pub counts: bool,
    /// Whether the money had gone to the payer, so that it is recovered with notice.
    pub is_recovered: bool,
    /// The recovery, once it was asked for.
    pub recovery: Option<Recovery>,
    /// What it puts in payment files, by number.
    pub parts: Vec<Part>,
    /// Whether the reader may see money.
    pub sees_money: bool,
}

impl Listed {
    /// The amount, for readers who may see money.
    pub fn amount(&self) -> Option<Pence> {
        self.sees_money.then_some(self.correction.amount)
    }

    /// As something that may be recovered.
    pub fn due(&self) -> Due {
        let own = &self.correction;
        Due {
            correction: own.id,
            reference: own.reference.clone(),
            declaration: own.declaration,
            provider: own.provider,
            commissioner: own.commissioner,
            whole: Pence(-own.amount.0),
            is_due: self.counts && self.is_recovered && self.recovery.is_none(),
        }
    }

    /// How far its recovery is.
    pub fn progress(&self) -> Progress {
        let own: Vec<_> =
            self.parts.iter().map(|part| (part.instalment(), part.payment.clone())).collect();
        Progress::of(&own)
    }
}

/// The declaration that may be corrected, as it stands; another organisation's is not found.
pub async fn original(tx: &mut Tx, reference: &str, by: &Actor) -> Result<Original> {
    #[derive(sqlx::FromRow)]
    struct Around {
        closed_on: Option<NaiveDate>,
        open: Option<String>,
        amount_pence: i64,
    }
    let own = declaration::find(tx, reference, by).await?.declaration;
    let around: Around = tx
        .one(
            "SELECT p.closed_on, d.amount_pence, (SELECT c.reference FROM correction c WHERE c.declaration_id = d.id
                 AND c.state IN ('awaiting_provider', 'awaiting_commissioner', 'awaiting_second', 'awaiting_finance'))
                 AS open
             FROM declaration d JOIN organisation p ON p.id = d.provider_id WHERE d.id = $1",
            args![own.id],
        )
        .await?;
    let bands = limits::of(tx, own.commissioner).await?.limits.bands;
    Ok(Original {
        id: own.id,
        reference: own.reference,
        provider: own.provider,
        provider_closed_on: around.closed_on,
        commissioner: own.commissioner,
        is_locked: matches!(own.state, DeclarationState::Approved { .. }),
        locked: Pence(around.amount_pence),
        corrected: corrected(tx, own.id).await?,
        open: around.open,
        bands,
        held: own.held,
    })
}

async fn listed(tx: &mut Tx, row: Row, open: &Open, sees_money: bool, now: &Now) -> Result<Listed> {
    let (commissioner, service, provider) = row.whose();
    let mut correction = row.read(open.held(Act::Declare, commissioner, service, provider))?;
    let stopped = open.held(Act::Pay, commissioner, service, provider);
    let mut parts = parts(tx, correction.id, stopped.as_ref(), now.today).await?;
    let mut recovery = match row.is_recovered {
        true => recovery::of(tx, &correction, &parts).await?,
        false => None,
    };
    if !sees_money {
        (correction.amount, correction.stood_at) = (Pence(0), Pence(0));
        parts.iter_mut().for_each(|part| part.amount = Pence(0));
        recovery.iter_mut().for_each(|own| own.whole = Pence(0));
    }
    Ok(Listed {
        provider: Named { code: row.provider_code, name: row.provider_name },
        commissioner: Named { code: row.commissioner_code, name: row.commissioner_name },
        service: Named { code: row.service_code, name: row.service_name },
        service_id: service,
        period: Period { start: row.period_start, end: row.achievement_date },
        counts: row.counts,
        is_recovered: row.is_recovered,
        correction,
        recovery,
        parts,
        sees_money,
    })
}

async fn all(tx: &mut Tx, rows: Vec<Row>, by: &Actor, now: &Now) -> Result<Vec<Listed>> {
    let open = hold::of_reader(tx, Scope::All, by).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        found.push(listed(tx, row, &open, by.sees_money(), now).await?);
    }
    Ok(found)
}

/// One correction by its reference; another organisation's is not found.
pub async fn find(tx: &mut Tx, reference: &str, by: &Actor, now: &Now) -> Result<Listed> {
    let organisation = reader(by)?;
    let sql = by_side!(organisation, corrections!(), "AND c.reference = $2");
    let row: Row = tx.seen_by(by).one(sql, args![organisation.id, reference]).await?;
    let mut found = all(tx, vec![row], by, now).await?;
    found.pop().ok_or(StoreError::NotFound)
}

/// The same for who changes it: with its amounts, whoever that is.
pub(crate) async fn whole(tx: &mut Tx, reference: &str, by: &Actor, now: &Now) -> Result<Listed> {
    let organisation = reader(by)?;
    let sql = by_side!(organisation, corrections!(), "AND c.reference = $2");
    let row: Row = tx.seen_by(by).one(sql, args![organisation.id, reference]).await?;
    let open = hold::of_reader(tx, Scope::All, by).await?;
    listed(tx, row, &open, true, now).await
}

/// The same by its identifier, for what the service does by itself.
pub(crate) async fn by_id(tx: &mut Tx, id: CorrectionId, now: &Now) -> Result<Listed> {
    let row: Row = tx.one(concat!(corrections!(), " WHERE c.id = $1"), args![id]).await?;
    listed(tx, row, &Open::default(), true, now).await
}

/// The corrections of a declaration, the newest first.
pub async fn of_declaration(
    tx: &mut Tx,
    declaration: DeclarationId,
    by: &Actor,
    now: &Now,
) -> Result<Vec<Listed>> {
    let organisation = reader(by)?;
    let sql = by_side!(
        organisation,
        corrections!(),
        "AND c.declaration_id = $2 ORDER BY c.asked_at DESC, c.reference DESC"
    );
    let rows: Vec<Row> = tx.all(sql, args![organisation.id, declaration]).await?;
    all(tx, rows, by, now).await
}

/// A page of the corrections that the reader may see, those that somebody has to act in first, and how many there are.
pub async fn list(
    tx: &mut Tx,
    (skip, take): (i64, i64),
    by: &Actor,
    now: &Now,
) -> Result<(Vec<Listed>, i64)> {
    #[derive(sqlx::FromRow)]
    struct Total {
        corrections: i64,
    }
    let organisation = reader(by)?;
    let sql = by_side!(
        organisation,
        "SELECT count(*) AS corrections FROM correction c JOIN declaration d ON d.id = c.declaration_id",
        ""
    );
    let Total { corrections } = tx.one(sql, args![organisation.id]).await?;
    let sql = by_side!(
        organisation,
        concat!(corrections!(), " LEFT JOIN recovery r ON r.correction_id = c.id"),
        "ORDER BY CASE WHEN c.state IN ('refused', 'withdrawn') THEN 4 WHEN c.state <> 'approved' THEN 1 \
         WHEN c.is_recovered AND (r.state IS NULL OR r.state IN ('asked', 'answered')) THEN 2 ELSE 3 END, \
         c.asked_at DESC, c.reference DESC LIMIT CAST($2 AS BIGINT) OFFSET $3"
    );
    let rows: Vec<Row> = tx.all(sql, args![organisation.id, take, skip]).await?;
    Ok((all(tx, rows, by, now).await?, corrections))
}

/// What counts and is not wholly paid or taken, the oldest first. A provider has few; a commissioner's are in its list.
pub async fn under_way(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<Listed>> {
    let organisation = reader(by)?;
    let sql =
        by_side!(organisation, corrections!(), "AND c.counts ORDER BY c.asked_at, c.reference");
    let rows: Vec<Row> = tx.all(sql, args![organisation.id]).await?;
    let mut found = all(tx, rows, by, now).await?;
    found.retain(|one| one.parts.is_empty() || one.parts.iter().any(|part| !part.is_done()));
    Ok(found)
}

/// What the corrections of a declaration come to that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Reference of the declaration.
    pub reference: String,
    /// The amount that was locked.
    pub locked: Pence,
    /// Their sum.
    pub corrected: Pence,
    /// When finance approved the last of them.
    pub at: DateTime<Utc>,
}

/// Of every declaration of a service and provider that was corrected, what that came to; nothing for a reader who may not
/// see money.
pub async fn sums(tx: &mut Tx, (service, provider): (&str, &str), by: &Actor) -> Result<Vec<Sum>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        reference: String,
        locked_pence: i64,
        pence: i64,
        at: DateTime<Utc>,
    }
    if !by.sees_money() {
        return Ok(Vec::new());
    }
    let organisation = reader(by)?;
    let sql = by_side!(
        organisation,
        "SELECT d.reference, d.amount_pence AS locked_pence, CAST(sum(c.amount_pence) AS BIGINT) AS pence, max(c.finance_at) AS at \
         FROM correction c JOIN declaration d ON d.id = c.declaration_id \
         JOIN organisation p ON p.id = d.provider_id JOIN service s ON s.id = d.service_id",
        "AND c.counts AND s.code = $2 AND p.code = $3 GROUP BY d.reference, d.amount_pence"
    );
    let rows: Vec<Row> = tx.all(sql, args![organisation.id, service, provider]).await?;
    let sum = |row: Row| Sum {
        reference: row.reference,
        locked: Pence(row.locked_pence),
        corrected: Pence(row.pence),
        at: row.at,
    };
    Ok(rows.into_iter().map(sum).collect())
}
