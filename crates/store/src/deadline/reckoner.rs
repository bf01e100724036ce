//! Dates of many periods in one transaction: bank holidays are read once, and the dates of a period once.

use crate::{Result, Tx, calendar::bank_holidays, declaration::by_side, hold::covered, service};
use crate::{StoreError, args};
use chrono::NaiveDate;
use domain::{
    Actor, Now, Period, ServiceId,
    calendar::BankHolidays,
    deadline::{Kind, Queue},
    service::Dates,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Reckons dates, and keeps what it has reckoned.
#[derive(Debug)]
pub struct Reckoner {
    /// The bank holidays that are loaded.
    pub holidays: BankHolidays,
    known: HashMap<(ServiceId, Period), Dates>,
}

impl Reckoner {
    /// With the bank holidays as they are loaded now. They are public, as definitions are.
    pub async fn new(tx: &mut Tx) -> Result<Self> {
        Ok(Self { holidays: bank_holidays(tx).await?, known: HashMap::new() })
    }

    /// The dates of a period of a service, by the version that counts for its last day.
    pub async fn dates(&mut self, tx: &mut Tx, id: ServiceId, period: Period) -> Result<Dates> {
        if let Some(dates) = self.known.get(&(id, period)) {
            return Ok(*dates);
        }
        let dates = service::at(tx, id, period.end).await?.dates(period, &self.holidays);
        self.known.insert((id, period), dates);
        Ok(dates)
    }

    /// How many declarations in a state are late at the reader's organisation, and the next last day; without those that
    /// a hold covers, which nobody can move.
    pub async fn queue(
        &mut self,
        tx: &mut Tx,
        (state, kind): (&str, Kind),
        by: &Actor,
        now: &Now,
    ) -> Result<Queue> {
        #[derive(sqlx::FromRow)]
        struct Row {
            service_id: Uuid,
            period_start: NaiveDate,
            achievement_date: NaiveDate,
            number: i64,
        }
        let organisation = by.organisation().ok_or(StoreError::NotFound)?;
        let sql = by_side!(
            organisation,
            "SELECT d.service_id, d.period_start, d.achievement_date, count(*) AS number FROM declaration d",
            concat!(
                "AND d.state = $2 AND NOT ",
                covered!("d", "declaring"),
                " GROUP BY d.service_id, d.period_start, d.achievement_date"
            )
        );
        let rows: Vec<Row> = tx.all(sql, args![organisation.id, state]).await?;
        let mut queue = Queue::default();
        for row in rows {
            let period = Period { start: row.period_start, end: row.achievement_date };
            let dates = self.dates(tx, row.service_id.into(), period).await?;
            let due = if kind == Kind::Declare { dates.declare_by } else { dates.approve_by };
            queue.add(due, u32::try_from(row.number).unwrap_or_default(), now.today);
        }
        Ok(queue)
    }
}
