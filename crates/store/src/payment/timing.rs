//! The clock of payment files: what a commissioner says of its payer, and the answers that are chased.

use super::reader;
use crate::{
    Db, Failed, Result, StoreError, Tx, args,
    calendar::bank_holidays,
    event,
    message::{Of, tell_holders},
};
use chrono::{NaiveDate, NaiveTime, Timelike};
use domain::{
    Actor, Change, Event, Now, OrganisationId, PaymentFileId, Permission,
    calendar::BankHolidays,
    payment::{
        letter,
        timing::{CannotSetTiming, Reach, Setting, Timing, Waiting},
    },
};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Row {
    working_day: Option<i64>,
    until_minute: i64,
    chase_after: Option<i64>,
    version: i64,
}

/// What the actor's organisation says of its payer.
pub async fn setting(tx: &mut Tx, by: &Actor) -> Result<Setting> {
    of(tx, reader(by)?.id).await
}

async fn of(tx: &mut Tx, commissioner: OrganisationId) -> Result<Setting> {
    let row: Option<Row> = tx
        .optional(
            "SELECT working_day, until_minute, chase_after, version FROM payment_timing WHERE commissioner_id = $1",
            args![commissioner],
        )
        .await?;
    let Some(row) = row else { return Ok(Setting::of(commissioner)) };
    let wrong = || StoreError::Inconsistent {
        table: "payment_timing",
        what: format!("a number of {commissioner}"),
    };
    let number = |stored: i64| u32::try_from(stored).map_err(|_| wrong());
    let minute = number(row.until_minute)?;
    let until = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).ok_or_else(wrong)?;
    let reach = match row.working_day {
        Some(day) => Some(Reach { working_day: number(day)?, until }),
        None => None,
    };
    let chase_after = row.chase_after.map(number).transpose()?;
    Ok(Setting { commissioner, timing: Timing { reach, chase_after }, version: row.version })
}

/// Changes it as it was seen.
pub async fn change(
    db: &Db,
    seen: i64,
    timing: Timing,
    by: &Actor,
    now: &Now,
) -> Result<Setting, Failed<CannotSetTiming>> {
    by.must(Permission::MakePayments).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::MakePayments);
    let mut tx = db.write().await?;
    let before = of(&mut tx, reader(by)?.id).await?;
    let Change { after, event } = before.change(timing, by).map_err(Failed::Refused)?;
    // The first change finds no row, and two first ones cannot both make it.
    tx.execute(
        "INSERT INTO payment_timing (commissioner_id, until_minute, version) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING",
        args![after.commissioner],
    )
    .await?;
    let minute = |reach: Reach| i64::from(reach.until.num_seconds_from_midnight() / 60);
    tx.change(
        "UPDATE payment_timing SET working_day = $3, until_minute = $4, chase_after = $5, version = version + 1
         WHERE commissioner_id = $1 AND version = $2",
        args![
            after.commissioner,
            seen,
            timing.reach.map(|reach| i64::from(reach.working_day)),
            timing.reach.map_or(0, minute),
            timing.chase_after.map(i64::from)
        ],
    )
    .await?;
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(after)
}

/// A sent file that the payer has not answered in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The file.
    pub file: PaymentFileId,
    /// Its reference.
    pub reference: String,
    /// Its lines.
    pub lines: u64,
    /// As chasing looks at it.
    pub waiting: Waiting,
    commissioner: OrganisationId,
}

#[derive(sqlx::FromRow)]
struct SentRow {
    id: Uuid,
    reference: String,
    commissioner_id: Uuid,
    lines: i64,
    sent_on: NaiveDate,
    expected_on: Option<NaiveDate>,
    chased_on: Option<NaiveDate>,
    unanswered: i64,
}

/// A question for sent files with payments that the payer has not answered, the oldest first.
macro_rules! unanswered {
    ($which:literal) => {
        concat!(
            "SELECT f.id, f.reference, f.commissioner_id, f.lines, f.sent_on, f.expected_on, f.chased_on, \
             count(*) AS unanswered FROM payment_line l JOIN payment_file f ON f.id = l.payment_file_id \
             WHERE l.state = 'sent' AND f.sent_on IS NOT NULL ",
            $which,
            " GROUP BY f.id, f.reference, f.commissioner_id, f.lines, f.sent_on, f.expected_on, f.chased_on \
             ORDER BY f.sent_on, f.reference"
        )
    };
}

impl SentRow {
    fn read(self) -> Unanswered {
        Unanswered {
            file: self.id.into(),
            reference: self.reference,
            lines: u64::try_from(self.lines).unwrap_or_default(),
            waiting: Waiting {
                sent_on: self.sent_on,
                expected_on: self.expected_on,
                chased_on: self.chased_on,
                unanswered: self.unanswered,
            },
            commissioner: self.commissioner_id.into(),
        }
    }
}

/// The files of the actor's organisation whose answer is overdue, the oldest first. In a year whose bank holidays are not
/// loaded none is: nobody is told a wrong day.
pub async fn overdue(tx: &mut Tx, by: &Actor, now: &Now) -> Result<Vec<Unanswered>> {
    let Some(own) = by.organisation().filter(|_| by.may(Permission::MakePayments)) else {
        return Ok(Vec::new());
    };
    let Some(after) = of(tx, own.id).await?.timing.chase_after else { return Ok(Vec::new()) };
    let rows: Vec<SentRow> =
        tx.all(unanswered!("AND f.commissioner_id = $1"), args![own.id]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let holidays = bank_holidays(tx).await?;
    let is_overdue =
        |one: &Unanswered| one.waiting.is_overdue(after, now.today, &holidays).unwrap_or(false);
    Ok(rows.into_iter().map(SentRow::read).filter(is_overdue).collect())
}

/// Tells finance of every answer that is overdue and was not chased lately; gives how many files that are.
pub async fn chase(db: &Db, by: &Actor, now: &Now) -> Result<u64> {
    let mut tx = db.read().await?;
    let holidays = bank_holidays(&mut tx).await?;
    let due = to_chase(&mut tx, &holidays, now).await?;
    drop(tx);
    if due.is_empty() {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    for one in &due {
        // Of many processes that look at once, one tells: the others wait here, and then find it chased.
        tx.execute("UPDATE payment_file SET lines = lines WHERE id = $1", args![one.file]).await?;
    }
    let due = to_chase(&mut tx, &holidays, now).await?;
    for one in &due {
        tx.execute(
            "UPDATE payment_file SET chased_on = $2 WHERE id = $1",
            args![one.file, now.today],
        )
        .await?;
        let unanswered = u64::try_from(one.waiting.unanswered).unwrap_or_default();
        let (since, counts) = (one.waiting.since(), (unanswered, one.lines));
        let event = Event::PaymentChased { file: one.file, unanswered, lines: one.lines, since };
        event::record(&mut tx, &event, by, now)?;
        let letter = letter::to_chase(&one.reference, counts, since);
        let finance = Permission::MakePayments;
        tell_holders(&mut tx, finance, one.commissioner, (&letter, Of::Whole), now).await?;
    }
    tx.commit().await?;
    Ok(due.len() as u64)
}

async fn to_chase(tx: &mut Tx, holidays: &BankHolidays, now: &Now) -> Result<Vec<Unanswered>> {
    let rows: Vec<SentRow> = tx.all(unanswered!(""), args![]).await?;
    let mut due = Vec::new();
    let mut known: Option<Setting> = None;
    for one in rows.into_iter().map(SentRow::read) {
        if known.as_ref().is_none_or(|own| own.commissioner != one.commissioner) {
            known = Some(of(tx, one.commissioner).await?);
        }
        let after = known.as_ref().and_then(|own| own.timing.chase_after);
        let is_due = |after| one.waiting.is_to_chase(after, now.today, holidays).unwrap_or(false);
        if after.is_some_and(is_due) {
            due.push(one);
        }
    }
    Ok(due)
}
