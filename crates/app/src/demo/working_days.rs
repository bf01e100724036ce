//! The bank holidays of the years that a demo tells of, as England and Wales keep them.

use super::history::{History, Told};
use domain::{Actor, calendar::bank_holiday};

/// From 2024 to 2027, as published.
const BANK_HOLIDAYS: &str = "date,title
2024-01-01,New Year's Day
2024-03-29,Good Friday
2024-04-01,Easter Monday
2024-05-06,Early May bank holiday
2024-05-27,Spring bank holiday
2024-08-26,Summer bank holiday
2024-12-25,Christmas Day
2024-12-26,Boxing Day
2025-01-01,New Year's Day
2025-04-18,Good Friday
2025-04-21,Easter Monday
2025-05-05,Early May bank holiday
2025-05-26,Spring bank holiday
2025-08-25,Summer bank holiday
2025-12-25,Christmas Day
2025-12-26,Boxing Day
2026-01-01,New Year's Day
2026-04-03,Good Friday
2026-04-06,Easter Monday
2026-05-04,Early May bank holiday
2026-05-25,Spring bank holiday
2026-08-31,Summer bank holiday
2026-12-25,Christmas Day
2026-12-28,Boxing Day (substitute day)
2027-01-01,New Year's Day
2027-03-26,Good Friday
2027-03-29,Easter Monday
2027-05-03,Early May bank holiday
2027-05-31,Spring bank holiday
2027-08-30,Summer bank holiday
2027-12-27,Christmas Day (substitute day)
2027-12-28,Boxing Day (substitute day)
";

impl History<'_> {
    /// The operator loads the bank holidays.
    pub(super) async fn bank_holidays(&self) -> Told {
        let holidays = bank_holiday::read(BANK_HOLIDAYS.as_bytes())
            .map_err(|problems| problems.lines("").join("\n"))?;
        let by = Actor::system("demo");
        let file = ("demo bank holidays", "demo");
        store::calendar::load_bank_holidays(self.db, file, &holidays, &by, &self.now).await?;
        Ok(())
    }
}
