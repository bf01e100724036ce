//! The lapse of accounts that nobody uses: warned about and carried out once, by whichever process looks first.

use super::access::region;
use super::standing::{hold, lock_out, managers};
use crate::{
    Db, Result, Tx, args, event,
    message::{Letter, Of, post},
    session::organisations,
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{
    Actor, Event, Now, Permission, PersonId,
    access::lapse::{Step, Warned, step},
    message::access as words,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Fewer days than are between the last use of an account and its first warning, in any year.
const SOONEST: u64 = 330;

/// What a look at the accounts came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// People who were warned.
    pub warned: u64,
    /// Accounts that lapsed.
    pub lapsed: u64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    created_at: DateTime<Utc>,
    last_signed_in_at: Option<DateTime<Utc>>,
    enabled_at: Option<DateTime<Utc>>,
    warned_at: Option<DateTime<Utc>>,
    lapses_on: Option<NaiveDate>,
    twice: Option<bool>,
}

impl Row {
    /// When the account was used last, made, or enabled again.
    fn used(&self) -> DateTime<Utc> {
        let later = self.last_signed_in_at.max(self.enabled_at);
        later.map_or(self.created_at, |later| later.max(self.created_at))
    }

    fn step(&self, now: &Now) -> Option<Step> {
        let warned = self.warned_at.zip(self.lapses_on).zip(self.twice);
        let warned = warned.map(|((at, lapses_on), twice)| Warned { at, lapses_on, twice });
        step(self.used(), warned, now)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.created_at, p.last_signed_in_at, p.enabled_at, w.warned_at, w.lapses_on, w.twice \
             FROM person p LEFT JOIN lapse_warning w ON w.person_id = p.id \
             WHERE NOT p.is_disabled AND EXISTS (SELECT 1 FROM role_held r WHERE r.person_id = p.id) AND ",
            $rest
        )
    };
}

/// Warns people whose account is not used, and lets accounts lapse whose day has come. The account of the last person who
/// could enable others stays.
pub async fn look(db: &Db, by: &Actor, now: &Now) -> Result<Looked> {
    let before = now.instant - Days::new(SOONEST);
    let rows: Vec<Row> = db
        .glance()
        .await?
        .all(
            select!(
                "p.created_at < $1 AND (p.last_signed_in_at IS NULL OR p.last_signed_in_at < $1) \
                 AND (p.enabled_at IS NULL OR p.enabled_at < $1) ORDER BY p.id"
            ),
            args![before],
        )
        .await?;
    let mut looked = Looked::default();
    for row in rows.iter().filter(|row| row.step(now).is_some()) {
        match take(db, PersonId(row.id), by, now).await? {
            Some(Step::Lapse) => looked.lapsed += 1,
            Some(_) => looked.warned += 1,
            None => {}
        }
    }
    Ok(looked)
}

/// Takes the step of one account, decided again where nobody else can take it.
async fn take(db: &Db, person: PersonId, by: &Actor, now: &Now) -> Result<Option<Step>> {
    let mut tx = db.write().await?;
    hold(&mut tx, person).await?;
    let row: Option<Row> = tx.optional(select!("p.id = $1"), args![person]).await?;
    let Some((row, step)) = row.and_then(|row| row.step(now).map(|step| (row, step))) else {
        return Ok(None);
    };
    match step {
        Step::Warn(lapses_on) => {
            tx.execute(
                "INSERT INTO lapse_warning (person_id, warned_at, lapses_on, twice) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (person_id) DO UPDATE SET warned_at = excluded.warned_at,
                     lapses_on = excluded.lapses_on, twice = excluded.twice",
                args![person, now.instant, lapses_on, false],
            )
            .await?;
            warn(&mut tx, person, lapses_on, now).await?;
        }
        Step::WarnAgain(lapses_on) => {
            tx.execute(
                "UPDATE lapse_warning SET twice = $2 WHERE person_id = $1",
                args![person, true],
            )
            .await?;
            warn(&mut tx, person, lapses_on, now).await?;
        }
        Step::Lapse => {
            if !others_could_enable(&mut tx, person).await? {
                return Ok(None);
            }
            tx.execute(
                "UPDATE person SET is_disabled = $2, has_lapsed = $2 WHERE id = $1",
                args![person, true],
            )
            .await?;
            lock_out(&mut tx, person).await?;
            let unused_since = Now::at(row.used()).today;
            event::record(&mut tx, &Event::AccountLapsed { person, unused_since }, by, now)?;
        }
    }
    tx.commit().await?;
    Ok(Some(step))
}

async fn warn(tx: &mut Tx, person: PersonId, lapses_on: NaiveDate, now: &Now) -> Result<()> {
    let Some(own) = organisations(tx, person).await?.into_iter().next() else { return Ok(()) };
    let message = words::lapses(lapses_on);
    post(tx, vec![Letter { person, organisation: own.id, message, about: Of::Anything }], now)
        .await
        .map(drop)
}

/// Whether somebody else manages every organisation of the person: otherwise nobody could open the account again.
async fn others_could_enable(tx: &mut Tx, person: PersonId) -> Result<bool> {
    let mut could: Option<BTreeSet<PersonId>> = None;
    for organisation in organisations(tx, person).await? {
        let above = [organisation.parent, region(tx, &organisation).await?];
        let mut here = managers(tx, organisation.id, Permission::ManagePeople).await?;
        for above in above.into_iter().flatten() {
            here.extend(managers(tx, above, Permission::ManagePeopleBelow).await?);
        }
        here.remove(&person);
        could = Some(match could {
            Some(could) => could.intersection(&here).copied().collect(),
            None => here,
        });
    }
    Ok(could.is_some_and(|could| !could.is_empty()))
}
