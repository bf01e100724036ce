//! The calendar that deadlines are reckoned by: bank holidays, as an operator loads them.

use crate::{Db, Failed, Result, Tx, args, event, service};
use chrono::{Datelike, NaiveDate};
use domain::{
    Actor, Event, NotAllowed, Now, Period, Permission, ServiceId, calendar::BankHolidays,
    service::Dates,
};

/// The bank holidays that are loaded.
pub async fn bank_holidays(tx: &mut Tx) -> Result<BankHolidays> {
    #[derive(sqlx::FromRow)]
    struct Row {
        day: NaiveDate,
        title: String,
    }
    let rows: Vec<Row> = tx.all("SELECT day, title FROM bank_holiday", args![]).await?;
    Ok(rows.into_iter().map(|row| (row.day, row.title)).collect())
}

/// Loads the bank holidays of a file, each year of it in the place of what was known of that year; years that the file
/// does not name stay as they are. `file` is its name and its hash. Tells whether anything changed.
pub async fn load_bank_holidays(
    db: &Db,
    file: (&str, &str),
    holidays: &BankHolidays,
    by: &Actor,
    now: &Now,
) -> Result<bool, Failed<NotAllowed>> {
    by.must(Permission::MaintainRegister).map_err(Failed::Refused)?;
    let mut years = holidays.years();
    let Some(first_year) = years.next() else { return Ok(false) };
    let last_year = years.last().unwrap_or(first_year);
    let mut tx = db.write().await?;
    let known = bank_holidays(&mut tx).await?;
    let of_file = |day: NaiveDate| holidays.in_year(day.year()) > 0;
    if known.all().filter(|(day, _)| of_file(*day)).eq(holidays.all()) {
        return Ok(false);
    }
    for (day, _) in known.all().filter(|(day, _)| of_file(*day)) {
        tx.execute("DELETE FROM bank_holiday WHERE day = $1", args![day]).await?;
    }
    for (day, title) in holidays.all() {
        tx.execute("INSERT INTO bank_holiday (day, title) VALUES ($1, $2)", args![day, title])
            .await?;
    }
    let event = Event::BankHolidaysLoaded {
        file: file.0.to_owned(),
        file_hash: file.1.to_owned(),
        first_year,
        last_year,
        holidays: holidays.all().count() as u64,
    };
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(true)
}

/// The dates of a period of a service, by the version that counts for its last day. Who reads the definition may read them.
pub async fn dates(tx: &mut Tx, service: ServiceId, period: Period) -> Result<Dates> {
    let service = service::at(tx, service, period.end).await?;
    let holidays = match service.dates {
        Some(_) => bank_holidays(tx).await?,
        None => BankHolidays::default(),
    };
    Ok(service.dates(period, &holidays))
}
