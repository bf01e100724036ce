//! Approving all that a filter leaves: the list is kept as somebody looked at it, and then approved as it was kept.
//!
//! Rows that changed since stay as they are and are named. Everything else is approved in one transaction, with one event
//! for each row; a row that a rule refuses takes nothing from the others.

use super::{
    check,
    list::{Filter, Named, narrowed},
    not_taking_part,
    row::{DeclarationRow, select},
};
use crate::{
    Db, Failed, Result, StoreError, Tx,
    achievement::payments_change,
    arg::Arg,
    args, event,
    hold::{self, Scope},
    new_id, receipt,
};
use chrono::{DateTime, Utc};
use domain::{
    Actor, Change, Now, OrganisationId, Permission, PersonId, ReviewId, ServiceId,
    declaration::{CannotApprove, Declaration, How},
    hold::Open,
    receipt::money::What,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A row of a kept list, as it stands now.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The declaration.
    pub declaration: Declaration,
    /// Whose.
    pub provider: Named,
    /// Of which service.
    pub service: Named,
    /// The checks that it did not pass when it was declared.
    pub checks: usize,
    /// Why it stays as it is, if it does.
    pub stays: Option<String>,
}

/// A list that somebody looks at before approving all of it.
#[derive(Clone, Debug)]
pub struct Review {
    /// Identifier.
    pub id: ReviewId,
    /// When it was kept.
    pub made_at: DateTime<Utc>,
    /// Its rows, by service, provider and period.
    pub rows: Vec<Kept>,
}

impl Review {
    /// The rows that would be approved now.
    pub fn approved(&self) -> impl Iterator<Item = &Kept> {
        self.rows.iter().filter(|row| row.stays.is_none())
    }

    /// The rows that stay as they are, each with its reason.
    pub fn staying(&self) -> impl Iterator<Item = (&Kept, &str)> {
        self.rows.iter().filter_map(|row| Some((row, row.stays.as_deref()?)))
    }
}

/// What a row says that changed after the list was kept.
const CHANGED: &str = "It changed after you looked at the list.";

/// Keeps the list of what a filter leaves to somebody who approves; an earlier list of the same person is forgotten.
pub async fn keep(
    db: &Db,
    filter: &Filter,
    by: &Actor,
    now: &Now,
) -> Result<ReviewId, Failed<CannotApprove>> {
    let states = own_states(filter, by)?;
    let (person, organisation) = who(by)?;
    let id: ReviewId = new_id(now);
    let mut tx = db.write().await?;
    forget(&mut tx, person).await?;
    tx.execute(
        "INSERT INTO review (id, person_id, organisation_id, made_at) VALUES ($1, $2, $3, $4)",
        args![id, person, organisation, now.instant],
    )
    .await?;
    let mut args = filter.args(by.organisation().ok_or(StoreError::NotFound)?);
    let look = filter.needs_look.map(|needs| if needs { "needs" } else { "within" });
    args.extend(states.map(Arg::from));
    args.extend(args![look, id]);
    let mut seen = tx.seen_by(by);
    seen.execute(
        concat!(
            "INSERT INTO review_row (review_id, declaration_id, version)
             SELECT $9, d.id, d.version FROM declaration d WHERE d.commissioner_id = $1 ",
            narrowed!(
                "AND d.state IN ($5, $6, $7) AND (CAST($8 AS TEXT) IS NULL
                     OR $8 = CASE WHEN d.checks = '[]' THEN 'within' ELSE 'needs' END)"
            )
        ),
        args,
    )
    .await?;
    drop(seen);
    tx.commit().await?;
    Ok(id)
}

/// The states that a filter asks for and that this person approves in.
fn own_states(
    filter: &Filter,
    by: &Actor,
) -> Result<[Option<&'static str>; 3], Failed<CannotApprove>> {
    super::must_approve(by)?;
    let state = |permission, name: &'static str| {
        Some(name).filter(|name| by.may(permission) && filter.wants(name))
    };
    Ok([
        state(Permission::Approve, "awaiting_commissioner"),
        state(Permission::ApproveSecond, "awaiting_second"),
        state(Permission::ApproveFinance, "awaiting_finance"),
    ])
}

fn who(by: &Actor) -> Result<(PersonId, OrganisationId)> {
    let organisation = by.organisation().map(|own| own.id);
    by.person().zip(organisation).ok_or(StoreError::NotFound)
}

/// A kept list as it stands now, for the person who looks at it and nobody else.
pub async fn find(tx: &mut Tx, id: ReviewId, by: &Actor, now: &Now) -> Result<Review> {
    #[derive(sqlx::FromRow)]
    struct Head {
        made_at: DateTime<Utc>,
    }
    let (person, organisation) = who(by)?;
    let head: Head = tx
        .one(
            "SELECT made_at FROM review WHERE id = $1 AND person_id = $2 AND organisation_id = $3",
            args![id, person, organisation],
        )
        .await?;
    let rows = rows(tx, id, by, now).await?.into_iter().map(|row| row.kept).collect();
    Ok(Review { id, made_at: head.made_at, rows })
}

/// A row with the approval that the domain gives it now, if it does.
struct Decided {
    kept: Kept,
    change: Option<Change<Declaration>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    declaration: DeclarationRow,
    seen: i64,
    checks: String,
    provider_code: String,
    provider_name: String,
    service_code: String,
    service_name: String,
    in_force: Option<Uuid>,
    held_because: String,
    takes_part: bool,
}

async fn rows(tx: &mut Tx, id: ReviewId, by: &Actor, now: &Now) -> Result<Vec<Decided>> {
    let found: Vec<Row> = tx
        .seen_by(by)
        .all(
            select!(
                ", r.version AS seen, d.checks, p.code AS provider_code, p.name AS provider_name, s.code AS service_code,
                 s.name AS service_name, a.calculation_id AS in_force, a.held_because,
                 EXISTS (SELECT 1 FROM offer o WHERE o.provider_id = d.provider_id AND o.service_id = d.service_id
                     AND o.in_force_until >= d.achievement_date) AS takes_part
"
                , "JOIN review_row r ON r.declaration_id = d.id JOIN organisation p ON p.id = d.provider_id JOIN service s ON s.id = d.service_id
                 JOIN achievement a ON a.id = d.achievement_id
                 WHERE r.review_id = $1 ORDER BY s.name, p.name, d.achievement_date, d.reference"
            ),
            args![id],
        )
        .await?;
    let open = hold::of_reader(tx, Scope::All, by).await?;
    found.into_iter().map(|row| row.decide(&open, by, now)).collect()
}

impl Row {
    fn decide(self, open: &Open, by: &Actor, now: &Now) -> Result<Decided> {
        let declaration = self.declaration.read(open)?;
        let not_calculated = if self.in_force != Some(declaration.calculation.0) {
            Some(self.held_because)
        } else if !self.takes_part {
            Some(not_taking_part(declaration.period.end))
        } else {
            None
        };
        let decided = if self.seen == declaration.version {
            let change = declaration.approve_next(declaration.calculation, How::InList, by, now);
            match not_calculated {
                Some(why) => change.and(Err(CannotApprove::NotCalculated(why))),
                None => change,
            }
            .map_err(|why| why.to_string())
        } else {
            Err(CHANGED.to_owned())
        };
        let (change, stays) = match decided {
            Ok(change) => (Some(change), None),
            Err(why) => (None, Some(why)),
        };
        let kept = Kept {
            checks: check::read(&self.checks)?.len(),
            provider: Named { code: self.provider_code, name: self.provider_name },
            service: Named { code: self.service_code, name: self.service_name },
            declaration,
            stays,
        };
        Ok(Decided { kept, change })
    }
}

/// Approves a kept list; gives its rows with why each that stayed did. A list that was carried out is not there any more.
pub async fn carry_out(
    db: &Db,
    id: ReviewId,
    by: &Actor,
    now: &Now,
) -> Result<Vec<Kept>, Failed<CannotApprove>> {
    own_states(&Filter::default(), by)?;
    let (person, organisation) = who(by)?;
    let mut tx = db.write().await?;
    // Whoever presses twice waits here, and then finds nothing.
    let found = tx
        .execute(
            "UPDATE review SET made_at = made_at WHERE id = $1 AND person_id = $2 AND organisation_id = $3",
            args![id, person, organisation],
        )
        .await?;
    if found == 0 {
        return Err(StoreError::NotFound.into());
    }
    tx.execute(
        "UPDATE declaration SET version = version
         WHERE id IN (SELECT declaration_id FROM review_row WHERE review_id = $1)",
        args![id],
    )
    .await?;
    let decided = rows(&mut tx, id, by, now).await?;
    for row in decided.iter().filter(|row| row.change.is_none()) {
        tx.execute(
            "DELETE FROM review_row WHERE review_id = $1 AND declaration_id = $2",
            args![id, row.kept.declaration.id],
        )
        .await?;
    }
    leave_out_unseen(&mut tx, id, &decided, by).await?;
    approve_rows(&mut tx, id, &decided, by, now).await?;
    forget(&mut tx, person).await?;
    tx.commit().await?;
    let after = |Decided { kept, change }| match change {
        Some(Change { after, .. }) => Kept { declaration: after, ..kept },
        None => kept,
    };
    Ok(decided.into_iter().map(after).collect())
}

/// What somebody whose roles are narrowed no longer sees stays as it is.
async fn leave_out_unseen(tx: &mut Tx, id: ReviewId, seen: &[Decided], by: &Actor) -> Result<()> {
    #[derive(sqlx::FromRow)]
    struct Listed {
        declaration_id: Uuid,
    }
    if by.narrowing().is_none() {
        return Ok(());
    }
    let sql = "SELECT declaration_id FROM review_row WHERE review_id = $1";
    for Listed { declaration_id } in tx.all::<Listed>(sql, args![id]).await? {
        if !seen.iter().any(|row| row.kept.declaration.id.0 == declaration_id) {
            tx.execute(
                "DELETE FROM review_row WHERE review_id = $1 AND declaration_id = $2",
                args![id, declaration_id],
            )
            .await?;
        }
    }
    Ok(())
}

/// Approves what is left of a list, all that waits for the same approval by one statement.
async fn approve_rows(
    tx: &mut Tx,
    id: ReviewId,
    decided: &[Decided],
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let changes: Vec<&Change<Declaration>> =
        decided.iter().filter_map(|row| row.change.as_ref()).collect();
    // The last approval first: what is approved here waits for the next one after it, and for somebody else.
    let mut approved = 0;
    for (permission, sql) in [
        (Permission::ApproveFinance, "UPDATE declaration SET state = 'approved', finance_by = $2, finance_by_name = $3, finance_at = $4, finance_for = $5,
             version = version + 1
         WHERE state = 'awaiting_finance' AND id IN (SELECT declaration_id FROM review_row WHERE review_id = $1)"),
        (Permission::ApproveSecond, "UPDATE declaration SET state = 'awaiting_finance', second_by = $2, second_by_name = $3, second_at = $4, second_for = $5,
             version = version + 1
         WHERE state = 'awaiting_second' AND id IN (SELECT declaration_id FROM review_row WHERE review_id = $1)"),
        (Permission::Approve, "UPDATE declaration SET state = CASE WHEN band = 'low' THEN 'awaiting_finance' ELSE 'awaiting_second' END,
             approved_by = $2, approved_by_name = $3, approved_at = $4, approved_for = $5,
             version = version + 1
         WHERE state = 'awaiting_commissioner' AND id IN
             (SELECT declaration_id FROM review_row WHERE review_id = $1)"),
    ] {
        let by = by.acting(permission);
        let values = args![id, by.person(), by.name(), now.instant, by.principal()];
        approved += tx.execute(sql, values).await?;
    }
    if usize::try_from(approved).ok() != Some(changes.len()) {
        let what = format!("{approved} approved of {} decided", changes.len());
        return Err(StoreError::Inconsistent { table: "review_row", what });
    }
    let mut paid: BTreeMap<ServiceId, Vec<OrganisationId>> = BTreeMap::new();
    for change in &changes {
        if change.after.state.finance().is_some() {
            paid.entry(change.after.service).or_default().push(change.after.provider);
        }
        let by = by.acting(What::of_approval(&change.after.state).permission());
        event::record(tx, &change.event, &by, now)?;
    }
    receipt::money::keep_reviewed(tx, id, by, now).await?;
    for (service, providers) in paid {
        payments_change(tx, service, &providers, by).await?;
    }
    Ok(())
}

/// Forgets the lists of a person.
async fn forget(tx: &mut Tx, person: PersonId) -> Result<()> {
    tx.execute(
        "DELETE FROM review_row WHERE review_id IN (SELECT id FROM review WHERE person_id = $1)",
        args![person],
    )
    .await?;
    tx.execute("DELETE FROM review WHERE person_id = $1", args![person]).await?;
    Ok(())
}
