//! `accord import bank-holidays FILE`: the days of England and Wales on which nobody works, for deadlines in working days.

use crate::{Database, clock, input};
use clap::Args;
use domain::{
    Actor,
    calendar::{BankHolidays, bank_holiday},
};
use std::path::PathBuf;

/// Bank holidays of England and Wales.
#[derive(Args)]
pub struct BankHolidaysFile {
    /// The JSON that GOV.UK publishes at www.gov.uk/bank-holidays.json, or CSV with the columns date and title
    file: PathBuf,
}

impl BankHolidaysFile {
    /// Loads the file, and says which years are known now.
    pub async fn run(self, database: &Database) -> Result<String, String> {
        let bytes = input::read(&self.file)?;
        let holidays =
            bank_holiday::read(&bytes).map_err(|problems| input::refused(&self.file, &problems))?;
        let db = database.open().await?;
        let file = (&*input::name(&self.file), &*domain::hash::sha256(&bytes));
        let by = Actor::command("accord import bank-holidays");
        let is_new = store::calendar::load_bank_holidays(&db, file, &holidays, &by, &clock::now())
            .await
            .map_err(|error| error.to_string())?;
        let known = async { store::calendar::bank_holidays(&mut db.read().await?).await };
        let known = known.await.map_err(|error| error.to_string())?;
        let count = holidays.all().count();
        let what = if is_new { "loaded" } else { "already loaded" };
        Ok(format!("{count} bank holidays {what}\nYears that are known: {}\n", years(&known)))
    }
}

fn years(holidays: &BankHolidays) -> String {
    let years: Vec<String> = holidays.years().map(|year| year.to_string()).collect();
    years.join(", ")
}
