//! Taking back everything that providers have declared of a service, in one act with a reason.
//!
//! The list is frozen when it is reviewed: the act names each row with the version that was seen. What changed since stays
//! as it is and is named, because what was looked at is not there any more.

use super::{
    check::check,
    hold as take,
    list::{Listed, ListedRow, listed, reader},
    save,
    told::tell,
};
use crate::{
    Db, Failed, Result, Tx, args,
    hold::{self, Scope},
};
use chrono::NaiveDate;
use domain::{
    Actor, Now, OrganisationId, Pence, Permission, ServiceId,
    declaration::{CannotTakeBack, check_take_back_reason},
    message::hold::taken_back,
};
use std::collections::{BTreeMap, HashMap};

/// Dates before and after everything that is declared; both databases keep years of four digits.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a date");
const LAST: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a date");

/// Which declarations are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Which {
    /// Code of the service.
    pub service: String,
    /// Reference of a cluster; empty for all providers.
    pub cluster: String,
    /// The achievement date; all of them where it is nothing.
    pub date: Option<NaiveDate>,
}

/// What taking back would come to.
#[derive(Debug)]
pub struct Review {
    /// What is taken back.
    pub rows: Vec<Listed>,
    /// What stays as it is, each with its reason.
    pub left_out: Vec<(Listed, CannotTakeBack)>,
}

impl Review {
    /// The sum of what is taken back, for readers who may see money.
    pub fn amount(&self) -> Option<Pence> {
        self.rows.iter().map(Listed::amount).sum()
    }
}

/// What taking back came to.
#[derive(Debug)]
pub struct TakenBack {
    /// How many went back.
    pub count: i64,
    /// Their sum, for readers who may see money.
    pub amount: Option<Pence>,
    /// What changed after the list was looked at, and stays as it is now.
    pub changed: Vec<Listed>,
    /// How many people were told.
    pub people: usize,
}

/// The declarations that are meant, by provider and period, of the actor's own organisation.
async fn meant(tx: &mut Tx, which: &Which, by: &Actor) -> Result<Vec<Listed>> {
    let commissioner = reader(by)?.id;
    let (first, last) = which.date.map_or((FIRST, LAST), |date| (date, date));
    let rows: Vec<ListedRow> = tx
        .all(
            concat!(
                listed!(),
                " WHERE d.commissioner_id = $1 AND d.service_id IN (SELECT id FROM service WHERE code = $2) \
                 AND d.achievement_date >= $3 AND d.achievement_date <= $4 \
                 AND (CAST($5 AS TEXT) IS NULL OR d.provider_id IN (SELECT m.provider_id \
                      FROM provider_cluster_member m JOIN provider_cluster k ON k.id = m.cluster_id \
                      WHERE k.reference = $5 AND k.commissioner_id = $1)) \
                 ORDER BY p.name, p.code, d.achievement_date, d.reference"
            ),
            args![
                commissioner,
                &*which.service,
                first,
                last,
                Some(&*which.cluster).filter(|cluster| !cluster.is_empty())
            ],
        )
        .await?;
    let open = hold::of_reader(tx, Scope::All, by).await?;
    rows.into_iter().map(|row| row.read(&open, by)).collect()
}

/// What taking these declarations back would come to now.
pub async fn review(
    tx: &mut Tx,
    which: &Which,
    by: &Actor,
) -> Result<Review, Failed<CannotTakeBack>> {
    by.must(Permission::Hold).map_err(|why| Failed::Refused(why.into()))?;
    let (mut rows, mut left_out) = (Vec::new(), Vec::new());
    for row in meant(tx, which, by).await? {
        match row.declaration.can_be_taken_back(by) {
            Ok(()) => rows.push(row),
            Err(why) => left_out.push((row, why)),
        }
    }
    Ok(Review { rows, left_out })
}

/// The service and the period of a declaration that went back.
type Told = (String, String);

/// Takes back what was seen, each row with the version that it had, in one transaction with one fact for each.
pub async fn carry_out(
    db: &Db,
    (which, seen): (&Which, &[(String, i64)]),
    reason: &str,
    by: &Actor,
    now: &Now,
) -> Result<TakenBack, Failed<CannotTakeBack>> {
    by.must(Permission::Hold).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::Hold);
    check_take_back_reason(reason).map_err(Failed::Refused)?;
    let mut tx = db.write().await?;
    let seen: HashMap<&str, i64> =
        seen.iter().map(|(reference, version)| (&**reference, *version)).collect();
    let mut done: BTreeMap<OrganisationId, (Vec<Told>, Vec<ServiceId>)> = BTreeMap::new();
    let mut came_to = TakenBack {
        count: 0,
        amount: by.sees_money().then_some(Pence(0)),
        changed: vec![],
        people: 0,
    };
    let mut returned = Vec::new();
    for row in meant(&mut tx, which, by).await? {
        let version = seen.get(&*row.declaration.reference).copied();
        let is_as_seen = version == Some(row.declaration.version);
        let can = row.declaration.can_be_taken_back(by).is_ok();
        if !is_as_seen {
            // What was neither looked at nor could go back is no news.
            if version.is_some() || can {
                came_to.changed.push(row);
            }
            continue;
        }
        // Held until the end, so that nobody approves it meanwhile; somebody may have been faster.
        let declaration = take(&mut tx, row.declaration.id).await?;
        let change = declaration.take_back(reason, by);
        match change {
            Ok(change) if Some(declaration.version) == version => {
                returned.push(save(&mut tx, declaration.version, change, by, now).await?);
                came_to.count += 1;
                came_to.amount = came_to.amount.map(|sum| sum + declaration.amount);
                let period = declaration.period.to_string();
                let (told, services) = done.entry(declaration.provider).or_default();
                told.push((row.service.name, period));
                services.push(declaration.service);
            }
            _ => came_to.changed.push(row),
        }
    }
    // Once for all of them: what they are compared with is read for each service and period.
    check(&mut tx, &returned).await?;
    let commissioner = by.organisation().map_or("", |own| own.name.as_str());
    let messages = done.into_iter().map(|(provider, (declarations, services))| {
        (provider, (taken_back(commissioner, &declarations, reason.trim()), services))
    });
    came_to.people = tell(&mut tx, messages.collect(), by, now).await?;
    tx.commit().await?;
    Ok(came_to)
}

/// The achievement dates that the actor's organisation has declarations of, newest first.
pub async fn dates(tx: &mut Tx, by: &Actor) -> Result<Vec<NaiveDate>> {
    #[derive(sqlx::FromRow)]
    struct Date {
        achievement_date: NaiveDate,
    }
    let rows: Vec<Date> = tx
        .all(
            "SELECT DISTINCT achievement_date FROM declaration WHERE commissioner_id = $1 ORDER BY achievement_date DESC",
            args![reader(by)?.id],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.achievement_date).collect())
}
