//! What is due when for an organisation: the dates of the services that it takes part in or commissions, and how far each is.

mod reckoner;

pub use reckoner::Reckoner;

use crate::{Result, StoreError, Tx, args, calendar::bank_holidays, declaration::by_side, service};
use chrono::{Days, NaiveDate};
use domain::{
    Actor, Now, Organisation, Period, Permission, Service, ServiceId,
    calendar::{BankHolidays, Due, YearNotLoaded},
    contract::ContractKind,
    deadline::{Deadline, Kind},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use uuid::Uuid;

/// Days before the first deadline asked for from which periods are looked at: none takes longer to be paid.
const LONGEST: u64 = 250;

/// What is due, the earliest first.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// The deadlines of the days asked for.
    pub deadlines: Vec<Deadline>,
    /// Years whose bank holidays are not loaded, so that days in them are not known.
    pub unknown: BTreeSet<YearNotLoaded>,
    /// Names of the services in force whose definition sets no day to declare, approve or pay.
    pub undated: BTreeSet<String>,
}

/// The deadlines of a reader's organisation from one day to another; those of the money only for who may see achievement.
pub async fn agenda(
    tx: &mut Tx,
    (from, until): (NaiveDate, NaiveDate),
    by: &Actor,
    now: &Now,
) -> Result<Agenda> {
    let organisation = by.organisation().ok_or(StoreError::NotFound)?;
    let mut agenda =
        Agenda { deadlines: answers(tx, organisation, from).await?, ..Agenda::default() };
    if by.may(Permission::SeeAchievement) {
        let holidays = bank_holidays(tx).await?;
        let progress = Progress::of(tx, organisation, from - Days::new(LONGEST)).await?;
        for (id, ends) in taking_part(tx, organisation, from - Days::new(LONGEST)).await? {
            let newest = service::find(tx, id).await?;
            if newest.dates.is_none() && newest.payment.is_some() && newest.ends_on >= now.today {
                agenda.undated.insert(newest.name.clone());
            }
            for period in newest.periods() {
                let of = ends.iter().filter(|(until, _)| *until >= period.end).map(|(_, of)| of);
                let of: u32 = of.sum();
                let is_near = period.end + Days::new(LONGEST) >= from && period.end <= until;
                if of > 0 && is_near {
                    let service = at(tx, id, &newest, period).await?;
                    agenda.add((id, &service), period, of, &progress, &holidays);
                }
            }
        }
    }
    agenda.deadlines.retain(|one| (from..=until).contains(&one.on));
    agenda.deadlines.sort_by(|one, other| {
        let key = |of: &Deadline| (of.on, of.kind, of.period.map(|period| period.end));
        key(one).cmp(&key(other)).then_with(|| one.service.cmp(&other.service))
    });
    Ok(agenda)
}

/// The version that counts for a period. The first version of a service is its only one.
async fn at(
    tx: &mut Tx,
    id: ServiceId,
    newest: &Arc<Service>,
    period: Period,
) -> Result<Arc<Service>> {
    if newest.version == 1 { Ok(newest.clone()) } else { service::at(tx, id, period.end).await }
}

impl Agenda {
    /// The deadlines of a period that so many providers take part in.
    fn add(
        &mut self,
        (id, service): (ServiceId, &Service),
        period: Period,
        of: u32,
        progress: &Progress,
        holidays: &BankHolidays,
    ) {
        let dates = service.dates(period, holidays);
        let done = progress.0.get(&(id.0, period.end)).copied().unwrap_or_default();
        let days: [(Kind, Option<Due>, u32); 4] = [
            (Kind::Enter, dates.entry_until.map(Ok), done.entered),
            (Kind::Declare, dates.declare_by, done.declared),
            (Kind::Approve, dates.approve_by, done.approved),
            (Kind::Pay, dates.pay_on, done.paid),
        ];
        for (kind, due, done) in days {
            match due {
                None => {}
                Some(Err(unknown)) => {
                    self.unknown.insert(unknown);
                }
                Some(Ok(on)) => self.deadlines.push(Deadline {
                    kind,
                    code: service.code.clone(),
                    service: service.name.clone(),
                    period: Some(period),
                    on,
                    done: done.min(of),
                    of,
                }),
            }
        }
    }
}

/// Offers that wait for an answer, or did until a day that is not before `from`.
async fn answers(
    tx: &mut Tx,
    organisation: &Organisation,
    from: NaiveDate,
) -> Result<Vec<Deadline>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        code: String,
        name: String,
        respond_by: NaiveDate,
        offers: i64,
        answered: i64,
    }
    let sql = by_side!(
        organisation,
        "SELECT s.code, s.name, d.respond_by, count(*) AS offers, count(CASE WHEN d.state <> 'pending' THEN 1 END) AS answered
         FROM offer d JOIN service s ON s.id = d.service_id JOIN contract c ON c.id = d.contract_id",
        "AND c.kind = $3 AND d.state <> 'withdrawn' AND d.respond_by >= $2 GROUP BY s.code, s.name, d.respond_by"
    );
    let rows: Vec<Row> =
        tx.all(sql, args![organisation.id, from, ContractKind::Offer.name()]).await?;
    let deadline = |row: Row| Deadline {
        kind: Kind::Answer,
        code: row.code,
        service: row.name,
        period: None,
        on: row.respond_by,
        done: count(row.answered),
        of: count(row.offers),
    };
    Ok(rows.into_iter().map(deadline).collect())
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// How many providers take part in each service until which day.
type Ends = BTreeMap<ServiceId, Vec<(NaiveDate, u32)>>;

async fn taking_part(tx: &mut Tx, organisation: &Organisation, since: NaiveDate) -> Result<Ends> {
    #[derive(sqlx::FromRow)]
    struct Row {
        service_id: Uuid,
        in_force_until: NaiveDate,
        providers: i64,
    }
    let sql = by_side!(
        organisation,
        "SELECT d.service_id, d.in_force_until, count(*) AS providers FROM offer d",
        "AND d.in_force_until >= $2 GROUP BY d.service_id, d.in_force_until"
    );
    let rows: Vec<Row> = tx.all(sql, args![organisation.id, since]).await?;
    let mut ends = Ends::new();
    for row in rows {
        let of = (row.in_force_until, count(row.providers));
        ends.entry(row.service_id.into()).or_default().push(of);
    }
    Ok(ends)
}

/// Of how many providers each step of a service and achievement date is done.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    entered: u32,
    declared: u32,
    approved: u32,
    paid: u32,
}

struct Progress(BTreeMap<(Uuid, NaiveDate), Done>);

#[derive(sqlx::FromRow)]
struct Counted {
    service_id: Uuid,
    achievement_date: NaiveDate,
    state: String,
    number: i64,
}

impl Progress {
    async fn of(tx: &mut Tx, organisation: &Organisation, since: NaiveDate) -> Result<Self> {
        let declarations = by_side!(
            organisation,
            "SELECT d.service_id, d.achievement_date, d.state, count(*) AS number FROM declaration d",
            "AND d.achievement_date >= $2 GROUP BY d.service_id, d.achievement_date, d.state"
        );
        let paid = by_side!(
            organisation,
            "SELECT d.service_id, d.achievement_date, 'paid' AS state, count(*) AS number
             FROM declaration d JOIN payment_line l ON l.declaration_id = d.id AND l.correction_part_id IS NULL
                 LEFT JOIN payment_settlement z
                 ON z.payment_file_id = l.payment_file_id AND z.position = l.position",
            "AND d.achievement_date >= $2 AND (l.state = 'paid' OR z.position IS NOT NULL)
             GROUP BY d.service_id, d.achievement_date"
        );
        let entered = by_side!(
            organisation,
            "SELECT d.service_id, d.achievement_date, 'entered' AS state, count(*) AS number FROM achievement d",
            "AND d.achievement_date >= $2 AND NOT d.is_part AND d.submitted >= d.required
             GROUP BY d.service_id, d.achievement_date"
        );
        let mut progress = Self(BTreeMap::new());
        for sql in [declarations, paid, entered] {
            let rows: Vec<Counted> = tx.all(sql, args![organisation.id, since]).await?;
            rows.iter().for_each(|row| progress.add(row));
        }
        Ok(progress)
    }

    fn add(&mut self, row: &Counted) {
        let done = self.0.entry((row.service_id, row.achievement_date)).or_default();
        let number = count(row.number);
        match row.state.as_str() {
            "entered" => done.entered += number,
            "paid" => done.paid += number,
            "awaiting_provider" => {}
            "approved" => {
                done.declared += number;
                done.approved += number;
            }
            _ => done.declared += number,
        }
    }
}
